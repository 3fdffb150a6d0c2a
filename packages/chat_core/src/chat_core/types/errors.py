"""Everything this library raises.

ChatError
├── ConfigurationError          what an application wants cannot be built or sent
│   ├── InvalidDecision         decisions about waiting calls that cannot be applied
│   │   └── AlreadyDecided      somebody has decided about the call before
│   └── CallNotFound            no call of the conversation has this id
├── InvalidHistory              what was given as a stored conversation is not one
├── ConversationConflict        somebody else works on, or has changed, the same conversation
├── NetworkError                no response came
│   ├── ConnectionFailed
│   └── TimedOut
├── ProviderError               the provider responded with an error
│   ├── AuthenticationError     401
│   ├── PermissionDenied        403
│   ├── NotFound                404
│   ├── InvalidRequest          400, 413, 422
│   │   └── ContextWindowExceeded   the conversation is longer than the model can read
│   ├── RateLimited             429
│   │   └── QuotaExceeded       a quota, a budget or a balance is used up
│   └── Overloaded              503, 529
├── InvalidResponse             a response came that cannot be read
│   ├── OutputRefused           typed output: the model declined, or a filter withheld it
│   ├── OutputTruncated         typed output: the response was cut at the token limit
│   └── OutputMismatch          typed output: the response does not fit the type or the schema
├── StreamTruncated             a stream ended before its terminal sign
├── StepLimitReached            the model kept calling tools
├── LimitExceeded               a limit of tokens, cost, requests or tool calls was reached
└── UnresolvedTool              a call waits for a decision that nobody is there to make
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from chat_core.types.json_values import JsonValue
from chat_core.types.usage import Usage

if TYPE_CHECKING:  # errors that hold a turn or a cost name its type; nothing here uses it
    from decimal import Decimal

    from chat_core.types.parts import ToolCall
    from chat_core.types.response import ChatResponse


class ChatError(Exception):
    """The root of the tree.

    `usage` is what the failed call had spent when it failed, all its model turns added up; its numbers are
    None where nothing is known. `retryable` tells whether sending the same request again may help; the
    engine's retries read it.
    `partial` is what there is of the turn: the engine keeps it in the conversation, marked interrupted.
    """

    usage: Usage = Usage()
    retryable: bool = False
    partial: ChatResponse | None = None


class ConfigurationError(ChatError):
    """What an application wants cannot be built or sent; the message names the next keystroke."""


FaultKind: TypeAlias = Literal["unknown_call", "already_decided", "arguments", "input", "digest", "verdict"]


@dataclass(frozen=True, slots=True)
class DecisionFault:
    """What is wrong with the decision about one call."""

    call_id: str
    kind: FaultKind
    message: str


class InvalidDecision(ConfigurationError):
    """Decisions about waiting calls that cannot be applied; none of them was. The calls still wait."""

    def __init__(self, faults: Sequence[DecisionFault]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults: tuple[DecisionFault, ...] = tuple(faults)

    @staticmethod
    def of(faults: Sequence[DecisionFault]) -> InvalidDecision:
        """Return the error for these faults: `AlreadyDecided` where each of them is that."""
        second = all(fault.kind == "already_decided" for fault in faults)
        return AlreadyDecided(faults) if second else InvalidDecision(faults)


class AlreadyDecided(InvalidDecision):
    """Every fault is a decision that came second: the call is resolved or runs. An application answers
    409.
    """


class CallNotFound(ConfigurationError, KeyError):
    """No call of the conversation has this id."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # KeyError shows the repr of its message


class InvalidHistory(ChatError):
    """What was given as a stored conversation is not one, or was written by a newer version."""


class ConversationConflict(ChatError):
    """Another call is at work on the same conversation, or its stored form is newer than the one to be
    written.
    """


class NetworkError(ChatError):
    """No response came."""


class ConnectionFailed(NetworkError):
    """The server could not be reached, or closed the connection before it responded."""

    retryable = True


class TimedOut(NetworkError):
    """A time limit passed: `limit` is its name (connect, first_event, idle, total), `seconds` its value."""

    def __init__(self, limit: str, seconds: float) -> None:
        super().__init__(
            f"no {_AWAITED.get(limit, 'progress')} within {seconds:g} s; "
            f"raise the limit with .with_timeout({limit}=...)"
        )
        self.limit = limit
        self.seconds = seconds
        self.retryable: bool = limit == "connect"


