"""A server that is open: its tools as they were listed, and what was left out of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import anyio
from chat_core import ConfigurationError, ConnectionFailed, JsonObject, Notice, Tool
from chat_core.types.json_values import as_count, as_text
from chat_core.types.misuse import kind_of

from chat_mcp.client import Elicit, McpClient, ServerInfo
from chat_mcp.decode import listed_tools
from chat_mcp.errors import SessionLost
from chat_mcp.tools import ToolOptions, digest_of, remote_tools
from chat_mcp.wire import HANDSHAKE, LIST, MODERN

if TYPE_CHECKING:
    from chat_mcp.link import Link
    from chat_mcp.tools import RemoteTool

_MOST_PAGES: Final = 1000
_MOST_NOTICES: Final = 100


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server was made with, however it is reached."""

    name: str
    prefix: str | None
    tool_timeout: float | None
    elicit: Elicit | None = field(repr=False)
    waits_for_input: bool
    progress: bool
    version: str | None

    def __post_init__(self) -> None:
        known = (*MODERN, *HANDSHAKE)
        if self.version is not None and self.version not in known:
            raise ConfigurationError(f"McpServer(version={self.version!r}): one of {', '.join(known)}")
        if self.tool_timeout is not None and not self.tool_timeout > 0:
            raise ConfigurationError(f"McpServer(tool_timeout={self.tool_timeout}): more than 0 seconds")
        if self.elicit is not None and not callable(self.elicit):
            raise ConfigurationError(f"McpServer(elicit=...) takes a function, not {kind_of(self.elicit)}")


@dataclass(frozen=True, slots=True)
class _Listing:
    """The tools as they were listed, until when they hold (None: until the server says otherwise)."""

    tools: tuple[RemoteTool, ...]
    digest: str
    until: float | None

    @property
    def is_over(self) -> bool:
        return self.until is not None and anyio.current_time() >= self.until


class Notices:
    """What is worth a notice, each once, and not without end."""

    def __init__(self) -> None:
        self._notices: dict[Notice, None] = {}

    def add(self, notice: Notice) -> None:
        """Add a notice."""
        if len(self._notices) < _MOST_NOTICES:
            self._notices[notice] = None

    def all(self) -> tuple[Notice, ...]:
        """Return the notices, in order."""
        return tuple(self._notices)


class OpenServer:
    """The tools of a server that is open."""

    def __init__(self, link: Link, settings: ServerSettings, notices: Notices, *, probes: bool) -> None:
        self.info: ServerInfo = ServerInfo("")
        self._settings = settings
        self._notices = notices
        self._listing: _Listing | None = None
        self._is_closed = False
        self._client = McpClient(
            link,
            settings.elicit,
            waits_for_input=settings.waits_for_input,
            version=settings.version,
            probes=probes,
        )

    async def open(self) -> None:
        """Agree on a version. What was opened is closed where that fails."""
        try:
            self.info = await self._client.info()
        except BaseException:
            await self.aclose()
            raise

    @property
    def digest(self) -> str | None:
        """The digest of the tools, once they were listed."""
        return None if self._listing is None else self._listing.digest

    @property
    def tools_have_changed(self) -> bool:
        """Whether the server has announced a change since its tools were listed."""
        return self._client.list_has_changed

    async def tools(self, names: tuple[str, ...], *, refresh: bool) -> list[Tool]:
        """Return the tools, listed once more where the list does not hold any more."""
        listing = self._listing
        if refresh or listing is None or listing.is_over or self._client.list_has_changed:
            listing = self._listing = await self._list()
        found = {str(tool.meta["mcp_tool"]): tool for tool in listing.tools}
        if missing := [name for name in names if name not in found]:
            there = ", ".join(found) or "none"
            raise ConfigurationError(f"{self._settings.name} has no tool {missing[0]!r}; it has {there}")
        return [found[name] for name in dict.fromkeys(names or found)]

    async def aclose(self) -> None:
        """End the session and close the way to the server."""
        self._is_closed = True
        await self._client.aclose()

    async def _list(self) -> _Listing:
        try:
            return await self._list_once()
        except (SessionLost, ConnectionFailed):  # a list may be requested once more, a call may not
            self._client.forget()
            return await self._list_once()

    async def _list_once(self) -> _Listing:
        client, settings = self._client, self._settings
        client.list_has_changed = False
        began = anyio.current_time()
        listed: list[JsonObject] = []
        lifetimes: list[float] = []
        cursors: set[str] = set()
        params: JsonObject = {}
        while len(cursors) < _MOST_PAGES:
            page = await client.result(LIST, params)
            listed += listed_tools(page)
            if (milliseconds := as_count(page.get("ttlMs"))) is not None:
                lifetimes.append(milliseconds / 1000)
            cursor = as_text(page.get("nextCursor"))
            if not cursor or cursor in cursors:
                break
            cursors.add(cursor)
            params = {"cursor": cursor}
        self.info = await client.info()
        options = ToolOptions(settings.name, settings.prefix, settings.tool_timeout, settings.progress)
        tools, notices = remote_tools(listed, self._open_client, options)
        for notice in notices:
            self._notices.add(notice)
        return _Listing(tuple(tools), digest_of(listed), began + min(lifetimes) if lifetimes else None)

    def _open_client(self) -> McpClient:
        if self._is_closed:
            raise ConfigurationError(
                f"{self._settings.name} is not open: async with McpServer(...) around what uses its tools"
            )
        return self._client
