"""The client: connections to a realtime server."""

from __future__ import annotations

from urllib.parse import quote

from chat_core import ChatRequest
from chat_core.client import ProviderClient
from chat_core.realtime import RealtimeCapabilities, RealtimeCodec
from chat_core.transport import Socket

from chat_openai.realtime.codec import SessionCodec
from chat_openai.realtime.settings import PCM_RATE, Settings


class RealtimeClient(ProviderClient[Settings]):
    """A model that talks both ways. It holds no conversation: any number of sessions may share it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.defaults.dialect.server.name)

    @property
    def realtime(self) -> RealtimeCapabilities:
        """What the server can do."""
        defaults = self._settings.defaults
        return RealtimeCapabilities(
            outputs=(defaults.output,),
            input_rate=PCM_RATE,
            output_rate=PCM_RATE,
            manual_turns=defaults.turn_detection is None,
            truncates=defaults.dialect.truncates,
            transcribes=defaults.transcription is not None,
            answers_speech=defaults.server_answers,
            max_seconds=defaults.dialect.max_seconds,
        )

    async def connect(self) -> Socket:
        """Open a connection. Raises the server's error where it refuses; retries nothing."""
        path = self._settings.defaults.dialect.path
        joint = "&" if "?" in path else "?"
        return await self._connect(f"{path}{joint}model={quote(self.model, safe='')}")

    def open_codec(self, request: ChatRequest, /, handle: str | None = None) -> RealtimeCodec:
        """Return the codec of a new connection. Raises `ConfigurationError` for what it cannot have.

        The server keeps no session over connections, so there is never a handle.
        """
        return SessionCodec(request, self.origin, self._settings.defaults)
