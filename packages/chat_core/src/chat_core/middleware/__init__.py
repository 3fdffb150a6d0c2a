"""Around the model: functions around turns and tool calls, providers around providers, and ready ones."""

from typing import TYPE_CHECKING

from chat_core.types.lazy_names import lazy_names

if TYPE_CHECKING:
    from chat_core.middleware.cache import Cache
    from chat_core.middleware.cache_stores import CacheStore, MemoryStore, SqliteStore
    from chat_core.middleware.compaction import Compaction, Summarize
    from chat_core.middleware.conversation_log import ConversationLog, redact_personal_data
    from chat_core.middleware.cost import CostTracker, Spending, conversation_cost
    from chat_core.middleware.hooks import (
        Middleware,
        NextTurn,
        RunMiddleware,
        RunSource,
        RunTool,
        ToolMiddleware,
        TurnMiddleware,
        WrapsRuns,
        WrapsTools,
        WrapsTurns,
    )
    from chat_core.middleware.instructions import DefaultInstructions
    from chat_core.middleware.limits import Limits
    from chat_core.middleware.pii.provider import RedactingProvider
    from chat_core.middleware.prices import GenaiPrices, Price, Prices, PriceTable
    from chat_core.middleware.provider_wrapper import ProviderWrapper, wrap
    from chat_core.middleware.rate_limits import RateLimiter
    from chat_core.middleware.simulated_streaming import SimulatedStreaming
    from chat_core.middleware.trimming import CountTokens, Trimming
    from chat_core.types.run import Run

__all__ = [
    "Cache",
    "CacheStore",
    "Compaction",
    "ConversationLog",
    "CostTracker",
    "CountTokens",
    "DefaultInstructions",
    "GenaiPrices",
    "Limits",
    "MemoryStore",
    "Middleware",
    "NextTurn",
    "Price",
    "PriceTable",
    "Prices",
    "ProviderWrapper",
    "RateLimiter",
    "RedactingProvider",
    "Run",
    "RunMiddleware",
    "RunSource",
    "RunTool",
    "SimulatedStreaming",
    "Spending",
    "SqliteStore",
    "Summarize",
    "ToolMiddleware",
    "Trimming",
    "TurnMiddleware",
    "WrapsRuns",
    "WrapsTools",
    "WrapsTurns",
    "conversation_cost",
    "redact_personal_data",
    "wrap",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.middleware.cache": "Cache",
            "chat_core.middleware.cache_stores": "CacheStore MemoryStore SqliteStore",
            "chat_core.middleware.compaction": "Compaction Summarize",
            "chat_core.middleware.conversation_log": "ConversationLog redact_personal_data",
            "chat_core.middleware.cost": "CostTracker Spending conversation_cost",
            "chat_core.middleware.hooks": (
                "Middleware NextTurn RunMiddleware RunSource RunTool ToolMiddleware TurnMiddleware "
                "WrapsRuns WrapsTools WrapsTurns"
            ),
            "chat_core.middleware.instructions": "DefaultInstructions",
            "chat_core.middleware.limits": "Limits",
            "chat_core.middleware.pii.provider": "RedactingProvider",
            "chat_core.middleware.prices": "GenaiPrices Price PriceTable Prices",
            "chat_core.middleware.provider_wrapper": "ProviderWrapper wrap",
            "chat_core.middleware.rate_limits": "RateLimiter",
            "chat_core.middleware.simulated_streaming": "SimulatedStreaming",
            "chat_core.middleware.trimming": "CountTokens Trimming",
            "chat_core.types.run": "Run",
        },
    )
