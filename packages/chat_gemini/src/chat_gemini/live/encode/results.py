"""The results of calls, as they are sent in a session."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import ConfigurationError, File, Message, Notice, Origin, ToolCall
from chat_core.types.describe import whole_text
from chat_core.wire import unsent_file, wire_id

from chat_gemini.encode.files import file_part
from chat_gemini.encode.model_parts import call_ids
from chat_gemini.encode.results import result_value
from chat_gemini.live.capabilities import LiveCapabilities
from chat_gemini.live.settings import LiveDefaults
from chat_gemini.names import function_name

Frame = dict[str, object]


def encode_results(
    calls: Sequence[ToolCall],
    capabilities: LiveCapabilities,
    live: LiveDefaults,
    origin: Origin,
    notices: list[Notice],
) -> Frame:
    """Return the message that answers calls.

    Files that the model cannot have are described, with a notice.
    """
    ids = call_ids(Message("model", list(calls)), origin)
    responses = [
        _response(call, id or wire_id(call.id), capabilities, live, notices)
        for call, id in zip(calls, ids, strict=True)
    ]
    return {"tool_response": {"functionResponses": responses}}


def _response(
    call: ToolCall, id: str, capabilities: LiveCapabilities, live: LiveDefaults, notices: list[Notice]
) -> Frame:
    result: Frame = {"error" if call.failed else "output": result_value(call, call.outcome())}
    response: Frame = {"id": id, "name": function_name(call.name), "response": result}
    parts: list[object] = []
    unsent: list[str] = []
    for file in call.files:
        part, why = _file(file, capabilities)
        if part is not None:
            parts.append(part)
        else:
            described, notice = unsent_file(file, why)
            notices.append(notice)
            unsent.append(whole_text(described.text))
    if parts:
        response["parts"] = parts
    if unsent:
        result["files"] = unsent
    if scheduling := _scheduling(call.name, capabilities, live):
        response["scheduling"] = scheduling.upper()
    return response


def _file(file: File, capabilities: LiveCapabilities) -> tuple[object, str]:
    """Return a file as it stands in a result, or None and the reason why it cannot."""
    try:
        part = file_part(file, None)
    except ConfigurationError as why:
        return None, str(why)
    blob = part.get("inlineData")
    if blob is None or blob["mimeType"] not in capabilities.result_files:
        return None, f"in a session {capabilities.name} reads no such file in a result"
    return {"inlineData": blob}, ""


def _scheduling(name: str, capabilities: LiveCapabilities, live: LiveDefaults) -> str | None:
    """Return when the model turns to the result of a tool, None where it waits for it or decides itself."""
    non_blocking = live.non_blocking_tool(name)
    if non_blocking is None or not capabilities.scheduling:
        return None
    # with "when_idle" the model first answers from what it knows, as recorded sessions show
    return non_blocking.scheduling or "interrupt"
