"""`<think>` in a text is reasoning where the user says so, however it is cut, and text where not."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_completions.decode.think_tags import ThinkTags
from chat_core import ChatRequest, Completed, Done, Messages, ReasoningChunk, TextChunk, ToolDefinition
from chat_core.testing import FakeTransport, broken_laws

ADD = ToolDefinition("add", "Add.", {"type": "object", "properties": {}})


def apart(pieces: list[str], begins: Any = "tags") -> list[tuple[str, str]]:
    tags = ThinkTags(begins)
    runs = [run for piece in pieces for run in tags.feed(piece)] + list(tags.end())
    return [
        (kind, "".join(said for _, said in group)) for kind, group in groupby(runs, key=lambda run: run[0])
    ]


CASES = [
    ("<think>\nHm, 2 < 3.\n</think>\n\nYes.", [("reasoning", "Hm, 2 < 3."), ("text", "Yes.")]),
    ("No tags, but a < b, and <thin air.", [("text", "No tags, but a < b, and <thin air.")]),
    ("One <think>two</think> three.", [("text", "One "), ("reasoning", "two"), ("text", "three.")]),
    ("<think></think>Yes.", [("text", "Yes.")]),
    ("<think>\n\n</think>\n\n  Yes. ", [("text", "Yes. ")]),
    ("<think>cut in the mid", [("reasoning", "cut in the mid")]),
    ("<think>a </thi b</think>c", [("reasoning", "a </thi b"), ("text", "c")]),
    ("ends with <thi", [("text", "ends with <thi")]),
    ("<think>a</think><think>b</think>c", [("reasoning", "ab"), ("text", "c")]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_tags_are_found_wherever_the_text_is_cut(text: str, expected: list[tuple[str, str]]) -> None:
    for size in (1, 2, 3, 5, 7, len(text)):
        assert apart([text[at : at + size] for at in range(0, len(text), size)]) == expected


def test_an_answer_may_begin_inside_the_thoughts() -> None:
    assert apart(["Hm.\n</thi", "nk>\n\nYes."], "open") == [("reasoning", "Hm."), ("text", "Yes.")]


def _answered(text: str, size: int) -> list[dict[str, Any]]:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [
        *({"choices": [{"delta": {"content": piece}}]} for piece in pieces),
        {"choices": [{"finish_reason": "stop"}]},
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("size", [1, 4, 100])
async def test_a_stream_and_a_whole_answer_say_the_same(size: int) -> None:
    text = "<think>\nTwo and two.\n</think>\n\nFour <thi"
    transport = FakeTransport().answer(_answered(text, size))
    transport.answer({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})
    builder = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost:8000/v1")
        .with_model("m")
        .with_transport(transport)
    )
    client = builder.with_think_tags().build()
    request = ChatRequest(Messages.from_user("2 + 2?"))
    events = [event async for event in client.stream(request)]
    whole = await client.complete(request)

    assert broken_laws(events) == []
    assert isinstance(events[-1], Done)
    streamed = events[-1].response
    assert "".join(event.text for event in events if isinstance(event, ReasoningChunk)) == "Two and two."
    assert "".join(event.text for event in events if isinstance(event, TextChunk)) == "Four <thi"
    assert (
        (streamed.reasoning, streamed.text) == (whole.reasoning, whole.text) == ("Two and two.", "Four <thi")
    )


@pytest.mark.anyio
async def test_without_the_wish_tags_are_text() -> None:
    transport = FakeTransport().answer(
        {"choices": [{"message": {"content": "<think>x</think>y"}, "finish_reason": "stop"}]}
    )
    builder = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost:8000/v1")
        .with_model("m")
        .with_transport(transport)
    )

    assert (await builder.build().complete(ChatRequest(Messages.from_user("?")))).text == "<think>x</think>y"


@pytest.mark.anyio
async def test_thoughts_in_tags_go_back_in_tags_with_a_turn_that_called_a_tool() -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    message = {"content": "<think>Add.</think>One moment.", "tool_calls": [call]}
    transport = FakeTransport().answer({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    transport.answer({"choices": [{"message": {"content": "4"}, "finish_reason": "stop"}]})
    builder = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost:8000/v1")
        .with_model("m")
        .with_transport(transport)
    )
    client = builder.with_think_tags().build()
    messages = Messages.from_user("2 + 2?")
    asked = (await client.complete(ChatRequest(messages, [ADD]))).message
    asked.tool_calls[0].status = Completed(4)
    await client.complete(ChatRequest(messages.append(asked), [ADD]))

    assert transport.last_body["messages"][1]["content"] == "<think>\nAdd.\n</think>\n\nOne moment."


@pytest.mark.parametrize("piece", [" ", "\n\n", "<", "</thin", "a", " </"])
@pytest.mark.parametrize("begins", ["tags", "open"])
def test_no_piece_is_joined_to_all_before_it(piece: str, begins: Any) -> None:
    """However much white space or how many halves of tags come, each is handled once: what is kept back
    for the next piece stays short.
    """
    tags = ThinkTags(begins)
    shown = [text for _ in range(1000) for _, text in tags.feed(piece)]

    assert len(tags._kept) < len("</think>")
    shown += [text for _, text in tags.end()]
    assert "".join(shown) == (piece * 1000).strip() or "".join(shown) == (piece * 1000).lstrip()
