"""A model server on this machine's loopback: Chat Completions over a real socket, answered from a script."""

from chat_core.testing.loopback.script import Answer, Call, Failure, Raw, Received, Reply, Script
from chat_core.testing.loopback.server import LoopbackServer

__all__ = ["Answer", "Call", "Failure", "LoopbackServer", "Raw", "Received", "Reply", "Script"]
