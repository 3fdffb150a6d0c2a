"""Thousands of documents: a bounded number at a time, a progress bar, and a file to go on from after a stop.

python docs/cookbook/many_documents.py results.jsonl
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import anyio
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatError, ChatModel, RetryPolicy
from tqdm import tqdm

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")


@dataclass
class Result:
    """What became of a document."""

    id: str
    summary: str | None = None
    error: str | None = None


async def summarize(
    client: ChatModel, documents: Iterable[tuple[str, str]], out: TextIO, *, at_once: int, total: int
) -> None:
    """Write a line for each document. Only `at_once` of them are in memory."""
    chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=5)).build()
    waiting: Iterator[tuple[str, str]] = iter(documents)

    async def work() -> None:
        for id, text in waiting:  # the workers share one iterator
            try:
                response = await chat.complete(f"Summarize in one sentence: {text}")
                result = Result(id, summary=response.text)
            except ChatError as error:  # one document's failure is not the others'
                result = Result(id, error=f"{type(error).__name__}: {error}")
            out.write(json.dumps(asdict(result)) + "\n")
            bar.update()

    with tqdm(total=total, unit="doc") as bar:
        async with anyio.create_task_group() as tasks:
            for _ in range(at_once):
                tasks.start_soon(work)


def done_in(path: Path) -> set[str]:
    """Return the ids that a file has summaries of; failed documents are tried again."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {result["id"] for result in map(json.loads, lines) if result["error"] is None}


async def main(path: Path, count: int) -> None:
    """Summarize what has no summary yet."""
    done = done_in(path)
    documents = (
        (f"doc-{n}", f"The ship number {n} came in.") for n in range(count) if f"doc-{n}" not in done
    )
    async with ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4").build() as client:
        with path.open("a", encoding="utf-8") as out:
            await summarize(client, documents, out, at_once=32, total=count - len(done))


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 2000)
