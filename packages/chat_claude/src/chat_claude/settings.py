"""What a client was built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core import JsonObject
from chat_core.client.base import ClientSettings

from chat_claude.hosts import AnthropicHost, Host
from chat_claude.options import ApiVersion, ClaudeOptions, NativeTool, PrefixPolicy, Thinking
from chat_claude.platforms import ANTHROPIC, Platform


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """What every request of a client carries, and the platform that it goes to.

    `cache` is the breakpoint of automatic caching, `tool_settings` are further fields of the chat's tools by
    their names, `extra` are fields of the body that replace all others. `thread` is whether the server holds
    the conversation, `full_history` whether all of it is sent even so.
    """

    version: ApiVersion = "2023-06-01"
    thinking: Thinking | None = None
    cache: JsonObject | None = None
    tools: tuple[NativeTool, ...] = ()
    tool_settings: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    options: ClaudeOptions = ClaudeOptions()
    on_changed_prefix: PrefixPolicy = "drop"
    betas: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    platform: Platform = ANTHROPIC
    thread: bool = False
    full_history: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """What a builder was given so far.

    `continuations` is how often a paused turn is continued. `host` is where Claude is
    served.
    """

    model: str | None = None
    defaults: RequestDefaults = RequestDefaults()
    continuations: int = 10
    host: Host = AnthropicHost()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with. `continuations` is how often a paused turn is continued."""

    defaults: RequestDefaults = RequestDefaults()
    continuations: int = 10
