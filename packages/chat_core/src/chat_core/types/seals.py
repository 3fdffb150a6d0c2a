"""Seals of tool calls: evidence that a call, a decision about it and its arguments are what they were."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

from chat_core.types.call_status import AwaitingApproval, Scheduled
from chat_core.types.errors import ConfigurationError
from chat_core.types.tool_call import ToolCall


class ApprovalKey:
    """A secret that the processes share which pause a conversation, decide about its calls and run them.

    A sealed call carries an HMAC-SHA256 of its id, its tool, its arguments and their edit, what its tool
    wanted of a person and was given, its status with note or time, who approved it and until when that holds.
    A stored conversation that somebody has edited does not verify. `secret` has at least 16 bytes. Raises
    `ConfigurationError` for a shorter one.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ConfigurationError(
                "ApprovalKey(secret) needs at least 16 bytes: secrets.token_bytes(32), for example"
            )
        self._secret = secret

    def seal(self, call: ToolCall) -> None:
        """Put the seal of its present state on a call."""
        call.seal = self._mac(call)

    def fault(self, call: ToolCall, now: datetime) -> str | None:
        """Return why the call's seal does not hold at `now`, or None where it does."""
        if (altered := self.altered(call)) is not None:
            return altered
        if call.expires is not None and call.expires <= now:
            return f"its approval has expired at {call.expires.isoformat()}"
        return None

    def altered(self, call: ToolCall) -> str | None:
        """Return why a call is not what was sealed, or None where it is, expired or not."""
        if call.seal is None:
            return "it has no seal"
        if not hmac.compare_digest(call.seal, self._mac(call)):
            return "its seal does not match: the call or the decision was changed, or sealed with another key"
        return None

    def __repr__(self) -> str:
        return "ApprovalKey(...)"

    def _mac(self, call: ToolCall) -> str:
        return hmac.new(self._secret, canonical(*_sealed(call)), hashlib.sha256).hexdigest()


def canonical(*values: object) -> bytes:
    """Return JSON values in the one form that is signed: sorted keys, no spaces, ASCII."""
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def _sealed(call: ToolCall) -> tuple[object, ...]:
    until = call.status.until.isoformat() if isinstance(call.status, Scheduled) else None
    note = call.status.note if isinstance(call.status, AwaitingApproval) else None
    expires = call.expires.isoformat() if call.expires is not None else None
    status = (
        "entered" if call.status.type in ("running", "unknown") else call.status.type
    )  # one after a restart
    decision = (status, note, until, call.approved_by, expires)
    request = call.input_request
    wanted = () if request is None else (request.message, request.schema, request.state, request.values)
    return ("chat-call-1", call.id, call.name, call.arguments, call.edited, *decision, *wanted)
