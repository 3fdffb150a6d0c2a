"""Results of tools as a chat takes them."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import File
from chat_mcp import ToolError
from chat_mcp.decode import tool_result

PNG = {"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png"}


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


@pytest.mark.parametrize(
    ("result", "value"),
    [
        ({}, ""),
        ({"content": [text("a"), text("b")]}, "a\nb"),
        ({"content": [], "structuredContent": {"a": 1}}, {"a": 1}),
        ({"content": [text('{"a": 1}')], "structuredContent": {"a": 1}}, {"a": 1}),
        (
            {"content": [text("1"), text("2")], "structuredContent": {"result": [1, 2]}},
            [1, 2],
        ),
        ({"content": [text("found")], "structuredContent": {"result": "found"}}, "found"),
        ({"content": [text("7")], "structuredContent": {"result": 7}}, 7),
        ({"content": [text("in words")], "structuredContent": {"a": 1}}, ["in words", {"a": 1}]),
        ({"content": [text("in words")], "structuredContent": None}, "in words"),
        ({"content": [{"type": "odd", "x": 1}]}, [{"type": "odd", "x": 1}]),
        (
            {"content": [{"type": "resource_link", "uri": "file:///a", "name": "a"}]},
            [{"type": "resource_link", "uri": "file:///a", "name": "a"}],
        ),
        (
            {"content": [{"type": "resource", "resource": {"uri": "file:///a", "text": "x", "_meta": {}}}]},
            [{"uri": "file:///a", "text": "x"}],
        ),
        ({"content": [PNG]}, [File("image/png", b"\x89PNG\r\n\x1a\n")]),
        (
            {"content": [text("{}"), PNG], "structuredContent": {}},
            [{}, File("image/png", b"\x89PNG\r\n\x1a\n")],
        ),
        (
            {"content": [{"type": "audio", "data": "AA==", "mimeType": "audio/wav"}]},
            [File("audio/wav", b"\0")],
        ),
        (
            {"content": [{"type": "resource", "resource": {"uri": "file:///d/a.bin", "blob": "AA=="}}]},
            [File("application/octet-stream", b"\0", name="a.bin")],
        ),
        ({"content": [{**PNG, "data": "not base64!"}]}, "(an image that cannot be read: it is no base64)"),
        ({"content": "nonsense"}, ""),
        ({"content": [None, 3]}, [{}, {}]),
    ],
)
def test_a_result_is_taken_with_all_that_is_in_it(result: dict[str, Any], value: object) -> None:
    assert tool_result(result) == value


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"content": [text("no such file")]}, "no such file"),
        ({"content": [], "structuredContent": {"code": 7}}, '{"code": 7}'),
        ({"content": [text("see"), PNG]}, "see\n(1 file(s) of the failure are left out)"),
        ({}, "the tool failed, and the server gave no reason"),
    ],
)
def test_a_failure_is_reported_whatever_shape_it_has(result: dict[str, Any], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        tool_result({**result, "isError": True})
    assert str(caught.value) == message
