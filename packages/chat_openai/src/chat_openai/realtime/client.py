"""The client: connections to a realtime server."""

from __future__ import annotations

from urllib.parse import quote

from chat_core import ChatRequest, ConfigurationError, Messages
from chat_core.client import AnyRequest, ProviderClient, as_request
from chat_core.realtime import RealtimeCapabilities, RealtimeCodec
from chat_core.transport import Socket

from chat_openai.realtime.codec import SessionCodec
from chat_openai.realtime.secret import ClientSecret, read_secret, secret_body
from chat_openai.realtime.settings import PCM_RATE, Settings
from chat_openai.realtime.setup import session_settings


class RealtimeClient(ProviderClient[Settings]):
    """A model that talks both ways. It holds no conversation: any number of sessions may share it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.defaults.dialect.server.name)

    @property
    def realtime(self) -> RealtimeCapabilities:
        """What the server can do."""
        defaults = self._settings.defaults
        return RealtimeCapabilities(
            outputs=() if defaults.transcribes_only else (defaults.output,),
            input_rate=PCM_RATE,
            output_rate=PCM_RATE,
            manual_turns=defaults.turn_detection is None,
            truncates=defaults.dialect.truncates,
            requests_responses=not defaults.transcribes_only,
            transcribes=defaults.transcription is not None or defaults.transcribes_only,
            answers_speech=defaults.server_answers,
            max_seconds=defaults.dialect.max_seconds,
        )

    async def connect(self) -> Socket:
        """Open a connection. Raises the server's error where it refuses; retries nothing."""
        defaults = self._settings.defaults
        path = defaults.dialect.path
        joint = "&" if "?" in path else "?"
        named = "intent=transcription" if defaults.transcribes_only else f"model={quote(self.model, safe='')}"
        return await self._connect(f"{path}{joint}{named}")

    async def create_client_secret(
        self, given: AnyRequest | None = None, /, *, seconds: int | None = None
    ) -> ClientSecret:
        """Return a key that expires, for a browser or another process to open sessions with.

        `given` are the instructions, as system messages, or a request with tools and options too: its
        sessions begin with them and with this client's settings. It expires after `seconds`, 10 to 7200, by
        default 600; a session that is open then goes on. Raises `ConfigurationError` where the server makes
        none.
        """
        defaults = self._settings.defaults
        if not defaults.dialect.makes_secrets:
            raise ConfigurationError(
                f"{defaults.dialect.server.name} makes no client secrets: a token of Entra expires too"
            )
        request = ChatRequest(Messages()) if given is None else as_request(given)
        settings = session_settings(request, self.model, defaults)
        path = f"{defaults.dialect.path.partition('?')[0]}/client_secrets"
        return await self._send("POST", path, read_secret, secret_body(settings, self.model, seconds))

    def open_codec(self, request: ChatRequest, /, handle: str | None = None) -> RealtimeCodec:
        """Return the codec of a new connection. Raises `ConfigurationError` for what it cannot have.

        The server keeps no session over connections, so there is never a handle.
        """
        return SessionCodec(request, self.origin, self._settings.defaults)
