"""Fields at other places, in other containers and of other types than OpenAI's; errors under status 200 in
any shape.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from chat_completions import Dialect
from chat_core import (
    InvalidRequest,
    InvalidResponse,
    Overloaded,
    ProviderError,
    RateLimited,
    StreamTruncated,
)

pytestmark = pytest.mark.anyio
TakeTurn = Callable[..., Awaitable[Any]]
DONE = "[DONE]"


def delta(value: dict[str, Any] | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of a stream."""
    choice = {"index": 0, "delta": value or {}, "finish_reason": finish}
    return {"id": "c", "model": "m", "choices": [choice], **more}


def whole(message: Any, finish: str | None = "stop", **choice: Any) -> dict[str, Any]:
    """A whole response."""
    choices = [{"index": 0, "message": message, "finish_reason": finish, **choice}]
    return {"id": "c", "model": "m", "choices": choices}


def call(arguments: Any, *, id: str | None = "c1", name: str | None = "wipe", **more: Any) -> dict[str, Any]:
    """An element of `tool_calls`."""
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return ({"id": id} if id else {}) | {"type": "function", "function": function, **more}


# -- one thing that comes twice


async def test_a_message_after_deltas_is_not_read_again(take_turn: TakeTurn) -> None:
    the_call = call('{"path": "/tmp"}')
    last = whole({"content": "Let me see.", "tool_calls": [the_call]}, "tool_calls")
    turn = await take_turn(
        [
            delta({"content": "Let me "}),
            delta({"content": "see."}),
            delta({"tool_calls": [{"index": 0, **the_call}]}),
            {**last, "object": "chat.completion"},
            DONE,
        ]
    )

    assert turn.first.text == "Let me see."
    assert turn.ran == [{"path": "/tmp", "times": 1}]


async def test_a_message_without_deltas_before_it_is_the_turn(take_turn: TakeTurn) -> None:
    turn = await take_turn(
        [delta({"role": "assistant", "content": ""}), whole({"content": "All of it."}), DONE]
    )

    assert turn.text == turn.first.text == "All of it."


async def test_a_delta_beside_a_growing_message_is_what_counts(take_turn: TakeTurn) -> None:
    chunks = [delta({"content": "Hel"}), delta({"content": "lo"}), delta({}, "stop")]
    for chunk, text in zip(chunks, ("Hel", "Hello", "Hello"), strict=True):
        chunk["choices"][0]["message"] = {"role": "assistant", "content": text}

    assert (await take_turn(chunks)).text == "Hello"


@pytest.mark.parametrize("pieces", [1, 3])
async def test_a_function_call_beside_tool_calls_is_the_same_call(take_turn: TakeTurn, pieces: int) -> None:
    arguments = '{"path": "/tmp"}'
    step = -(-len(arguments) // pieces)
    chunks = []
    for at in range(0, len(arguments), step):
        function = {"arguments": arguments[at : at + step]} | ({} if at else {"name": "wipe"})
        fragment = {"index": 0, "function": function} | ({} if at else {"id": "c1", "type": "function"})
        chunks.append(delta({"function_call": function, "tool_calls": [fragment]}))
    turn = await take_turn([*chunks, delta(finish="tool_calls"), DONE])
    function = {"name": "wipe", "arguments": arguments}
    again = await take_turn(
        whole({"content": None, "function_call": function, "tool_calls": [call(arguments)]}, "tool_calls")
    )

    assert turn.ran == again.ran == [{"path": "/tmp", "times": 1}]


async def test_a_function_call_alone_still_runs(take_turn: TakeTurn) -> None:
    function = {"name": "wipe", "arguments": '{"path": "/a"}'}
    turn = await take_turn(whole({"content": None, "function_call": function}, "function_call"))

    assert turn.ran == [{"path": "/a", "times": 1}]


# -- other JSON types


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (6, "6"),
        (0, "0"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        ({"name": "Bern"}, '{"name": "Bern"}'),
        ({"type": "text", "text": "Bern"}, "Bern"),
        ([{"type": "text", "text": "Be"}, "rn"], "Bern"),
        ([6, {"name": "Bern"}], '6{"name": "Bern"}'),
        ({}, "{}"),
    ],
)
async def test_content_of_another_type_is_its_json_text(take_turn: TakeTurn, content: Any, text: str) -> None:
    streamed = await take_turn(
        [delta({"content": "It costs $"}), delta({"content": content}), delta({}, "stop")]
    )
    answered = await take_turn(whole({"content": content}))

    assert streamed.text == streamed.first.text == "It costs $" + text
    assert answered.first.text == text


async def test_reasoning_of_another_type_is_its_json_text(take_turn: TakeTurn) -> None:
    turn = await take_turn([delta({"reasoning_content": 6}), delta({"content": "x"}, "stop"), DONE])

    assert turn.first.reasoning == "6"


# -- other places and containers


USED = {"prompt_tokens": 7, "completion_tokens": 3}


@pytest.mark.parametrize(
    "place",
    [
        lambda chunk: chunk["choices"][0].update(usage=USED),
        lambda chunk: chunk.update(usage=[USED]),
        lambda chunk: chunk.update(usage=USED),
        lambda chunk: chunk.update(x_groq={"usage": USED}),
    ],
    ids=["in the choice", "in a list", "at the top", "in x_groq"],
)
async def test_usage_is_read_wherever_a_server_puts_it(
    take_turn: TakeTurn, place: Callable[[dict[str, Any]], None]
) -> None:
    chunk, answer = delta({"content": "x"}, "stop"), whole({"content": "x"})
    place(chunk)
    place(answer)
    for turn in (await take_turn([chunk, DONE]), await take_turn(answer)):
        assert (turn.first.usage.input_tokens, turn.first.usage.output_tokens) == (7, 3)


