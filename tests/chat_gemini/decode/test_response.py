"""What comes out of a whole answer, of an error, and of a list of models."""

import base64
import json
from typing import Any

import pytest
from chat_core import (
    AuthenticationError,
    ChatResponse,
    Failed,
    FinishReason,
    InvalidRequest,
    InvalidResponse,
    Message,
    Messages,
    NotFound,
    Opaque,
    Origin,
    Overloaded,
    Pending,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Reasoning,
    Text,
    ToolCall,
)
from chat_core.wire import CallIds
from chat_gemini import CodeRun, code_runs, grounding
from chat_gemini.decode import TurnAssembler, decode, decode_error, decode_models, decode_tokens

HERE = Origin("gemini", "https://host/v1beta", "gemini-3.5-flash")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def answered(answer: object, messages: Messages | None = None) -> ChatResponse:
    assembly = TurnAssembler(HERE, CallIds(messages or Messages()))
    raw = decode(json.dumps(answer).encode(), assembly)
    return assembly.response((), raw)


def turn(*parts: object, reason: object = "STOP", **beside: object) -> dict[str, Any]:
    return {
        "candidates": [
            {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason, "index": 0, **beside}
        ]
    }


def test_a_plain_answer() -> None:
    answer = turn({"text": "Hello"}) | {
        "modelVersion": "gemini-3.5-flash-001",
        "responseId": "r1",
        "usageMetadata": {
            "promptTokenCount": 3,
            "candidatesTokenCount": 2,
            "thoughtsTokenCount": 4,
            "totalTokenCount": 9,
        },
    }
    response = answered(answer)
    assert (response.text, response.finish_reason, response.raw_finish_reason) == ("Hello", "stop", "STOP")
    assert (response.id, response.model, response.raw) == ("r1", "gemini-3.5-flash-001", answer)
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (
        3,
        6,
        4,
        9,
    )
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (None, None)
    assert response.notices == ()


def test_every_part_keeps_its_place_and_what_came_beside_it() -> None:
    response = answered(
        turn(
            {"text": "Hm.", "thought": True},
            {"text": "Look: "},
            {"executableCode": {"language": "PYTHON", "code": "print(1)"}, "thoughtSignature": "Y29kZQ=="},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}},
            {
                "toolCall": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "args": {}},
                "thoughtSignature": "dG9vbA==",
            },
            {"toolResponse": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB"}},
            {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "aW1n"},
            {"somethingNew": {"a": 1}},
            {"text": "one.", "thoughtSignature": "ZW5k"},
            {"functionCall": {"id": "f1", "name": "add", "args": {"a": 1}}, "thoughtSignature": "Y2FsbA=="},
        )
    )
    parts = response.message.parts
    kinds = [part.type for part in parts]
    assert kinds == [
        "reasoning",
        "text",
        "opaque",
        "opaque",
        "opaque",
        "opaque",
        "file",
        "opaque",
        "text",
        "tool_call",
    ]
    beside = [part.native.data if part.native else None for part in parts]
    assert beside[0] == {"thought": True}
    assert beside[1] is None
    assert beside[2] == {
        "executableCode": {"language": "PYTHON", "code": "print(1)"},
        "thoughtSignature": "Y29kZQ==",
    }
    assert [each and each.get("thoughtSignature") for each in beside[6:]] == [
        "aW1n",
        None,
        "ZW5k",
        "Y2FsbA==",
    ]
    assert {part.native.origin for part in parts if part.native} == {HERE}
    assert (response.reasoning, response.text) == ("Hm.", "Look: one.")
    assert code_runs(response.message) == [CodeRun("print(1)", "PYTHON", "OUTCOME_OK", "1\n")]


def test_a_signature_alone_on_no_text_is_sealed_thinking_and_one_on_no_part_is_nothing() -> None:
    parts = answered(
        turn(
            {"text": "Hi"},
            {"text": "", "thoughtSignature": "eA=="},
            {"thoughtSignature": "eA=="},
            {"text": ""},
        )
    ).message.parts
    assert [type(part) for part in parts] == [Text, Reasoning]
    assert parts[1].native is not None
    assert parts[1].native.data == {"thoughtSignature": "eA=="}


def test_a_thought_picture_is_only_on_the_way() -> None:
    response = answered(
        turn(
            {"inlineData": {"mimeType": "image/png", "data": PNG}, "thought": True},
            {"inlineData": {"mimeType": "image/png", "data": PNG}},
        )
    )
    assert len(response.files) == 1
    assert response.files[0].data == b"\x89PNG\r\n\x1a\n"


