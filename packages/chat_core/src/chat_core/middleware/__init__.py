"""Around the model: functions around turns and tool calls, providers around providers, and ready ones."""

from typing import TYPE_CHECKING

from chat_core.types.lazy_names import lazy_names

if TYPE_CHECKING:
    from chat_core.middleware.hooks import (
        Middleware,
        NextTurn,
        RunTool,
        ToolMiddleware,
        TurnMiddleware,
        WrapsTools,
        WrapsTurns,
    )
    from chat_core.middleware.provider_wrapper import ProviderWrapper, wrap
    from chat_core.types.run import Run

__all__ = [
    "Middleware",
    "NextTurn",
    "ProviderWrapper",
    "Run",
    "RunTool",
    "ToolMiddleware",
    "TurnMiddleware",
    "WrapsTools",
    "WrapsTurns",
    "wrap",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.middleware.hooks": (
                "Middleware NextTurn RunTool ToolMiddleware TurnMiddleware WrapsTools WrapsTurns"
            ),
            "chat_core.middleware.provider_wrapper": "ProviderWrapper wrap",
            "chat_core.types.run": "Run",
        },
    )
