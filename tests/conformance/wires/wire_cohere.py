"""Cohere's v2 wire."""

from __future__ import annotations

from typing import Any

from scenarios import BERN, TEXT, Frame, Recorded, TapesOf, exchange

USAGE = {"billed_units": {"input_tokens": 3}, "tokens": {"input_tokens": 20, "output_tokens": 9}}


def body(finish: str = "COMPLETE", **message: Any) -> dict[str, Any]:
    return {
        "id": "r-1",
        "message": {"role": "assistant", **message},
        "finish_reason": finish,
        "usage": USAGE,
    }


def text(*texts: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": each} for each in texts]


def call(arguments: str, id: str = "call_one") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "weather", "arguments": arguments}}


def event(type: str, index: int | None = None, **message: Any) -> Frame:
    frame: dict[str, Any] = {"type": type, "delta": {"message": message}}
    return type, frame if index is None else {**frame, "index": index}


def stream(*frames: Frame, finish: str = "COMPLETE", usage: dict[str, Any] = USAGE) -> list[Frame]:
    start = ("message-start", {"type": "message-start", "id": "r-1"})
    ended = {"type": "message-end", "delta": {"finish_reason": finish, "usage": usage}}
    return [start, *frames, ("message-end", ended)]


def texts(*pieces: str, index: int = 0, kind: str = "text") -> list[Frame]:
    return [
        event("content-start", index, content={"type": kind, kind: ""}),
        *[event("content-delta", index, content={kind: piece}) for piece in pieces],
        ("content-end", {"type": "content-end", "index": index}),
    ]


def calls(*each: dict[str, Any]) -> list[Frame]:
    frames: list[Frame] = []
    for index, one in enumerate(each):
        function = {"name": one["function"]["name"], "arguments": ""}
        arguments = one["function"]["arguments"]
        pieces = [arguments[:5], arguments[5:]]
        frames.append(event("tool-call-start", index, tool_calls={**one, "function": function}))
        frames += [
            event("tool-call-delta", index, tool_calls={"function": {"arguments": piece}})
            for piece in pieces
            if piece
        ]
        frames.append(("tool-call-end", {"type": "tool-call-end", "index": index}))
    return frames


def turn(finish: str = "COMPLETE", *pieces: str, **expected: Any) -> Recorded:
    return Recorded(
        body(finish, content=text("".join(pieces))),
        stream(*texts(*pieces), finish=finish),
        expected=expected or None,
    )


def calling(*each: dict[str, Any], finish: str = "TOOL_CALL") -> Recorded:
    return Recorded(body(finish, tool_calls=list(each)), stream(*calls(*each), finish=finish))


ONE = call('{"city": "Bern"}')
TWO, THREE = call('{"city": "Rome"}', "call_two"), call('{"city": "Oslo"}', "call_three")
CACHED = {"tokens": {"input_tokens": 20, "output_tokens": 9, "reasoning_tokens": 4}, "cached_tokens": 12}
THOUGHT = "The sky is grey, ", "and so it rains."
NEW = {"type": "a_new_block", "deep": {"canary": 1}}
ERROR = {"message": "the model fell over"}

EXTRA = {
    "text": turn("COMPLETE", "It rains in ", "Zürich. ☂ ", "Take an umbrella."),
    "length": turn("MAX_TOKENS", "It ", "rai"),
    "content_filter": turn("ERROR_TOXIC", "It"),
    "unknown_reason": turn("zebra", "Hm."),
    "usage": Recorded({**body(content=text("Dry.")), "usage": CACHED}, stream(*texts("Dry."), usage=CACHED)),
    "tool_call": Recorded(
        body("TOOL_CALL", tool_plan="I look.", tool_calls=[ONE]),
        stream(event("tool-plan-delta", tool_plan="I look."), *calls(ONE), finish="TOOL_CALL"),
    ),
    "parallel_calls": calling(ONE, TWO, THREE),
    "broken_arguments": calling(call('{"city": Bern}')),
    "cut_arguments": calling(ONE, finish="MAX_TOKENS"),
    "call_without_arguments": calling(call("{}")),
    "calls_without_ids": calling(call('{"city": "Bern"}', ""), call('{"city": "Rome"}', "")),
    "reasoning": Recorded(
        body(content=[{"type": "thinking", "thinking": "".join(THOUGHT)}, *text("It rains.")]),
        stream(*texts(*THOUGHT, kind="thinking"), *texts("It rains.", index=1)),
    ),
    "structured": turn("COMPLETE", '{"city": ', '"Bern", "degrees": 21}'),
    "blank": turn("COMPLETE", "  \n"),
    "order": Recorded(
        body(content=[{"type": "thinking", "thinking": "Hm"}, *text("A", "B")]),
        stream(*texts("Hm", kind="thinking"), *texts("A", index=1), *texts("B", index=2)),
        expected={"parts": ["reasoning", "text", "text"], "text": "AB"},
    ),
    "unknown_event": Recorded(
        None, stream(("a-new-event", {"type": "a-new-event", "deep": 1}), *texts("Dr", "y."))
    ),
    "unknown_content": Recorded(body(content=[NEW, *text("Dry.")])),
    "error_event": Recorded(
        None,
        [
            *stream(*texts("It rai"))[:3],
            (
                "message-end",
                {
                    "type": "message-end",
                    "delta": {"finish_reason": "ERROR", "error": "the model fell over"},
                },
            ),
        ],
    ),
    "error_body": Recorded(ERROR),
    "rate_limited": Recorded({"message": "slow down"}, status=429, headers={"retry-after": "3"}),
    "embeddings": Recorded(
        exchanges=[
            exchange(
                "/v2/embed",
                {
                    "id": "e-1",
                    "embeddings": {"float": [[1.0, -0.5], [0.5, 0.25]]},
                    "meta": {"billed_units": {"input_tokens": 7}},
                },
            )
        ],
        expected={"vectors": [[1.0, -0.5], [0.5, 0.25]], "usage": {"input_tokens": 7}},
    ),
    "token_count": Recorded(
        exchanges=[exchange("/v1/tokenize", {"tokens": [7, 8, 9], "token_strings": ["a", "b", "c"]})],
        expected={"tokens": 3},
    ),
    "models": Recorded(
        exchanges=[
            exchange("/v1/models", {"models": [{"name": "command-a"}], "next_page_token": "more"}, "GET"),
            exchange("/v1/models", {"models": [{"name": "embed-v4"}]}, "GET"),
        ],
        expected={"ids": ["command-a", "embed-v4"]},
    ),
    "rerank": Recorded(
        exchanges=[
            exchange(
                "/v2/rerank",
                {
                    "id": "rerank-1",
                    "results": [
                        {"index": 2, "relevance_score": 0.9},
                        {"index": 0, "relevance_score": 0.4},
                    ],
                },
            )
        ],
        expected={"order": [2, 0], "scores": [0.9, 0.4]},
    ),
}
CALLS = [{"name": "weather", "arguments": BERN, "id": "call_one"}]
TAPES = TapesOf(
    "/v2/chat",
    more=EXTRA,
    expected={
        "text": {"text": TEXT, "raw_finish_reason": "COMPLETE", "id": "r-1"},
        "unknown_reason": {"raw_finish_reason": "zebra"},
        "tool_call": {"text": "I look.", "calls": CALLS},
    },
)