_AWAITED = {
    "connect": "connection",
    "first_event": "response",
    "idle": "further content",
    "total": "complete response",
}


class ProviderError(ChatError):
    """The provider responded with an error.

    `status` is the HTTP status, 200 for an error inside a response that began well. `code` is the provider's
    own word for it, and `message` its explanation. `request_id` is what its support needs. `retry_after` is
    in seconds. `body` is the error as received: JSON where it was JSON, else text.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        retryable: bool = False,
        body: JsonValue = None,
    ) -> None:
        super().__init__(_headline(message, status, code, request_id))
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.retryable = retryable
        self.body = body


class AuthenticationError(ProviderError):
    """401: the key is missing, wrong or expired."""


class PermissionDenied(ProviderError):
    """403: the key may not do this."""


class NotFound(ProviderError):
    """404: no such model or path."""


class InvalidRequest(ProviderError):
    """400, 413, 422: the provider cannot accept the request as it is."""


class ContextWindowExceeded(InvalidRequest):
    """The conversation is longer than the model can read, by whatever status and words the server says so.

    The same request never succeeds with this model: shorten the conversation, or use a model that reads more.
    """


class RateLimited(ProviderError):
    """429: too many requests or tokens just now."""


class QuotaExceeded(RateLimited):
    """A quota, a budget or a balance is used up: waiting a little does not help, so it is not tried again.

    Its status is 429 or another, such as 402. `retry_after` is there where the server says when it is back.
    """


class Overloaded(ProviderError):
    """503, 529: the provider has no capacity just now."""


class InvalidResponse(ChatError):
    """A response came that cannot be read. `response` is the turn, where there was one.

    A client may raise a retryable one for a whole turn that is worth another request: when the retries are
    used up, the chat returns that turn.
    """

    def __init__(self, message: str, *, response: ChatResponse | None = None) -> None:
        super().__init__(message)
        self.response = response


class OutputRefused(InvalidResponse):
    """There is no typed output: the model declined, or the provider's filter withheld it."""


class OutputTruncated(InvalidResponse):
    """There is no typed output: the response was cut at the token limit."""


class OutputMismatch(InvalidResponse):
    """The response is no value of the output type, or does not fit its JSON schema; `fault` tells why."""

    def __init__(self, message: str, *, response: ChatResponse | None = None, fault: str = "") -> None:
        super().__init__(message, response=response)
        self.fault = fault


class StreamTruncated(ChatError):
    """A stream ended before its terminal sign. `partial` is the turn as far as it arrived."""

    retryable = True
    partial: ChatResponse

    def __init__(self, message: str, *, partial: ChatResponse) -> None:
        super().__init__(message)
        # here it is always there
        self.partial = partial  # pyright: ignore[reportIncompatibleVariableOverride]


class StepLimitReached(ChatError):
    """The model called tools in each of `steps` turns; the conversation can be continued as it stands."""

    def __init__(self, steps: int) -> None:
        super().__init__(
            f"the model still calls tools after {steps} turns; "
            "raise .with_max_steps(...), or complete(messages) again to go on"
        )
        self.steps = steps


class LimitExceeded(ChatError):
    """A limit that the application has set was reached, and what came next was not sent or run.

    `limit` is its name (requests, tokens, cost, tool_calls), `allowed` its value, and `used` what had been
    used. The conversation can be continued as it stands.
    """

    def __init__(self, limit: str, allowed: int | Decimal, used: int | Decimal, reason: str = "") -> None:
        because = f": {reason}" if reason else ""
        super().__init__(
            f"the limit of {limit} is {allowed}, and {used} are used{because}; "
            f"raise Limits({limit}=...), or go on with the same messages"
        )
        self.limit = limit
        self.allowed = allowed
        self.used = used


class UnresolvedTool(ChatError):
    """`calls` wait for a decision that nobody is there to make."""

    def __init__(self, calls: tuple[ToolCall, ...]) -> None:
        named = ", ".join(f"{call.id} ({call.name}: {call.status.type})" for call in calls)
        super().__init__(
            f"tool calls wait for a decision: {named}; "
            "messages.find_tool(id) and then .approve(), .reject(reason) or .complete(result) decides; "
            "messages.close_open_calls() closes them all"
        )
        self.calls = calls


def _headline(message: str, status: int | None, code: str | None, request_id: str | None) -> str:
    known = {"status": status, "code": code, "request id": request_id}
    details = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
    return f"{message} ({details})" if details else message
