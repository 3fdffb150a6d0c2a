"""How a running tool waits for a person, and what its next run is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from chat_core.tools.json_schema import faults
from chat_core.types.call_status import AwaitingApproval
from chat_core.types.errors import ConfigurationError
from chat_core.types.input_request import InputRequest
from chat_core.types.json_values import JsonObject
from chat_core.types.misuse import checked_mapping, checked_text
from chat_core.types.plain_json import as_json
from chat_core.types.tool_call import ToolCall, attach_input_check


class NeedsInput(Exception):
    """Raised by a tool's function that cannot go on without a person: the call then waits for approval.

    `message` is what the person reads, `schema` the JSON schema of the values that are wanted, an object.
    `call.approve(input={...})` gives them, and the function is entered again with the same arguments: its
    `ToolContext` has the values as `input` and `state` as it was raised. All of it is stored with the
    conversation. A chat without scoped tools cannot wait: it raises `UnresolvedTool`. Raises
    `ConfigurationError` for an empty message, and for a schema or a state that cannot be JSON.
    """

    def __init__(
        self,
        message: str,
        schema: Mapping[str, object] | None = None,
        state: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(checked_text(message, "NeedsInput(message)", '"Which size?"'))
        self.request: InputRequest = InputRequest(
            message, _json_object(schema, "schema") or None, _json_object(state, "state")
        )


def wait_for_input(call: ToolCall, request: InputRequest) -> None:
    """Let a call wait for the values of a request."""
    call.input_request = request
    call.status = AwaitingApproval(request.message)
    attach_input_check(call, lambda values: input_fault(request, values))


def input_fault(request: InputRequest, values: JsonObject) -> str | None:
    """Return what is wrong with the values that a person gave, or None."""
    if request.schema is None:
        return None
    found = faults(values, request.schema, "the schema of the input")
    return "; ".join(found[:5]) or None


def refuse_misfit(call: ToolCall) -> bool:
    """Return whether the person's values do not fit what the tool wanted: the call then waits again."""
    request = call.input_request
    if request is None or request.values is None or (fault := input_fault(request, request.values)) is None:
        return False
    wait_for_input(call, replace(request, values=None))
    call.status = AwaitingApproval(f"{request.message} (What was given does not fit: {fault})")
    call.approved_by = None
    return True


def _json_object(value: Mapping[str, object] | None, what: str) -> JsonObject | None:
    if value is None:
        return None
    try:
        return cast("JsonObject", as_json(dict(checked_mapping(value, f"NeedsInput({what}=...)"))))
    except ValueError as exc:
        raise ConfigurationError(f"NeedsInput({what}=...) cannot be JSON: {exc}") from exc
