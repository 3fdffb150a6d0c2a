"""A server of the Model Context Protocol, whose tools a chat may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from chat_core import ConfigurationError, Notice, Timeouts, Tool
from chat_core.client import checked_url, default_transport
from chat_core.types.misuse import checked_mapping, checked_text, is_a, kind_of
from chat_core.types.short_repr import Shown, Values

from chat_mcp.client import Elicit, ServerInfo
from chat_mcp.link import Link
from chat_mcp.server import Notices, OpenServer, ServerSettings

if TYPE_CHECKING:
    from chat_core import Transport

# What the official clients hand on too. Keys of this program stay with it.
_HANDED_ON: Final = (
    (
        *("APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE"),
        *("SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE"),
    )
    if sys.platform == "win32"
    else ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER")
)


class McpServer(Shown):
    """A server whose tools a chat may use, over Streamable HTTP or as a process (`McpServer.command`).

    `async with McpServer("https://host/mcp") as server:` agrees on a version of the protocol, and
    `with_scoped_tools(ScopedCollection(await server.tools(), ask_unless_read_only))` gives a chat its tools.

    - `headers` go with every request; secrets belong there, not in the URL
    - `name` is what notices and approvals call the server; by default the host or the command
    - `prefix` comes before the names of its tools, so that two servers may have tools of one name
    - `timeouts` hold for each request: `first_event` until the server first shows any progress
    - `tool_timeout` is the most seconds that a call may take in all
    - `elicit` is a function, sync or async, that asks a person for the values of an `InputRequest` at once;
      it returns None where the person declines. Without one, a call that needs input waits (`NeedsInput`) if
      the server speaks 2026-07-28; `waits_for_input=False` tells servers that nobody can be asked
    - `progress` lets streams yield what calls report on their way, as `ToolProgress`
    - `version` is the version of the protocol to speak; by default the newest that both sides know
    - `transport` carries the requests; it is then the application's to close

    Nothing is sent twice: a call that was cut off is `Failed`, and the model reads that it may have had its
    effect. A list is asked for once more after a lost connection or session. Raises `ConfigurationError` for
    what is no http(s) URL, for one with a user or a fragment, for headers that are no texts, and where it is
    entered twice.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        name: str | None = None,
        prefix: str | None = None,
        timeouts: Timeouts = Timeouts(),
        tool_timeout: float | None = None,
        elicit: Elicit | None = None,
        waits_for_input: bool = True,
        progress: bool = False,
        version: str | None = None,
        transport: Transport | None = None,
    ) -> None:
        checked_url(url, may_hold_key=True)  # many hosted servers have it there
        given = _checked_headers(headers)
        address = url.strip()

        def open_link() -> Link:
            from chat_mcp.transport import HttpLink

            carrier = transport or default_transport(address)
            return HttpLink(address, given, carrier, timeouts, is_shared=transport is not None)

        self._address = address.partition("?")[0]
        self._open_link: Callable[[], Link] = open_link
        self._probes = False
        self._set_up(
            ServerSettings(
                name or address.partition("://")[2].partition("/")[0],
                prefix,
                tool_timeout,
                elicit,
                waits_for_input,
                progress,
                version,
            )
        )

    @classmethod
    def command(
        cls,
        *command: str,
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        name: str | None = None,
        prefix: str | None = None,
        timeouts: Timeouts = Timeouts(),
        tool_timeout: float | None = None,
        elicit: Elicit | None = None,
        waits_for_input: bool = True,
        progress: bool = False,
        version: str | None = None,
        max_bytes: int = 128 * 1024 * 1024,
    ) -> Self:
        """Return a server that is a process: `McpServer.command("uvx", "mcp-server-git")`.

        It is started by `async with`, and ended with all that it has started. Of this program's environment
        it is given only a few harmless variables, such as PATH and HOME, and those of `environment`. Once it
        has ended, the next request starts it again. `max_bytes` is the longest message. The other arguments
        are those of `McpServer`. Raises `ConfigurationError` without a command, and for an environment that
        is no texts.
        """
        words = [
            checked_text(word, 'McpServer.command("uvx", "mcp-server-git")', '"uvx"') for word in command
        ]
        if not words:
            raise ConfigurationError('McpServer.command(...) needs the command: "uvx", "mcp-server-git"')
        variables = _checked_headers(environment)
        server = cls.__new__(cls)

        def open_link() -> Link:
            from chat_mcp.process import ProcessSettings
            from chat_mcp.stdio import StdioLink

            found = _environment_of_process(variables)
            return StdioLink(ProcessSettings(tuple(words), found, folder, max_bytes), timeouts, server._note)

        server._address = words[0]
        server._open_link = open_link
        server._probes = True
        server._set_up(
            ServerSettings(name or words[0], prefix, tool_timeout, elicit, waits_for_input, progress, version)
        )
        return server

    def _set_up(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._notices = Notices()
        self._open: OpenServer | None = None

    @property
    def info(self) -> ServerInfo:
        """What the server tells of itself: name, version, instructions, and the protocol's version.

        Raises `ConfigurationError` while the server is not open.
        """
        return self._opened().info

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was left out or passed over: tools that cannot be sent, lines that are no messages."""
        return self._notices.all()

    @property
    def digest(self) -> str | None:
        """A SHA-256 of all that the tools tell of themselves, once they were listed. Another one than that of
        the tools which somebody has looked at means that the server tells something else now. Raises
        `ConfigurationError` while the server is not open.
        """
        return self._opened().digest

    @property
    def tools_have_changed(self) -> bool:
        """Whether the server has announced a change since its tools were listed.

        Raises `ConfigurationError` while the server is not open.
        """
        return self._opened().tools_have_changed

    async def tools(self, *names: str, refresh: bool = False) -> list[Tool]:
        """Return the tools: all in the server's order, or those of these names, which are the server's.

        They are listed once, and again where the server says that they have changed, after the time that it
        gives a list, and with `refresh`. Tools that no model could be sent are left out, with a notice.
        Raises a `ChatError` where the server cannot be reached, and `ConfigurationError` for a name that it
        does not have.
        """
        return await self._opened().tools(names, refresh=refresh)

    async def aclose(self) -> None:
        """End the session and close the way to the server. Calls of its tools then fail."""
        server, self._open = self._open, None
        if server is not None:
            await server.aclose()

    async def __aenter__(self) -> Self:
        if self._open is not None:
            raise ConfigurationError(f"{self!r} is open already: one `async with` for each")
        server = OpenServer(self._open_link(), self._settings, self._notices, probes=self._probes)
        await server.open()
        self._open = server
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _opened(self) -> OpenServer:
        if self._open is None:
            raise ConfigurationError(f"{self!r} is not open: async with ... as server, around what uses it")
        return self._open

    def _note(self, message: str) -> None:
        self._notices.add(Notice(self._settings.name, message))

    def _shown(self) -> Values:
        yield "", self._address


def _environment_of_process(given: Mapping[str, str]) -> dict[str, str]:
    """Return the few harmless variables of this program's environment, and those that were given."""
    found = {name: value for name in _HANDED_ON if (value := os.environ.get(name)) is not None}
    return {name: value for name, value in found.items() if not value.startswith("()")} | dict(given)


def _checked_headers(given: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers or variables. Raises `ConfigurationError` for what is no text."""
    found = checked_mapping({} if given is None else given, "McpServer")
    for name, value in found.items():
        if not is_a(value, str):
            raise ConfigurationError(
                f"McpServer: {name} is a text, not {kind_of(value)}: is the variable set?"
            )
    return {name: str(value) for name, value in found.items()}
