"""How a client of sessions is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, Self, cast

from chat_core import ConfigurationError, JsonObject
from chat_core.client import (
    Connection,
    CredentialSource,
    HasModel,
    NoModel,
    ProviderBuilder,
    ResolvedServer,
    checked_key,
)
from typing_extensions import TypeVar

from chat_openai.azure.access import Credential, resolve, resolved_server
from chat_openai.azure.entra import TokenCredential
from chat_openai.realtime.client import RealtimeClient
from chat_openai.realtime.dialect import OPENAI, Dialect
from chat_openai.realtime.settings import SessionDefaults, Settings

M = TypeVar("M", default=NoModel)


@dataclass(frozen=True, slots=True)
class RealtimeChoices:
    """What has been chosen so far."""

    model: str | None = None
    defaults: SessionDefaults = field(default_factory=SessionDefaults)
    credential: Credential | None = field(default=None, repr=False)


class RealtimeBuilder(ProviderBuilder[RealtimeChoices], Generic[M]):
    """A client of sessions over OpenAI's realtime protocol. Each `with_…` returns a new builder, without I/O.

    `dialect` is the server that is spoken to: `OPENAI`, `AZURE`, `VOICE_LIVE` or `XAI` of this package. Each
    has its own environment variables: `OPENAI_API_KEY`; `AZURE_OPENAI_ENDPOINT` and `AZURE_OPENAI_API_KEY`;
    `AZURE_VOICELIVE_ENDPOINT` and `AZURE_VOICELIVE_API_KEY`; `XAI_API_KEY`.
    """

    def __init__(self, dialect: Dialect = OPENAI) -> None:
        super().__init__(RealtimeChoices(defaults=SessionDefaults(dialect=dialect)))

    @classmethod
    def for_server(
        cls,
        dialect: Dialect,
        connection: Connection,
        model: str | None,
        credential: Credential | None = None,
    ) -> Self:
        """Return a builder with the connection and the model that were chosen for another API of a server.

        Raises `ConfigurationError` for fields of its request bodies.
        """
        if connection.extra or connection.embeddings_extra:
            raise ConfigurationError("with_extra_body(...) for sessions comes after with_realtime()")
        begun = cls(dialect)._connected(connection)
        return begun._with(replace(begun._choices, model=model, credential=credential))

    def with_credentials(
        self, source: CredentialSource | TokenCredential, *, scope: str | None = None
    ) -> Self:
        """Set a source of tokens, in place of a key; at Azure also a credential of azure-identity as it is.

        `scope` is for such a credential; by default it follows from the host. Raises `ConfigurationError` for
        such a credential at a server that takes none.
        """
        if not isinstance(source, TokenCredential):
            return super(
                RealtimeBuilder, self._with(replace(self._choices, credential=None))
            ).with_credentials(source)
        if not self._choices.defaults.dialect.is_resource:
            raise ConfigurationError(
                f"{self._choices.defaults.dialect.server.name} takes no credential of azure-identity: "
                ".with_api_key(...), or .with_credentials(a function that returns a token)"
            )
        connection = replace(self._connection, api_key=None, credentials=None)
        chosen = replace(self._choices, credential=Credential(source, scope))
        return self._with(chosen)._connected(connection)

    def with_api_key(self, api_key: str) -> Self:
        """Set the key, which takes the place of credentials. A client secret is one too."""
        return super().with_api_key(api_key)._with(replace(self._choices, credential=None))

    def with_model(self, model: str) -> RealtimeBuilder[HasModel]:
        """Set the model's name, such as "gpt-realtime-2"; at Azure, the deployment's."""
        return cast("RealtimeBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def with_output(self, output: Literal["audio", "text"]) -> Self:
        """Set whether the model speaks, which is the default, or writes."""
        return self._set(replace(self._choices.defaults, output=output))

    def with_transcripts_only(self) -> Self:
        """Have sessions that only transcribe: the model is one such as "gpt-4o-transcribe", and never
        answers.
        """
        return self._set(replace(self._choices.defaults, transcribes_only=True))

    def with_voice(self, voice: str | Mapping[str, object], *, speed: float | None = None) -> Self:
        """Set the voice by its name, or as the server's own object; `speed` is 0.25 to 1.5."""
        chosen = voice if isinstance(voice, str) else cast("JsonObject", dict(voice))
        return self._set(replace(self._choices.defaults, voice=chosen, speed=speed))

    def with_turn_detection(
        self,
        kind: Literal["server_vad", "semantic_vad"] | None,
        *,
        create_response: bool = True,
        interrupt_response: bool = True,
        **fields: float | str,
    ) -> Self:
        """Set how the end of the user's speech is found: by silence, meaning, or with None `commit()`.

        `create_response` lets the server answer by itself, `interrupt_response` lets speech cut it off.
        Other fields are the server's own: `threshold`, `silence_duration_ms`, `prefix_padding_ms`,
        `idle_timeout_ms`, or `eagerness`. By default it is "server_vad".
        """
        if kind is None:
            return self._set(replace(self._choices.defaults, turn_detection=None))
        detection: JsonObject = {
            "type": kind,
            "create_response": create_response,
            "interrupt_response": interrupt_response,
            **fields,
        }
        return self._set(replace(self._choices.defaults, turn_detection=detection))

    def with_transcription(
        self, model: str | None = None, *, language: str | None = None, prompt: str | None = None
    ) -> Self:
        """Set how the user's speech is transcribed, which it is by default; `language` such as "en"."""
        given = {"model": model, "language": language, "prompt": prompt}
        return self._set(
            replace(
                self._choices.defaults,
                transcription={name: value for name, value in given.items() if value is not None},
            )
        )

    def without_transcription(self) -> Self:
        """Have no transcripts of the user: the conversation then only says that there was speech."""
        return self._set(replace(self._choices.defaults, transcription=None))

    def with_noise_reduction(self, kind: Literal["near_field", "far_field"]) -> Self:
        """Set the microphone that the user speaks into."""
        return self._set(replace(self._choices.defaults, noise_reduction=kind))

    def with_native_tools(self, tools: Sequence[Mapping[str, object]]) -> Self:
        """Add tools that the server runs itself, as its own objects, such as `{"type": "mcp", ...}`."""
        added = tuple(cast("JsonObject", dict(tool)) for tool in tools)
        return self._set(
            replace(self._choices.defaults, native_tools=(*self._choices.defaults.native_tools, *added))
        )

    def build(self: RealtimeBuilder[HasModel]) -> RealtimeClient:
        """Return the client. Raises `ConfigurationError` for what is missing or is no realtime model."""
        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError('RealtimeBuilder.build() needs .with_model("gpt-realtime-2") first')
        if choices.model.startswith("gpt-live"):
            raise ConfigurationError(
                f"{choices.model} speaks another protocol, which this package does not: "
                'use .with_model("gpt-realtime-2"), say'
            )
        server, connection = self._resolved()
        return RealtimeClient(
            Settings(
                model=choices.model,
                base_url=server.base_url,
                transport=connection.open_transport(server.base_url),
                headers={"content-type": "application/json", **connection.headers},
                timeouts=connection.timeouts,
                key_advice=server.key_advice,
                defaults=replace(choices.defaults, extra=connection.extra),
            )
        )

    def _resolved(self) -> tuple[ResolvedServer, Connection]:
        """Return the server, and the connection with what authorizes it."""
        dialect, connection = self._choices.defaults.dialect, self._connection
        if dialect.is_resource:
            tokens = replace(dialect.server, key_variables=dialect.token_variables, key_required=False)
            url, connection = resolve(
                dialect.server, tokens, connection, self._choices.credential, os.environ, "RealtimeBuilder"
            )
            return resolved_server(url, connection, dialect.server, tokens), connection
        server = dialect.server.resolve(connection, os.environ, builder="RealtimeBuilder")
        if not server.api_key:
            return server, connection
        headers = {"authorization": f"Bearer {checked_key(server.api_key)}", **connection.headers}
        return server, replace(connection, headers=headers)

    def _set(self, defaults: SessionDefaults) -> Self:
        return self._with(replace(self._choices, defaults=defaults))
