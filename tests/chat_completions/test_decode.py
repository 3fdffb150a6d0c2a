"""Whole answers and errors: what each body becomes, in every envelope seen, and that OpenAI's own SDK reads
the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_completions import Dialect
from chat_completions.decode import decode, decode_models
from chat_completions.stream import CompletionsStreamDecoder
from chat_core import (
    AuthenticationError,
    ChatResponse,
    Citation,
    Event,
    Failed,
    InvalidRequest,
    InvalidResponse,
    Messages,
    ModelInfo,
    Native,
    NotFound,
    Notice,
    Opaque,
    Origin,
    Overloaded,
    PermissionDenied,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Reasoning,
    Text,
)
from chat_core.types.call_ids import CallIds
from chat_core.wire.error_body import decode_error
from openai.types.chat import ChatCompletion, ChatCompletionChunk

ORIGIN = Origin("anyone", "http://localhost/v1", "m")
RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"


def answered(body: object, *, dialect: Dialect = Dialect()) -> ChatResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(data, origin=ORIGIN, dialect=dialect, ids=CallIds(Messages()))


def body(message: Any = None, finish: Any = "stop", **more: object) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "Hello"} if message is None else message,
        "finish_reason": finish,
    }
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "choices": [choice],
        **more,
    }


# -- whole answers


def test_an_answer_is_its_text_and_its_role() -> None:
    response = answered(body(usage={"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}))

    assert (response.text, response.id, response.model) == ("Hello", "c1", "m-1")
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (
        7,
        2,
        9,
    )
    assert response.raw == body(usage={"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9})


@pytest.mark.parametrize(
    ("word", "common", "raw"),
    [
        ("stop", "stop", "stop"),
        ("eos", "stop", "eos"),
        ("length", "length", "length"),
        ("model_length", "length", "model_length"),
        ("tool_calls", "tool_calls", "tool_calls"),
        ("function_call", "tool_calls", "function_call"),
        ("content_filter", "content_filter", "content_filter"),
        ("insufficient_system_resource", "other", "insufficient_system_resource"),
        ("a_word_of_2027", "other", "a_word_of_2027"),
        ("", "other", None),
        (None, "other", None),
    ],
)
def test_a_finish_reason_has_a_common_word_or_is_other_and_is_kept(
    word: Any, common: str, raw: str | None
) -> None:
    response = answered(body(finish=word))

    assert (response.finish_reason, response.raw_finish_reason) == (common, raw)


@pytest.mark.parametrize(
    ("usage", "dialect", "read"),
    [
        (
            {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
            Dialect(),
            (5, 3, None, None, None, 8),
        ),
        (
            {
                "prompt_tokens": 50,
                "completion_tokens": 30,
                "total_tokens": 80,
                "prompt_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 6, "audio_tokens": None},
                "completion_tokens_details": {"reasoning_tokens": 20, "audio_tokens": None},
            },
            Dialect.openai(),
            (50, 30, 40, 6, 20, 80),
        ),
        (
            {
                "prompt_tokens": 12,
                "completion_tokens": 1,
                "total_tokens": 303,
                "completion_tokens_details": {"reasoning_tokens": 290},
            },
            Dialect.xai(),
            (12, 291, None, None, 290, 303),
        ),
        (
            {
                "prompt_tokens": 12,
                "prompt_cache_hit_tokens": 8,
                "prompt_cache_miss_tokens": 4,
                "completion_tokens": 1,
            },
            Dialect.deepseek(),
            (12, 1, 8, None, None, None),
        ),
        (
            {"prompt_tokens": 12, "cached_tokens": 8, "reasoning_tokens": 1},
            Dialect(),
            (12, None, 8, None, 1, None),
        ),
        (
            {"prompt_tokens": 5.0, "prompt_tokens_details": None, "completion_tokens_details": None},
            Dialect(),
            (5, *[None] * 5),
        ),
        ({"prompt_tokens": None}, Dialect(), (None,) * 6),
        ({}, Dialect(), (None,) * 6),
        (None, Dialect(), (None,) * 6),
    ],
    ids=[
        "plain",
        "OpenAI",
        "xAI",
        "DeepSeek",
        "Moonshot",
        "floats and nulls",
        "null number",
        "empty",
        "null",
    ],
)
def test_usage_is_what_the_provider_reported(
    usage: Any, dialect: Dialect, read: tuple[int | None, ...]
) -> None:
    said = answered(body(usage=usage), dialect=dialect).usage

    assert (
        said.input_tokens,
        said.output_tokens,
        said.cache_read_tokens,
        said.cache_write_tokens,
        said.reasoning_tokens,
        said.total_tokens,
    ) == read
    assert said.raw == (usage or {})


def test_citations_ride_on_the_text_they_are_of() -> None:
    cited = {"start_index": 0, "end_index": 5, "title": "A", "url": "https://a.example", "content": "quoted"}
    response = answered(
        body(
            {
                "content": "Hello",
                "annotations": [{"type": "url_citation", "url_citation": cited}, {"type": "?"}],
            }
        )
    )

    assert response.message.parts == [
        Text("Hello", (Citation("https://a.example", "A", "quoted", 0, 5, raw=cited),))
    ]


def test_a_refusal_among_the_parts_of_the_content_is_one_too() -> None:
    content = [{"type": "text", "text": "Well."}, {"type": "refusal", "refusal": "I won't."}]
    response = answered(body({"content": content}))
    assert (response.text, response.refusal) == ("Well.", "I won't.")


def test_a_refusal_is_distinguished_from_text() -> None:
    response = answered(body({"content": None, "refusal": "I won't."}))

    assert (response.text, response.refusal, response.finish_reason) == ("", "I won't.", "stop")


def test_calls_come_with_their_arguments_read_and_as_text() -> None:
    calls = [
        {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
        {"id": "t2", "type": "function", "function": {"name": "add", "arguments": {"a": 2}}},
        {"id": "t3", "type": "function", "function": {"name": "add", "arguments": '{"a":'}},
        {"id": "t4", "type": "custom", "custom": {"name": "sql", "input": "select 1"}},
    ]
    one, two, three, four = answered(body({"tool_calls": calls}, "tool_calls")).tool_calls

    assert (one.id, one.name, one.arguments, one.arguments_text) == ("t1", "add", {"a": 1}, '{"a": 1}')
    assert (two.arguments, two.id) == ({"a": 2}, "t2")
    assert isinstance(three.status, Failed)
    assert (four.name, four.arguments, four.native) == (
        "sql",
        {"input": "select 1"},
        Native(ORIGIN, {"type": "custom"}),
    )


@pytest.mark.parametrize(
    "labels", [{}, {"index": 0}, {"id": ""}, {"id": "same"}], ids=["none", "index 0", "no id", "one id"]
)
@pytest.mark.parametrize("arguments", ["", "{}"])
def test_every_call_of_a_whole_message_is_a_call_however_it_is_labelled(
    labels: dict[str, Any], arguments: str
) -> None:
    call = {**labels, "function": {"name": "now", "arguments": arguments}}
    calls = answered(body({"tool_calls": [call, call]})).tool_calls

    assert [(one.name, one.arguments) for one in calls] == [("now", {})] * 2
    assert len({one.id for one in calls}) == 2


def test_the_deprecated_function_call_is_a_call() -> None:
    [call] = answered(
        body({"content": None, "function_call": {"name": "add", "arguments": '{"a":1}'}}, "function_call")
    ).tool_calls

    assert (call.name, call.arguments) == ("add", {"a": 1})
    assert answered(body({"content": "Hi", "function_call": {"name": "", "arguments": ""}})).tool_calls == []


def test_spoken_audio_is_a_file_with_a_transcript() -> None:
    spoken = {"id": "au1", "data": "UklGRgAB", "expires_at": 9, "transcript": "Hello"}
    [file] = answered(body({"content": None, "audio": spoken})).files

    assert (file.mimetype, file.data, file.transcript) == ("audio/wav", b"RIFF\0\1", "Hello")


def test_fields_that_a_server_sends_empty_are_no_parts() -> None:
    empty = {
        "content": "Hello",
        "annotations": None,
        "audio": {"data": "", "expires_at": 0, "id": "", "transcript": ""},
        "function_call": {"arguments": "", "name": ""},
        "reasoning": "",
        "reasoning_details": [],
        "refusal": "",
        "images": [],
        "tool_calls": None,
    }

    assert answered(body(empty, "")).message.parts == [Text("Hello")]


def test_pictures_are_files_in_content_and_beside_it() -> None:
    url = {"url": "data:image/png;base64,iVBORw=="}
    beside = answered(body({"content": "Look:", "images": [{"type": "image_url", "image_url": url}]}))
    within = answered(
        body({"content": [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": url}]})
    )

    assert beside.files == within.files
    assert (beside.text, within.text) == ("Look:", "Look:")
    assert beside.files[0].data == b"\x89PNG"


def test_blocks_of_thinking_and_unknown_blocks_are_kept_as_they_came_and_apart() -> None:
    first = {
        "type": "thinking",
        "thinking": [{"type": "text", "text": "a"}, {"type": "reference", "reference_ids": [1]}],
    }
    second = {"type": "thinking", "thinking": [{"type": "text", "text": "b"}], "signature": "s=="}
    unknown = {"type": "tool_reference", "tool": "web_search"}
    response = answered(body({"content": [first, second, unknown, {"type": "text", "text": "So."}]}))

    assert response.message.parts == [
        Reasoning("a", native=Native(ORIGIN, {"content": first})),
        Reasoning("b", native=Native(ORIGIN, {"content": second})),
        Opaque(Native(ORIGIN, unknown)),
        Text("So."),
    ]


def test_several_choices_are_noticed_and_the_first_by_index_is_read() -> None:
    def choice(index: int, text: str) -> dict[str, Any]:
        return {"index": index, "message": {"content": text}, "finish_reason": "stop"}

    response = answered({"choices": [choice(1, "b"), choice(0, "a")]})

    assert response.text == "a"
    assert response.notices == (Notice("n", "the server sent 2 choices; the response is the first of them"),)


def test_log_probabilities_are_in_raw() -> None:
    answer = body()
    answer["choices"][0]["logprobs"] = {"content": [{"token": "Hello", "logprob": -0.1}]}

    raw: Any = answered(answer).raw
    assert raw["choices"][0]["logprobs"]["content"][0]["token"] == "Hello"


@pytest.mark.parametrize(
    "before", [b"\n\n\n", b"  \r\n ", b"\xef\xbb\xbf"], ids=["line ends", "blanks", "byte order mark"]
)
def test_what_stands_before_the_json_does_no_harm(before: bytes) -> None:
    assert answered(before + json.dumps(body()).encode()).text == "Hello"


def test_a_completion_that_a_gateway_wrapped_is_found() -> None:
    assert answered({"code": 200, "message": "success", "data": body()}).text == "Hello"


@pytest.mark.parametrize(
    "empty", [{"choices": None}, {"choices": []}, {"choices": {}}, {"choices": ["a"]}, {}, {"id": "c1"}]
)
def test_an_answer_without_choices_cannot_be_read(empty: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponse, match="without choices"):
        answered(empty)


@pytest.mark.parametrize(
    "text", [b"", b"null", b"[]", b"\xff\xfe", b"upstream error", b'{"choices":[', b"[" * 100_000]
)
def test_what_is_no_json_object_cannot_be_read_and_is_shown(text: bytes) -> None:
    with pytest.raises(InvalidResponse, match=r"not a chat completion[:,] "):
        answered(text)


def test_a_web_page_asks_about_the_base_url() -> None:
    with pytest.raises(
        InvalidResponse, match=r"that is a web page: is the base URL right\? It usually ends in /v1"
    ):
        answered(b"\n<!doctype html><html>Welcome to nginx!</html>")


@pytest.mark.parametrize(
    ("failure", "kind", "code", "retryable"),
    [
        ({"error": {"code": 502, "message": "died"}, "choices": None}, ProviderError, "502", True),
        ({"error": {"code": 429, "message": "died"}}, RateLimited, "429", True),
        (
            {"error": {"code": None, "type": "server_error", "message": "died"}},
            ProviderError,
            "server_error",
            True,
        ),
        ({"error": "died"}, ProviderError, None, False),
        ({"object": "error", "message": "died", "code": 400}, InvalidRequest, "400", False),
        (
            {
                "choices": [
                    {
                        "index": 0,
                        "message": {"content": ""},
                        "finish_reason": "error",
                        "error": {"code": 503, "message": "died"},
                    }
                ]
            },
            Overloaded,
            "503",
            True,
        ),
    ],
    ids=["beside null choices", "a status as code", "a type", "a string", "flat", "in the choice"],
)
def test_an_error_under_status_200_is_an_error(
    failure: Any, kind: type[ProviderError], code: str | None, retryable: bool
) -> None:
    with pytest.raises(ProviderError) as caught:
        answered(failure)

    error = caught.value
    assert (type(error), error.status, error.code, error.message, error.retryable) == (
        kind,
        200,
        code,
        "died",
        retryable,
    )


# -- errors


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, InvalidRequest, False),
        (401, AuthenticationError, False),
        (402, QuotaExceeded, False),
        (403, PermissionDenied, False),
        (404, NotFound, False),
        (408, ProviderError, True),
        (409, ProviderError, True),
        (413, InvalidRequest, False),
        (418, ProviderError, False),
        (422, InvalidRequest, False),
        (424, ProviderError, False),
        (429, RateLimited, True),
        (498, Overloaded, True),
        (499, ProviderError, False),
        (500, ProviderError, True),
        (502, ProviderError, True),
        (503, Overloaded, True),
        (504, ProviderError, True),
        (522, ProviderError, True),
        (529, Overloaded, True),
        (301, ProviderError, False),
    ],
)
def test_a_status_decides_the_kind_of_error_and_whether_to_try_again(
    status: int, kind: type[ProviderError], retryable: bool
) -> None:
    error = decode_error(status, {}, b'{"error":{"message":"no","code":"c"}}')

    assert (type(error), error.status, error.retryable) == (kind, status, retryable)
    assert str(error) == f"no (status {status}, code c)"


MISFIT = [{"loc": ["body", "stop"], "msg": "too long", "type": "value_error"}]


@pytest.mark.parametrize(
    ("envelope", "message", "code"),
    [
        (
            {
                "error": {
                    "message": "no",
                    "type": "invalid_request_error",
                    "param": "x",
                    "code": "invalid_value",
                }
            },
            "no",
            "invalid_value",
        ),
        (
            {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}},
            "no",
            "invalid_request_error",
        ),
        (
            {"error": {"message": "no", "type": "invalid_request_error", "failed_generation": "<f>"}},
            "no",
            "invalid_request_error",
        ),
        (
            {
                "object": "error",
                "message": "no",
                "type": "invalid_model",
                "code": "1500",
                "raw_status_code": 400,
            },
            "no",
            "1500",
        ),
        (
            {"object": "error", "message": {"detail": MISFIT}, "type": "t", "code": None},
            json.dumps({"detail": MISFIT}),
            "t",
        ),
        ({"detail": "no"}, "no", None),
        ({"detail": MISFIT}, json.dumps(MISFIT), None),
        (
            {
                "error": {"code": 402, "message": "no", "metadata": {"provider_name": "p", "raw": "r"}},
                "user_id": "u",
            },
            "no",
            "402",
        ),
        (
            {"error": {"code": 400, "message": "no", "type": "exceed_context_size_error", "n_ctx": 8}},
            "no",
            "400",
        ),
        ({"message": "no", "type": "t", "param": "p", "code": "wrong_api_key"}, "no", "wrong_api_key"),
        ({"error": {"message": "no"}, "status_code": 400}, "no", None),
        (
            {"code": "The caller does not have permission", "error": "no"},
            "no",
            "The caller does not have permission",
        ),
        ({"error": "no"}, "no", None),
        ({"id": "e1", "message": "no"}, "no", None),
        ({"code": 7, "message": "no", "type": "t"}, "no", "7"),
        (
            {"error": {"message": "no", "code": "content_filter", "innererror": {"code": "X"}}},
            "no",
            "content_filter",
        ),
        ({"error": {"code": "401", "message": "no"}}, "no", "401"),
        ({"statusCode": 404, "message": "no"}, "no", None),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "no"}, "request_id": "r"},
            "no",
            "overloaded_error",
        ),
        ([{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}], "no", "400"),
        ({"error": "invalid_grant", "error_description": "no"}, "invalid_grant", None),
        ({"error_description": "no"}, "no", None),
        ({"error": {"reason": "x"}}, '{"reason": "x"}', None),
        ("no", "no", None),
        ([], "status 400 without a body", None),
    ],
    ids=[
        *[
            "OpenAI",
            "OpenAI without code",
            "Groq",
            "Mistral",
            "Mistral's detail",
            "FastAPI",
            "FastAPI's list",
            "OpenRouter",
        ],
        *[
            "llama.cpp",
            "Cerebras",
            "Cerebras in a stream",
            "xAI",
            "Ollama",
            "Cohere",
            "Doubleword",
            "Azure",
            "Azure's gateway",
        ],
        *[
            "Azure's other gateway",
            "Anthropic",
            "Google",
            "OAuth",
            "OAuth's description",
            "no message",
            "text in JSON",
            "empty list",
        ],
    ],
)
def test_the_message_and_code_are_found_in_the_envelope_of(
    envelope: Any, message: str, code: str | None
) -> None:
    error = decode_error(400, {}, json.dumps(envelope).encode())

    assert (error.message, error.code, error.body) == (message, code, envelope)
    assert isinstance(error, InvalidRequest)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "status 502 without a body"),
        (b"  upstream connect error \n", "upstream connect error"),
        (b"<html><h1>502 Bad Gateway</h1></html>", "<html><h1>502 Bad Gateway</h1></html>"),
        (b"x" * 5000, "x" * 1000),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 100_000, "[" * 1000),
    ],
    ids=["nothing", "words", "a page", "a lot", "no text", "nesting"],
)
def test_a_body_that_is_no_json_is_its_own_message(text: bytes, message: str) -> None:
    assert decode_error(502, {}, text).message == message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500.5", "retry-after": "9"}, 1.5005),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "120ms"}, 0.12),
        ({"retry-after": "1s"}, 1.0),
        ({"retry-after": "6m0s"}, 360.0),
        ({"retry-after": "1h2m3.5s"}, 3723.5),
        ({"retry-after": "1d"}, 86400.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        ({"retry-after": "1.2.3s"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_when_to_come_back_is_read_from(headers: dict[str, str], seconds: float | None) -> None:
    error = decode_error(429, headers, b"{}")

    assert error.retry_after == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    "name",
    ["x-request-id", "apim-request-id", "mistral-correlation-id", "inference-id", "cf-ray"],
    ids=lambda name: name,
)
def test_the_request_id_is_found_in(name: str) -> None:
    error = decode_error(500, {"cf-ray": "other", name: "r-1"}, b'{"error":{"message":"no"}}')

    assert error.request_id == "r-1"
    assert "request id r-1" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "headers", "retryable"),
    [
        (429, {"error": {"message": "no", "code": "insufficient_quota"}}, {}, False),
        (429, {"error": {"message": "no", "type": "insufficient_quota", "code": None}}, {}, False),
        (429, {"error": {"message": "no", "code": "rate_limit_exceeded"}}, {}, True),
        (429, {"error": {"message": "no"}}, {"x-should-retry": "false"}, False),
        (400, {"error": {"message": "no"}}, {"x-should-retry": "true"}, True),
        (500, {"error": {"message": "no"}}, {"x-should-retry": "maybe"}, True),
    ],
)
def test_a_spent_quota_and_the_servers_own_advice_decide_about_trying_again(
    status: int, body: Any, headers: dict[str, str], retryable: bool
) -> None:
    assert decode_error(status, headers, json.dumps(body).encode()).retryable is retryable


# -- models


@pytest.mark.parametrize(
    "wrap", [lambda listed: {"object": "list", "data": listed}, lambda listed: listed], ids=["list", "bare"]
)
def test_models_are_listed_with_all_their_fields(wrap: Any) -> None:
    listed = [{"id": "a/b:free", "object": "model", "context_length": 8}, {"id": "c"}]

    models = decode_models(json.dumps(wrap(listed)).encode())

    assert models == [ModelInfo("a/b:free"), ModelInfo("c")]
    assert models[0].raw["context_length"] == 8


@pytest.mark.parametrize("garbage", [b"<html>", b"[1", b"7"])
def test_a_list_of_models_that_cannot_be_read_is_an_error(garbage: bytes) -> None:
    with pytest.raises(InvalidResponse, match="not a list of models"):
        decode_models(garbage)


# -- the official SDK reads the same


def _recorded(provider: str, most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Up to `most` whole and as many streamed answers, one of a recording."""
    left = {True: most, False: most}
    for path in sorted((RECORDINGS / provider).glob("*.expected.json")):
        for at, expected in enumerate(json.loads(path.read_text(encoding="utf-8")).get("exchanges", [])):
            opinion = expected.get("sdk") or {}
            usable = (
                str(opinion.get("sdk")).startswith("openai")
                and not opinion.get("unusable")
                and not opinion.get("differences")
            )
            if expected["wire"] != "chat-completions" or expected["kind"] != "message" or not usable:
                continue
            recording = json.loads(
                path.with_name(path.name.replace(".expected", "")).read_text(encoding="utf-8")
            )
            response = recording["exchanges"][at]["response"]
            if response["body_encoding"] == "utf-8" and left[response["is_stream"]]:
                left[response["is_stream"]] -= 1
                yield path.name, response
                break


