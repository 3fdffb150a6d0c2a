"""The wire of the example package, examples/chat_acme."""

from __future__ import annotations

from typing import Any

from scenarios import TEXT, Frame, Recorded, TapesOf

USAGE = {"in": 20, "out": 9}
HEAD = {"id": "a-1", "model": "acme-1"}
ERROR = {"error": {"message": "the model fell over", "code": "fell_over"}}


def call(arguments: str, id: str = "call_one") -> dict[str, Any]:
    return {"id": id, "name": "weather", "arguments": arguments}


def whole(text: str, *calls: dict[str, Any], end: str = "stop") -> dict[str, Any]:
    listed = {"calls": list(calls)} if calls else {}
    return {**HEAD, "text": text, **listed, "end": end, "usage": USAGE}


def ended(end: str = "stop") -> Frame:
    return {**HEAD, "end": end, "usage": USAGE}


def turn(*pieces: str, end: str = "stop") -> Recorded:
    return Recorded(whole("".join(pieces), end=end), [*[{"text": piece} for piece in pieces], ended(end)])


def pieces_of(each: dict[str, Any]) -> list[Frame]:
    arguments = each["arguments"]
    later = [{"call": {"id": each["id"], "arguments": arguments[5:]}}] if len(arguments) > 5 else []
    return [{"call": {**each, "arguments": arguments[:5]}}, *later]


def calling(*calls: dict[str, Any], text: str = "", end: str = "calls") -> Recorded:
    frames: list[Frame] = [{"text": text}] if text else []
    frames += [frame for each in calls for frame in pieces_of(each)]
    return Recorded(whole(text, *calls, end=end), [*frames, ended(end)])


ONE, TWO = call('{"city": "Bern"}'), call('{"city": "Rome"}', "call_two")
NO_IDS = [call('{"city": "Bern"}', ""), call('{"city": "Rome"}', "")]
TAPES = TapesOf(
    "/v1/chat",
    more={
        "text": turn("It rains in ", "Zürich. ☂ ", "Take an umbrella."),
        "length": turn("It ", "rai", end="limit"),
        "content_filter": turn("It", end="filter"),
        "unknown_reason": turn("Hm.", end="zebra"),
        "blank": turn("  \n"),
        "tool_call": calling(ONE, text="I look."),
        "parallel_calls": calling(ONE, TWO, call('{"city": "Oslo"}', "call_three")),
        "interleaved_calls": Recorded(
            None,
            [
                {"call": call('{"city"')},
                {"call": call('{"city": "Ro', "call_two")},
                {"call": {"id": "call_one", "arguments": ': "Bern"}'}},
                {"call": {"id": "call_two", "arguments": 'me"}'}},
                ended("calls"),
            ],
        ),
        "calls_without_ids": Recorded(
            whole("", *NO_IDS, end="calls"), [*[{"call": each} for each in NO_IDS], ended("calls")]
        ),
        "repeated_call": Recorded(
            whole("", ONE, ONE, end="calls"),
            [*pieces_of(ONE), {"call": {"id": "call_one", "arguments": ""}}, ended("calls")],
        ),
        "broken_arguments": calling(call('{"city": Bern}')),
        "cut_arguments": calling(ONE, end="limit"),
        "call_without_arguments": calling(call("")),
        "unknown_event": Recorded(None, [{"text": "Dr"}, {"a_new_field": 1}, {"text": "y."}, ended()]),
        "unknown_content": Recorded({**whole("Dry."), "a_new_field": {"deep": 1}}),
        "error_event": Recorded(None, [{"text": "It rai"}, ERROR]),
        "error_body": Recorded(ERROR),
        "rate_limited": Recorded(
            {"error": {"message": "slow down", "code": "too_fast"}}, status=429, headers={"retry-after": "3"}
        ),
    },
    expected={"text": {"text": TEXT, "raw_finish_reason": "stop", "model": "acme-1", "id": "a-1"}},
)
