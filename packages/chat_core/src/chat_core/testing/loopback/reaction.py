"""An HTTP response of a loopback server, ready to go out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from chat_core.testing.loopback.script import Failure
from chat_core.types.json_values import JsonObject, JsonValue

CREATED = 1_767_225_600  # the same at every run, so that a printed answer is


@dataclass(frozen=True, slots=True)
class Reaction:
    """What goes out: `pieces` in HTTP chunks or, with their length known, one after the other."""

    status: int
    headers: dict[str, str]
    pieces: Sequence[bytes]
    chunked: bool = False
    pause: float = 0.0
    cut_after: int | None = None


def error_body(failure: Failure) -> JsonObject:
    """Return the error as OpenAI writes it."""
    kind = "server_error" if failure.status >= 500 else "invalid_request_error"
    error: JsonObject = {"message": failure.message, "type": kind, "param": None, "code": failure.code}
    return {"error": error}


def failed(failure: Failure) -> Reaction:
    response = json_reaction(failure.status, error_body(failure))
    if failure.retry_after is not None:
        response.headers["retry-after"] = f"{failure.retry_after:g}"
    return response


def unscripted(message: str) -> Reaction:
    """A mistake in the script, which no second try mends."""
    response = failed(Failure(500, message, code="script"))
    response.headers["x-should-retry"] = "false"
    return response


def json_reaction(status: int, value: JsonValue) -> Reaction:
    return Reaction(status, {"content-type": "application/json"}, [dump(value)])


def dump(value: JsonValue) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
