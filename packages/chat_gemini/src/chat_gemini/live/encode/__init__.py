"""From the settings and inputs of a session to what is sent."""

from chat_gemini.live.encode.inputs import InputEncoder
from chat_gemini.live.encode.setup import encode_setup

__all__ = ["InputEncoder", "encode_setup"]
