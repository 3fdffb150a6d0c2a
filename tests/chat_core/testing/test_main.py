"""A server from the command line answers by its rules, and repeats what was said where none counts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatRequest, Messages
from chat_core.testing.__main__ import answering


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-W", "error", "-m", "chat_core.testing", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("serving ").partition(";")[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.mark.anyio
async def test_a_program_talks_to_it(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    call = {"name": "forecast", "arguments": {"city": "Bern"}}
    rules.write_text(json.dumps([{"when": "Weather", "calls": [call]}]))
    with served("--rules", str(rules)) as url:
        async with ChatCompletionsBuilder().with_base_url(url).with_model("any").build() as client:
            repeated = await client.complete(ChatRequest(Messages.from_user("Hello")))
            called = await client.complete(ChatRequest(Messages.from_user("The weather?")))
    assert repeated.text == "You said: Hello"
    assert [(made.name, made.arguments) for made in called.tool_calls] == [("forecast", {"city": "Bern"})]


def test_the_first_rule_counts_that_fits() -> None:
    answer = answering([{"when": "a", "reply": "first"}, {"reply": "second"}])
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "A"}]}]}
    assert answer(body).text == "first"  # type: ignore[arg-type]
    assert answer({}).text == "second"


def test_a_port_that_is_taken_is_named() -> None:
    with served() as url:
        port = url.rpartition(":")[2].partition("/")[0]
        command = [sys.executable, "-m", "chat_core.testing", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"port {port} cannot be used" in done.stderr
