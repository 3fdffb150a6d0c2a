"""Decisions about waiting calls, as data: from a form, a queue, another service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, cast

from chat_core.types.errors import ConfigurationError, DecisionFault, InvalidDecision
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.misuse import checked_instance
from chat_core.types.pydantic_faults import faults_of
from chat_core.types.seals import ApprovalKey
from chat_core.types.tool_call import ToolCall


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody has decided about the call `call_id`.

    "approve" lets it run, with other `arguments` where given, and where `expires` is given only until then;
    `input` are the values that its tool wants of a person (`call.input_request`).
    "reject" does not; the model reads `reason`. "complete" resolves it with `result`. `by` is who decided.
    `digest` is that of the call which the person has seen: where it is given, a call that has changed since
    is not decided.
    """

    call_id: str
    verdict: Literal["approve", "reject", "complete"]
    arguments: JsonObject | None = None
    reason: str | None = None
    result: JsonValue = None
    by: str | None = None
    digest: str | None = None
    expires: datetime | None = None
    input: JsonObject | None = None


class ArgumentsChecker(Protocol):
    """A tool, as far as decisions need it."""

    @property
    def name(self) -> str:
        """The name by which the model calls it."""
        ...

    def arguments_fault(self, arguments: JsonObject) -> str | None:
        """Return what is wrong with arguments, or None where the tool takes them."""
        ...


def decisions_from_json(data: str | bytes | Sequence[Mapping[str, object]]) -> list[Decision]:
    """Return the decisions of a JSON array. Raises `ConfigurationError`, which names the place."""
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(list[Decision])
    try:
        return adapter.validate_json(data) if isinstance(data, str | bytes) else adapter.validate_python(data)
    except ValidationError as exc:
        raise ConfigurationError(f"not decisions: {faults_of(exc)}") from exc


def decision_schema() -> JsonObject:
    """Return the JSON schema of one decision."""
    from pydantic import TypeAdapter

    return cast("JsonObject", TypeAdapter(Decision).json_schema())


def decide(
    calls: Iterable[ToolCall],
    decisions: Iterable[Decision],
    *,
    tools: Iterable[ArgumentsChecker] = (),
    key: ApprovalKey | None = None,
) -> list[ToolCall]:
    """Apply all decisions about calls of one conversation, or none of them.

    Returns the calls that were decided.

    `tools` check edited arguments where the process that paused is another one. `key` seals the approvals,
    of calls whose own seal holds: what was changed since the chat paused is refused when it is to run.
    Raises `InvalidDecision` with a fault for each decision that cannot be applied; all calls then still wait.
    """
    instead = 'Decision(call_id, "approve"), or decisions_from_json(data)'
    listed = [checked_instance(decision, Decision, "decide(...)", instead) for decision in decisions]
    checkers = {tool.name: tool for tool in tools}
    known = {call.id: call for call in calls}
    faults = [fault for decision in listed if (fault := _fault(decision, known, checkers))]
    ids = [decision.call_id for decision in listed]
    faults += [
        DecisionFault(id, "already_decided", f"there are {ids.count(id)} decisions about call {id}")
        for id in sorted({id for id in ids if ids.count(id) > 1})
    ]
    if faults:
        raise InvalidDecision.of(faults)
    for decision in listed:
        _apply(decision, known[decision.call_id], key)
    return [known[id] for id in ids]


def _fault(
    decision: Decision, calls: Mapping[str, ToolCall], tools: Mapping[str, ArgumentsChecker]
) -> DecisionFault | None:
    id = decision.call_id
    if (call := calls.get(id)) is None:
        return DecisionFault(id, "unknown_call", f"there is no call {id!r}")
    if not call.waiting and call.status.type != "approved":
        return DecisionFault(id, "already_decided", f"call {id} of {call.name} is already {call.status.type}")
    if decision.digest is not None and decision.digest != call.digest:
        return DecisionFault(id, "digest", f"call {id} of {call.name} is not the one that was shown")
    of_approvals = (decision.arguments, decision.expires, decision.input)
    if decision.verdict != "approve" and any(value is not None for value in of_approvals):
        return DecisionFault(id, "verdict", f"call {id}: only an approval has arguments, input or an expiry")
    if decision.verdict == "approve" and call.status.type == "awaiting_result":
        return DecisionFault(
            id, "verdict", f"call {id} of {call.name} is done elsewhere: complete or reject it"
        )
    if call.input_request is not None or decision.input is not None:
        return call.input_fault(decision.arguments, decision.input) if decision.verdict == "approve" else None
    if decision.arguments is None:
        return None
    checker = tools.get(call.name)
    fault = (
        checker.arguments_fault(decision.arguments) if checker else call.arguments_fault(decision.arguments)
    )
    if fault is None:
        return None
    return DecisionFault(id, "arguments", f"the arguments for call {id} do not fit {call.name}: {fault}")


def _apply(decision: Decision, call: ToolCall, key: ApprovalKey | None) -> None:
    match decision.verdict:
        case "approve":
            sealed = key is not None and key.altered(call) is None
            call.approve(decision.arguments, decision.by, input=decision.input)
            call.expires = decision.expires
            if key is not None and sealed:
                key.seal(call)
        case "reject":
            call.reject(decision.reason)
            call.approved_by = None
        case "complete":
            call.complete(decision.result)
