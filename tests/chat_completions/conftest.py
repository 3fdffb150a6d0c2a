"""These tests meet neither the proxies nor the keys of the machine they run on; and one turn as a chat sees
it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest
from chat_completions import ChatCompletionsBuilder, Dialect
from chat_core import ChatBuilder, ChatError, ChatResponse, Messages, RetryPolicy, TextChunk, tool
from chat_core.testing import FakeTransport

_NAMES = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUEST_METHOD",
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


GOOD = {"choices": [{"message": {"content": "Good."}, "finish_reason": "stop"}]}


@dataclass
class Turn:
    """What came of a turn: the text as it was streamed, the calls that ran, and the bodies that were sent."""

    messages: Messages
    bodies: list[dict[str, Any]]
    ran: list[dict[str, Any]]
    text: str = ""
    error: ChatError | None = None
    notices: list[str] = field(default_factory=list[str])

    @property
    def first(self) -> ChatResponse:
        return ChatResponse(self.messages[1])


TakeTurn: TypeAlias = Callable[..., Awaitable[Turn]]


@pytest.fixture
def take_turn() -> TakeTurn:
    """Play a turn of a server, streamed where it is a list of events, and then one that says "Good."."""
    return _take_turn


async def _take_turn(answer: dict[str, Any] | list[Any], dialect: Dialect = Dialect()) -> Turn:
    ran: list[dict[str, Any]] = []

    @tool
    def wipe(path: str = "/", times: int = 1) -> str:
        """Wipe a directory."""
        ran.append({"path": path, "times": times})
        return "done"

    transport = FakeTransport().answer(answer).answer(GOOD)
    builder = ChatCompletionsBuilder().with_dialect(dialect).with_base_url("http://localhost:8000/v1")
    client = builder.with_api_key("k").with_model("m").with_transport(transport).build()
    chat = ChatBuilder().with_model(client).with_tools([wipe]).with_retry(RetryPolicy(max_retries=0)).build()
    messages = Messages.from_user("Hello")
    turn = Turn(messages, [], ran)
    try:
        if isinstance(answer, list):
            async with chat.stream(messages) as events:
                async for event in events:
                    turn.text += event.text if isinstance(event, TextChunk) else ""
        else:
            turn.text = (await chat.complete(messages)).text
    except ChatError as error:
        turn.error = error
    turn.bodies = [json.loads(request.body) for request in transport.requests]
    return turn
