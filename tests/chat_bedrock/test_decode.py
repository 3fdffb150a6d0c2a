"""Whole responses and errors, as Bedrock sends them."""

from __future__ import annotations

import json

import pytest
from chat_bedrock.decode import decode, decode_count, decode_error, decode_models, decode_profiles
from chat_core import (
    AuthenticationError,
    ChatError,
    ChatResponse,
    InvalidRequest,
    InvalidResponse,
    Messages,
    NotFound,
    Opaque,
    Origin,
    PermissionDenied,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Text,
)
from chat_core.wire import CallIds

HERE = Origin("bedrock", "https://host", "m")


def read(*content: object, **fields: object) -> ChatResponse:
    body = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "end_turn",
        **fields,
    }
    return decode(json.dumps(body).encode(), origin=HERE, ids=CallIds(Messages()), request_id="r-1")


def test_parts_come_in_the_order_of_their_blocks() -> None:
    response = read(
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
        {"text": "I add."},
        {"toolUse": {"toolUseId": "t", "name": "add", "input": {"a": 1}}},
        stopReason="tool_use",
    )
    assert [part.type for part in response.message.parts] == ["reasoning", "text", "tool_call"]
    assert response.tool_calls[0].arguments == {"a": 1}
    assert response.id == "r-1"


def test_a_text_that_is_no_string_loses_nothing() -> None:
    assert (
        read({"text": "It costs $"}, {"text": 6}, {"text": {"name": "Bern"}}).text
        == 'It costs $6{"name": "Bern"}'
    )


def test_a_cited_text_names_its_sources() -> None:
    block = {
        "content": [{"text": "By Matz."}],
        "citations": [
            {
                "title": "facts",
                "sourceContent": [{"text": "created by Matz"}],
                "location": {"documentChar": {"documentIndex": 0, "start": 3, "end": 9}},
            }
        ],
    }
    (text,) = read({"citationsContent": block}).message.parts
    assert isinstance(text, Text)
    assert text.text == "By Matz."
    (citation,) = text.citations
    assert (citation.title, citation.quote, citation.start, citation.end) == (
        "facts",
        "created by Matz",
        3,
        9,
    )
    assert text.native is not None
    assert text.native.data == {"citationsContent": block}


def test_a_block_of_an_unknown_kind_is_kept() -> None:
    (part,) = read({"hologram": {"format": "x"}}).message.parts
    assert isinstance(part, Opaque)
    assert part.native.data == {"hologram": {"format": "x"}}


def test_the_router_says_which_model_answered() -> None:
    assert read({"text": "a"}, trace={"promptRouter": {"invokedModelId": "arn:x"}}).model == "arn:x"


def test_bytes_that_are_no_base64_are_an_error() -> None:
    with pytest.raises(InvalidResponse, match="no base64"):
        read({"image": {"format": "png", "source": {"bytes": "%%%"}}})


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (
            {"message": "slow down", "__type": "com.amazon.coral#ThrottlingException"},
            RateLimited,
            "slow down",
        ),
        (
            {"Output": {"__type": "com.amazon.coral.service#UnknownOperationException"}},
            ProviderError,
            "Unknown",
        ),
        ({"Message": "no"}, ProviderError, "no"),
        ({"a": 1}, InvalidResponse, '{"a": 1}'),
    ],
)
def test_an_error_under_status_200_is_an_error(body: object, kind: type[ChatError], words: str) -> None:
    with pytest.raises(kind) as caught:
        decode(json.dumps(body).encode(), origin=HERE, ids=CallIds(Messages()))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("status", "name", "kind", "retryable"),
    [
        (400, "ValidationException:http://internal.amazon.com/", InvalidRequest, False),
        (400, "ServiceQuotaExceededException", QuotaExceeded, False),
        (403, "AccessDeniedException", PermissionDenied, False),
        (403, "ExpiredTokenException", AuthenticationError, False),
        (403, "UnrecognizedClientException", AuthenticationError, False),
        (404, "ResourceNotFoundException", NotFound, False),
        (408, "ModelTimeoutException", ProviderError, True),
        (424, "ModelErrorException", ProviderError, True),
        (429, "ThrottlingException", RateLimited, True),
        (429, "ModelNotReadyException", RateLimited, True),
        (500, "InternalServerException", ProviderError, True),
    ],
)
def test_the_name_in_the_header_decides(
    status: int, name: str, kind: type[ChatError], retryable: bool
) -> None:
    headers = {"x-amzn-errortype": name, "x-amzn-requestid": "r-1"}
    error = decode_error(status, headers, b'{"message": "why"}')
    assert type(error) is kind
    assert (error.message, error.code, error.status, error.request_id) == (
        "why",
        name.partition(":")[0],
        status,
        "r-1",
    )
    assert error.retryable is retryable
    assert error.body == {"message": "why"}


def test_an_error_that_is_no_json_shows_its_text() -> None:
    assert decode_error(502, {}, b"<html>Bad gateway").message == "<html>Bad gateway"


def test_counts_and_lists() -> None:
    assert decode_count(b'{"inputTokens": 7}') == 7
    with pytest.raises(InvalidResponse):
        decode_count(b"{}")
    models = decode_models(b'{"modelSummaries": [{"modelId": "a.b", "modelName": "B"}]}')
    assert [(model.id, model.raw["modelName"]) for model in models] == [("a.b", "B")]
    profiles, following = decode_profiles(
        b'{"inferenceProfileSummaries": [{"inferenceProfileId": "us.a.b"}], "nextToken": "n"}'
    )
    assert ([profile.id for profile in profiles], following) == (["us.a.b"], "n")
    with pytest.raises(InvalidResponse, match="modelSummaries"):
        decode_models(b"{}")
