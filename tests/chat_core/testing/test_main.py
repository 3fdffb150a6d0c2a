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
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatRequest, Messages
from chat_gemini import GeminiBuilder


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


@pytest.mark.anyio
async def test_every_wire_is_served(tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('[[script]]\nreply = "one"\n[[script]]\nreply = "two"\n')
    with served("--script", str(script), "--model", "tiny") as url:
        host = url.removesuffix("/v1")
        async with ClaudeBuilder().with_base_url(host).with_api_key("k").with_model("any").build() as claude:
            assert (await claude.complete(ChatRequest(Messages.from_user("Hello")))).text == "one"
            assert [model.id for model in await claude.list_models()] == ["tiny"]
        async with GeminiBuilder().with_base_url(host).with_api_key("k").with_model("any").build() as gemini:
            assert (await gemini.complete(ChatRequest(Messages.from_user("Hello")))).text == "two"


def test_a_rule_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('[{"wenn": "a"}]')
    command = [sys.executable, "-m", "chat_core.testing", "--port", "0", "--rules", str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "rule 1 has 'wenn'" in done.stderr) == (1, True)


def test_a_port_that_is_taken_is_named() -> None:
    with served() as url:
        port = url.rpartition(":")[2].partition("/")[0]
        command = [sys.executable, "-m", "chat_core.testing", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"port {port} cannot be used" in done.stderr