def _providers() -> list[str]:
    folders = sorted(RECORDINGS.iterdir()) if RECORDINGS.is_dir() else []
    return [folder.name for folder in folders if folder.is_dir() and any(_recorded(folder.name, 1))]


@pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recorded traffic is not beside this repository (shared/recordings)"
)
@pytest.mark.parametrize("provider", _providers())
def test_the_official_sdk_reads_the_same_in_recordings_of(provider: str) -> None:
    for name, response in _recorded(provider, most=3):
        theirs = _sdk_stream(response["body"]) if response["is_stream"] else _sdk_whole(response["body"])
        turn = _ours(response)
        assert turn.text == theirs["text"], name
        assert [(call.name, call.arguments) for call in turn.tool_calls] == theirs["calls"], name
        assert (turn.usage.raw or None, turn.raw_finish_reason) == (theirs["usage"], theirs["finish"]), name


def _ours(response: dict[str, Any]) -> ChatResponse:
    if not response["is_stream"]:
        return answered(response["body"].encode())
    turn = CompletionsStreamDecoder(origin=ORIGIN, dialect=Dialect(), ids=CallIds(Messages()))
    for data in _events(response["body"]):
        turn.feed(Event("message", data))
    return turn.finish().response


def _events(text: str) -> list[str]:
    return [
        line.removeprefix("data:").strip()
        for line in text.replace("\r\n", "\n").split("\n")
        if line.startswith("data:")
    ]


