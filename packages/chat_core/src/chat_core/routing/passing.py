"""Which errors of one member another one may do better, and which of them tell that a member is not well."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from chat_core.types.errors import (
    ChatError,
    ConfigurationError,
    ContextWindowExceeded,
    InvalidRequest,
    InvalidResponse,
    NetworkError,
    ProviderError,
    StreamTruncated,
)

PassesOn: TypeAlias = Callable[[ChatError], bool]
FallbackOn: TypeAlias = "PassesOn | type[ChatError] | Iterable[type[ChatError]]"


class RejectedResponse(InvalidResponse):
    """A whole response that `reject` does not want; it never leaves a router."""


def passes_on(error: ChatError) -> bool:
    """Return whether another member is tried after this error, where nothing else was chosen.

    True for what has to do with one provider: no response, or one that cannot be read, a stream that is cut
    before its first event, and every error of a provider but `InvalidRequest`, which is the request's own
    fault; of those `ContextWindowExceeded` too, since another model may read more.
    """
    if isinstance(error, InvalidRequest):
        return isinstance(error, ContextWindowExceeded)
    return isinstance(error, ProviderError | NetworkError | InvalidResponse | StreamTruncated)


def tells_of_health(error: ChatError) -> bool:
    """Return whether an error tells that the provider is not well, rather than the request."""
    return not isinstance(error, InvalidRequest | ConfigurationError)


def as_predicate(fallback_on: FallbackOn | None) -> PassesOn:
    """Return the function that decides. Raises `ConfigurationError` for what is none, and no error class."""
    if fallback_on is None:
        return passes_on
    if isinstance(fallback_on, type):
        fallback_on = (fallback_on,)
    elif callable(fallback_on):
        return fallback_on
    classes = tuple(cast("Iterable[object]", fallback_on))
    for one in classes:
        if not (isinstance(one, type) and issubclass(one, ChatError)):
            raise ConfigurationError(
                f"fallback_on takes classes of errors or a function of an error, not {one!r}: "
                "write fallback_on=(RateLimited, Overloaded)"
            )
    kinds = cast("tuple[type[ChatError], ...]", classes)
    return lambda error: isinstance(error, kinds)
