"""The client: connections to the Live API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from chat_core import ChatRequest, ConfigurationError, Messages, ToolDefinition
from chat_core.client import ProviderClient
from chat_core.realtime import RealtimeCapabilities, RealtimeCodec
from chat_core.transport import Socket

from chat_gemini.decode import decode_error
from chat_gemini.live.capabilities import LiveCapabilities
from chat_gemini.live.codec import LiveCodec
from chat_gemini.live.encode import encode_setup
from chat_gemini.live.encode.checks import output_of
from chat_gemini.live.settings import LiveSettings
from chat_gemini.live.setup_socket import SetupSocket
from chat_gemini.live.tokens import LiveToken, decode_token, encode_token


class LiveClient(ProviderClient[LiveSettings]):
    """A model that talks both ways. It holds no conversation: any number of sessions may share it.

    Raises `ConfigurationError` for a form of answers that the model does not have.
    """

    def __init__(self, settings: LiveSettings) -> None:
        super().__init__(settings, settings.defaults.endpoint.provider, decode_error)
        self._capabilities = LiveCapabilities.of(settings.model)
        self._realtime = self._capabilities.realtime(
            output_of(settings.defaults.options.generation(), self._capabilities), settings.live
        )

    @property
    def realtime(self) -> RealtimeCapabilities:
        """What the model and the server can do, in the words of the session."""
        return self._realtime

    @property
    def capabilities(self) -> LiveCapabilities:
        """What the model can do, in the words of the Live API."""
        return self._capabilities

    async def connect(self) -> Socket:
        """Open a connection. Raises the server's error where it refuses; retries nothing."""
        return SetupSocket(await self._connect(self._settings.address.path))

    def open_codec(self, request: ChatRequest, /, handle: str | None = None) -> RealtimeCodec:
        """Return the codec of a new connection. Raises `ConfigurationError` for what it cannot have."""
        return LiveCodec(request, self.origin, self._settings, handle)

    async def create_token(
        self,
        messages: Messages | None = None,
        tools: Sequence[ToolDefinition] = (),
        *,
        expires_in: float = 1800.0,
        begins_within: float = 60.0,
        uses: int = 1,
        locked: bool = True,
    ) -> LiveToken:
        """Return a token that opens sessions in place of the key, for a program that must not have it.

        It opens `uses` sessions (0 for any number) that begin within `begins_within` seconds and end after
        `expires_in`, each less than 20 hours. With `locked`, they are sessions with the settings of this
        client, the system messages of `messages` and `tools`, whatever the other side sends. Give it to a
        builder as its key: `GeminiBuilder().with_api_key(token.value).with_model(...).with_realtime()`.
        Raises `ConfigurationError` on Vertex, which has no tokens.
        """
        path = self._settings.address.tokens_path
        if path is None:
            raise ConfigurationError(
                "Vertex has no tokens for sessions: use the Gemini API, or .with_credentials(...) there"
            )
        setup: object = None
        if locked:
            request = ChatRequest(messages if messages is not None else Messages(), tools)
            setup = encode_setup(request, self._settings, self.origin, [])["setup"]
        now = datetime.now(UTC)
        body = encode_token(
            now + timedelta(seconds=expires_in), now + timedelta(seconds=begins_within), uses, setup
        )
        return await self._send("POST", path, decode_token, body, {"content-type": "application/json"})
