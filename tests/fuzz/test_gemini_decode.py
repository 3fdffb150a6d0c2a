"""Changed streams of Gemini's wire: the turn comes out, or an error that quotes the frame; nothing is
lost.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from budget import budget
from chat_core import (
    ChatError,
    Event,
    Failed,
    InvalidResponse,
    Messages,
    Origin,
    Overloaded,
    Pending,
    ProviderError,
    StreamTruncated,
    TurnEvent,
)
from chat_core.testing import broken_laws
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode, decode_error, decode_models, decode_tokens
from chat_gemini.embeddings import decode_embeddings
from chat_gemini.options import EmbeddingOptions
from chat_gemini.stream import GeminiStreamDecoder
from damaged import check_stored
from hypothesis import given
from hypothesis import strategies as st

embeddings = partial(decode_embeddings, count=1, model="m", options=EmbeddingOptions())
HERE = Origin("gemini", "https://host/v1beta", "gemini-3.5-flash")
CHUNKS: list[Any] = [
    {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": "Hm", "thought": True},
                        {"text": "a", "thoughtSignature": "eA=="},
                        {
                            "functionCall": {"id": "f", "name": "add", "args": {"a": 1}},
                            "thoughtSignature": "eA==",
                        },
                        {"functionCall": {"name": "add", "willContinue": True}},
                        {
                            "functionCall": {
                                "partialArgs": [{"jsonPath": "$.a[0]", "stringValue": "x"}],
                                "willContinue": True,
                            }
                        },
                        {"inlineData": {"mimeType": "image/png", "data": "eA=="}},
                        {"fileData": {"fileUri": "gs://a/b", "mimeType": "image/png"}},
                        {"executableCode": {"code": "1"}},
                    ],
                },
                "index": 0,
            }
        ],
        "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 1},
        "modelVersion": "m",
        "responseId": "r",
    },
    {
        "candidates": [
            {
                "content": {"parts": [{"text": "b"}]},
                "finishReason": "STOP",
                "finishMessage": "done",
                "groundingMetadata": {
                    "groundingChunks": [{"web": {"uri": "https://a.example", "title": "a"}}],
                    "groundingSupports": [
                        {
                            "segment": {"startIndex": 0, "endIndex": 1, "text": "a"},
                            "groundingChunkIndices": [0],
                        }
                    ],
                },
                "citationMetadata": {
                    "citationSources": [{"startIndex": 0, "endIndex": 1, "uri": "https://a.example"}]
                },
            }
        ],
        "promptFeedback": {},
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3},
    },
]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["STOP", "$.a.b", "[]", "0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, inner in below for place in places(inner, (*at, key)))]


def put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    changed = deepcopy(value)
    inner = changed
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = new
    return changed


@budget(150)
@given(place=st.sampled_from(places(CHUNKS)[1:]), value=ANYTHING, whole=st.booleans())
def test_no_chunk_breaks_more_than_itself(place: tuple[Any, ...], value: Any, whole: bool) -> None:
    chunks = put(CHUNKS, place, value)
    try:
        if whole:
            assembly = TurnAssembler(HERE, CallIds(Messages()))
            decode(json.dumps(chunks).encode(), assembly)
            said: list[TurnEvent] = []
            response = assembly.response()
        else:
            turn = GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))
            said = [event for each in chunks for event in turn.feed(Event("message", json.dumps(each)))]
            done = turn.finish()
            response = done.response
            said.append(done)
    except ChatError:
        return
    assert said == [] or broken_laws(said) == []
    check_stored(response.message)


@budget(60)
@given(ANYTHING)
def test_no_other_answer_does(value: Any) -> None:
    body = json.dumps(value).encode()
    assert decode_error(400, {}, body).status == 400
    error = {
        "error": {"code": value, "message": value, "status": value, "details": [value, {"violations": value}]}
    }
    assert decode_error(200, {}, json.dumps(error).encode()).status == 200
    for read in (decode_models, decode_tokens, embeddings):
        for answer in (
            body,
            json.dumps({"models": value, "totalTokens": value, "embeddings": value}).encode(),
        ):
            with suppress(ChatError):
                read(answer)


@pytest.mark.parametrize("deep", [10_000])
def test_an_answer_nested_without_end_is_an_error(deep: int) -> None:
    with pytest.raises(ChatError):
        decode(b'{"candidates": ' + b"[" * deep, TurnAssembler(HERE, CallIds(Messages())))


def frame(*parts: Any, reason: str | None = None, **beside: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    return {
        "candidates": [candidate | ({"finishReason": reason} if reason else {})],
        "modelVersion": "m",
        **beside,
    }


def call(id: str | None, name: str, **args: Any) -> dict[str, Any]:
    return {
        "functionCall": {"name": name, "args": args, **({"id": id} if id else {})},
        "thoughtSignature": "eA==",
    }


USED = {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7}
STREAMS: list[list[dict[str, Any]]] = [
    [
        frame({"text": "Hm", "thought": True}),
        frame({"text": "Zü"}, usageMetadata=USED),
        frame({"text": "rich 🏔"}, {"text": " is"}),
        frame({"text": " big."}, reason="STOP", usageMetadata=USED),
    ],
    [
        frame({"text": "Let me see."}),
        frame(call("f1", "add", a=1)),
        frame(call("f2", "wipe", path="/tmp/é")),
        frame({"text": "", "thoughtSignature": "eA=="}, reason="STOP"),
    ],
    [
        frame({"text": "a"}),
        frame({"executableCode": {"code": "1", "language": "PYTHON"}}, reason="STOP"),
        frame({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}),
        frame({"text": "b"}, reason="MAX_TOKENS"),
    ],
]
ARGUMENTS = {"add": {"a": 1}, "wipe": {"path": "/tmp/é"}}
UNKNOWN: list[Any] = [{"somethingNew": {"a": 1}}, {"candidates": []}, {"usageMetadata": USED}, {}]
ERRORS: list[Any] = [
    {"error": {"code": 503, "message": "It is overloaded.", "status": "UNAVAILABLE"}},
    [{"error": {"code": 503, "message": "It is overloaded.", "status": "UNAVAILABLE"}}],
    {"error": {"code": "503", "message": "It is overloaded."}},
    {"error": {"message": "It is overloaded.", "type": "overloaded_error"}},
    {"error": "It is overloaded.", "code": 503},
    {"code": 503, "message": "It is overloaded."},
    {"status": "UNAVAILABLE", "message": "It is overloaded."},
    {"object": "error", "message": "It is overloaded.", "code": 503},
]


def changes(kinds: list[str]) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """What is done to a stream: a kind of change, the frame that it is done to, and a number more."""
    return st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 9), st.integers(0, 9)), max_size=4)


def changed(frames: list[Any], what: list[tuple[str, int, int]]) -> list[Any]:
    frames = deepcopy(frames)
    for kind, at, number in what:
        if not frames:
            break
        at %= len(frames)
        match kind:
            case "drop":
                del frames[at]
            case "repeat":
                frames.insert(at, deepcopy(frames[at]))
            case "swap":
                frames.insert(number % len(frames), frames.pop(at))
            case "split":
                frames[at : at + 1] = split(frames[at], number)
            case _:
                frames.insert(at, UNKNOWN[number % len(UNKNOWN)])
    return frames


def counted(frames: list[Any]) -> list[Any]:
    """The frames that count: one with a finish reason that comes twice in a row, once."""
    kept: list[Any] = []
    for frame in frames:
        if not (kept and frame == kept[-1] and "finishReason" in json.dumps(frame)):
            kept.append(frame)
    return kept


def split(whole: Any, number: int) -> list[Any]:
    """A frame as two: the last of its parts, or the end of its text, come later."""
    [candidate] = whole.get("candidates") or [{}]
    parts = candidate.get("content", {}).get("parts") or []
    if not parts or set(parts[-1]) != {"text"}:
        return [whole]
    text = parts[-1]["text"]
    return [
        frame(*parts[:-1], {"text": text[:number]}),
        put(whole, ("candidates", 0, "content", "parts"), [{"text": text[number:]}]),
    ]


@budget(150)
@given(st.sampled_from(STREAMS), changes(["drop", "repeat", "swap", "split", "unknown"]))
def test_no_character_is_lost_and_no_call_runs_on_half_its_arguments(
    stream: list[Any], what: list[tuple[str, int, int]]
) -> None:
    frames = changed(stream, what)
    decoder = GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    events = [event for each in frames for event in decoder.feed(Event("message", json.dumps(each)))]
    if not decoder.complete:
        check_cut(decoder, frames)
        return
    done = decoder.finish()
    assert broken_laws([*events, done]) == []
    assert done.response.text == texts(counted(frames))
    names = {part["functionCall"]["name"] for part in parts_of(frames) if "functionCall" in part}
    assert {made.name for made in done.response.tool_calls} == names
    assert len(done.response.tool_calls) == len(names)
    assert all(made.arguments == ARGUMENTS[made.name] for made in done.response.tool_calls)


def check_cut(decoder: GeminiStreamDecoder, frames: list[Any]) -> None:
    with pytest.raises(StreamTruncated) as cut:
        decoder.finish()
    assert cut.value.partial.text == texts(counted(frames))
    assert not any(isinstance(made.status, Pending) for made in cut.value.partial.tool_calls)
    assert not frames or json.dumps(frames[-1])[:40] in str(cut.value)


def texts(frames: list[Any]) -> str:
    return "".join(part.get("text", "") for part in parts_of(frames) if not part.get("thought"))


def parts_of(frames: list[Any]) -> list[Any]:
    candidates = [candidate for each in frames for candidate in each.get("candidates") or []]
    return [part for candidate in candidates for part in candidate["content"]["parts"]]


@budget(60)
@given(
    st.sampled_from(STREAMS), st.sampled_from(ERRORS), st.integers(0, 3), st.sampled_from(["message", "body"])
)
def test_an_error_in_any_shape_is_that_error(stream: list[Any], error: Any, at: int, kind: str) -> None:
    decoder = GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    for each in stream[:at]:
        decoder.feed(Event("message", json.dumps(each)))
    with pytest.raises(ProviderError, match="It is overloaded") as failure:
        decoder.feed(Event(kind, json.dumps(error)))
    assert (type(failure.value), failure.value.retryable) == (Overloaded, True)
    with pytest.raises(Overloaded, match="It is overloaded"):
        decode(json.dumps(error).encode(), TurnAssembler(HERE, CallIds(Messages())))


@budget(60)
@given(st.sampled_from(STREAMS), st.integers(0, 3), st.integers(1, 400))
def test_a_frame_that_cannot_be_read_is_quoted(stream: list[Any], at: int, size: int) -> None:
    decoder = GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    for each in stream[:at]:
        decoder.feed(Event("message", json.dumps(each)))
    half = json.dumps(stream[at])[:-size] or "{"
    decoder.feed(Event("message", half))
    with pytest.raises(StreamTruncated) as cut:
        decoder.finish()
    assert half[:40].strip() in str(cut.value)
    with pytest.raises(InvalidResponse) as fault:
        decoder.feed(Event("message", json.dumps(stream[-1])))
    assert half[:40].strip() in str(fault.value)


def piece(path: str, text: str, *, goes_on: bool = True) -> dict[str, Any]:
    said = {"jsonPath": path, "stringValue": text, "willContinue": goes_on}
    return frame({"functionCall": {"partialArgs": [said], "willContinue": True}})


PIECES = [
    frame({"functionCall": {"name": "write", "willContinue": True}}),
    piece("$.text", "a "),
    piece("$.text", "novel", goes_on=False),
    piece("$.to[0].name", "Ann"),
    piece("$.to[0].name", "", goes_on=False),
    frame({"functionCall": {}}),
    frame({"text": ""}, reason="STOP"),
]


@pytest.mark.parametrize("arrived", range(1, len(PIECES)))
def test_arguments_in_pieces_never_run_before_they_are_closed(arrived: int) -> None:
    """Whatever is missing at the end: the frames after `arrived`, or those between it and the finish
    reason.
    """
    decoder = GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    for each in PIECES[:arrived]:
        decoder.feed(Event("message", json.dumps(each)))
    with pytest.raises(StreamTruncated) as cut:
        decoder.finish()
    assert [type(made.status) for made in cut.value.partial.tool_calls] == [Failed]

    decoder.feed(Event("message", json.dumps(PIECES[-1])))
    [made] = decoder.finish().response.tool_calls
    if arrived == len(PIECES) - 1:
        assert (made.status, made.arguments) == (Pending(), {"text": "a novel", "to": [{"name": "Ann"}]})
    else:
        assert isinstance(made.status, Failed)


@pytest.mark.parametrize(
    "frames",
    [
        lambda size: [PIECES[0], *[piece("$.text", "0123456789")] * size, *PIECES[-2:]],
        lambda size: [*[PIECES[0], PIECES[5]] * (size // 5), PIECES[-1]],
        lambda size: [PIECES[0], *[piece(f"$.list[{at}]", "x") for at in range(size)], *PIECES[-2:]],
    ],
    ids=["a string", "calls", "a list"],
)
def test_the_cost_of_arguments_in_pieces_is_linear(
    frames: Callable[[int], list[Any]], check_linear: Any
) -> None:
    def prepare(size: int) -> Callable[[], object]:
        events = [Event("message", json.dumps(each)) for each in frames(size)]
        return lambda: read_events(events)

    check_linear(prepare, 1_000, 8_000)


def read_events(events: list[Event]) -> None:
    decoder = GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    for event in events:
        decoder.feed(event)
    assert decoder.finish().response.tool_calls


def test_new_fields_in_the_usage_of_every_frame_cost_linear_time(check_linear: Any) -> None:
    def prepare(size: int) -> Callable[[], object]:
        usages = [{"promptTokenCount": at, f"field_{at}": at} for at in range(size)]
        made = [*({"usageMetadata": usage} for usage in usages), *PIECES]
        events = [Event("message", json.dumps(each)) for each in made]
        return lambda: read_events(events)

    check_linear(prepare, 1_000, 12_000)
