"""The outcomes of client calls, each in the shape of its tool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, cast

from chat_core import Completed, ConfigurationError, JsonObject, JsonValue, Notice, Origin, ToolCall
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import unsent_file

from chat_responses.encode.files import file_part
from chat_responses.wire import InputItem

# one pixel: the wire takes the outcome of a computer call as a picture only
_NO_PICTURE: Final = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


def client_outputs(
    call: ToolCall, item: JsonObject, text: str, id: str, origin: Origin, notices: list[Notice]
) -> Iterator[InputItem]:
    """Yield the outcome of a client call, which `id` names, and what its shape has no place for.

    `item` is the item that called it, and `text` what the model reads. `notices` grows by a picture that
    cannot be sent.
    """
    match item.get("type"):
        case "shell_call":
            longest = as_object(item.get("action")).get("max_output_length")
            limit: JsonObject = {} if longest is None else {"max_output_length": longest}
            output = _shell_output(call, text)
            yield {"type": "shell_call_output", "call_id": id, "output": output, **limit, **_caller(item)}
        case "apply_patch_call":
            status = "failed" if call.failed else "completed"
            shown: JsonObject = {"output": text} if text else {}
            yield {
                "type": "apply_patch_call_output",
                "call_id": id,
                "status": status,
                **shown,
                **_caller(item),
            }
        case "computer_call":
            yield from _screen(call, item, text, id, origin, notices)
        case _:
            yield {"type": "local_shell_call_output", "call_id": id, "output": text}


def _screen(
    call: ToolCall, item: JsonObject, text: str, id: str, origin: Origin, notices: list[Notice]
) -> Iterator[InputItem]:
    """Yield the picture of the screen and, as the user's, the words that came with it or in its place."""
    checks = [] if call.failed else as_list(item.get("pending_safety_checks"))
    acknowledged: JsonObject = {"acknowledged_safety_checks": checks} if checks else {}
    picture = next((file for file in call.files if file.kind == "image"), None)
    screen: JsonObject = {"image_url": _NO_PICTURE}
    if picture is not None:
        try:
            fields = cast("JsonObject", file_part(picture, origin))
            screen = {name: value for name, value in fields.items() if name in ("image_url", "file_id")}
        except ConfigurationError as error:
            notices.append(unsent_file(picture, error)[1])
            picture = None
    output: JsonObject = {"type": "computer_screenshot", **screen}
    yield {"type": "computer_call_output", "call_id": id, "output": output, **acknowledged}
    if text and not (picture is not None and text == f"{len(call.files)} file(s)"):
        yield {"role": "user", "content": f"(of the computer call {id}: {text})"}


def _shell_output(call: ToolCall, text: str) -> JsonValue:
    """Return an entry for each command, as the tool returned it; else one with the text."""
    result = call.status.result if isinstance(call.status, Completed) else None
    entries = as_list(result) if isinstance(result, list) else [result]
    found: list[JsonValue] = [_entry(as_object(entry)) for entry in entries if _is_entry(entry)]
    if found and len(found) == len(entries):
        notice = text.removesuffix(json.dumps(result, ensure_ascii=False))  # of an edit by a reviewer
        if notice:
            first = as_object(found[0])
            first["stdout"] = notice + as_text(first["stdout"])
        return found
    stream, code = ("stderr", 1) if call.failed else ("stdout", 0)
    outcome: JsonObject = {"type": "exit", "exit_code": code}
    return [{"stdout": "", "stderr": "", stream: text, "outcome": outcome}]


def _is_entry(value: JsonValue) -> bool:
    entry = as_object(value)
    return bool(entry.keys() & {"stdout", "stderr"}) and entry.keys() <= {
        "stdout",
        "stderr",
        "outcome",
        "exit_code",
    }


def _entry(entry: JsonObject) -> JsonObject:
    outcome = as_object(entry.get("outcome"))
    code = outcome.get("exit_code", entry.get("exit_code", 0))
    ended: JsonObject = {"type": "exit", "exit_code": code if isinstance(code, int) else 0}
    if outcome.get("type") == "timeout" or code is None:
        ended = {"type": "timeout"}
    return {"stdout": as_text(entry.get("stdout")), "stderr": as_text(entry.get("stderr")), "outcome": ended}


def _caller(item: JsonObject) -> JsonObject:
    """Return who called, to be sent back: a program of the model's may have."""
    caller = item.get("caller")
    return {} if caller is None else {"caller": caller}
