"""Why a turn ended, in any words and however often; and the calls that may not run then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from chat_completions.decode.finish import Finish
from chat_core import Failed

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


CUTS = ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length", "max_new_tokens"]


@pytest.mark.anyio
@pytest.mark.parametrize("word", CUTS)
@pytest.mark.parametrize("arguments", ["", "{}", '{"path": "/tmp"}'])
async def test_no_call_of_a_turn_that_was_cut_runs_in_whatever_word(
    take_turn: TakeTurn, word: str, arguments: str
) -> None:
    for answer in (
        [delta({"tool_calls": [call(arguments)]}), delta({}, word), DONE],
        whole({"tool_calls": [call(arguments)]}, word),
        whole({"tool_calls": [call(arguments)]}, "tool_calls", native_finish_reason=word),
    ):
        turn = await take_turn(answer)
        assert turn.ran == []
        assert turn.first.finish_reason == "length"
        assert isinstance(turn.first.tool_calls[0].status, Failed)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "word", ["error", "network_error", "cancelled", "insufficient_system_resource", "ABORT"]
)
async def test_no_call_of_a_turn_that_broke_off_runs(take_turn: TakeTurn, word: str) -> None:
    turn = await take_turn([delta({"tool_calls": [call("{}")]}), delta({}, word), DONE])

    assert turn.ran == []


@pytest.mark.anyio
@pytest.mark.parametrize("word", [None, "null", "", "sth_new"])
async def test_empty_arguments_run_only_where_the_turn_says_that_it_ended_well(
    take_turn: TakeTurn, word: str | None
) -> None:
    unsure = await take_turn([delta({"tool_calls": [call("")]}), delta({}, word), DONE])
    given = await take_turn([delta({"tool_calls": [call("{}")]}), delta({}, word), DONE])
    for sure in ("stop", "tool_calls", "function_call", "tool_use"):
        assert (await take_turn([delta({"tool_calls": [call("")]}), delta({}, sure), DONE])).ran

    assert (unsure.ran, given.ran) == ([], [{"path": "/", "times": 1}])


@pytest.mark.anyio
async def test_the_text_null_is_no_reason_and_no_end(take_turn: TakeTurn) -> None:
    cut = await take_turn([delta({"content": "Hel"}, "null")])
    assert cut.error is not None
    turn = await take_turn([delta({"content": "Hel"}, "null"), delta({"content": "lo"}, "stop")])
    assert (turn.text, turn.first.raw_finish_reason) == ("Hello", "stop")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("stop", "length"), "length"),
        (("stop", "tool_calls"), "tool_calls"),
        (("tool_calls", "stop"), "tool_calls"),
        (("length", "stop"), "length"),
        (("stop", "content_filter"), "content_filter"),
        (("unknown_word", "stop"), "stop"),
        (("stop", "stop"), "stop"),
    ],
)
async def test_a_more_exact_reason_outweighs_a_vaguer_one(
    take_turn: TakeTurn, words: tuple[str, str], reason: str
) -> None:
    turn = await take_turn([delta({"content": "x"}, words[0]), delta({}, words[1]), DONE])

    assert turn.first.finish_reason == reason


def test_of_two_reasons_that_say_as_much_the_first_stays() -> None:
    first, second = Finish("length", "length"), Finish("content_filter", "content_filter")

    assert first.then(second) is first
    assert Finish().then(first) is first


@pytest.mark.anyio
async def test_a_reason_may_stand_in_the_message_or_beside_the_choices(take_turn: TakeTurn) -> None:
    for answer in (
        {"choices": [{"message": {"content": "x", "finish_reason": "length"}}]},
        {"choices": [{"message": {"content": "x"}}], "finish_reason": "length"},
        [{"choices": [{"delta": {"content": "x", "finish_reason": "length"}}]}],
        [{"choices": [{"delta": {"content": "x"}}], "finish_reason": "length"}],
    ):
        assert (await take_turn(answer)).first.finish_reason == "length"
