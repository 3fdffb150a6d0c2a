"""The tools that Anthropic defines, as they are declared. Facts: Anthropic's tool pages, November 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from chat_core import ConfigurationError, JsonObject
from chat_core.types.json_values import as_json, as_object

from chat_claude.options import NativeTool

WebSearchVersion: TypeAlias = Literal["20250305", "20260209", "20260318"]
WebFetchVersion: TypeAlias = Literal["20250910", "20260209", "20260309", "20260318"]
CodeExecutionVersion: TypeAlias = Literal["20250522", "20250825", "20260120", "20260521"]
ToolSearchKind: TypeAlias = Literal["bm25", "regex"]

_MCP = "mcp-client-2025-11-20"


def web_search(
    *,
    max_uses: int | None,
    allowed_domains: Sequence[str] | None,
    blocked_domains: Sequence[str] | None,
    user_location: Mapping[str, str] | None,
    version: WebSearchVersion,
) -> NativeTool:
    """Searches while it answers; the texts that rest on a page cite it."""
    _either("with_web_search", allowed_domains, blocked_domains)
    return _declared(
        f"web_search_{version}",
        "web_search",
        max_uses=max_uses,
        allowed_domains=allowed_domains,
        blocked_domains=blocked_domains,
        user_location=None if user_location is None else {"type": "approximate", **user_location},
    )


def web_fetch(
    *,
    max_uses: int | None,
    allowed_domains: Sequence[str] | None,
    blocked_domains: Sequence[str] | None,
    citations: bool,
    max_content_tokens: int | None,
    version: WebFetchVersion,
) -> NativeTool:
    """Reads pages whose URL stands in the conversation."""
    _either("with_web_fetch", allowed_domains, blocked_domains)
    return _declared(
        f"web_fetch_{version}",
        "web_fetch",
        max_uses=max_uses,
        allowed_domains=allowed_domains,
        blocked_domains=blocked_domains,
        citations={"enabled": True} if citations else None,
        max_content_tokens=max_content_tokens,
    )


def code_execution(*, version: CodeExecutionVersion) -> NativeTool:
    """Runs code in a container of Anthropic's."""
    return _declared(f"code_execution_{version}", "code_execution")


def tool_search(*, kind: ToolSearchKind) -> NativeTool:
    """Finds deferred tools."""
    return _declared(f"tool_search_tool_{kind}_20251119", f"tool_search_tool_{kind}")


def mcp_server(
    name: str,
    url: str,
    *,
    authorization_token: str | None,
    allowed_tools: Sequence[str] | None,
    defer_loading: bool,
) -> NativeTool:
    """The tools of a remote MCP server, which Anthropic calls."""
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
    return NativeTool(toolset, _MCP, server)


def native_tool(declaration: Mapping[str, object], beta: str | None) -> NativeTool:
    """Any other."""
    if "type" not in declaration:
        raise ConfigurationError("with_native_tool({...}) needs its \"type\", such as 'memory_20250818'")
    return NativeTool(as_object(as_json(dict(declaration))), beta)


def _either(method: str, allowed: Sequence[str] | None, blocked: Sequence[str] | None) -> None:
    if allowed is not None and blocked is not None:
        raise ConfigurationError(f"{method}: allowed_domains or blocked_domains, not both")


def _declared(type_: str, name: str, **settings: object) -> NativeTool:
    given = {key: as_json(value) for key, value in settings.items() if value is not None}
    return NativeTool({"type": type_, "name": name, **given})
