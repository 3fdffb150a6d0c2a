"""JSON that an application changes in place is sent and stored as it is then, on each wire."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import Chat, ChatBuilder, Messages, Text, tool
from chat_core.testing import FakeTransport
from chat_core.types.stored import dump
from chat_gemini import GeminiBuilder
from chat_responses import ResponsesBuilder

pytestmark = pytest.mark.anyio

BUILDERS: dict[str, Callable[[], Any]] = {
    "completions": lambda: ChatCompletionsBuilder().with_base_url("http://x/v1").with_model("m"),
    "responses": lambda: ResponsesBuilder().with_base_url("http://x/v1").with_model("gpt-5.6"),
    "claude": lambda: ClaudeBuilder().with_model("claude-opus-4-8"),
    "gemini": lambda: GeminiBuilder().with_model("gemini-3-pro"),
}


def completions(id: str | None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "Looking."}
    message["reasoning_details"] = [{"type": "reasoning.text", "text": "hm", "index": 0}]
    if id:
        function = {"name": "look", "arguments": '{"at": {"x": [1]}}'}
        message["tool_calls"] = [{"id": id, "type": "function", "function": function}]
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "details": {"cached": 0}}
    return {
        "choices": [{"message": message, "finish_reason": "tool_calls" if id else "stop"}],
        "usage": usage,
    }


def responses(id: str | None) -> dict[str, Any]:
    note = {"type": "url_citation", "url": "http://u", "title": "t", "start_index": 0, "end_index": 1}
    content = [{"type": "output_text", "text": "Looking.", "annotations": [note], "logprobs": []}]
    output: list[dict[str, Any]] = [
        {"type": "reasoning", "id": f"rs_{id}", "summary": [], "encrypted_content": "s"},
        {"type": "message", "id": f"m_{id}", "role": "assistant", "status": "completed", "content": content},
    ]
    if id:
        call = {"type": "function_call", "id": f"f_{id}", "call_id": id, "name": "look"}
        output.append({**call, "status": "completed", "arguments": '{"at": {"x": [1]}}'})
    usage = {"input_tokens": 1, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 0}}
    return {"id": f"r_{id}", "status": "completed", "output": output, "usage": usage}


def claude(id: str | None) -> dict[str, Any]:
    cited = {"type": "web_search_result_location", "url": "http://u", "title": "t", "cited_text": "c"}
    content: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "Looking.", "citations": [{**cited, "encrypted_index": "e"}]},
    ]
    if id:
        content.append({"type": "tool_use", "id": id, "name": "look", "input": {"at": {"x": [1]}}})
    usage = {"input_tokens": 1, "output_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 0}}
    head = {"type": "message", "role": "assistant", "usage": usage}
    return {**head, "content": content, "stop_reason": "tool_use" if id else "end_turn"}


def gemini(id: str | None) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": "Looking.", "thoughtSignature": "cw=="}]
    if id:
        call = {"id": id, "name": "look", "args": {"at": {"x": [1]}}}
        parts.append({"functionCall": call, "thoughtSignature": "cw=="})
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    details = [{"modality": "TEXT", "tokenCount": 1}]
    return {"candidates": [candidate], "usageMetadata": {"promptTokensDetails": details}}


ANSWERS: dict[str, Callable[[str | None], dict[str, Any]]] = {
    "completions": completions,
    "responses": responses,
    "claude": claude,
    "gemini": gemini,
}


async def look(at: dict[str, Any]) -> dict[str, Any]:
    """Look at a place."""
    return {"seen": [at]}


def containers(value: Any) -> Iterator[Any]:
    """Yield all objects and lists in JSON."""
    if isinstance(value, dict | list):
        yield value
        for inner in [*value.values()] if isinstance(value, dict) else [*value]:
            yield from containers(inner)


def json_of(messages: Messages) -> Iterator[Any]:
    """Yield all JSON in the conversation, as an application comes by it."""
    for message in messages:
        if message.turn is not None:
            yield message.turn.usage.raw
        for part in message.parts:
            if part.native is not None:
                yield part.native.data
            for citation in part.citations if isinstance(part, Text) else ():
                yield citation.raw
        for call in message.tool_calls:
            yield call.arguments
            yield getattr(call.status, "result", None)


def change(value: Any) -> None:
    if isinstance(value, list):
        value.append({"more": 1})
    else:
        value["more"] = 1


class Conversation:
    """A conversation on a wire, and its chat."""

    def __init__(self, wire: str) -> None:
        self.transport = FakeTransport()
        self.messages = Messages()
        self._wire = wire
        self.chat = self._chat(self.transport)
        self._number = 0

    def _chat(self, transport: FakeTransport) -> Chat[Any, Any]:
        client = BUILDERS[self._wire]().with_api_key("k").with_transport(transport).build()
        return ChatBuilder().with_model(client).with_tools([tool(look)]).build()

    async def ask(self) -> None:
        """Ask something: the model calls the tool, and answers."""
        self._number += 1
        for id in (f"c{self._number}", None):
            self.transport.answer(ANSWERS[self._wire](id))
        await self.chat.complete(self.messages.add_user("Go on."))

    async def is_sent_and_stored_as_it_is(self) -> bool:
        """Return whether the next request, and what is stored, are those of a conversation that was never
        sent or stored.
        """
        stored = self.messages.to_json()
        copied = Messages(copy.deepcopy([*self.messages])).add_user("Go on.")
        fresh = FakeTransport().answer(ANSWERS[self._wire]("c_last")).answer(ANSWERS[self._wire](None))
        await self.ask()
        await self._chat(fresh).complete(copied)
        length = len(copied) - 3  # without the question and what followed it
        return self.transport.requests[-2].body == fresh.requests[0].body and stored == dump(
            self.messages[:length]._messages, _revision(stored)
        )


def _revision(stored: str) -> int:
    return int(stored.rpartition('"revision":')[2].rstrip("}"))


async def asked(wire: str, *, handed_out: str) -> tuple[Conversation, list[Any]]:
    """Return a conversation of three questions, and the JSON of its first turns, which was read at that
    time.
    """
    one = Conversation(wire)
    await one.ask()
    if handed_out == "after restoring":
        one.messages = Messages.from_json(one.messages.to_json())
        await one.ask()
    found = [*json_of(one.messages)] if handed_out == "before" else []
    one.messages.to_json()
    await one.ask()
    found = found or ([*json_of(one.messages[:4])] if handed_out == "between" else [])
    one.messages.to_json()
    await one.ask()
    one.messages.to_json()
    return one, found or [*json_of(one.messages[:4])]


@pytest.mark.parametrize("handed_out", ["before", "between", "after", "after restoring"])
@pytest.mark.parametrize("wire", BUILDERS)
async def test_json_that_was_changed_in_place_is_sent_and_stored_as_it_is(wire: str, handed_out: str) -> None:
    _, found = await asked(wire, handed_out=handed_out)
    places = len([place for value in found for place in containers(value)])
    assert places > 5

    for number in range(places):
        one, found = await asked(wire, handed_out=handed_out)
        before = one.messages.to_json()
        assert before == one.messages.to_json()

        change([place for value in found for place in containers(value)][number])

        assert one.messages.to_json() != before
        assert await one.is_sent_and_stored_as_it_is()


@pytest.mark.parametrize("wire", BUILDERS)
async def test_what_is_read_and_not_changed_is_sent_as_before(wire: str) -> None:
    one, _ = await asked(wire, handed_out="between")

    assert [*json_of(one.messages)]
    assert await one.is_sent_and_stored_as_it_is()
    assert await one.is_sent_and_stored_as_it_is()


@pytest.mark.parametrize("wire", BUILDERS)
async def test_the_raw_response_and_the_conversation_have_nothing_in_common(wire: str) -> None:
    one = Conversation(wire)
    one.transport.answer(ANSWERS[wire](None))
    response = await one.chat.complete(one.messages.add_user("Go on."))
    before = one.messages.to_json()

    for place in [*containers(response.raw)]:
        change(place)

    assert one.messages.to_json() == before


@pytest.mark.parametrize("wire", BUILDERS)
async def test_what_another_thread_changes_is_sent_and_stored(wire: str) -> None:
    one, _ = await asked(wire, handed_out="before")

    def edit() -> None:
        for call in one.messages.calls:
            change(call.arguments["at"])

    thread = threading.Thread(target=edit)
    thread.start()
    thread.join()

    assert one.messages.to_json().count('"more":1') == 3
    assert await one.is_sent_and_stored_as_it_is()
