"""Errors of a whole response: those under status 200 too, and what to do next at the end of their text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from chat_core.transport import Response
from chat_core.types.errors import (
    AuthenticationError,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    ProviderError,
)
from chat_core.wire.error_body import describes_error

T = TypeVar("T")

DecodeError: TypeAlias = Callable[[int, Mapping[str, str], bytes], ProviderError]
"""Return the error in a response that is not 2xx: from its status, its headers (names in lower case) and its
body.
"""


def with_advice(decode_error: DecodeError, *, base_url: str, key_advice: str) -> DecodeError:
    """Return `decode_error` with advice in the text of its errors; `error.message` stays the server's.

    A refused key is followed by where it came from, and what was not found by the address that it was
    requested at: a region, a resource or a deployment may not exist.
    """

    def decode(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        error = decode_error(status, headers, body)
        advice = ""
        if isinstance(error, AuthenticationError | PermissionDenied):
            advice = key_advice
        elif isinstance(error, NotFound) and base_url not in str(error):
            advice = f"it was requested at {base_url}"
        if advice:
            error.args = (f"{error.args[0]}; {advice}", *error.args[1:])
        return error

    return decode


def decoded(response: Response, decode: Callable[[Response], T], decode_error: DecodeError) -> T:
    """Return what `decode` makes of a whole response.

    Raises what it raises; where it finds no response, and the body describes an error, that error: many
    servers send errors under status 200.
    """
    try:
        return decode(response)
    except InvalidResponse:
        if not describes_error(response.body):
            raise
    raise decode_error(response.status, response.headers, response.body)
