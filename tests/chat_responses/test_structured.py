"""A typed answer after what the model says on its way to it: the value is the answer's, and all of it goes
back as it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from chat_core import ChatBuilder, Done, Messages, Structured, StructuredChunk, Text
from chat_core.testing import FakeTransport
from chat_responses import ResponsesBuilder

pytestmark = pytest.mark.anyio


@dataclass
class City:
    name: str
    people: int


def said(text: str, phase: str | None, at: int) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {
        "type": "message",
        "id": f"msg_{at}",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    return item if phase is None else {**item, "phase": phase}


def whole(*items: dict[str, Any]) -> dict[str, Any]:
    return {"id": "r1", "object": "response", "status": "completed", "model": "m", "output": list(items)}


def streamed(*items: dict[str, Any]) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "r1", "status": "in_progress", "output": []}}
    ]
    for at, item in enumerate(items):
        text = item["content"][0]["text"]
        events.append(
            {"type": "response.output_item.added", "output_index": at, "item": {**item, "content": []}}
        )
        delta = {"type": "response.output_text.delta", "output_index": at, "content_index": 0}
        events += [{**delta, "delta": text[start : start + 5]} for start in range(0, len(text), 5)]
        events.append({"type": "response.output_item.done", "output_index": at, "item": item})
    return [*events, {"type": "response.completed", "response": whole(*items)}]


ANSWER = '{"name":"Bern","people":3}'
COMMENTARY = said("First I look it up, {carefully}.", "commentary", 0)
FINAL = said(ANSWER, "final_answer", 1)


@pytest.mark.parametrize("stream", [False, True])
async def test_the_value_is_read_from_the_final_answer_and_the_commentary_goes_back_before_it(
    stream: bool,
) -> None:
    transport = FakeTransport().answer(streamed(COMMENTARY, FINAL) if stream else whole(COMMENTARY, FINAL))
    transport.answer(whole(FINAL))
    client = (
        ResponsesBuilder()
        .with_base_url("http://localhost/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    chat = ChatBuilder().with_model(client).with_structured_output(City).build()
    messages = Messages.from_user("Bern?")
    if stream:
        async with chat.stream(messages) as events:
            seen = [event async for event in events]
        shown = [event.value for event in seen if isinstance(event, StructuredChunk)]
        assert shown[-1] == {"name": "Bern", "people": 3}
        assert all(isinstance(value, dict) and value.keys() <= {"name", "people"} for value in shown)
        [response] = [event.response for event in seen if isinstance(event, Done)]
    else:
        response = await chat.complete(messages)

    assert response.value == City("Bern", 3)
    first, second = messages[-1].parts
    assert isinstance(first, Text)
    assert isinstance(second, Structured)
    assert (first.text, first.aside, second.text) == ("First I look it up, {carefully}.", True, ANSWER)

    await chat.complete(Messages.from_json(messages.to_json()).add_user("Again"))
    assert transport.last_body["input"] == [
        {"role": "user", "content": "Bern?"},
        COMMENTARY,
        FINAL,
        {"role": "user", "content": "Again"},
    ]


async def test_text_before_the_answer_that_no_phase_marks_is_part_of_it() -> None:
    transport = FakeTransport().answer(whole(said('{"name":"Bern",', None, 0), said('"people":3}', None, 1)))
    client = (
        ResponsesBuilder()
        .with_base_url("http://localhost/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    response = (
        await ChatBuilder()
        .with_model(client)
        .with_structured_output(City)
        .build()
        .complete(Messages.from_user("Bern?"))
    )
    assert response.value == City("Bern", 3)
