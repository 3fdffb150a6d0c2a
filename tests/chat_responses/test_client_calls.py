"""Shell commands, patches and clicks: calls of tools, whose outcomes go back in shapes of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    Complete,
    Completed,
    ConfigurationError,
    Event,
    Failed,
    File,
    JsonObject,
    Messages,
    Origin,
    Paused,
    Rejected,
    RequireApproval,
    ScopedCollection,
    Tool,
    ToolCall,
    ToolCallChunk,
    ToolDefinition,
)
from chat_core.testing import FakeTransport
from chat_core.wire import CallIds, dump
from chat_responses import ResponsesBuilder
from chat_responses.decode.response import decode
from chat_responses.encode.request import encode
from chat_responses.settings import RequestDefaults
from chat_responses.stream import ResponsesStreamDecoder
from openai.types.responses import ResponseCreateParams
from pydantic import TypeAdapter

ORIGIN = Origin("openai", "https://api.openai.com/v1", "gpt-5.6")
CREATE = TypeAdapter[Any](ResponseCreateParams)
PNG = File("image/png", b"\x89PNG\r\n\x1a\n")

SHELL: JsonObject = {
    "type": "shell_call",
    "id": "sh_1",
    "call_id": "c1",
    "status": "completed",
    "environment": {"type": "local"},
    "action": {"commands": ["ls", "pwd"], "timeout_ms": None, "max_output_length": 900},
}
LOCAL: JsonObject = {
    "type": "local_shell_call",
    "id": "ls_1",
    "call_id": "c1",
    "status": "completed",
    "action": {"type": "exec", "command": ["ls"], "env": {}, "working_directory": None},
}
PATCH: JsonObject = {
    "type": "apply_patch_call",
    "id": "ap_1",
    "call_id": "c1",
    "status": "completed",
    "operation": {"type": "create_file", "path": "a.txt", "diff": "+a"},
    "caller": {"type": "program", "caller_id": "p1"},
}
CLICK: JsonObject = {
    "type": "computer_call",
    "id": "cu_1",
    "call_id": "c1",
    "status": "completed",
    "actions": [{"type": "click", "x": 3, "y": 4, "button": "left"}],
    "pending_safety_checks": [{"id": "check_1", "code": "odd_domain", "message": "Is this your bank?"}],
}
CALLS = {
    "shell": (SHELL, {"commands": ["ls", "pwd"], "max_output_length": 900}),
    "local_shell": (LOCAL, {"command": ["ls"], "env": {}}),
    "apply_patch": (PATCH, PATCH["operation"]),
    "computer": (
        CLICK,
        {"actions": CLICK["actions"], "pending_safety_checks": CLICK["pending_safety_checks"]},
    ),
}


def answer(*items: Any) -> bytes:
    return json.dumps({"id": "resp_1", "status": "completed", "output": list(items)}).encode()


def received(*items: Any) -> Any:
    return decode(answer(*items), origin=ORIGIN, ids=CallIds(Messages()))


def sent(messages: Messages, origin: Origin = ORIGIN) -> list[Any]:
    body = encode(ChatRequest(messages), origin=origin, defaults=RequestDefaults(), stream=False).body
    parsed: dict[str, Any] = json.loads(dump(body))
    CREATE.validate_python(parsed)
    items: list[Any] = parsed["input"]
    return items


def outcome_of(item: Any, status: Any, *files: File) -> list[Any]:
    """What goes back for a call with this status, after it was stored and restored."""
    messages = Messages.from_user("Go.").append(received(item).message)
    call = messages.calls[0]
    call.status, call.files = status, files
    items = sent(Messages.from_json(messages.to_json()))
    assert items[1] == item
    return items[2:]


@pytest.mark.parametrize("name", CALLS)
def test_each_is_a_call_of_a_tool_by_its_name(name: str) -> None:
    item, arguments = CALLS[name]
    response = received(item)
    [call] = response.tool_calls
    assert (call.id, call.name, call.arguments) == ("c1", name, arguments)
    assert call.native is not None
    assert call.native.data == item
    assert response.finish_reason == "tool_calls"
    assert response.notices == ()


@pytest.mark.parametrize("name", CALLS)
def test_a_stream_shows_it_once_and_gives_the_same_call(name: str) -> None:
    item, arguments = CALLS[name]
    frames = [
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "status": "in_progress"}},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.output_item.done", "output_index": 1, "item": item},
        {
            "type": "response.completed",
            "response": {"id": "r", "status": "completed", "output": [item, item]},
        },
    ]
    decoder = ResponsesStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()))
    chunks = [chunk for frame in frames for chunk in decoder.feed(Event("message", json.dumps(frame)))]
    [call] = decoder.finish().response.tool_calls
    assert (call.id, call.name, call.arguments) == ("c1", name, arguments)
    assert [
        (chunk.id, chunk.name, json.loads(chunk.arguments))
        for chunk in chunks
        if isinstance(chunk, ToolCallChunk)
    ] == [("c1", name, arguments)]


@pytest.mark.parametrize("name", CALLS)
def test_one_that_the_server_sends_twice_is_one_call(name: str) -> None:
    item, _ = CALLS[name]
    assert len(received(item, item).tool_calls) == 1
    assert len(received(item, {**item, "call_id": "c2"}).tool_calls) == 2


@pytest.mark.parametrize("name", CALLS)
def test_one_that_is_cut_is_not_run(name: str) -> None:
    item, _ = CALLS[name]
    [call] = received({**item, "status": "incomplete"}).tool_calls
    assert isinstance(call.status, Failed)


def test_what_the_server_runs_itself_is_no_call() -> None:
    hosted = {**SHELL, "environment": {"type": "container_reference", "container_id": "c"}}
    assert received(hosted).tool_calls == []
    assert received({key: value for key, value in SHELL.items() if key != "environment"}).tool_calls != []
    nameless = {key: value for key, value in SHELL.items() if key not in ("id", "call_id")}
    assert received(nameless).tool_calls == []


EXIT = {"type": "exit", "exit_code": 0}


@pytest.mark.parametrize(
    ("status", "output"),
    [
        (
            Completed([{"stdout": "a", "stderr": "", "outcome": EXIT}, {"stderr": "b", "exit_code": 3}]),
            [
                {"stdout": "a", "stderr": "", "outcome": EXIT},
                {"stdout": "", "stderr": "b", "outcome": {"type": "exit", "exit_code": 3}},
            ],
        ),
        (
            Completed({"stdout": "a", "outcome": {"type": "timeout"}}),
            [{"stdout": "a", "stderr": "", "outcome": {"type": "timeout"}}],
        ),
        (Completed("a.txt"), [{"stdout": "a.txt", "stderr": "", "outcome": EXIT}]),
        (Completed({"files": 3}), [{"stdout": '{"files": 3}', "stderr": "", "outcome": EXIT}]),
        (Completed([]), [{"stdout": "[]", "stderr": "", "outcome": EXIT}]),
        (
            Failed("no shell"),
            [{"stdout": "", "stderr": "no shell", "outcome": {"type": "exit", "exit_code": 1}}],
        ),
        (
            Rejected(),
            [{"stdout": "", "stderr": "The call was declined.", "outcome": {"type": "exit", "exit_code": 1}}],
        ),
    ],
)
def test_the_outcome_of_a_shell_call_has_an_entry_for_each_command(status: Any, output: Any) -> None:
    assert outcome_of(SHELL, status) == [
        {"type": "shell_call_output", "call_id": "c1", "output": output, "max_output_length": 900}
    ]


def test_an_edit_by_a_reviewer_is_noted_in_the_first_entry() -> None:
    messages = Messages.from_user("Go.").append(received(SHELL).message)
    [call] = messages.calls
    call.edited, call.edit_shown = {"commands": ["true"]}, True
    call.status = Completed([{"stdout": "", "stderr": "", "outcome": EXIT}])
    [entry] = sent(messages)[-1]["output"]
    assert entry["stdout"] == '(A reviewer changed the arguments to {"commands": ["true"]}.)\n'


def test_the_outcome_of_a_patch_says_whether_it_was_applied_and_repeats_its_caller() -> None:
    caller = {"caller": {"type": "program", "caller_id": "p1"}}
    head = {"type": "apply_patch_call_output", "call_id": "c1", **caller}
    assert outcome_of(PATCH, Completed("Created a.txt")) == [
        {**head, "status": "completed", "output": "Created a.txt"}
    ]
    assert outcome_of(PATCH, Rejected("No.")) == [{**head, "status": "failed", "output": "No."}]


def test_the_outcome_of_a_computer_call_is_a_picture_and_an_approval_acknowledges_its_checks() -> None:
    [output] = outcome_of(CLICK, Completed("1 file(s)"), PNG)
    assert output == {
        "type": "computer_call_output",
        "call_id": "c1",
        "output": {"type": "computer_screenshot", "image_url": PNG.data_url()},
        "acknowledged_safety_checks": CLICK["pending_safety_checks"],
    }


def test_a_computer_call_without_a_picture_goes_on_with_words() -> None:
    output, words = outcome_of(CLICK, Rejected("Not my bank."))
    assert output["output"]["image_url"].startswith("data:image/png;base64,")
    assert "acknowledged_safety_checks" not in output
    assert words == {"role": "user", "content": "(of the computer call c1: Not my bank.)"}


@pytest.mark.parametrize("name", CALLS)
def test_elsewhere_it_is_an_ordinary_call(name: str) -> None:
    item, arguments = CALLS[name]
    messages = Messages.from_user("Go.").append(received(item).message)
    messages.calls[0].status = Completed("done")
    call, output = sent(messages, Origin("xai", "https://api.x.ai/v1", "grok-5"))[1:]
    assert (call["type"], call["name"], json.loads(call["arguments"])) == ("function_call", name, arguments)
    assert output == {"type": "function_call_output", "call_id": call["call_id"], "output": "done"}


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_call_of_a_turn_that_was_cut_goes_back_with_its_outcome(interrupted: bool) -> None:
    messages = Messages.from_user("Go.").append(received(SHELL).message)
    messages[1].interrupted = interrupted
    messages.calls[0].status = Failed("cut")
    assert [item["type"] for item in sent(messages)[1:]] == ["shell_call", "shell_call_output"]


def fields(native: list[JsonObject], *tools: str, choice: str | None = None) -> Any:
    request = ChatRequest(
        Messages.from_user("Go."), [ToolDefinition(name) for name in tools], ChatOptions(tool_choice=choice)
    )
    defaults = RequestDefaults(native_tools=tuple(native))
    body: dict[str, Any] = json.loads(
        dump(encode(request, origin=ORIGIN, defaults=defaults, stream=False).body)
    )
    CREATE.validate_python(body)
    return body


def test_a_declaration_takes_the_place_of_the_function_that_does_it() -> None:
    shell: JsonObject = {"type": "shell", "environment": {"type": "local"}}
    sql: JsonObject = {
        "type": "custom",
        "name": "sql",
        "format": {"type": "grammar", "syntax": "regex", "definition": "SELECT .+"},
    }
    patch: JsonObject = {"type": "apply_patch"}
    body = fields([shell, sql, patch], "shell", "sql", "apply_patch", "add", choice="shell")
    assert [tool.get("name") for tool in body["tools"]] == ["add", None, "sql", None]
    assert body["tools"][1:] == [shell, sql, patch]
    assert body["tool_choice"] == {"type": "shell"}
    assert fields([sql], "sql", choice="sql")["tool_choice"] == {"type": "custom", "name": "sql"}
    assert [tool["name"] for tool in fields([], "shell")["tools"]] == ["shell"]


def test_a_shell_that_openai_runs_is_not_the_programs() -> None:
    hosted: JsonObject = {"type": "shell", "environment": {"type": "container_auto"}}
    with pytest.raises(ConfigurationError, match="native tool 'shell'"):
        fields([hosted], "shell")


@pytest.mark.anyio
async def test_a_shell_call_waits_for_approval_and_its_output_goes_back_in_its_shape() -> None:
    text = {
        "type": "message",
        "id": "m",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Done."}],
    }
    transport = FakeTransport().answer(answer(SHELL)).answer(answer(text))
    client = (
        ResponsesBuilder()
        .with_base_url("https://api.openai.com/v1")
        .with_model("gpt-5.6")
        .with_transport(transport)
        .with_native_tool({"type": "shell", "environment": {"type": "local"}})
        .build()
    )
    ran: list[object] = []

    def shell(commands: list[str], **_: object) -> object:
        ran.append(commands)
        return [{"stdout": command, "stderr": "", "exit_code": 0} for command in commands]

    def ask(call: ToolCall, meta: object) -> RequireApproval:
        return RequireApproval(f"{call.arguments['commands']}?")

    tools = ScopedCollection([Tool("shell", "", {}, shell)], ask)
    chat = ChatBuilder().with_model(client).with_scoped_tools(tools).build()
    messages = Messages.from_user("Go.")
    outcome = await chat.complete(messages)
    assert isinstance(outcome, Paused)
    assert outcome.reason.approvals[0].note == "['ls', 'pwd']?"
    assert ran == []

    restored = Messages.from_json(messages.to_json())
    restored.find_tool("c1").approve({"commands": ["pwd"]})
    assert isinstance(await chat.resume(restored), Complete)
    assert ran == [["pwd"]]
    assert transport.bodies[0]["tools"] == [{"type": "shell", "environment": {"type": "local"}}]
    call, output = transport.last_body["input"][1:]  # type: ignore[index]  # a list
    assert call == SHELL
    assert output["output"][0]["stdout"].endswith("pwd")
    assert output["output"][0]["stdout"].startswith("(A reviewer changed the arguments")
