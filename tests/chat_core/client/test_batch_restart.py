"""A batch outlives the process that submitted it: another one continues from the stored job."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from batch_vendors import ClaudeVendor, FileVendor, Script, Vendor, responses_turn
from chat_claude import ClaudeBuilder
from chat_core import Answered, BatchJob, ToolCall
from chat_openai import OpenAIBuilder

pytestmark = pytest.mark.anyio

SUBMIT = """
import asyncio, sys
from pathlib import Path
from chat_claude import ClaudeBuilder
from chat_core import Messages
from chat_openai import OpenAIBuilder

builder = {"OpenAIBuilder": OpenAIBuilder, "ClaudeBuilder": ClaudeBuilder}[sys.argv[1]]()
client = builder.with_model("claude-haiku-4-5").with_api_key("k").with_base_url(sys.argv[2]).build()

async def main():
    messages = Messages.from_user("Hi")
    job = await client.batches.submit({f"r{n}": messages for n in range(20)})
    await client.batches.wait(job, poll=3600, progress=store)

def store(job):
    file = Path(sys.argv[3])
    file.with_suffix(".new").write_text(job.to_json())
    file.with_suffix(".new").rename(file)
    print("stored", flush=True)

asyncio.run(main())
"""


@contextmanager
def served(vendor: Vendor) -> Iterator[str]:
    """Serve a vendor on a loopback port, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, kind, chunks = vendor.respond(self.command, self.path, body)
            content = b"".join(chunks)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815  the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def submit_and_be_killed(*arguments: str) -> None:
    """Run a process that submits a batch and waits for it, until it has stored the job."""
    command = [sys.executable, "-c", SUBMIT, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stored\n"
        process.kill()


@pytest.mark.parametrize("builder", [OpenAIBuilder, ClaudeBuilder])
async def test_a_killed_process_is_continued_by_another(
    builder: type[OpenAIBuilder | ClaudeBuilder], tmp_path: Path
) -> None:
    vendor: Vendor = ClaudeVendor() if builder is ClaudeBuilder else FileVendor(body=responses_turn)
    call = {"id": "t1", "name": "add", "arguments": {"a": 2}}
    vendor.script = Script(polls=1, turn=lambda id: {"calls": [call]} if id == "r7" else {"text": f"to {id}"})
    file = tmp_path / "job.json"
    with served(vendor) as url:
        submit_and_be_killed(builder.__name__, url, str(file))
        job = BatchJob.from_json(file.read_bytes())
        assert job.state == "running"
        client = builder().with_model("claude-haiku-4-5").with_api_key("k").with_base_url(url).build()
        async with client, aclosing(client.batches.results(await client.batches.wait(job))) as items:
            found = {item.id: item async for item in items}

    assert set(found) == {f"r{n}" for n in range(20)}
    assert len(vendor.batches) == 1
    called, other = found["r7"], found["r19"]
    assert isinstance(called, Answered)
    assert [(c.name, c.arguments) for c in called.response.tool_calls] == [("add", {"a": 2})]
    assert isinstance(called.response.message.parts[0], ToolCall)
    assert isinstance(other, Answered)
    assert other.response.text == "to r19"
