"""The message model, tools, human-in-the-loop and the engine that every chat-* provider package shares.

```python
from chat_core import ChatBuilder, Messages

chat = ChatBuilder().with_model(client).build()
response = await chat.complete(Messages.from_user("Hello"))
```
"""

import importlib
from typing import TYPE_CHECKING

from chat_core.provider import (
    ChatModel,
    CompletionProvider,
    EmbeddingsProvider,
    ModelListProvider,
    Provider,
    RerankProvider,
    StreamProvider,
    TokenCountProvider,
)
from chat_core.transport import Event, EventStream, Request, Response, Timeouts, Transport
from chat_core.types.call_status import (
    Approved,
    AwaitingApproval,
    AwaitingResult,
    Completed,
    Failed,
    Pending,
    Rejected,
    Running,
    Scheduled,
    ToolStatus,
    Unknown,
)
from chat_core.types.embeddings import Embedding, EmbeddingsResponse
from chat_core.types.errors import (
    AlreadyDecided,
    AuthenticationError,
    CallNotFound,
    ChatError,
    ConfigurationError,
    ConnectionFailed,
    ConversationConflict,
    DecisionFault,
    InvalidDecision,
    InvalidHistory,
    InvalidRequest,
    InvalidResponse,
    NetworkError,
    NotFound,
    OutputMismatch,
    OutputRefused,
    OutputTruncated,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
    StepLimitReached,
    StreamTruncated,
    TimedOut,
    UnresolvedTool,
)
from chat_core.types.events import (
    Done,
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    StructuredChunk,
    TextChunk,
    ToolCallChunk,
    ToolCalled,
    ToolProgress,
    ToolResult,
    TurnEvent,
)
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.messages import FinishReason, Message, Messages, Role, Turn
from chat_core.types.native import Native, Origin
from chat_core.types.options import ChatOptions
from chat_core.types.parts import Citation, Opaque, Part, Reasoning, Refusal, Structured, Text, ToolCall
from chat_core.types.request import ChatRequest, OutputSchema, ToolDefinition
from chat_core.types.rerank import RerankResponse, RerankResult
from chat_core.types.response import ChatResponse, ModelInfo, Notice, StructuredResponse
from chat_core.types.retry_policy import RetryPolicy
from chat_core.types.usage import Usage
from chat_core.types.version import VERSION

if TYPE_CHECKING:
    from chat_core.chat.builder import ChatBuilder
    from chat_core.chat.chat import AnyChat, Chat
    from chat_core.chat.chat_stream import ChatStream
    from chat_core.open_model import open_model
    from chat_core.tools.action import Action, Defer, Execute, External, Reject, RequireApproval
    from chat_core.tools.context import ToolContext
    from chat_core.tools.function import Tool, tool
    from chat_core.tools.pause import ChatEvent, Complete, Paused, PauseReason
    from chat_core.tools.scoped import ScopedCollection, Strategy
    from chat_core.transport.http import HttpTransport
    from chat_core.types.decisions import Decision, decision_schema, decisions_from_json
    from chat_core.types.role_dicts import messages_from_dicts
    from chat_core.types.seals import ApprovalKey
    from chat_core.types.stored_files import FileStore

__version__ = VERSION

__all__ = [
    "Action",
    "AlreadyDecided",
    "AnyChat",
    "ApprovalKey",
    "Approved",
    "AuthenticationError",
    "AwaitingApproval",
    "AwaitingResult",
    "CallNotFound",
    "Chat",
    "ChatBuilder",
    "ChatError",
    "ChatEvent",
    "ChatModel",
    "ChatOptions",
    "ChatRequest",
    "ChatResponse",
    "ChatStream",
    "Citation",
    "Complete",
    "Completed",
    "CompletionProvider",
    "ConfigurationError",
    "ConnectionFailed",
    "ConversationConflict",
    "Decision",
    "DecisionFault",
    "Defer",
    "Done",
    "Embedding",
    "EmbeddingsProvider",
    "EmbeddingsResponse",
    "Event",
    "EventStream",
    "Execute",
    "External",
    "Failed",
    "File",
    "FileReady",
    "FileStore",
    "FinishReason",
    "HttpTransport",
    "InvalidDecision",
    "InvalidHistory",
    "InvalidRequest",
    "InvalidResponse",
    "JsonObject",
    "JsonValue",
    "Message",
    "Messages",
    "ModelInfo",
    "ModelListProvider",
    "Native",
    "NetworkError",
    "NotFound",
    "Notice",
    "Opaque",
    "Origin",
    "OutputMismatch",
    "OutputRefused",
    "OutputSchema",
    "OutputTruncated",
    "Overloaded",
    "Part",
    "PauseReason",
    "Paused",
    "Pending",
    "PermissionDenied",
    "Provider",
    "ProviderError",
    "RateLimited",
    "Reasoning",
    "ReasoningChunk",
    "Refusal",
    "RefusalChunk",
    "Reject",
    "Rejected",
    "Request",
    "RequireApproval",
    "RerankProvider",
    "RerankResponse",
    "RerankResult",
    "Response",
    "RetryPolicy",
    "Role",
    "Running",
    "Scheduled",
    "ScopedCollection",
    "StepLimitReached",
    "Strategy",
    "StreamProvider",
    "StreamTruncated",
    "Structured",
    "StructuredChunk",
    "StructuredResponse",
    "Text",
    "TextChunk",
    "TimedOut",
    "Timeouts",
    "TokenCountProvider",
    "Tool",
    "ToolCall",
    "ToolCallChunk",
    "ToolCalled",
    "ToolContext",
    "ToolDefinition",
    "ToolProgress",
    "ToolResult",
    "ToolStatus",
    "Transport",
    "Turn",
    "TurnEvent",
    "Unknown",
    "UnresolvedTool",
    "Usage",
    "decision_schema",
    "decisions_from_json",
    "messages_from_dicts",
    "open_model",
    "tool",
]

# The engine and the network come with their first use: a provider package needs neither, and is imported in
# half the
# time without them.
_LATER = {
    "open_model": "chat_core.open_model",
    "messages_from_dicts": "chat_core.types.role_dicts",
    "ApprovalKey": "chat_core.types.seals",
    "FileStore": "chat_core.types.stored_files",
    "Decision": "chat_core.types.decisions",
    "decision_schema": "chat_core.types.decisions",
    "decisions_from_json": "chat_core.types.decisions",
    "ChatBuilder": "chat_core.chat.builder",
    "AnyChat": "chat_core.chat.chat",
    "Chat": "chat_core.chat.chat",
    "ChatStream": "chat_core.chat.chat_stream",
    "Action": "chat_core.tools.action",
    "Defer": "chat_core.tools.action",
    "Execute": "chat_core.tools.action",
    "External": "chat_core.tools.action",
    "Reject": "chat_core.tools.action",
    "RequireApproval": "chat_core.tools.action",
    "ToolContext": "chat_core.tools.context",
    "Tool": "chat_core.tools.function",
    "tool": "chat_core.tools.function",
    "ChatEvent": "chat_core.tools.pause",
    "Complete": "chat_core.tools.pause",
    "Paused": "chat_core.tools.pause",
    "PauseReason": "chat_core.tools.pause",
    "ScopedCollection": "chat_core.tools.scoped",
    "Strategy": "chat_core.tools.scoped",
    "HttpTransport": "chat_core.transport.http",
}


if not TYPE_CHECKING:  # a checker that saw this would take any name

    def __getattr__(name: str) -> object:
        """The names of `_LATER`."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