def test_a_file_that_lies_somewhere_else() -> None:
    file = {"fileData": {"fileUri": "gs://bucket/a.png", "mimeType": "image/png"}}
    stored, odd = answered(turn(file, {"fileData": {"fileUri": "files/abc"}})).message.parts
    assert (stored.type, odd.type) == ("file", "opaque")
    assert isinstance(odd, Opaque)
    assert odd.native.data == {"fileData": {"fileUri": "files/abc"}}


@pytest.mark.parametrize("data", ["iVBORw0KGgo=", "iVBORw0KGgo", "_-8="])
def test_both_alphabets_of_base64_are_read(data: str) -> None:
    [file] = answered(turn({"inlineData": {"mimeType": "image/png", "data": data}})).files
    assert file.data in (b"\x89PNG\r\n\x1a\n", b"\xff\xef")


def test_data_that_is_no_base64_is_an_error() -> None:
    with pytest.raises(InvalidResponse, match="not base64"):
        answered(turn({"inlineData": {"mimeType": "image/png", "data": "?"}}))


def test_calls_get_ids_of_their_own_where_the_server_gives_none_or_one_twice() -> None:
    before = Messages([Message("model", [ToolCall("f1", "add")])])
    response = answered(
        turn(
            {"functionCall": {"name": "add", "args": {"a": 1}}},
            {"functionCall": {"name": "add", "args": {"a": 1}}},
            {"functionCall": {"id": "f1", "name": "add"}},
            {"functionCall": {"id": "f2", "name": "add", "args": {}}},
            {"functionCall": {"id": "f2", "name": "add", "args": {"a": 2}}},
        ),
        before,
    )
    ids = [call.id for call in response.tool_calls]
    assert len({*ids, "f1"}) == 6
    assert ids[3] == "f2"
    assert [call.native.data.get("id") for call in response.tool_calls if call.native] == [
        None,
        None,
        "f1",
        "f2",
        "f2",
    ]
    assert response.finish_reason == "tool_calls"
    assert all(isinstance(call.status, Pending) for call in response.tool_calls)


def test_a_call_that_the_server_repeats_is_one_call() -> None:
    call = {"functionCall": {"id": "f1", "name": "add", "args": {"a": 1}}}
    assert [made.id for made in answered(turn(call, call)).tool_calls] == ["f1"]


def test_arguments_that_are_no_object_never_run() -> None:
    [call] = answered(turn({"functionCall": {"name": "add", "args": [1]}})).tool_calls
    assert isinstance(call.status, Failed)


FINISH: dict[object, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY"),
        "content_filter",
    ),
    **dict.fromkeys(("IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"), "content_filter"),
    **dict.fromkeys(
        ("IMAGE_OTHER", "NO_IMAGE", "OTHER", "MISSING_THOUGHT_SIGNATURE", "ESCALATION", "SOMETHING_NEW"),
        "other",
    ),
    1: "stop",
    2: "length",
    3: "content_filter",
}


@pytest.mark.parametrize("word", FINISH)
def test_every_reason_to_stop(word: object) -> None:
    response = answered(turn({"text": "Hi"}, reason=word))
    assert (response.finish_reason, response.raw_finish_reason) == (FINISH[word], str(word))


@pytest.mark.parametrize(
    "word",
    ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE", "OTHER"],
)
def test_a_malformed_call_is_told_and_never_runs(word: str) -> None:
    response = answered(
        turn({"functionCall": {"name": "add", "args": {}}}, reason=word, finishMessage="print(add(")
    )
    assert response.finish_reason == "other"
    assert [call.status for call in response.tool_calls] == [
        Failed(f"The turn ended with {word}, so the call was not run. print(add(")
    ]
    assert [(notice.about, notice.message) for notice in response.notices] == [
        ("finish_reason", "print(add(")
    ]


def test_a_call_runs_under_a_reason_that_is_yet_unknown() -> None:
    """What tells a call is the call; servers that imitate Google's make up a reason for it."""
    for word, reason in (("FUNCTION_CALL", "tool_calls"), ("CALLING", "other")):
        response = answered(turn({"functionCall": {"name": "add", "args": {}}}, reason=word))
        assert (response.finish_reason, response.raw_finish_reason) == (reason, word)
        assert [type(call.status) for call in response.tool_calls] == [Pending]


def test_a_filtered_answer_may_have_no_content() -> None:
    response = answered({"candidates": [{"finishReason": "SAFETY", "safetyRatings": [{"blocked": True}]}]})
    assert (response.text, response.finish_reason) == ("", "content_filter")