def _sdk_whole(text: str) -> dict[str, Any]:
    completion = ChatCompletion.construct(**json.loads(text))
    choice = completion.choices[0]
    return {
        "text": choice.message.content or "",
        "calls": [
            (call.function.name, json.loads(call.function.arguments or "{}"))
            for call in choice.message.tool_calls or []
            if call.type == "function"
        ],
        "usage": completion.usage.to_dict(mode="json") if completion.usage else None,
        "finish": choice.finish_reason or None,
    }


def _sdk_stream(text: str) -> dict[str, Any]:
    said, calls, usage, finish = "", dict[int, list[str]](), None, None
    for data in _events(text):
        if data.startswith("[DONE]"):
            break
        chunk = ChatCompletionChunk.construct(**json.loads(data))
        usage = chunk.usage.to_dict(mode="json") if chunk.usage else usage
        for choice in (choice for choice in chunk.choices or [] if choice.index == 0):
            finish = finish or choice.finish_reason
            said += choice.delta.content or ""
            for call in choice.delta.tool_calls or []:
                name, arguments = calls.setdefault(call.index, ["", ""])
                function = call.function
                calls[call.index] = [
                    name or (function and function.name) or "",
                    arguments + ((function and function.arguments) or ""),
                ]
    read = [(name, json.loads(arguments or "{}")) for name, arguments in calls.values()]
    return {"text": said, "calls": read, "usage": usage, "finish": finish or None}
