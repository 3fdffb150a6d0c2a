"""Whatever a server puts in the places of a chunk, what comes out is a turn or one of our errors, and the laws hold."""

import json
from contextlib import suppress
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from chat_core import ChatError, Event, Messages, Origin, TurnEvent
from chat_core.testing import broken_laws
from chat_core.wire import CallIds
from chat_gemini.decode import TurnAssembler, decode, decode_error, decode_models, decode_tokens
from chat_gemini.embeddings import decode_embeddings
from chat_gemini.options import EmbeddingOptions
from chat_gemini.stream import GeminiStreamDecoder
from hypothesis import given, settings
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


@settings(max_examples=400, deadline=None)
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
    messages = Messages.from_user("Hi").append(response.message)
    assert Messages.from_json(messages.to_json())[-1].text == response.text


@settings(max_examples=200, deadline=None)
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
