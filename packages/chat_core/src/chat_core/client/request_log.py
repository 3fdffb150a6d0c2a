"""What is logged of a request: one line at INFO, what is in it at DEBUG, and its contents only where that was
requested.

Each package has a logger of its name: `chat_core`, `chat_claude`, … Nothing that is logged holds a header, so
no key.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable
from types import TracebackType
from typing import Self, cast
from urllib.parse import urlsplit

from chat_core.transport import Request, Response
from chat_core.types.json_values import JsonValue

LOGGER = logging.getLogger("chat_core")
_CONTENTS = logging.getLogger("chat_core.contents")
"""Whole bodies are logged only where this logger has been given the level DEBUG itself: it inherits none."""


def is_logged(logger: logging.Logger) -> bool:
    """Return whether anything of a request would be logged that begins now."""
    return logger.isEnabledFor(logging.INFO) or _CONTENTS.level == logging.DEBUG


class RequestLog:
    """Logs one request: what is sent when it begins, and one line when it ends."""

    __slots__ = ("_began", "_logger", "_request", "status")

    def __init__(self, request: Request, logger: logging.Logger = LOGGER) -> None:
        self._request = request
        self._logger = logger
        self._began = 0.0
        self.status: int | None = None

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        if self._logger.isEnabledFor(logging.DEBUG):
            self._logger.debug("%s: %s", self._address(), _described(self._request.body))
        if _CONTENTS.level == logging.DEBUG:
            _CONTENTS.debug("%s: %s", self._address(), self._request.body.decode("utf-8", "replace"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._logger.isEnabledFor(logging.INFO):
            return
        outcome = [] if self.status is None else [str(self.status)]
        if kind is GeneratorExit:
            outcome.append("left before its end")
        elif kind is not None:
            outcome.append(kind.__name__)
        seconds = time.monotonic() - self._began
        self._logger.info("%s: %s in %.2f s", self._address(), ", ".join(outcome) or "no response", seconds)

    def _address(self) -> str:
        url = urlsplit(self._request.url)
        return f"{self._request.method} {url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


async def logged(response: Awaitable[Response], request: Request, logger: logging.Logger) -> Response:
    """Log a request, and return the response that is awaited."""
    with RequestLog(request, logger) as log:
        received = await response
        log.status = received.status
    return received


def _described(body: bytes) -> str:
    """Return the fields of a body with how much is in each, and the model's name: no contents."""
    try:
        fields = cast("JsonValue", json.loads(body)) if body else {}
    except ValueError:
        return f"{len(body)} bytes"
    if not isinstance(fields, dict):
        return f"{len(body)} bytes"
    shown = [f"{name}={_size(name, value)}" for name, value in fields.items()]
    return f"{len(body)} bytes, {', '.join(shown) or 'no fields'}"


def _size(name: str, value: JsonValue) -> str:
    match value:
        case str() if name == "model":
            return value
        case bool() | int() | float() | None:
            return str(value)
        case list() | dict():
            return f"({len(value)})"
        case _:
            return f"({len(str(value))} characters)"
