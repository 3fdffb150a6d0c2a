"""A conversation with one server: which version it speaks, requests to it, and what it wants."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from itertools import count
from typing import Final, TypeAlias

import anyio
from chat_core import ChatError, ConfigurationError, ConnectionFailed, InputRequest, JsonObject, ProviderError
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.types.plain_json import as_json

from chat_mcp.decode import accepted, elicitation_message, elicitation_schema
from chat_mcp.encode import (
    CLIENT,
    error_message,
    notification_message,
    request_headers,
    request_message,
    result_message,
    with_envelope,
)
from chat_mcp.errors import McpError, json_rpc_error, lost_session
from chat_mcp.link import Link
from chat_mcp.wire import (
    DISCOVER,
    ELICIT,
    HANDSHAKE,
    INITIALIZE,
    INITIALIZED,
    LIST_CHANGED,
    LOG,
    METHOD_NOT_FOUND,
    MODERN,
    PING,
    PROGRESS,
    UNSUPPORTED_VERSION,
    Answer,
    Notification,
    ServerRequest,
)

Elicit: TypeAlias = Callable[
    [InputRequest], Mapping[str, object] | Awaitable[Mapping[str, object] | None] | None
]
"""Asks a person for the values of a request: it returns them, or None where the person declines."""

_LOGGER: Final = logging.getLogger("chat_mcp")
_LEVELS: Final = {"debug": 10, "info": 20, "notice": 20, "warning": 30}
_PROBE: Final = 10.0  # seconds for a process to tell its version, before it is greeted as an older one


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server tells of itself, and the version of the protocol that it and this client speak."""

    protocol: str
    name: str = ""
    version: str = ""
    instructions: str | None = None