def test_a_blocked_prompt_is_an_answer_that_was_filtered() -> None:
    response = answered(
        {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 5}}
    )
    assert (response.finish_reason, response.raw_finish_reason) == ("content_filter", "PROHIBITED_CONTENT")
    assert response.usage.input_tokens == 5
    assert [notice.about for notice in response.notices] == ["finish_reason"]


def test_an_answer_without_candidates_says_so() -> None:
    response = answered({"usageMetadata": {"promptTokenCount": 5}})
    assert (response.text, [notice.about for notice in response.notices]) == ("", ["candidates"])


@pytest.mark.parametrize("body", ["{}", "[]", "[{}]", '"text"', "<html>", "{", '{"candidates": 3}'])
def test_what_is_no_answer_is_an_error(body: str) -> None:
    with pytest.raises(InvalidResponse):
        decode(body.encode(), TurnAssembler(HERE, CallIds(Messages())))


def test_further_candidates_are_noticed_and_the_first_is_the_answer() -> None:
    first, second = (
        turn({"text": "One"})["candidates"][0],
        turn({"text": "Two"})["candidates"][0] | {"index": 1},
    )
    response = answered({"candidates": [second, first]})
    assert response.text == "One"
    assert [notice.about for notice in response.notices] == ["n"]


def test_half_a_character_is_read_as_unknown() -> None:
    assembly = TurnAssembler(HERE, CallIds(Messages()))
    decode(
        b'{"candidates": [{"content": {"parts": [{"text": "a\\ud83d"}]}, "finishReason": "STOP"}]}', assembly
    )
    assert assembly.response().text == "a\ufffd"


