"""The official SDK as an oracle: what it reads of recorded answers, we read; and our bodies are what its
types ask for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_core import ChatRequest, ChatResponse, Event, Messages, Opaque, Origin
from chat_core.wire import CallIds, dump
from chat_responses import action_output, approval, requested_actions
from chat_responses.decode import decode
from chat_responses.encode import encode
from chat_responses.settings import RequestDefaults
from chat_responses.stream import ResponsesStreamDecoder
from openai.types.responses import Response, response_create_params
from pydantic import TypeAdapter

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"
ORIGIN = Origin("anyone", "http://localhost/v1", "m")
CREATE: TypeAdapter[Any] = TypeAdapter(response_create_params.ResponseCreateParamsNonStreaming)
OUTPUTS = (
    *("function_call_output", "custom_tool_call_output", "shell_call_output", "apply_patch_call_output"),
    *("computer_call_output", "local_shell_call_output"),
)

if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)


def _recorded(provider: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((RECORDINGS / provider).glob("*.expected.json")):
        recording = None
        for at, expected in enumerate(json.loads(path.read_text(encoding="utf-8")).get("exchanges", [])):
            if (
                expected["wire"] != "openai-responses"
                or expected["kind"] != "message"
                or expected.get("ambiguous")
            ):
                continue
            recording = recording or json.loads(
                path.with_name(path.name.replace(".expected", "")).read_text(encoding="utf-8")
            )
            yield path.name, recording["exchanges"][at]["response"]


def _providers() -> list[str]:
    folders = sorted(RECORDINGS.iterdir()) if RECORDINGS.is_dir() else []
    return [folder.name for folder in folders if folder.is_dir() and next(_recorded(folder.name), None)]


@pytest.mark.parametrize("provider", _providers())
def test_the_official_sdk_reads_the_same_in_recordings_of(provider: str) -> None:
    for name, recorded in _recorded(provider):
        ours = _ours(recorded)
        theirs = _theirs(recorded)
        assert ours.text == theirs.output_text, name
        calls = [item for item in theirs.output if item.type == "function_call"]
        mine = [call for call in ours.tool_calls if call.arguments_text is not None]
        assert [(call.id, call.name, call.arguments_text) for call in mine] == [
            (call.call_id, call.name, call.arguments) for call in calls
        ], name
        assert (ours.id, ours.model, ours.raw_finish_reason) == (
            theirs.id,
            theirs.model,
            getattr(theirs, "status", None),
        ), name
        if theirs.usage is not None:
            used = ours.usage
            assert (used.input_tokens, used.output_tokens, used.total_tokens) == (
                theirs.usage.input_tokens,
                theirs.usage.output_tokens,
                theirs.usage.total_tokens,
            ), name
        cited = [
            (note.url, note.title, note.start_index, note.end_index)
            for item in theirs.output
            if item.type == "message"
            for content in item.content
            if content.type == "output_text"
            for note in content.annotations or []
            if note.type == "url_citation"
        ]
        notes = [note for part in ours.message.parts for note in getattr(part, "citations", ())]
        assert [
            (note.url, note.title, note.start, note.end)
            for note in notes
            if note.raw["type"] == "url_citation"
        ] == cited, name


@pytest.mark.parametrize("provider", ["openai", "azure"])
def test_recorded_turns_go_back_as_they_came_and_as_the_sdk_would_send_them(provider: str) -> None:
    for name, recorded in _recorded(provider):
        message = _ours(recorded).message
        for call in message.tool_calls:
            if not call.resolved:
                call.complete("done")
        messages = Messages.from_user("Hello").append(message)
        answers = [_answer(action) for action in requested_actions(message)]
        for answer in answers:  # the server refuses to go on without
            messages.add_user(answer)
        messages.add_user("And?")
        body = json.loads(
            dump(encode(ChatRequest(messages), origin=ORIGIN, defaults=RequestDefaults(), stream=False).body)
        )
        CREATE.validate_python(body)

        received = _received(recorded)["output"]
        while received and received[-1]["type"] == "reasoning":  # nothing follows it, so it is not sent
            received = received[:-1]
        meaningless = [
            item for item in received if item["type"] == "reasoning" and not item.get("encrypted_content")
        ]
        broken_off = any(
            call.failed for call in message.tool_calls
        )  # such arguments are told to the model, and not sent back
        if (
            not meaningless
            and not broken_off
            and not any(item["type"] == "web_search_call" for item in received)
        ):
            answered = [answer.native.data for answer in answers]
            items = [item for item in body["input"] if item not in answered]
            sent = [item for item in items if item in received or item.get("type") not in (None, *OUTPUTS)]
            assert sent == received, name


def _answer(action: Opaque) -> Opaque:
    match action.native.data["type"]:
        case "mcp_approval_request":
            return approval(action)
        case "tool_search_call":
            return action_output(action, {"tools": []})
        case "shell_call":
            return action_output(action, {"output": []})
        case "apply_patch_call":
            return action_output(action, {"status": "completed"})
        case _:
            return action_output(action, {"output": {"type": "computer_screenshot", "file_id": "file_1"}})


def _ours(recorded: dict[str, Any]) -> ChatResponse:
    if not recorded["is_stream"]:
        return decode(recorded["body"].encode(), origin=ORIGIN, ids=CallIds(Messages()))
    turn = ResponsesStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()))
    for data in _events(recorded["body"]):
        turn.feed(Event("message", data))
    return turn.finish().response


def _theirs(recorded: dict[str, Any]) -> Response:
    return Response.construct(**_received(recorded))


def _received(recorded: dict[str, Any]) -> dict[str, Any]:
    """The response object, with the items that came where its own output is empty."""
    if not recorded["is_stream"]:
        whole: dict[str, Any] = json.loads(recorded["body"])
        return whole
    last: dict[str, Any] = {}
    items: dict[int, Any] = {}
    for data in _events(recorded["body"]):
        if data.startswith("[DONE]"):
            continue
        event = json.loads(data)
        last = event.get("response") or last
        if event["type"] == "response.output_item.done":
            items[event["output_index"]] = event["item"]
    return {**last, "output": last.get("output") or [item for _, item in sorted(items.items())]}


def _events(text: str) -> list[str]:
    return [
        line.removeprefix("data:").strip()
        for line in text.replace("\r\n", "\n").split("\n")
        if line.startswith("data:")
    ]
