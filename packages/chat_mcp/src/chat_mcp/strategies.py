"""Strategies by what a server states of its tools."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core import Action, Execute, RequireApproval, ToolCall


def ask_unless_read_only(call: ToolCall, meta: Mapping[str, object]) -> Action:
    """Run calls of tools that only read, and let all others wait for a person.

    A strategy for `ScopedCollection`. What only reads is what the server says does (`readOnlyHint`): trust
    that as far as you trust the server. A tool of which nothing is known waits.
    """
    if meta.get("readOnlyHint") is True:
        return Execute()
    server, title = meta.get("mcp_server"), meta.get("title")
    where = f" of {server}" if server else ""
    kind = ", which may destroy something" if meta.get("destructiveHint") is True else ""
    return RequireApproval(f"May I use {title or call.name}{where}{kind}?")
