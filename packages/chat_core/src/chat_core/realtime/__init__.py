"""Sessions that talk both ways: their values, what a provider implements for them, and the session itself."""

from typing import TYPE_CHECKING

from chat_core.types.lazy_names import lazy_names

if TYPE_CHECKING:
    from chat_core.realtime.capabilities import RealtimeCapabilities
    from chat_core.realtime.events import (
        AudioChunk,
        Interrupted,
        Reconnected,
        SpeechStarted,
        SpeechStopped,
        Transcript,
    )
    from chat_core.realtime.inputs import (
        AudioInput,
        Clear,
        Commit,
        History,
        Interrupt,
        RealtimeInput,
        Respond,
        ToolResults,
        UserMessage,
    )
    from chat_core.realtime.provider import RealtimeCodec, RealtimeProvider
    from chat_core.realtime.reading import SessionEvent
    from chat_core.realtime.session import RealtimeSession
    from chat_core.realtime.updates import (
        CallsCancelled,
        InputRefused,
        Leaving,
        RealtimeUpdate,
        ResponseRefused,
        ResponseStarted,
        Resumable,
        SessionReady,
        UserSpoke,
    )

__all__ = [
    "AudioChunk",
    "AudioInput",
    "CallsCancelled",
    "Clear",
    "Commit",
    "History",
    "InputRefused",
    "Interrupt",
    "Interrupted",
    "Leaving",
    "RealtimeCapabilities",
    "RealtimeCodec",
    "RealtimeInput",
    "RealtimeProvider",
    "RealtimeSession",
    "RealtimeUpdate",
    "Reconnected",
    "Respond",
    "ResponseRefused",
    "ResponseStarted",
    "Resumable",
    "SessionEvent",
    "SessionReady",
    "SpeechStarted",
    "SpeechStopped",
    "ToolResults",
    "Transcript",
    "UserMessage",
    "UserSpoke",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.realtime.capabilities": "RealtimeCapabilities",
            "chat_core.realtime.events": (
                "AudioChunk Interrupted Reconnected SpeechStarted SpeechStopped Transcript"
            ),
            "chat_core.realtime.inputs": (
                "AudioInput Clear Commit History Interrupt RealtimeInput Respond ToolResults UserMessage"
            ),
            "chat_core.realtime.provider": "RealtimeCodec RealtimeProvider",
            "chat_core.realtime.reading": "SessionEvent",
            "chat_core.realtime.session": "RealtimeSession",
            "chat_core.realtime.updates": (
                "CallsCancelled InputRefused Leaving RealtimeUpdate ResponseRefused ResponseStarted "
                "Resumable SessionReady UserSpoke"
            ),
        },
    )
