"""A tool call and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, cast

from chat_core.types.arguments_text import are_written_as
from chat_core.types.attached import Attached
from chat_core.types.call_status import (
    Approved,
    AwaitingApproval,
    AwaitingResult,
    Completed,
    Failed,
    Pending,
    Rejected,
    Resolved,
    ToolStatus,
    Waiting,
    made_arguments,
    made_json,
)
from chat_core.types.describe import whole_text
from chat_core.types.errors import AlreadyDecided, ConfigurationError, DecisionFault, InvalidDecision
from chat_core.types.files import File
from chat_core.types.input_request import InputRequest
from chat_core.types.json_values import JsonObject, JsonValue, as_object
from chat_core.types.misuse import checked_mapping
from chat_core.types.native import Native
from chat_core.types.sealed import peek, sealable
from chat_core.types.short_repr import ShortRepr

_STILL_WAITS = "this call still waits: its"


@dataclass(slots=True, repr=False)
class ToolCall(ShortRepr, Attached):
    """One call of a tool, and what became of it: request and result are one part, so half a pair cannot be
    lost.

    `id` is unique in the conversation. `arguments` are the model's and never change. Where what it wrote is
    no JSON object they are empty, `arguments_text` still has it, and the call is `Failed`. `edited` are the
    arguments that a reviewer put in their place, `approved_by` is who that was; with `edit_shown` the outcome
    tells the model of the edit. `files` are what the tool returned beside its result. `key` is drawn for each
    call and stored with it: an idempotency key. `attempts` counts how often its function was entered.
    `input_request` is what its tool wanted of a person on its way, and what it was given. `expires` and
    `seal` are of its approval.
    """

    id: str
    name: str
    arguments: JsonObject = field(default_factory=dict[str, JsonValue])
    status: ToolStatus = Pending()
    edited: JsonObject | None = field(default=None, kw_only=True)
    approved_by: str | None = field(default=None, kw_only=True)
    edit_shown: bool = field(default=False, kw_only=True, repr=False)
    expires: datetime | None = field(default=None, kw_only=True)
    seal: str | None = field(default=None, kw_only=True, repr=False)
    files: tuple[File, ...] = field(default=(), kw_only=True)
    arguments_text: str | None = field(default=None, kw_only=True, repr=False)
    key: str | None = field(default=None, kw_only=True, repr=False, compare=False)
    attempts: int = field(default=0, kw_only=True, repr=False, compare=False)
    input_request: InputRequest | None = field(default=None, kw_only=True)
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["tool_call"] = field(default="tool_call", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        """Raises `ConfigurationError` for arguments that JSON cannot hold: NaN, circles, too deep ones."""
        if self.arguments and self.arguments_text is None:  # no wire has read them
            object.__setattr__(self, "arguments", made_arguments(self.arguments))

    @property
    def effective_arguments(self) -> JsonObject:
        """What the tool runs with: the reviewer's edit where there is one, else the model's own."""
        return self.arguments if self.edited is None else self.edited

    @property
    def note(self) -> str | None:
        """Why the call waits for a person or for a result, as the strategy or the engine put it; else
        None.
        """
        return self.status.note if isinstance(self.status, AwaitingApproval | AwaitingResult) else None

    @property
    def digest(self) -> str:
        """A SHA-256 of what a reviewer is shown: id, tool, arguments and note. A `Decision` may name it."""
        import hashlib

        values: list[JsonValue] = [self.id, self.name, self.arguments, self.note]
        if self.input_request is not None:
            values.append(self.input_request.schema)
        shown = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(shown.encode()).hexdigest()

    @property
    def resolved(self) -> bool:
        """Whether the model can be given an outcome."""
        return isinstance(self.status, Resolved)

    @property
    def waiting(self) -> bool:
        """Whether it waits: for a person, a result from outside, its time, or for what became of it."""
        return isinstance(self.status, Waiting)

    @property
    def failed(self) -> bool:
        """Whether its outcome is not a result."""
        return isinstance(self.status, Failed | Rejected)

    def approve(
        self,
        arguments: Mapping[str, object] | None = None,
        by: str | None = None,
        *,
        input: Mapping[str, object] | None = None,
    ) -> None:
        """Let it run at the next `complete` or `resume`, with other `arguments` where given.

        `input` are the values that its tool wants (`input_request`). On an `Unknown` call: run it again.
        Raises `InvalidDecision` for a call that is resolved or running, for arguments that the tool does not
        take, and for values that do not fit; the call then still waits. Raises `ConfigurationError` for
        values that cannot be JSON.
        """
        self._refuse_unless_open("approve")
        request = self._answered_request(arguments, input)
        if isinstance(self.status, AwaitingResult):
            message = f"call {self.id} of {self.name} is done elsewhere: complete or reject it"
            raise InvalidDecision([DecisionFault(self.id, "verdict", message)])
        if arguments is not None:
            edited = as_object(
                made_json(dict(checked_mapping(arguments, "approve")), f"{_STILL_WAITS} arguments")
            )
            if fault := self.arguments_fault(edited):
                message = f"these arguments do not fit {self.name}, and the call still waits: {fault}"
                raise InvalidDecision([DecisionFault(self.id, "arguments", message)])
            self.edited = edited
        self.input_request = request
        self.approved_by = by
        self.status = Approved()

    def reject(self, reason: str | None = None) -> None:
        """Do not run it; the model reads `reason`.

        Raises `AlreadyDecided` for a call that is resolved or running.
        """
        self._refuse_unless_open("reject")
        self.status = Rejected(reason)

    def complete(self, result: object) -> None:
        """Resolve it with a result from elsewhere: anything that `as_json` turns into JSON.

        The model reads it. Raises `AlreadyDecided` for a call that is resolved or running, and
        `ConfigurationError` for a result that cannot be JSON.
        """
        self._refuse_unless_open("complete")
        self.status = Completed(made_json(result, f"{_STILL_WAITS} result"))

    def outcome(self) -> str:
        """Return what the model reads of it: the result (JSON unless it is text), the error or the reason.

        Raises `ConfigurationError` where it has none yet.
        """
        match self.status:
            case Completed(result):
                text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
                return f"{self._edit_notice()}{text}"
            case Failed(error):
                return whole_text(error)
            case Rejected(reason):
                return whole_text(reason or "The call was declined.")
            case _:
                raise ConfigurationError(
                    f"call {self.id} of {self.name} has no outcome yet: it is {self.status.type}"
                )

    def _edit_notice(self) -> str:
        if not self.edit_shown or self.edited is None:
            return ""
        return f"(A reviewer changed the arguments to {json.dumps(self.edited, ensure_ascii=False)}.)\n"

    def arguments_as_text(self) -> str:
        """Return the model's arguments as JSON text of an object, byte for byte as received where that is
        one.

        Text that is no JSON object is not sent back, since servers refuse it: the result tells what was
        wrong. Nor is text of other arguments than `arguments`, which count. Arguments that came encoded
        twice, or behind a placeholder `{}`, are encoded once.
        """
        text = self.arguments_text
        arguments = peek(self)
        if text is not None and arguments and are_written_as(self, text):
            return text
        return json.dumps(arguments, ensure_ascii=False)

    def arguments_fault(self, arguments: JsonObject) -> str | None:
        """Return why the tool does not take these arguments; None where it does, or is not known in this
        process.
        """
        check = _check_of(self)
        return check(arguments) if check is not None else None

    def input_fault(
        self, arguments: Mapping[str, object] | None, input: Mapping[str, object] | None
    ) -> DecisionFault | None:
        """Return why an approval with these cannot be applied, or None."""
        try:
            self._answered_request(arguments, input)
        except InvalidDecision as error:
            return error.faults[0]
        return None

    def _answered_request(
        self, arguments: Mapping[str, object] | None, input: Mapping[str, object] | None
    ) -> InputRequest | None:
        """Return the request for input with the person's values. Raises `InvalidDecision`."""
        request = self.input_request
        if request is None or not isinstance(self.status, AwaitingApproval):
            if input is None:
                return request
            raise self._input_fault("does not wait for input: call.approve()")
        if arguments is not None:
            raise self._input_fault("has begun, so its arguments stay: call.approve(input={...})")
        given = dict(checked_mapping(input, "approve(input=...)")) if input is not None else {}
        values = as_object(made_json(given, f"{_STILL_WAITS} values"))
        check: ArgumentsCheck | None = getattr(self, "_input_check", None)
        if check is not None and (fault := check(values)):
            raise self._input_fault(f"still waits, what was given as input does not fit: {fault}")
        return replace(request, values=values)

    def _input_fault(self, problem: str) -> InvalidDecision:
        return InvalidDecision([DecisionFault(self.id, "input", f"call {self.id} of {self.name} {problem}")])

    def _refuse_unless_open(self, decision: str) -> None:
        if self.resolved or self.status.type == "running":
            message = f"cannot {decision} call {self.id} of {self.name}: it is already {self.status.type}"
            raise AlreadyDecided([DecisionFault(self.id, "already_decided", message)])


sealable(ToolCall)

ArgumentsCheck = Callable[[JsonObject], str | None]
"""Returns why a tool does not take some arguments, or None where it does."""


def attach_check(call: ToolCall, check: ArgumentsCheck) -> None:
    """Let `call.approve(arguments)` refuse what its tool does not take."""
    object.__setattr__(call, "_check", check)


def attach_input_check(call: ToolCall, check: ArgumentsCheck) -> None:
    """Let `call.approve(input=...)` refuse values that do not fit."""
    object.__setattr__(call, "_input_check", check)


def _check_of(call: ToolCall) -> ArgumentsCheck | None:
    return cast("ArgumentsCheck | None", getattr(call, "_check", None))