def test_sources_are_cited_at_the_characters_that_they_support() -> None:
    said = "Zürich is big. Bern is not."
    grounded = {
        "webSearchQueries": ["big cities", ""],
        "searchEntryPoint": {"renderedContent": "<div>"},
        "groundingChunks": [
            {"web": {"uri": "https://a.example", "title": "a"}},
            {
                "retrievedContext": {
                    "uri": "https://b.example",
                    "title": "b",
                    "text": "Bern has 134000 people.",
                }
            },
            {"maps": {"uri": "https://maps.example", "title": "c", "placeId": "p"}},
        ],
        "groundingSupports": [
            {"segment": {"endIndex": 15, "text": "Zürich is big."}, "groundingChunkIndices": [0]},
            {
                "segment": {"startIndex": 16, "endIndex": 28, "text": "Bern is not."},
                "groundingChunkIndices": [0, 1, 9],
            },
        ],
    }
    context = {
        "urlMetadata": [
            {"retrievedUrl": "https://a.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}
        ]
    }
    response = answered(turn({"text": said}, groundingMetadata=grounded, urlContextMetadata=context))
    [text] = [part for part in response.message.parts if isinstance(part, Text)]
    cited = [
        (citation.url, said[citation.start : citation.end] if citation.end else None)
        for citation in text.citations
    ]
    assert cited == [
        ("https://a.example", "Zürich is big."),
        ("https://a.example", "Bern is not."),
        ("https://b.example", "Bern is not."),
        ("https://maps.example", None),
    ]
    assert [citation.title for citation in text.citations] == ["a", "a", "b", "c"]

    found = grounding(response)
    assert (found.queries, found.suggestions, found.raw) == (("big cities",), "<div>", grounded)
    assert found.fetched == (("https://a.example", "URL_RETRIEVAL_STATUS_SUCCESS"),)


def test_a_citation_finds_its_text_among_several_parts() -> None:
    grounded = {
        "groundingChunks": [{"web": {"uri": "https://a.example"}}],
        "groundingSupports": [
            {"segment": {"partIndex": 2, "endIndex": 6, "text": "Second"}, "groundingChunkIndices": [0]},
            {"segment": {"endIndex": 6, "text": "gone"}, "groundingChunkIndices": [0]},
        ],
    }
    response = answered(
        turn({"text": "First. ", "thoughtSignature": "eA=="}, {"text": "Second."}, groundingMetadata=grounded)
    )
    first, second = [part for part in response.message.parts if isinstance(part, Text)]
    assert first.citations == ()
    assert [(citation.start, citation.end) for citation in second.citations] == [(0, 6), (None, None)]


@pytest.mark.parametrize("field", ["citationSources", "citations"])
def test_what_is_recited_is_cited(field: str) -> None:
    sources = {field: [{"startIndex": 2, "endIndex": 4, "uri": "https://a.example", "license": "mit"}]}
    [text] = answered(turn({"text": "0123456"}, citationMetadata=sources)).message.parts
    assert isinstance(text, Text)
    assert [(citation.url, citation.start, citation.end) for citation in text.citations] == [
        ("https://a.example", 2, 4)
    ]


def test_nothing_is_cited_where_nothing_was_said() -> None:
    grounded = {"groundingChunks": [{"web": {"uri": "https://a.example"}}]}
    response = answered(turn({"functionCall": {"name": "add"}}, groundingMetadata=grounded))
    assert [part.type for part in response.message.parts] == ["tool_call"]
    assert grounding(response).raw == grounded
    assert grounding(answered(turn({"text": "Hi"}))).queries == ()


def error(status: int, word: str, *details: object, code: int | None = None) -> bytes:
    return json.dumps(
        {"error": {"code": code or status, "message": "No.", "status": word, "details": list(details)}}
    ).encode()


@pytest.mark.parametrize(
    ("status", "word", "kind", "retryable"),
    [
        (400, "INVALID_ARGUMENT", InvalidRequest, False),
        (401, "UNAUTHENTICATED", AuthenticationError, False),
        (403, "PERMISSION_DENIED", PermissionDenied, False),
        (404, "NOT_FOUND", NotFound, False),
        (409, "ABORTED", ProviderError, True),
        (429, "RESOURCE_EXHAUSTED", RateLimited, True),
        (499, "CANCELLED", ProviderError, False),
        (500, "INTERNAL", ProviderError, True),
        (501, "UNIMPLEMENTED", ProviderError, False),
        (503, "UNAVAILABLE", Overloaded, True),
        (504, "DEADLINE_EXCEEDED", ProviderError, True),
    ],
)
@pytest.mark.parametrize("within", [False, True], ids=["by status", "under 200"])
def test_every_error(
    status: int, word: str, kind: type[ProviderError], retryable: bool, within: bool
) -> None:
    made = decode_error(200 if within else status, {}, error(status, word))
    assert (type(made), made.code, made.message, made.retryable) == (kind, word, "No.", retryable)
    assert made.status == (200 if within else status)


def test_a_wrong_key_comes_as_a_bad_request() -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    made = decode_error(400, {}, error(400, "INVALID_ARGUMENT", info))
    assert (type(made), made.code, made.retryable) == (AuthenticationError, "API_KEY_INVALID", False)


@pytest.mark.parametrize(
    ("delay", "seconds"), [("38s", 38.0), ("0.5s", 0.5), ("34.4s", 34.4), ("soon", None)]
)
def test_the_time_to_wait_stands_in_the_body(delay: str, seconds: float | None) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    assert decode_error(429, {}, error(429, "RESOURCE_EXHAUSTED", info)).retry_after == seconds
    assert decode_error(429, {"retry-after": "7"}, error(429, "RESOURCE_EXHAUSTED", info)).retry_after == 7.0


@pytest.mark.parametrize(
    ("quota", "retryable"), [("RequestsPerMinute", True), ("RequestsPerDayPerProject", False)]
)
def test_a_quota_of_the_day_is_not_asked_for_again(quota: str, retryable: bool) -> None:
    failure = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}
    assert decode_error(429, {}, error(429, "RESOURCE_EXHAUSTED", failure)).retryable is retryable


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[%b]" % error(503, "UNAVAILABLE"), "No."),
        (b"upstream died", "upstream died"),
        (b"", "status 503 without a body"),
    ],
)
def test_an_error_in_any_wrapping_says_what_it_says(body: bytes, message: str) -> None:
    made = decode_error(503, {"x-request-id": "r"}, body)
    assert (type(made), made.message, made.request_id) == (Overloaded, message, "r")


def test_an_error_under_status_200_raises() -> None:
    with pytest.raises(Overloaded):
        answered({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}})
    with pytest.raises(ProviderError, match="odd"):
        answered([turn({"text": "Hi"}), {"error": {"message": "odd"}}])


def test_models_come_in_pages() -> None:
    models, token = decode_models(
        b'{"models": [{"name": "models/gemini-3.5-flash", "thinking": true}], "nextPageToken": "t"}'
    )
    assert ([model.id for model in models], token) == (["gemini-3.5-flash"], "t")
    assert models[0].raw["thinking"] is True
    assert decode_models(b"{}") == ([], None)


def test_tokens_are_counted() -> None:
    assert decode_tokens(b'{"totalTokens": 7}') == 7
    assert decode_tokens(b"{}") == 0
    with pytest.raises(InvalidResponse):
        decode_tokens(b'{"other": 1}')
