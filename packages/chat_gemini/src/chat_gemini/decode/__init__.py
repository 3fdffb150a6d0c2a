"""From bodies of the Gemini wire to core responses and errors."""

from chat_gemini.decode.errors import decode_error
from chat_gemini.decode.models import decode_models, decode_tokens
from chat_gemini.decode.response import decode
from chat_gemini.decode.turn import TurnAssembler

__all__ = ["TurnAssembler", "decode", "decode_error", "decode_models", "decode_tokens"]
