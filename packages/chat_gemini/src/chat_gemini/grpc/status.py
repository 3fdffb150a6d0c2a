"""How a call ended, as the status and the body that the same end has over HTTP.

gRPC's codes and the statuses they have over HTTP: google/rpc/code.proto.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from chat_core import ChatError, ConnectionFailed, InvalidResponse, JsonValue

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from grpc.aio import AioRpcError

_STATUS = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}
_DETAILS = "grpc-status-details-bin"
_AMBIGUOUS = frozenset(
    ("UNAVAILABLE", "UNKNOWN", "INTERNAL", "CANCELLED", "RESOURCE_EXHAUSTED", "UNIMPLEMENTED")
)
_WORDS = re.compile(
    r"failed to connect|connection (refused|reset|closed|timed out)|connection attempt|socket closed|goaway"
    r"|rst_stream|recvmsg|broken pipe|stream removed|closed the stream without|keepalive|ping timeout"
    r"|cancelling all calls|transport (is )?clos|endpoint closing|(dns|name) resolution|handshake"
    r"|http2 header|deserializing response|received message larger",
    re.IGNORECASE,
)


class _Status(Protocol):
    """`google.rpc.Status`: an error with details, each of a type that it names."""

    @property
    def details(self) -> Sequence[Message]: ...


def is_local(error: AioRpcError) -> bool:
    """Return whether grpc made this status itself, of a lost connection or of a message that it cannot read.

    It does so under codes that servers use too, and only its words tell them apart. They are those of gRPC's
    C core, release 1.85; what is not among them counts as the server's.
    """
    return error.code().name in _AMBIGUOUS and bool(_WORDS.search(error.details() or ""))


def status_of(error: AioRpcError) -> int:
    """Return the HTTP status."""
    return _STATUS.get(error.code().name, 500)


def body_of(error: AioRpcError) -> bytes:
    """Return the body that Google's servers send over HTTP for this error."""
    shown: dict[str, JsonValue] = {
        "code": status_of(error),
        "message": error.details() or "",
        "status": error.code().name,
    }
    if details := _details(error):
        shown["details"] = details
    return json.dumps({"error": shown}).encode()


def _details(error: AioRpcError) -> list[JsonValue]:
    """Return what is known of an error beside its message, such as how long to wait."""
    from google.protobuf.message import DecodeError

    status_class = cast("type[Message]", import_module("google.rpc.status_pb2").Status)
    found: list[JsonValue] = []
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS and isinstance(value, bytes):
            try:
                details = cast("_Status", status_class.FromString(value)).details
            except DecodeError:
                continue
            found += [_detail(detail) for detail in details]
    return found


def _detail(detail: Message) -> JsonValue:
    from google.protobuf.json_format import MessageToDict

    try:
        return cast("JsonValue", MessageToDict(detail))
    except TypeError:  # of a type that is not known here
        return {"@type": str(getattr(detail, "type_url", ""))}


def local_failure(error: AioRpcError, server: str, *, began: bool) -> ChatError:
    """Return the error of a call that ended without a status of the server."""
    code, reason = error.code().name, error.details() or "no reason is given"
    if code == "RESOURCE_EXHAUSTED" or "deserializing" in reason.lower():
        return InvalidResponse(f"a message of {server} cannot be read: {reason}")
    if "http2 header" in reason.lower():
        return InvalidResponse(f"{server} answers as a server that speaks no gRPC: {reason}")
    if began:
        return ConnectionFailed(f"{server} closed the connection in the middle of the response: {reason}")
    return ConnectionFailed(
        f"no response came from {server}: {reason}; is the server running, and is the base URL right?"
    )
