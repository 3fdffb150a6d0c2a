"""What a client was built with, as far as it shapes a request's body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_gemini.native_tools import NativeTool
from chat_gemini.options import FunctionCalling, GeminiOptions, Thinking


@dataclass(frozen=True, slots=True)
class Shape:
    """What every request of a client asks for, beside the conversation.

    `vertex` is for Google Cloud's endpoint, which takes no `includeServerSideToolInvocations`.
    """

    options: GeminiOptions = GeminiOptions()
    thinking: Thinking | None = None
    safety: Mapping[str, str] = field(default_factory=dict[str, str])
    native_tools: tuple[NativeTool, ...] = ()
    calling: FunctionCalling | None = None
    server_steps: bool | None = None
    older_schema: bool | None = None
    vertex: bool = False
    files_url: str = ""
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
