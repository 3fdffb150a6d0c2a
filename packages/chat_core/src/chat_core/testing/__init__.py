"""For the tests of agents and of providers: scripted models, a fake network, a real loopback server, and the
laws of a turn.
"""

from chat_core.testing.event_stream import event_stream_bytes
from chat_core.testing.laws import broken_laws
from chat_core.testing.loopback import Call, Failure, LoopbackServer, Raw, Received, Reply
from chat_core.testing.provider import ScriptedProvider
from chat_core.testing.transport import FakeTransport

__all__ = [
    "Call",
    "Failure",
    "FakeTransport",
    "LoopbackServer",
    "Raw",
    "Received",
    "Reply",
    "ScriptedProvider",
    "broken_laws",
    "event_stream_bytes",
]
