"""Sending while the model answers, in synchronous code: from the loop itself, and from another thread."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest
from chat_core import (
    Cancelled,
    ChatBuilder,
    ConfigurationError,
    Done,
    InputDelivered,
    Messages,
    SentInput,
    TextChunk,
    TurnEvent,
)
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider


class Silent(ScriptedProvider):
    """Falls silent within its first turn."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(lines)
        self.waits = threading.Event()

    async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
        if self.requests:
            yield Done(await self.complete(given))
            return
        await self.complete(given)
        yield TextChunk("A long ")
        self.waits.set()
        await anyio.sleep_forever()


def test_words_sent_between_two_events_are_answered() -> None:
    provider = ScriptedProvider(["A long story of ships. " * 500, "Short."])  # more than is read ahead
    messages = Messages.from_user("Tell me a story.")
    with SyncChat(ChatBuilder().with_model(provider).build()) as chat, chat.stream(messages) as events:
        assert isinstance(next(events), TextChunk)
        sent = events.send("Shorter.", id="1")
        assert events.send("Shorter.", id="1") is sent
        assert sent.outcome is None
        seen = list(events)
        late = events.send("Hello?")
    assert [type(event) for event in seen if not isinstance(event, TextChunk)] == [InputDelivered, Done]
    assert sent.outcome == "delivered"
    assert late.outcome == "ended"
    assert [message.text for message in messages][-2:] == ["Shorter.", "Short."]
    shown = [event.text for event in seen if isinstance(event, TextChunk)]
    assert "A long s" + "".join(shown[:-1]) == messages[1].text
    assert messages[1].interrupted


def test_another_thread_sends_while_this_one_waits_for_the_model() -> None:
    provider = Silent(["lost", "Short."])
    messages = Messages.from_user("Tell me a story.")
    sent: list[SentInput] = []
    with SyncChat(ChatBuilder().with_model(provider).build()) as chat, chat.stream(messages) as events:

        def send() -> None:
            assert provider.waits.wait(10)
            sent.append(events.send("Shorter."))

        thread = threading.Thread(target=send)
        thread.start()
        seen = list(events)
        thread.join()
    assert [type(event) for event in seen] == [TextChunk, InputDelivered, Done]
    assert sent[0].outcome == "delivered"
    assert [message.text for message in messages] == [
        "Tell me a story.",
        "A long ",
        "Shorter.",
        "Short.",
    ]


def test_another_thread_cancels_while_this_one_waits_for_the_model() -> None:
    provider = Silent(["lost"])
    messages = Messages.from_user("Tell me a story.")
    with SyncChat(ChatBuilder().with_model(provider).build()) as chat, chat.stream(messages) as events:

        def stop() -> None:
            assert provider.waits.wait(10)
            events.cancel()

        thread = threading.Thread(target=stop)
        thread.start()
        *_, last = events
        thread.join()
    assert isinstance(last, Cancelled)
    assert last.response.text == "A long "
    assert messages[-1].interrupted


def test_what_is_no_input_is_refused_at_once() -> None:
    chat = ChatBuilder().with_model(ScriptedProvider(["Hi."])).build()
    with SyncChat(chat) as sync_chat, sync_chat.stream("Hello.") as events:
        with pytest.raises(ConfigurationError, match="without parts"):
            events.send()
        events.close()
        assert list(events) == []
