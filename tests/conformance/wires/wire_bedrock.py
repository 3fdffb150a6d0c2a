"""Bedrock's Converse wire."""

from __future__ import annotations

from typing import Any

from scenarios import BERN, TEXT, Frame, Recorded, TapesOf, exchange

USAGE = {"inputTokens": 20, "outputTokens": 9, "totalTokens": 29}
CACHED = {"inputTokens": 8, "outputTokens": 9, "totalTokens": 29, "cacheReadInputTokens": 12}
SIGNATURE = "c2lnbmF0dXJlIG9mIGEgdGhvdWdodA=="


def body(*content: dict[str, Any], stop: str = "end_turn", usage: dict[str, Any] = USAGE) -> dict[str, Any]:
    message = {"role": "assistant", "content": list(content)}
    return {"output": {"message": message}, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 9}}


def call(arguments: Any, id: str = "call_one") -> dict[str, Any]:
    return {"toolUse": {"toolUseId": id, "name": "weather", "input": arguments}}


def event(type: str, **content: Any) -> Frame:
    return type, content


def delta(index: int, **kind: Any) -> Frame:
    return event("contentBlockDelta", contentBlockIndex=index, delta=kind)


def stop(index: int) -> Frame:
    return event("contentBlockStop", contentBlockIndex=index)


def stream(*frames: Frame, stop: str = "end_turn", usage: dict[str, Any] = USAGE) -> list[Frame]:
    ended = event("messageStop", stopReason=stop)
    counted = event("metadata", usage=usage, metrics={"latencyMs": 9})
    return [event("messageStart", role="assistant"), *frames, ended, counted]


def texts(*pieces: str, index: int = 0) -> list[Frame]:
    return [*[delta(index, text=piece) for piece in pieces], stop(index)]


def used(index: int, arguments: str, id: str = "call_one") -> list[Frame]:
    start = {"toolUse": {"toolUseId": id, "name": "weather"}}
    pieces = [piece for piece in (arguments[:5], arguments[5:]) if piece]
    return [
        event("contentBlockStart", contentBlockIndex=index, start=start),
        *[delta(index, toolUse={"input": piece}) for piece in pieces],
        stop(index),
    ]


def turn(reason: str, *pieces: str) -> Recorded:
    return Recorded(body({"text": "".join(pieces)}, stop=reason), stream(*texts(*pieces), stop=reason))


THOUGHT = {
    "reasoningContent": {
        "reasoningText": {"text": "The sky is grey, and so it rains.", "signature": SIGNATURE}
    }
}
NEW = {"aNewBlock": {"deep": [1]}}
ARGUMENTS = '{"city": "Bern"}'
ROME, OSLO = {"city": "Rome"}, {"city": "Oslo"}
ERROR = {"message": "the model fell over"}

EXTRA = {
    "text": turn("end_turn", "It rains in ", "Zürich. ☂ ", "Take an umbrella."),
    "length": turn("max_tokens", "It ", "rai"),
    "content_filter": turn("content_filtered", "It"),
    "unknown_reason": turn("zebra", "Hm."),
    "usage": Recorded(body({"text": "Dry."}, usage=CACHED), stream(*texts("Dry."), usage=CACHED)),
    "tool_call": Recorded(
        body({"text": "I look."}, call(BERN), stop="tool_use"),
        stream(*texts("I look."), *used(1, ARGUMENTS), stop="tool_use"),
    ),
    "parallel_calls": Recorded(
        body(call(BERN), call(ROME, "call_two"), call(OSLO, "call_three"), stop="tool_use"),
        stream(
            *used(0, ARGUMENTS),
            *used(1, '{"city": "Rome"}', "call_two"),
            *used(2, '{"city": "Oslo"}', "call_three"),
            stop="tool_use",
        ),
    ),
    "broken_arguments": Recorded(
        body(call("Bern"), stop="tool_use"), stream(*used(0, '{"city": Bern}'), stop="tool_use")
    ),
    "cut_arguments": Recorded(
        body(call(BERN), stop="max_tokens"), stream(*used(0, ARGUMENTS), stop="max_tokens")
    ),
    "call_without_arguments": Recorded(
        body(call({}), stop="tool_use"), stream(*used(0, ""), stop="tool_use")
    ),
    "repeated_call": Recorded(
        body(call(BERN), call(BERN), stop="tool_use"),
        stream(*used(0, ARGUMENTS), *used(1, ARGUMENTS), stop="tool_use"),
    ),
    "reasoning": Recorded(
        body(THOUGHT, {"text": "It rains."}),
        stream(
            delta(0, reasoningContent={"text": "The sky is grey, "}),
            delta(0, reasoningContent={"text": "and so it rains."}),
            delta(0, reasoningContent={"signature": SIGNATURE}),
            stop(0),
            *texts("It rains.", index=1),
        ),
    ),
    "structured": turn("end_turn", '{"city": ', '"Bern", "degrees": 21}'),
    "blank": turn("end_turn", "  \n"),
    "order": Recorded(
        body({"text": "A"}, call(BERN), {"text": "B"}, stop="tool_use"),
        stream(*texts("A"), *used(1, ARGUMENTS), *texts("B", index=2), stop="tool_use"),
        expected={"parts": ["text", "tool_call", "text"], "text": "AB", "calls": [{"arguments": BERN}]},
    ),
    "unknown_event": Recorded(None, stream(event("aNewEvent", deep=1), *texts("Dr", "y."))),
    "unknown_content": Recorded(body(NEW, {"text": "Dry."})),
    "error_event": Recorded(
        None, [*stream(*texts("It rai"))[:2], ("exception:modelStreamErrorException", ERROR)]
    ),
    "error_body": Recorded(ERROR),
    "rate_limited": Recorded(
        {"message": "slow down"},
        status=429,
        headers={"x-amzn-errortype": "ThrottlingException", "retry-after": "3"},
    ),
    "token_count": Recorded(
        exchanges=[exchange("/model/m/count-tokens", {"inputTokens": 31})], expected={"tokens": 31}
    ),
    "models": Recorded(
        exchanges=[
            exchange("/foundation-models", {"modelSummaries": [{"modelId": "amazon.nova"}]}, "GET"),
            exchange(
                "/inference-profiles",
                {"inferenceProfileSummaries": [{"inferenceProfileId": "us.nova"}], "nextToken": "more"},
                "GET",
            ),
            exchange(
                "/inference-profiles",
                {"inferenceProfileSummaries": [{"inferenceProfileId": "eu.nova"}]},
                "GET",
            ),
        ],
        expected={"ids": ["amazon.nova", "us.nova", "eu.nova"]},
    ),
    "embeddings": Recorded(
        exchanges=[
            exchange(
                "/model/cohere.embed-v4%3A0/invoke",
                {"id": "e-1", "embeddings": {"float": [[1.0, -0.5], [0.5, 0.25]]}},
            )
        ],
        expected={"vectors": [[1.0, -0.5], [0.5, 0.25]]},
    ),
}
TAPES = TapesOf(
    "/model/m/converse",
    stream_path="/model/m/converse-stream",
    more=EXTRA,
    expected={
        "text": {"text": TEXT, "raw_finish_reason": "end_turn"},
        "usage": {"usage": {"input_tokens": 20, "output_tokens": 9, "cache_read_tokens": 12}},
        "reasoning": {"sent_back": [SIGNATURE]},
    },
)
