"""A source of tokens that exchanges a token of the place where the program runs for one of the provider's."""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from chat_core.client.builder import default_transport
from chat_core.client.credentials import Credential
from chat_core.client.deadlines import Deadlines
from chat_core.transport import Request, Response, Timeouts, Transport
from chat_core.types.errors import AuthenticationError, ChatError
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.types.runtime import run_blocking
from chat_core.wire.error_body import decode_error
from chat_core.wire.read import read_object
from chat_core.wire.write import dump

Subject: TypeAlias = Callable[[], str | Awaitable[str]]
"""A function, sync or async, that returns the token of the place where the program runs.

A sync one runs in a thread.
"""

_KUBERNETES: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_TIMEOUTS = Timeouts(connect=10.0, first_event=30.0, total=30.0)


class TokenExchange:
    """A `CredentialSource`: each call takes a token of `subject` and returns the provider's for it.

    `url` is where tokens are exchanged, `fields` are those of the body beside the subject's token, which is
    sent as `subject_field`. `transport` carries the request, by default a new one each time, since it is made
    about once an hour. Raises `AuthenticationError` with the server's words, never with a token.
    """

    def __init__(
        self,
        url: str,
        *,
        fields: Mapping[str, str],
        subject: Subject,
        subject_field: str,
        headers: Mapping[str, str] | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._url = url
        self._fields = dict(fields)
        self._subject = subject
        self._subject_field = subject_field
        self._headers = {"content-type": "application/json", **(headers or {})}
        self._transport = transport

    async def __call__(self) -> Credential:
        """Return a token of the provider's, and when it expires.

        Raises `AuthenticationError` where the server gives none, and `ConfigurationError` for fields that
        cannot be JSON.
        """
        subject = (await _value(self._subject)).strip()
        if not subject:
            raise AuthenticationError("the token to exchange is empty")
        body = dump({**self._fields, self._subject_field: subject})
        try:
            response = await self._send(Request("POST", self._url, self._headers, body, _TIMEOUTS))
            return self._credential(response)
        except ChatError as error:
            message = str(error).replace(subject, "***")
            raise AuthenticationError(f"{self._url} gave no token: {message}") from None

    def over(self, transport: Transport) -> TokenExchange:
        """Return the same source, whose requests this transport carries."""
        changed = copy(self)
        changed._transport = transport
        return changed

    def __repr__(self) -> str:
        return f"TokenExchange({self._url!r})"

    async def _send(self, request: Request) -> Response:
        transport = self._transport or default_transport(self._url)
        try:
            with Deadlines(request.timeouts) as deadlines:
                return await deadlines.wait(transport.send(request))
        finally:
            if self._transport is None:
                await transport.aclose()

    def _credential(self, response: Response) -> Credential:
        if not response.ok:
            error = decode_error(response.status, response.headers, response.body)
            description = as_text(as_object(error.body).get("error_description"))
            raise AuthenticationError(f"{error}: {description}") if description else error
        granted = read_object(response.body, "a token")
        token, seconds = as_text(granted.get("access_token")), as_count(granted.get("expires_in"))
        if not token:
            raise AuthenticationError("the response has no access_token")
        return Credential(token, None if seconds is None else time.time() + seconds)


async def _value(subject: Subject) -> str:
    if inspect.iscoroutinefunction(subject):
        value: object = await subject()
    else:

        def in_thread() -> tuple[object]:  # in a tuple: trio lets no thread return a coroutine
            return (subject(),)

        (value,) = await run_blocking(in_thread)
        value = await value if inspect.isawaitable(value) else value
    if not isinstance(value, str):
        raise AuthenticationError(f"the token to exchange is no text, but {type(value).__name__}")
    return value


def token_file(path: str | Path = _KUBERNETES) -> Callable[[], str]:
    """Return a function that reads a token from a file each time, by default that of a Kubernetes pod."""
    return partial(_read, Path(path))


def _read(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise AuthenticationError(f"the token file {path} cannot be read: {exc.strerror}") from exc
    if not token:
        raise AuthenticationError(f"the token file {path} is empty")
    return token
