"""Whole responses and errors, as Cohere sends them."""

from __future__ import annotations

import json

import pytest
from chat_cohere.decode import decode, decode_error, decode_models, decode_tokens
from chat_core import (
    AuthenticationError,
    ChatError,
    ChatResponse,
    InvalidResponse,
    Messages,
    NotFound,
    Origin,
    ProviderError,
    RateLimited,
    Text,
)
from chat_core.wire import CallIds

HERE = Origin("cohere", "https://host", "m")


def read(message: object = None, **fields: object) -> ChatResponse:
    body = {"id": "r", "finish_reason": "COMPLETE", "message": message, **fields}
    return decode(json.dumps(body).encode(), origin=HERE, ids=CallIds(Messages()))


def test_a_plan_then_content_then_calls() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    response = read(
        {"tool_plan": "I add.", "content": [{"type": "thinking", "thinking": "Hm"}], "tool_calls": [call]},
        finish_reason="TOOL_CALL",
    )
    assert [part.type for part in response.message.parts] == ["text", "reasoning", "tool_call"]
    assert response.message.parts[0] == Text("I add.", aside=True)
    assert response.tool_calls[0].arguments == {"a": 1}


@pytest.mark.parametrize("arguments", [None, "null", "", "{}"])
def test_no_arguments_in_any_spelling_are_none(arguments: object) -> None:
    call = {"id": "c", "function": {"name": "now", "arguments": arguments}}
    assert read({"tool_calls": [call]}, finish_reason="TOOL_CALL").tool_calls[0].arguments == {}


def test_the_first_version_of_the_api_is_read_too() -> None:
    response = read(
        text="Arrr", response_id="r-1", id=None, meta={"tokens": {"input_tokens": 69, "output_tokens": 119}}
    )
    assert (response.text, response.id, response.usage.input_tokens) == ("Arrr", "r-1", 69)


def test_content_that_is_no_list_of_texts_loses_nothing() -> None:
    assert read({"content": "Hello"}).text == "Hello"
    assert read({"content": [{"type": "text", "text": 6}]}).text == "6"


def test_citations_without_a_place_belong_to_the_first_text() -> None:
    cited = {
        "start": 0,
        "end": 1,
        "text": "a",
        "sources": [{"type": "tool", "id": "t:0", "tool_output": {"url": "u"}}],
    }
    content = [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "a"}]
    text = read({"content": content, "citations": [cited]}).message.parts[1]
    assert isinstance(text, Text)
    assert [(citation.url, citation.title) for citation in text.citations] == [("u", "t:0")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"id": "x", "message": "invalid request"}, ProviderError),
        ({"finish_reason": "ERROR", "message": {"content": []}}, ProviderError),
        ({"a": 1}, InvalidResponse),
    ],
)
def test_an_error_under_status_200_is_an_error(body: object, kind: type[ChatError]) -> None:
    with pytest.raises(kind):
        decode(json.dumps(body).encode(), origin=HERE, ids=CallIds(Messages()))


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (401, AuthenticationError, False),
        (404, NotFound, False),
        (429, RateLimited, True),
        (498, AuthenticationError, False),
        (499, ProviderError, False),
        (504, ProviderError, True),
    ],
)
def test_the_status_decides(status: int, kind: type[ChatError], retryable: bool) -> None:
    error = decode_error(status, {"x-debug-trace-id": "t"}, b'{"id": "x", "message": "why"}')
    assert type(error) is kind
    assert (error.message, error.status, error.request_id, error.retryable) == ("why", status, "t", retryable)


def test_counts_and_lists() -> None:
    assert decode_tokens(b'{"tokens": [1, 2], "token_strings": ["a", "b"]}') == 2
    models, following = decode_models(b'{"models": [{"name": "command-a"}], "next_page_token": "n"}')
    assert ([model.id for model in models], following) == (["command-a"], "n")
    with pytest.raises(InvalidResponse):
        decode_tokens(b"{}")
    with pytest.raises(ProviderError, match="no"):
        decode_models(b'{"message": "no"}')
