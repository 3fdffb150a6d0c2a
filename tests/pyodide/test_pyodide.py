"""The packages in Pyodide, Python on JavaScript's engine, against servers in this process."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, JsonObject, Messages, RequireApproval, ScopedCollection, tool
from chat_core.sync import SyncChat
from chat_core.testing import Call, Failure, LoopbackServer, Raw, Reply

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = os.environ.get("CHAT_PYODIDE", "")
NODE = shutil.which("node")

if not SITE or NODE is None:
    pytest.skip(
        "CHAT_PYODIDE names no folder: python tools/pyodide_site.py FOLDER prepares one",
        allow_module_level=True,
    )
pytestmark = pytest.mark.xdist_group("pyodide")

TEXT = "Grüße aus dem Browser — 🦀"


def events(*texts: str) -> bytes:
    """A stream of Chat Completions with these texts, without its end."""
    chunks = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    return b"".join(b"data: %s\n\n" % json.dumps(chunk, ensure_ascii=False).encode() for chunk in chunks)


END = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def answer(body: JsonObject) -> Reply | Raw | Failure:
    """What the model says, by the user's last word."""
    conversation = json.dumps(body)
    if '"role": "tool"' in conversation:
        return Reply("Done.")
    for word, reply in ANSWERS.items():
        if f'"{word}"' in conversation:
            return reply
    raise AssertionError(conversation)


ANSWERS: dict[str, Reply | Raw | Failure] = {
    "whole": Reply(TEXT),
    "slices": Raw(events("Grü", "ße — ", "🦀") + END, chunk=7),
    "cut": Raw(events("Half", "lost"), chunk=16, cut_after=6),
    "refused": Failure(401, "no such key"),
    "weather": Reply(calls=(Call("later", {"city": "Oslo"}), Call("at_once", {"city": "Rome"}))),
    "approval": Reply(calls=(Call("send", {"to": "Ada"}),)),
    "typed": Reply('{"name": "Oslo", "people": 700000}'),
}


class Holding:
    """A server that begins an answer, says no more, and notices when the client leaves."""

    def __init__(self, *, speaks: bool = True) -> None:
        self.left = threading.Event()
        self._first = events("Hel") if speaks else b": nothing yet\n\n"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._listener, self._listener.accept()[0] as connection:
            received = b""
            while not received.endswith(b"}"):
                received += connection.recv(65536)
            head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
            connection.sendall(head + self._first)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionError:
                pass
            self.left.set()


class Played:
    """What the cases gave, and the servers they talked to."""

    def __init__(self) -> None:
        self.left, self.cancelled, self.silent = Holding(), Holding(), Holding(speaks=False)
        with LoopbackServer(answer) as server, socket.create_server(("127.0.0.1", 0)) as unused:
            nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
            unused.close()
            given = {
                "server": server.url,
                "left": self.left.url,
                "cancelled": self.cancelled.url,
                "silent": self.silent.url,
                "nobody": nobody,
            }
            assert NODE is not None
            command = [
                NODE,
                str(HERE / "run.mjs"),
                SITE,
                str(ROOT),
                str(HERE / "cases.py"),
                json.dumps(given),
            ]
            done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=240, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        self.results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        self.requests = server.requests

    def result(self, case: str) -> Any:
        found = self.results[case]
        assert "failed" not in found, found["failed"]
        return found["result"]


@pytest.fixture(scope="module")
def played() -> Played:
    return Played()


def test_every_package_is_imported_and_loads_no_library_for_sockets(played: Played) -> None:
    result = played.result("every_package_is_imported")
    assert result["packages"] == sorted(
        path.parent.name for path in ROOT.glob("packages/*/src/*/__init__.py")
    )
    assert result["network"] == []


def test_a_turn_comes_whole_and_the_key_went_in_a_header(played: Played) -> None:
    assert played.result("a_turn_comes_whole") == {"text": TEXT, "tokens": 5}
    assert played.requests[0].headers["authorization"] == "Bearer a-key"


def test_every_wire_streams(played: Played) -> None:
    assert played.result("every_wire_streams") == [TEXT] * 4


def test_a_stream_cut_inside_characters_is_put_together(played: Played) -> None:
    assert "".join(played.result("a_stream_in_slices_of_seven_bytes")) == "Grüße — 🦀"


def test_a_cut_stream_is_truncated_with_what_had_come(played: Played) -> None:
    assert played.result("a_cut_stream") == {"text": "Half", "cause": "ConnectionFailed"}


def test_leaving_a_stream_early_closes_the_connection(played: Played) -> None:
    assert played.result("leaving_a_stream_early") == "Hel"
    assert played.left.left.wait(10)


def test_cancelling_a_task_closes_the_connection(played: Played) -> None:
    assert played.result("cancelling_a_task") == "cancelled"
    assert played.cancelled.left.wait(10)


def test_a_silent_server_times_out_and_its_connection_is_closed(played: Played) -> None:
    assert "no response within" in played.result("a_silent_server_times_out")
    assert played.silent.left.wait(10)


def test_where_no_server_answers_the_error_says_what_to_look_at(played: Played) -> None:
    told = played.result("nobody_answers")
    assert "is the server running" in told
    assert "CORS" in told


def test_a_status_is_the_error_that_it_is_elsewhere(played: Played) -> None:
    assert played.result("a_status_is_an_error") == {"status": 401, "shows the key": False}


def test_tools_run_also_those_that_would_run_in_threads(played: Played) -> None:
    assert played.result("tools_run") == ["rain in Oslo", "sun in Rome"]


def test_a_call_that_waits_in_the_browser_is_approved_and_runs_here(played: Played) -> None:
    result = played.result("a_call_waits_for_approval")
    assert result["outcome"] == "Paused"
    sent: list[str] = []

    @tool
    def send(to: str) -> str:
        """Send a letter."""
        sent.append(to)
        return "sent"

    messages = Messages.from_json(result["messages"])
    [call] = messages.pending
    call.approve()
    with LoopbackServer(answer) as server:
        client = ChatCompletionsBuilder().with_base_url(server.url).with_model("any").build()
        scoped = ScopedCollection([send], lambda call, meta: RequireApproval())
        chat = ChatBuilder().with_model(client).with_scoped_tools(scoped).build()
        with SyncChat(chat) as resuming:
            outcome = resuming.resume(messages)
    assert sent == ["Ada"]
    assert outcome.response.text == "Done."


def test_a_typed_answer_is_validated(played: Played) -> None:
    assert played.result("a_typed_answer") == {"name": "Oslo", "people": 700000}


def test_what_needs_threads_says_what_to_use_instead(played: Played) -> None:
    assert played.result("what_needs_threads_or_sockets_says_so") == (
        "SyncChat needs threads, which Pyodide has not: await the chat's own methods"
    )
