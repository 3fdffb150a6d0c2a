"""A pause crosses languages: a TypeScript program reads, decides and writes back what Python stored."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    Complete,
    External,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Paused,
    Reasoning,
    RequireApproval,
    ScopedCollection,
    Text,
    ToolCall,
    tool,
)
from chat_core.sync import SyncChat
from chat_core.testing import Call, LoopbackServer, Reply

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/typescript"
SCHEMAS = ROOT / "docs/schema"
TOOLS = os.environ.get("CHAT_TYPESCRIPT", "")
NODE = shutil.which("node")

if not TOOLS or NODE is None:
    pytest.skip(
        "CHAT_TYPESCRIPT names no folder with the npm packages of examples/typescript/README.md",
        allow_module_level=True,
    )


def run(*command: object, at: Path) -> None:
    done = subprocess.run(list(map(str, command)), cwd=at, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's program, compiled against the types that the schemas give."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(Path(TOOLS) / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    programs = Path(TOOLS) / "node_modules/.bin"
    for name in ("messages", "events"):
        run(programs / "json2ts", "-i", SCHEMAS / f"{name}.json", "-o", f"{name}.ts", at=folder)
    shutil.copy(EXAMPLE / "reader.ts", folder)
    options = ("--strict", "--module", "nodenext", "--target", "es2022", "--outDir", "built")
    run(programs / "tsc", *options, "reader.ts", at=folder)
    return folder


def read(reader: Path, text: str, *, name: str = "in.json") -> Any:
    """What the program makes of a file with this text."""
    (reader / name).write_text(text, encoding="utf-8")
    run(NODE, "built/reader.js", SCHEMAS, name, "out.json", at=reader)
    return json.loads((reader / "out.json").read_text(encoding="utf-8"))


@tool
def send(to: str) -> str:
    """Send a letter."""
    return f"sent to {to}"


@tool
def delete(path: str) -> str:
    """Delete a file."""
    raise AssertionError("it was rejected")


@tool
def courier(parcel: int) -> str:
    """Call a courier."""
    raise AssertionError("it runs elsewhere")


def asked(call: ToolCall, meta: object) -> RequireApproval | External:
    return External("courier") if call.name == "courier" else RequireApproval()


def test_a_pause_is_decided_in_typescript_and_resumed_in_python(reader: Path) -> None:
    calls = (Call("send", {"to": "Ada"}), Call("delete", {"path": "a.txt"}), Call("courier", {"parcel": 7}))
    with LoopbackServer([Reply(calls=calls), Reply("Done.")]) as server:
        client = ChatCompletionsBuilder().with_base_url(server.url).with_model("any").build()
        tools = ScopedCollection([send, delete, courier], asked)
        with SyncChat(ChatBuilder().with_model(client).with_scoped_tools(tools).build()) as chat:
            messages = Messages.from_user("Send it — ‘today’ 🦀.")
            assert isinstance(chat.complete(messages), Paused)
            written = read(reader, messages.to_json())
            restored = Messages.from_json(json.dumps(written))
            outcome = chat.resume(restored)
    assert isinstance(outcome, Complete)
    assert outcome.response.text == "Done."
    results = [json.loads(json.dumps(each)) for each in written["messages"][1]["parts"]]
    assert [each["status"]["type"] for each in results] == ["approved", "rejected", "completed"]
    sent, deleted, brought = restored.calls
    assert (sent.status.result, sent.approved_by) == ("sent to Grace", "typescript")  # type: ignore[union-attr]
    assert deleted.status.reason == "Nothing is deleted."  # type: ignore[union-attr]
    assert brought.status.result == {"signed": True}  # type: ignore[union-attr]


def test_what_typescript_does_not_know_is_still_there_when_it_writes(reader: Path) -> None:
    here = Origin("claude", "https://host", "a-model")
    messages = Messages.from_system("Be brief.")
    messages.add_user("Look: 🦀\u2028", File.from_bytes(b"%PDF-1.7", "application/pdf", name="a.pdf"))
    messages.append(
        Message(
            "model",
            [
                Reasoning("Hm.", native=Native(here, {"signature": "c2ln", "deep": [1, 2.5, None]})),
                Opaque(Native(here, {"type": "server_tool", "new": True})),
                Text("It is a crab."),
                ToolCall("call_1", "send", {"big": 2**53 - 1, "small": 1e-9}),
            ],
        )
    )
    stored = json.loads(messages.to_json())
    stored["messages"][2]["parts"][2]["from_a_newer_version"] = {"kept": True}
    written = read(reader, json.dumps(stored))
    assert written == stored
    assert Messages.from_json(json.dumps(written)) == messages


def test_another_version_and_a_broken_conversation_are_refused(reader: Path) -> None:
    for text, word in (
        ('{"version": 99, "messages": []}', "version 99"),
        ('{"version": 1, "messages": [{"role": "robot"}]}', "messages.json"),
    ):
        (reader / "in.json").write_text(text)
        command = [str(NODE), "built/reader.js", str(SCHEMAS), "in.json", "out.json"]
        done = subprocess.run(command, cwd=reader, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert word in done.stderr


def test_a_stream_of_events_is_put_together(reader: Path) -> None:
    with LoopbackServer([Reply("Grüße — a crab 🦀", reasoning="Hm.")]) as server:
        client = ChatCompletionsBuilder().with_base_url(server.url).with_model("any").build()
        with (
            SyncChat(ChatBuilder().with_model(client).build()) as chat,
            chat.stream(Messages.from_user("Hello")) as events,
        ):
            lines = "".join(event.to_json() + "\n" for event in events)
    found = read(reader, lines, name="events.jsonl")
    assert found == {"text": "Grüße — a crab 🦀", "whole": "Grüße — a crab 🦀"}