async def test_choices_and_calls_may_be_one_object_instead_of_a_list(take_turn: TakeTurn) -> None:
    chunk = {"choices": {"delta": {"tool_calls": call("{}")}, "finish_reason": "tool_calls"}}
    answer = {"choices": {"message": {"tool_calls": call("{}")}, "finish_reason": "tool_calls"}}
    for turn in (await take_turn([chunk, DONE]), await take_turn(answer)):
        assert turn.ran == [{"path": "/", "times": 1}]


async def test_a_call_may_have_no_function_around_its_fields(take_turn: TakeTurn) -> None:
    flat = {"id": "c1", "name": "wipe", "arguments": '{"path": "/a"}'}
    for answer in (
        [delta({"tool_calls": [flat]}, "tool_calls")],
        whole({"tool_calls": [flat]}, "tool_calls"),
    ):
        assert (await take_turn(answer)).ran == [{"path": "/a", "times": 1}]


async def test_fields_of_the_message_may_stand_beside_it(take_turn: TakeTurn) -> None:
    chunk = delta({"content": "x"})
    chunk["choices"][0]["tool_calls"] = [call("{}")]
    answer = whole({"content": "x"}, "tool_calls", tool_calls=[call("{}")], reasoning_content="hm")
    assert (await take_turn([chunk, delta({}, "tool_calls")])).ran == [{"path": "/", "times": 1}]
    turn = await take_turn(answer)
    assert (turn.ran, turn.first.reasoning) == ([{"path": "/", "times": 1}], "hm")


async def test_a_completion_in_a_list_or_under_another_key_is_read(take_turn: TakeTurn) -> None:
    assert (await take_turn({"data": whole({"content": "x"})})).text == "x"
    assert (await take_turn({"choices": [{"text": "x", "finish_reason": "stop"}]})).text == "x"


# -- errors under status 200


ERRORS: list[tuple[dict[str, Any], type[ProviderError]]] = [
    ({"code": "DataInspectionFailed", "message": "Input may be inappropriate."}, ProviderError),
    ({"error": {"message": "slow down", "code": "429"}}, RateLimited),
    ({"error": {"message": "slow down", "code": 429}}, RateLimited),
    ({"error": "slow down", "status_code": 429}, RateLimited),
    ({"error": {"message": "quota", "status": "RESOURCE_EXHAUSTED"}}, RateLimited),
    ({"object": "error", "message": "bad", "code": 400}, InvalidRequest),
    ({"detail": "the model is loading", "status_code": 503}, Overloaded),
    ({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, Overloaded),
    ({"error_type": "overloaded", "message": "busy"}, Overloaded),
    ({"message": "Internal error", "choices": None}, ProviderError),
    (
        {"choices": [], "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
        ProviderError,
    ),
]


@pytest.mark.parametrize(("error", "kind"), ERRORS)
async def test_an_error_in_any_shape_is_raised_streamed_and_whole(
    take_turn: TakeTurn, error: dict[str, Any], kind: type[ProviderError]
) -> None:
    after_text = await take_turn([delta({"content": "Half an"}), error, DONE])
    at_once = await take_turn([error, DONE])
    answered = await take_turn(error)

    for turn in (after_text, at_once, answered):
        assert isinstance(turn.error, kind), turn.error
        assert turn.error.body == error
    assert after_text.messages[-1].interrupted


async def test_frames_without_choices_that_are_no_errors_are_passed_over(take_turn: TakeTurn) -> None:
    turn = await take_turn(
        [
            {"choices": [], "prompt_filter_results": [{"prompt_index": 0}], "id": "", "model": ""},
            {"type": "ping"},
            {"object": "chat.completion.chunk", "code": 0, "status": 200},
            delta({"content": "x"}, "stop"),
            {"choices": [], "usage": USED, "base_resp": {"status_code": 0, "status_msg": ""}},
            DONE,
        ]
    )

    assert (turn.error, turn.text, turn.first.usage.input_tokens) == (None, "x", 7)


async def test_what_a_server_says_about_waiting_is_on_the_error(take_turn: TakeTurn) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    error = {"error": {"code": 429, "message": "quota", "details": details}}
    turn = await take_turn([error])

    assert isinstance(turn.error, RateLimited)
    assert (turn.error.retry_after, turn.error.retryable) == (7.0, True)


async def test_an_error_about_a_stream_quotes_its_last_frame(take_turn: TakeTurn) -> None:
    cut = await take_turn([delta({"content": "Hel"}), {"weird": "frame"}])
    assert isinstance(cut.error, StreamTruncated)
    assert '"weird"' in str(cut.error)
    empty = await take_turn([{"weird": "frame"}, DONE])
    assert isinstance(empty.error, InvalidResponse)
    assert '"weird"' in str(empty.error)
    unreadable = await take_turn([delta({"content": "Hel"}), "Internal Server Error"])
    assert isinstance(unreadable.error, InvalidResponse)
    assert "Internal Server Error" in str(unreadable.error)


async def test_an_error_in_a_choice_is_raised(take_turn: TakeTurn) -> None:
    chunk = delta({"content": ""}, "error")
    chunk["choices"][0]["error"] = {"code": 502, "message": "upstream"}
    answer = whole({"content": ""}, "error", error={"code": 502, "message": "upstream"})
    for turn in (await take_turn([chunk, DONE]), await take_turn(answer, Dialect.openrouter())):
        assert isinstance(turn.error, ProviderError)
        assert turn.error.retryable
