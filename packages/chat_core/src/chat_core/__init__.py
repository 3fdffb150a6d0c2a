"""The message model, tools, human-in-the-loop and the engine that every chat-* provider package shares.

```python
from chat_core import ChatBuilder, Messages

chat = ChatBuilder().with_model(client).build()
response = await chat.complete(Messages.from_user("Hello"))
```
"""

from typing import TYPE_CHECKING

from chat_core.types.lazy_names import lazy_names
from chat_core.types.version import VERSION

if TYPE_CHECKING:
    from chat_core.chat.builder import ChatBuilder
    from chat_core.chat.chat import AnyChat, Chat
    from chat_core.chat.chat_stream import ChatStream
    from chat_core.chat.explain import explain_difference
    from chat_core.chat.inputs import InputOutcome, SentInput
    from chat_core.entry_points import open_model
    from chat_core.provider import (
        BatchProvider,
        ChatModel,
        CompletionProvider,
        DecisionProvider,
        EmbeddingsProvider,
        ExplainingProvider,
        FilesProvider,
        InputEmbeddingsProvider,
        ModelListProvider,
        Provider,
        RerankProvider,
        SchemaCheckingProvider,
        StreamProvider,
        SupportsBatches,
        SupportsFiles,
        TokenCountProvider,
    )
    from chat_core.provider.speech import (
        SpeechProvider,
        SpeechStreamProvider,
        TranscriptionProvider,
        TranscriptionStreamProvider,
    )
    from chat_core.provider.video import SupportsVideos, VideoProvider
    from chat_core.tokens.estimate import TokenEstimate, estimate_tokens
    from chat_core.tokens.fit import Fit, will_it_fit
    from chat_core.tokens.known_limits import model_limits
    from chat_core.tools.action import Action, Defer, Execute, External, Reject, RequireApproval
    from chat_core.tools.ask_unless_safe import ask_unless_safe
    from chat_core.tools.context import ToolContext
    from chat_core.tools.failure import ToolFailure
    from chat_core.tools.folder import ToolFolder
    from chat_core.tools.function import Tool, tool
    from chat_core.tools.needs_input import NeedsInput
    from chat_core.tools.pause import Cancelled, ChatEvent, Complete, Paused, PauseReason
    from chat_core.tools.scoped import ScopedCollection, Strategy
    from chat_core.tools.step import Step
    from chat_core.transport import Event, EventStream, Request, Response, Timeouts, Transport
    from chat_core.transport.http import HttpTransport
    from chat_core.types.audio import (
        Speech,
        SpeechChunk,
        SpeechDone,
        TimedText,
        Transcription,
        TranscriptionDone,
    )
    from chat_core.types.batch import (
        Answered,
        BatchCounts,
        BatchItem,
        BatchJob,
        BatchPart,
        NotRun,
        Refused,
    )
    from chat_core.types.cache_points import CacheLifetime, cache_point
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
    from chat_core.types.decisions import Decision, decision_schema, decisions_from_json
    from chat_core.types.embeddings import Embedding, EmbeddingInput, EmbeddingsResponse
    from chat_core.types.errors import (
        AlreadyDecided,
        AuthenticationError,
        CallNotFound,
        ChatError,
        ConfigurationError,
        ConnectionFailed,
        ContextWindowExceeded,
        ConversationConflict,
        DecisionFault,
        InvalidDecision,
        InvalidHistory,
        InvalidRequest,
        InvalidResponse,
        LimitExceeded,
        NetworkError,
        NotFound,
        OutputMismatch,
        OutputRefused,
        OutputTruncated,
        Overloaded,
        PermissionDenied,
        ProviderError,
        QuotaExceeded,
        RateLimited,
        StepLimitReached,
        StreamTruncated,
        TimedOut,
        UnresolvedTool,
    )
    from chat_core.types.events import (
        Done,
        FileReady,
        InputDelivered,
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
    from chat_core.types.explanation import Explanation
    from chat_core.types.files import File
    from chat_core.types.input_request import InputRequest
    from chat_core.types.json_values import JsonObject, JsonValue
    from chat_core.types.messages import FinishReason, Message, Messages, Role, Turn
    from chat_core.types.model_limits import ModelLimits
    from chat_core.types.native import Native, Origin
    from chat_core.types.options import ChatOptions
    from chat_core.types.parts import Citation, Opaque, Part, Reasoning, Refusal, Structured, Text, ToolCall
    from chat_core.types.questions import (
        Answer,
        Choice,
        ChoiceAnswer,
        Decider,
        DecisionResponse,
        Declined,
        Question,
        Score,
        ScoreAnswer,
        YesNo,
        YesNoAnswer,
    )
    from chat_core.types.request import ChatRequest, OutputSchema, ToolDefinition
    from chat_core.types.rerank import RerankResponse, RerankResult
    from chat_core.types.response import ChatResponse, ModelInfo, Notice, StructuredResponse
    from chat_core.types.retry_policy import RetryPolicy
    from chat_core.types.role_dicts import messages_from_dicts
    from chat_core.types.schema_findings import SchemaFinding, SchemaReport
    from chat_core.types.seals import ApprovalKey
    from chat_core.types.stored_files import FileStore
    from chat_core.types.uploads import UploadedFile
    from chat_core.types.usage import Usage
    from chat_core.types.video import VideoJob, Videos

__version__ = VERSION

__all__ = [
    "Action",
    "AlreadyDecided",
    "Answer",
    "Answered",
    "AnyChat",
    "ApprovalKey",
    "Approved",
    "AuthenticationError",
    "AwaitingApproval",
    "AwaitingResult",
    "BatchCounts",
    "BatchItem",
    "BatchJob",
    "BatchPart",
    "BatchProvider",
    "CacheLifetime",
    "CallNotFound",
    "Cancelled",
    "Chat",
    "ChatBuilder",
    "ChatError",
    "ChatEvent",
    "ChatModel",
    "ChatOptions",
    "ChatRequest",
    "ChatResponse",
    "ChatStream",
    "Choice",
    "ChoiceAnswer",
    "Citation",
    "Complete",
    "Completed",
    "CompletionProvider",
    "ConfigurationError",
    "ConnectionFailed",
    "ContextWindowExceeded",
    "ConversationConflict",
    "Decider",
    "Decision",
    "DecisionFault",
    "DecisionProvider",
    "DecisionResponse",
    "Declined",
    "Defer",
    "Done",
    "Embedding",
    "EmbeddingInput",
    "EmbeddingsProvider",
    "EmbeddingsResponse",
    "Event",
    "EventStream",
    "Execute",
    "ExplainingProvider",
    "Explanation",
    "External",
    "Failed",
    "File",
    "FileReady",
    "FileStore",
    "FilesProvider",
    "FinishReason",
    "Fit",
    "HttpTransport",
    "InputDelivered",
    "InputEmbeddingsProvider",
    "InputOutcome",
    "InputRequest",
    "InvalidDecision",
    "InvalidHistory",
    "InvalidRequest",
    "InvalidResponse",
    "JsonObject",
    "JsonValue",
    "LimitExceeded",
    "Message",
    "Messages",
    "ModelInfo",
    "ModelLimits",
    "ModelListProvider",
    "Native",
    "NeedsInput",
    "NetworkError",
    "NotFound",
    "NotRun",
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
    "Question",
    "QuotaExceeded",
    "RateLimited",
    "Reasoning",
    "ReasoningChunk",
    "Refusal",
    "RefusalChunk",
    "Refused",
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
    "SchemaCheckingProvider",
    "SchemaFinding",
    "SchemaReport",
    "ScopedCollection",
    "Score",
    "ScoreAnswer",
    "SentInput",
    "Speech",
    "SpeechChunk",
    "SpeechDone",
    "SpeechProvider",
    "SpeechStreamProvider",
    "Step",
    "StepLimitReached",
    "Strategy",
    "StreamProvider",
    "StreamTruncated",
    "Structured",
    "StructuredChunk",
    "StructuredResponse",
    "SupportsBatches",
    "SupportsFiles",
    "SupportsVideos",
    "Text",
    "TextChunk",
    "TimedOut",
    "TimedText",
    "Timeouts",
    "TokenCountProvider",
    "TokenEstimate",
    "Tool",
    "ToolCall",
    "ToolCallChunk",
    "ToolCalled",
    "ToolContext",
    "ToolDefinition",
    "ToolFailure",
    "ToolFolder",
    "ToolProgress",
    "ToolResult",
    "ToolStatus",
    "Transcription",
    "TranscriptionDone",
    "TranscriptionProvider",
    "TranscriptionStreamProvider",
    "Transport",
    "Turn",
    "TurnEvent",
    "Unknown",
    "UnresolvedTool",
    "UploadedFile",
    "Usage",
    "VideoJob",
    "VideoProvider",
    "Videos",
    "YesNo",
    "YesNoAnswer",
    "ask_unless_safe",
    "cache_point",
    "decision_schema",
    "decisions_from_json",
    "estimate_tokens",
    "explain_difference",
    "messages_from_dicts",
    "model_limits",
    "open_model",
    "tool",
    "will_it_fit",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    # All with their first use: a provider package needs few of them, and a plain chat not the network.
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.chat.builder": "ChatBuilder",
            "chat_core.chat.chat": "AnyChat Chat",
            "chat_core.chat.chat_stream": "ChatStream",
            "chat_core.chat.explain": "explain_difference",
            "chat_core.chat.inputs": "InputOutcome SentInput",
            "chat_core.entry_points": "open_model",
            "chat_core.provider": (
                "BatchProvider ChatModel CompletionProvider DecisionProvider EmbeddingsProvider "
                "ExplainingProvider FilesProvider InputEmbeddingsProvider ModelListProvider Provider "
                "RerankProvider SchemaCheckingProvider StreamProvider SupportsBatches SupportsFiles "
                "TokenCountProvider"
            ),
            "chat_core.provider.speech": (
                "SpeechProvider SpeechStreamProvider TranscriptionProvider TranscriptionStreamProvider"
            ),
            "chat_core.provider.video": "SupportsVideos VideoProvider",
            "chat_core.tokens.estimate": "TokenEstimate estimate_tokens",
            "chat_core.tokens.fit": "Fit will_it_fit",
            "chat_core.tokens.known_limits": "model_limits",
            "chat_core.tools.action": "Action Defer Execute External Reject RequireApproval",
            "chat_core.tools.ask_unless_safe": "ask_unless_safe",
            "chat_core.tools.context": "ToolContext",
            "chat_core.tools.failure": "ToolFailure",
            "chat_core.tools.folder": "ToolFolder",
            "chat_core.tools.function": "Tool tool",
            "chat_core.tools.needs_input": "NeedsInput",
            "chat_core.tools.pause": "Cancelled ChatEvent Complete PauseReason Paused",
            "chat_core.tools.scoped": "ScopedCollection Strategy",
            "chat_core.tools.step": "Step",
            "chat_core.transport": "Event EventStream Request Response Timeouts Transport",
            "chat_core.transport.http": "HttpTransport",
            "chat_core.types.audio": (
                "Speech SpeechChunk SpeechDone TimedText Transcription TranscriptionDone"
            ),
            "chat_core.types.batch": "Answered BatchCounts BatchItem BatchJob BatchPart NotRun Refused",
            "chat_core.types.cache_points": "CacheLifetime cache_point",
            "chat_core.types.call_status": (
                "Approved AwaitingApproval AwaitingResult Completed Failed Pending Rejected Running "
                "Scheduled ToolStatus Unknown"
            ),
            "chat_core.types.decisions": "Decision decision_schema decisions_from_json",
            "chat_core.types.embeddings": "Embedding EmbeddingInput EmbeddingsResponse",
            "chat_core.types.errors": (
                "AlreadyDecided AuthenticationError CallNotFound ChatError ConfigurationError "
                "ConnectionFailed ContextWindowExceeded ConversationConflict DecisionFault InvalidDecision "
                "InvalidHistory InvalidRequest InvalidResponse LimitExceeded NetworkError NotFound "
                "OutputMismatch OutputRefused OutputTruncated Overloaded PermissionDenied ProviderError "
                "QuotaExceeded RateLimited StepLimitReached StreamTruncated TimedOut UnresolvedTool"
            ),
            "chat_core.types.events": (
                "Done FileReady InputDelivered ReasoningChunk RefusalChunk StructuredChunk TextChunk "
                "ToolCallChunk ToolCalled ToolProgress ToolResult TurnEvent"
            ),
            "chat_core.types.explanation": "Explanation",
            "chat_core.types.files": "File",
            "chat_core.types.input_request": "InputRequest",
            "chat_core.types.json_values": "JsonObject JsonValue",
            "chat_core.types.messages": "FinishReason Message Messages Role Turn",
            "chat_core.types.model_limits": "ModelLimits",
            "chat_core.types.native": "Native Origin",
            "chat_core.types.options": "ChatOptions",
            "chat_core.types.parts": "Citation Opaque Part Reasoning Refusal Structured Text ToolCall",
            "chat_core.types.questions": (
                "Answer Choice ChoiceAnswer Decider DecisionResponse Declined Question Score ScoreAnswer "
                "YesNo YesNoAnswer"
            ),
            "chat_core.types.request": "ChatRequest OutputSchema ToolDefinition",
            "chat_core.types.rerank": "RerankResponse RerankResult",
            "chat_core.types.response": "ChatResponse ModelInfo Notice StructuredResponse",
            "chat_core.types.retry_policy": "RetryPolicy",
            "chat_core.types.role_dicts": "messages_from_dicts",
            "chat_core.types.schema_findings": "SchemaFinding SchemaReport",
            "chat_core.types.seals": "ApprovalKey",
            "chat_core.types.stored_files": "FileStore",
            "chat_core.types.uploads": "UploadedFile",
            "chat_core.types.usage": "Usage",
            "chat_core.types.video": "VideoJob Videos",
        },
    )
