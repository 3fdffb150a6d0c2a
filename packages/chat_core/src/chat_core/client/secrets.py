"""Keys of a request, kept out of errors and of their tracebacks: some servers repeat the key that they
refuse.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar, cast
from urllib.parse import quote

from chat_core.transport import Request
from chat_core.types.errors import ChatError

T = TypeVar("T")
_SHOWN = "***"
_SECRET_HEADERS = ("auth", "key", "token", "secret", "cookie", "credential", "password", "signature")
_SHORTEST = 8  # characters; a shorter secret would be found in innocent words


def scrub_secrets(error: ChatError, request: Request, received: Iterable[str | bytes] = ()) -> None:
    """Replace the secrets of the request's headers in an error, and in all errors that it comes from.

    Frames below the caller's are dropped from the tracebacks where a secret was found in the error or in
    `received`: their local variables may hold what the server sent.
    """
    secrets = tuple(_secrets(request))
    if not secrets:
        return
    found = False
    chain = list(_chain(error))
    for each in chain:
        found = _scrub(each, secrets) or found
    if found or any(_contains(data, secrets) for data in received):
        drop_frames(error)


def scrubbed_body(body: bytes, request: Request) -> bytes:
    """Return a response body without the secrets of the request's headers."""
    return _replaced(body, tuple(_secrets(request)))


def drop_frames(error: BaseException) -> None:
    """Remove the frames of an error and of all that it comes from."""
    for each in _chain(error):
        each.__traceback__ = None


def _secrets(request: Request) -> Iterator[str]:
    """Yield the secrets, as they are and as JSON or a URL spells them."""
    for name, value in request.headers.items():
        secret = value.rpartition(" ")[2]  # what follows "Bearer"
        if len(secret) >= _SHORTEST and any(word in name.lower() for word in _SECRET_HEADERS):
            yield from {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and all that it comes from, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", each).exceptions


def _scrub(error: BaseException, secrets: tuple[str, ...]) -> bool:
    """Replace the secrets in the arguments and attributes of one error. Return whether there were any."""
    before = (error.args, dict(vars(error)))
    error.args = _replaced(error.args, secrets)
    for name, value in list(vars(error).items()):
        setattr(error, name, _replaced(value, secrets))
    return before != (error.args, vars(error))


def _replaced(value: T, secrets: tuple[str, ...]) -> T:
    """Return a text or JSON value without the secrets. Everything else is returned as it is."""
    changed: object = value
    match value:
        case str():
            changed = _without(value, secrets)
        case bytes():
            changed = _without(value.decode("latin-1"), secrets).encode("latin-1")
        case tuple():
            changed = tuple(_replaced(each, secrets) for each in cast("tuple[object, ...]", value))
        case list():
            changed = [_replaced(each, secrets) for each in cast("list[object]", value)]
        case dict():
            items = cast("Mapping[object, object]", value).items()
            changed = {_replaced(key, secrets): _replaced(each, secrets) for key, each in items}
        case _:
            pass
    return cast("T", changed)


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, _SHOWN)
    return text


def _contains(data: str | bytes, secrets: tuple[str, ...]) -> bool:
    text = data.decode("latin-1") if isinstance(data, bytes) else data
    return any(secret in text for secret in secrets)
