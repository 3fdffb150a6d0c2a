"""What to do next, at the end of an error's text: where the key came from, and where a request went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from chat_core.types.errors import AuthenticationError, NotFound, PermissionDenied, ProviderError

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
