"""The tools that Anthropic defines, as methods of the builder.

Facts: Anthropic's tool pages, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, Self, TypeAlias

from chat_core import ConfigurationError, JsonObject
from chat_core.client import ProviderBuilder
from chat_core.types.json_values import as_object
from chat_core.types.plain_json import as_json

from chat_claude.options import NativeTool
from chat_claude.settings import Choices
from chat_claude.toolsets import COMPUTER_MEMBERS

WebSearchVersion: TypeAlias = Literal["20250305", "20260209", "20260318"]
WebFetchVersion: TypeAlias = Literal["20250910", "20260209", "20260309", "20260318"]
CodeExecutionVersion: TypeAlias = Literal["20250522", "20250825", "20260120", "20260521"]
ToolSearchKind: TypeAlias = Literal["bm25", "regex"]

_MCP = "mcp-client-2025-11-20"


class NativeToolsBuilder(ProviderBuilder[Choices]):
    """The part of `ClaudeBuilder` that declares tools of Anthropic's."""

    def with_web_search(
        self,
        *,
        max_uses: int | None = None,
        allowed_domains: Sequence[str] | None = None,
        blocked_domains: Sequence[str] | None = None,
        user_location: Mapping[str, str] | None = None,
        version: WebSearchVersion = "20250305",
    ) -> Self:
        """Let the model search the web; texts that rest on a page cite it.

        `user_location` has any of city, region, country, timezone. Raises `ConfigurationError` for allowed
        and blocked domains at once.
        """
        _check_domains("with_web_search", allowed_domains, blocked_domains)
        return self._with_tool(
            f"web_search_{version}",
            "web_search",
            max_uses=max_uses,
            allowed_domains=allowed_domains,
            blocked_domains=blocked_domains,
            user_location=None if user_location is None else {"type": "approximate", **user_location},
        )

    def with_web_fetch(
        self,
        *,
        max_uses: int | None = None,
        allowed_domains: Sequence[str] | None = None,
        blocked_domains: Sequence[str] | None = None,
        citations: bool = False,
        max_content_tokens: int | None = None,
        version: WebFetchVersion = "20250910",
    ) -> Self:
        """Let the model read pages whose URL stands in the conversation.

        Raises `ConfigurationError` for allowed and blocked domains at once.
        """
        _check_domains("with_web_fetch", allowed_domains, blocked_domains)
        return self._with_tool(
            f"web_fetch_{version}",
            "web_fetch",
            max_uses=max_uses,
            allowed_domains=allowed_domains,
            blocked_domains=blocked_domains,
            citations={"enabled": True} if citations else None,
            max_content_tokens=max_content_tokens,
        )

    def with_code_execution(self, *, version: CodeExecutionVersion = "20250825") -> Self:
        """Let the model run code in a container, which a conversation uses again as long as it exists."""
        return self._with_tool(f"code_execution_{version}", "code_execution")

    def with_tool_search(self, kind: ToolSearchKind = "bm25") -> Self:
        """Let the model search for the tools that `with_tool_settings(name, defer_loading=True)` hides at
        first.
        """
        return self._with_tool(f"tool_search_tool_{kind}_20251119", f"tool_search_tool_{kind}")

    def with_mcp_server(
        self,
        name: str,
        url: str,
        *,
        authorization_token: str | None = None,
        allowed_tools: Sequence[str] | None = None,
        defer_loading: bool = False,
    ) -> Self:
        """Let the model use the tools of a remote MCP server, all or those allowed; Anthropic calls them.

        Raises `ConfigurationError` for a URL without https.
        """
        if not url.startswith("https://"):
            raise ConfigurationError(
                f"with_mcp_server({name!r}): its URL begins with https://, since Anthropic calls it"
            )
        server: JsonObject = {"type": "url", "url": url, "name": name}
        if authorization_token is not None:
            server["authorization_token"] = authorization_token
        default: JsonObject = {"defer_loading": True} if defer_loading else {}
        toolset: JsonObject = {"type": "mcp_toolset", "mcp_server_name": name}
        if allowed_tools is not None:
            default["enabled"] = False
            toolset["configs"] = {tool: {"enabled": True} for tool in allowed_tools}
        if default:
            toolset["default_config"] = default
        return self._declare(NativeTool(toolset, _MCP, server))

    def with_memory(self) -> Self:
        """Let the model keep notes. The chat needs a tool "memory" that does it: `memory_tool(folder)`."""
        return self._with_tool("memory_20250818", "memory")

    def with_text_editor(self, *, max_characters: int | None = None) -> Self:
        """Let the model edit text files.

        The chat needs a tool "str_replace_based_edit_tool" that does it: `text_editor_tool(folder)`.
        """
        name = "str_replace_based_edit_tool"
        return self._with_tool("text_editor_20250728", name, max_characters=max_characters)

    def with_bash(self) -> Self:
        """Let the model use a shell. The chat needs a tool "bash" that does it: `bash_tool(run)`."""
        return self._with_tool("bash_20250124", "bash")

    def with_computer(self, *members: str, beta: str | None = None) -> Self:
        """Let the model use a computer, by all members of the toolset or by these.

        The chat needs the tools that do it: `computer_tools(act)`. Raises `ConfigurationError` for a name
        that is no member.
        """
        if unknown := set(members) - set(COMPUTER_MEMBERS):
            raise ConfigurationError(
                f"with_computer: {min(unknown)!r} is none of {', '.join(COMPUTER_MEMBERS)}"
            )
        declaration: JsonObject = {"type": "computer_toolset_20260801"}
        if members:
            off = (name for name in COMPUTER_MEMBERS if name not in members)
            declaration["configs"] = {name: {"enabled": False} for name in off}
        return self._declare(NativeTool(declaration, beta))

    def with_native_tool(self, declaration: Mapping[str, object], *, beta: str | None = None) -> Self:
        """Add any other tool that Anthropic defines, by its entry in `tools`.

        One that your code executes, such as `memory_20250818`, also needs a chat tool of the same name.
        Raises `ConfigurationError` for an entry without a `type`.
        """
        if "type" not in declaration:
            raise ConfigurationError("with_native_tool({...}) needs its \"type\", such as 'memory_20250818'")
        return self._declare(NativeTool(as_object(as_json(dict(declaration))), beta))

    def _with_tool(self, type_: str, name: str, **settings: object) -> Self:
        given = {key: as_json(value) for key, value in settings.items() if value is not None}
        return self._declare(NativeTool({"type": type_, "name": name, **given}))

    def _declare(self, tool: NativeTool) -> Self:
        defaults = self._choices.defaults
        return self._with(replace(self._choices, defaults=replace(defaults, tools=(*defaults.tools, tool))))


def _check_domains(method: str, allowed: Sequence[str] | None, blocked: Sequence[str] | None) -> None:
    if allowed is not None and blocked is not None:
        raise ConfigurationError(f"{method}: allowed_domains or blocked_domains, not both")
