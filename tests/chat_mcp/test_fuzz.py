"""Whatever a server sends is taken, or refused with an error that is meant for it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from chat_core import Event, File, InvalidResponse, NeedsInput
from chat_core.types.json_values import MAX_DEPTH
from chat_mcp import McpError, ToolError
from chat_mcp.client import McpClient
from chat_mcp.decode import input_responses, tool_result, wanted_input
from chat_mcp.encode import header_value
from chat_mcp.errors import error_of_response
from chat_mcp.schemas import header_places, schema_fault, sendable_schema
from chat_mcp.stream import AnswerDecoder
from chat_mcp.tools import ToolOptions, digest_of, remote_tools
from hypothesis import given, settings
from hypothesis import strategies as st

WORDS = st.sampled_from(
    [
        *("type", "text", "image", "data", "mimeType", "resource", "blob", "uri", "content", "isError"),
        *("structuredContent", "result", "properties", "required", "anyOf", "oneOf", "allOf", "$ref", "#/a"),
        *("x-mcp-header", "name", "inputSchema", "annotations", "title", "inputRequests", "requestState"),
        *("method", "params", "id", "error", "code", "message", "jsonrpc", "object", "elicitation/create"),
    ]
)
texts = WORDS | st.text(max_size=6)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)
objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(texts, values, max_size=6)


@settings(max_examples=80, deadline=None)
@given(objects)
def test_any_result_is_a_result_or_the_failure_of_the_tool(result: dict[str, Any]) -> None:
    with suppress(ToolError):
        tool_result(result)


@settings(max_examples=80, deadline=None)
@given(objects)
def test_any_wish_for_input_can_be_answered_or_fails_the_call(result: dict[str, Any]) -> None:
    try:
        needs = wanted_input(result)
    except ToolError:
        return
    if isinstance(needs, NeedsInput):
        state = needs.request.state
        assert state is not None
        assert json.loads(json.dumps(state)) == state
        answers = input_responses(state, {})["inputResponses"]
        assert isinstance(answers, dict)
        assert answers.keys() == result["inputRequests"].keys()


@settings(max_examples=80, deadline=None)
@given(values)
def test_any_schema_is_sent_as_an_object_or_left_out_with_a_reason(schema: Any) -> None:
    fault = schema_fault(schema)
    if fault is None:
        sent = sendable_schema(schema)
        assert sent.get("type", "object") == "object"
        assert not sent.keys() & {"anyOf", "oneOf", "allOf", "enum", "const", "not"}
        header_places(schema)
    else:
        assert fault


def no_client() -> McpClient:
    raise AssertionError("nothing is sent")


@settings(max_examples=50, deadline=None)
@given(st.lists(objects, max_size=4))
def test_any_list_of_tools_is_taken_without_those_that_cannot_be(listed: list[dict[str, Any]]) -> None:
    tools, notices = remote_tools(listed, no_client, ToolOptions("shop"))
    assert len(tools) <= len(listed)
    assert len(notices) >= len(listed) - len(tools)
    assert len({tool.name for tool in tools}) == len(tools)
    for tool in tools:
        json.dumps(tool.definition.parameters)
    digest_of(listed)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40) | values.map(json.dumps) | objects.map(json.dumps))
def test_any_frame_is_read_or_refused(data: str) -> None:
    decoder = AnswerDecoder(1)
    with suppress(InvalidResponse):
        assert len(decoder.feed(Event("message", data))) < 50


@settings(max_examples=50, deadline=None)
@given(st.integers(300, 599), st.binary(max_size=60) | objects.map(lambda value: json.dumps(value).encode()))
def test_any_refusal_is_an_error_with_its_status(status: int, body: bytes) -> None:
    error = error_of_response(status, {}, body)
    assert error.status == status
    assert isinstance(error, McpError) or status


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_the_value_of_a_header(text: str) -> None:
    value = header_value(text)
    assert value.isascii()
    assert value == value.strip()
    assert "\n" not in value
    assert "\r" not in value


def test_what_is_nested_too_deeply_is_refused_and_does_not_fall_over() -> None:
    deep: dict[str, Any] = {}
    node = deep
    for _ in range(MAX_DEPTH * 10):
        node["properties"] = {"a": {}}
        node = node["properties"]["a"]
    assert "nested deeper" in (schema_fault(deep) or "")
    with pytest.raises(InvalidResponse):
        AnswerDecoder(1).feed(Event("message", "[" * 100_000))
    assert tool_result({"content": [{"type": "text", "text": "[" * 100_000}], "structuredContent": {}}) == [
        "[" * 100_000,
        {},
    ]
    assert tool_result({"content": [{"type": "image", "data": "AA==", "mimeType": "image/png"}]}) == [
        File("image/png", b"\0")
    ]
