"""For the tests of agents and of providers: scripted models, a fake network, a real loopback server, tapes of
real traffic, and the laws of a turn.
"""

from typing import TYPE_CHECKING

from chat_core.types.lazy_names import lazy_names

if TYPE_CHECKING:
    from chat_core.testing.event_stream import event_stream_bytes
    from chat_core.testing.laws import broken_laws
    from chat_core.testing.loopback import Call, Failure, LoopbackServer, Raw, Received, Reply
    from chat_core.testing.provider import ScriptedProvider
    from chat_core.testing.socket import FakeSocket
    from chat_core.testing.tape import (
        Cut,
        Delay,
        Duplicate,
        RecordingTransport,
        Redaction,
        Reorder,
        ReplayTransport,
        Reset,
        Reslice,
        Stall,
        Status,
        Tape,
        TapeMismatch,
    )
    from chat_core.testing.transport import FakeTransport

__all__ = [
    "Call",
    "Cut",
    "Delay",
    "Duplicate",
    "Failure",
    "FakeSocket",
    "FakeTransport",
    "LoopbackServer",
    "Raw",
    "Received",
    "RecordingTransport",
    "Redaction",
    "Reorder",
    "ReplayTransport",
    "Reply",
    "Reset",
    "Reslice",
    "ScriptedProvider",
    "Stall",
    "Status",
    "Tape",
    "TapeMismatch",
    "broken_laws",
    "event_stream_bytes",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.testing.event_stream": "event_stream_bytes",
            "chat_core.testing.laws": "broken_laws",
            "chat_core.testing.loopback": "Call Failure LoopbackServer Raw Received Reply",
            "chat_core.testing.provider": "ScriptedProvider",
            "chat_core.testing.socket": "FakeSocket",
            "chat_core.testing.tape": (
                "Cut Delay Duplicate RecordingTransport Redaction Reorder ReplayTransport Reset Reslice Stall"
                " Status Tape TapeMismatch"
            ),
            "chat_core.testing.transport": "FakeTransport",
        },
    )
