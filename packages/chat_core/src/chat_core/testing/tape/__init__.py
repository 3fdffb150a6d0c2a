"""Tapes: exchanges with a server, recorded to a readable file and played back, with faults where wanted."""

from chat_core.testing.tape.faults import (
    Cut,
    Delay,
    Duplicate,
    Fault,
    Reorder,
    Reset,
    Reslice,
    Stall,
    Status,
)
from chat_core.testing.tape.form import Exchange, Tape
from chat_core.testing.tape.recording import RecordingTransport
from chat_core.testing.tape.redaction import Redaction
from chat_core.testing.tape.replay import ReplayTransport, TapeMismatch

__all__ = [
    "Cut",
    "Delay",
    "Duplicate",
    "Exchange",
    "Fault",
    "RecordingTransport",
    "Redaction",
    "Reorder",
    "ReplayTransport",
    "Reset",
    "Reslice",
    "Stall",
    "Status",
    "Tape",
    "TapeMismatch",
]