class McpClient:
    """Requests to one server. It agrees on a version with the first one, and anew once that is forgotten."""

    def __init__(
        self, link: Link, elicit: Elicit | None, *, waits_for_input: bool, version: str | None, probes: bool
    ) -> None:
        self._link = link
        self._elicit = elicit
        self._waits_for_input = waits_for_input
        self._pinned = version
        self._probe = _PROBE if probes else None
        self._ids = count(1)
        self._opening = anyio.Lock()
        self._info: ServerInfo | None = None
        self.list_has_changed: bool = False

    async def info(self) -> ServerInfo:
        """Return what the server tells of itself. With the first use, a version is agreed on.

        Raises a `ChatError` where the server cannot be reached, or speaks no version that is known here.
        """
        async with self._opening:
            if self._info is None or not self._link.is_open:
                await self._link.open()
                self._info = await self._agree()
            return self._info

    @property
    def elicits(self) -> bool:
        """Whether a function of the application's asks people for input."""
        return self._elicit is not None

    async def result(self, method: str, params: JsonObject) -> JsonObject:
        """Return the result of a request, passing over its progress."""
        async with aclosing(self.exchange(method, params)) as values:
            async for value, is_result in values:
                if is_result:
                    return value
        raise AssertionError("an exchange ends with its result")

    async def exchange(
        self,
        method: str,
        params: JsonObject,
        name: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[tuple[JsonObject, bool]]:
        """Send a request, and yield the progress that the server reports and, last and marked, the result.

        It is sent once. Raises `McpError`, `SessionLost` and what a link raises.
        """
        info = await self.info()
        try:
            async with aclosing(self._exchange(info.protocol, method, params, name, headers)) as values:
                async for value in values:
                    yield value
        except ProviderError as error:
            lost = lost_session(error) if self._link.has_session or self._info is not info else None
            is_unknown = isinstance(error, McpError) and error.number == UNSUPPORTED_VERSION
            if (lost is not None or is_unknown) and self._info is info:  # else another call has begun anew
                self.forget()
            if lost is not None:
                raise lost from error
            raise

    def forget(self) -> None:
        """Forget what was agreed on: the next request begins anew."""
        self._info = None
        self._link.forget()

    async def aclose(self) -> None:
        """End the session and close the way to the server."""
        self._info = None
        await self._link.aclose()

    async def _agree(self) -> ServerInfo:
        if self._pinned in HANDSHAKE:
            return await self._greet(self._pinned)
        version = self._pinned or MODERN[0]
        try:
            return await self._discover(version)
        except (McpError, ProviderError, ConnectionFailed, TimeoutError) as error:
            if self._pinned is not None or not self._may_be_older(error):
                raise
            _LOGGER.debug("%s does not answer %s: %s", self._link.address, DISCOVER, error)
        await self._link.open()  # a process that does not know the question may have ended
        try:
            return await self._greet(HANDSHAKE[0])
        except McpError as error:
            if error.number != UNSUPPORTED_VERSION:  # it answered the question too late
                raise
        return await self._discover(version)

    def _may_be_older(self, error: Exception) -> bool:
        """Return whether an error may be that of a server which does not know `server/discover`."""
        match error:
            case McpError(number=number) if number == UNSUPPORTED_VERSION:
                supported = as_list(as_object(as_object(error.body).get("data")).get("supported"))
                return not supported or any(version in HANDSHAKE for version in supported)
            case McpError():
                return True
            case ProviderError(status=status):
                return status not in (401, 402, 403, 429) and not (status is not None and 300 <= status < 400)
            case _:
                return self._probe is not None

    async def _discover(self, version: str) -> ServerInfo:
        with anyio.fail_after(self._probe):
            result = await self._first(self._exchange(version, DISCOVER, {}, None, None))
        supported = as_list(result.get("supportedVersions"))
        if not any(known in supported for known in MODERN):
            raise McpError(f"the server speaks {supported}", code=str(METHOD_NOT_FOUND))
        info = as_object(as_object(result.get("_meta")).get("io.modelcontextprotocol/serverInfo"))
        return _info_of(version, info, result)

    async def _greet(self, version: str) -> ServerInfo:
        params: JsonObject = {
            "protocolVersion": version,
            "capabilities": self._capabilities(version),
            "clientInfo": CLIENT,
        }
        result = await self._first(self._exchange(None, INITIALIZE, params, None, None))
        agreed = as_text(result.get("protocolVersion")) or version
        if agreed not in HANDSHAKE:
            known = ", ".join((*MODERN, *HANDSHAKE))
            raise ConfigurationError(
                f"{self._link.address} speaks version {agreed!r} of the protocol; known here are {known}"
            )
        await self._link.send(notification_message(INITIALIZED, {}), request_headers(agreed, INITIALIZED))
        return _info_of(agreed, as_object(result.get("serverInfo")), result)

    async def _first(self, exchange: AsyncGenerator[tuple[JsonObject, bool]]) -> JsonObject:
        async with aclosing(exchange):
            async for value, is_result in exchange:
                if is_result:
                    return value
        raise AssertionError("an exchange ends with its result")

    async def _exchange(
        self,
        version: str | None,
        method: str,
        params: JsonObject,
        name: str | None,
        headers: Mapping[str, str] | None,
    ) -> AsyncGenerator[tuple[JsonObject, bool]]:
        id = next(self._ids)
        sent: JsonObject = {**params, "_meta": {"progressToken": id}} if name is not None else params
        enveloped = with_envelope(sent, version or "", self._capabilities(version or ""))
        message = request_message(id, method, enveloped)
        all_headers = {**request_headers(version, method, name), **(headers or {})}
        async with aclosing(self._link.exchange(message, all_headers)) as messages:
            async for one in messages:
                match one:
                    case Answer(error=error) if error is not None:
                        raise json_rpc_error(error)
                    case Answer(result=result):
                        yield result or {}, True
                    case ServerRequest():
                        await self._serve(one, version)
                    case Notification(method=word, params=news):
                        if word == PROGRESS:
                            yield {key: value for key, value in news.items() if key != "progressToken"}, False
                        else:
                            self._note(word, news)

    def _capabilities(self, version: str) -> JsonObject:
        can_elicit = self._elicit is not None or (version in MODERN and self._waits_for_input)
        return {"elicitation": {"form": {}, "url": {}}} if can_elicit else {}

    def _note(self, word: str, news: JsonObject) -> None:
        if word == LIST_CHANGED:
            self.list_has_changed = True
        elif word == LOG:
            level = _LEVELS.get(as_text(news.get("level")), 30)
            _LOGGER.log(level, "%s: %.1000s", self._link.address, news.get("data"))

    async def _serve(self, request: ServerRequest, version: str | None) -> None:
        """Answer a request of the server's: pings and, where somebody answers them, questions to a person."""
        headers = request_headers(version, request.method)
        try:
            answer = await self._answer(request)
        except BaseException:
            with anyio.move_on_after(2, shield=True), suppress(ChatError):
                await self._link.send(result_message(request.id, {"action": "cancel"}), headers)
            raise
        await self._link.send(answer, headers)

    async def _answer(self, request: ServerRequest) -> JsonObject:
        if request.method == PING:
            return result_message(request.id, {})
        if request.method != ELICIT or self._elicit is None:
            return error_message(request.id, METHOD_NOT_FOUND, f"this client has no {request.method}")
        return result_message(request.id, await self.elicited(request.params))

    async def elicited(self, form: JsonObject) -> JsonObject:
        """Return the result of a question to a person, whom the application's function asks."""
        assert self._elicit is not None
        wanted = InputRequest(elicitation_message(form), elicitation_schema(form))
        values = self._elicit(wanted)
        if inspect.isawaitable(values):
            values = await values
        if values is None:
            return {"action": "decline"}
        return accepted(as_object(as_json(dict(values))), {"params": form})


def _info_of(version: str, info: JsonObject, result: JsonObject) -> ServerInfo:
    return ServerInfo(
        version,
        as_text(info.get("name")),
        as_text(info.get("version")),
        as_text(result.get("instructions")) or None,
    )
