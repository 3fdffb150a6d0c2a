"""How a client of sessions is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, Self, cast

from chat_core import ConfigurationError, JsonObject
from chat_core.client import HasModel, NoModel, ProviderBuilder, checked_key, checked_url
from typing_extensions import TypeVar

from chat_openai.azure.endpoint import checked_endpoint
from chat_openai.realtime.client import RealtimeClient
from chat_openai.realtime.dialect import OPENAI, Dialect
from chat_openai.realtime.settings import SessionDefaults, Settings

M = TypeVar("M", default=NoModel)


@dataclass(frozen=True, slots=True)
class RealtimeChoices:
    """What has been chosen so far."""

    model: str | None = None
    defaults: SessionDefaults = field(default_factory=SessionDefaults)


class RealtimeBuilder(ProviderBuilder[RealtimeChoices], Generic[M]):
    """A client of sessions over OpenAI's realtime protocol. Each `with_…` returns a new builder, without I/O.

    `dialect` is the server that is spoken to: `OPENAI`, `AZURE`, `VOICE_LIVE` or `XAI` of this package. Each
    has its own environment variables: `OPENAI_API_KEY`; `AZURE_OPENAI_ENDPOINT` and `AZURE_OPENAI_API_KEY`;
    `AZURE_VOICELIVE_ENDPOINT` and `AZURE_VOICELIVE_API_KEY`; `XAI_API_KEY`.
    """

    def __init__(self, dialect: Dialect = OPENAI) -> None:
        super().__init__(RealtimeChoices(defaults=SessionDefaults(dialect=dialect)))

    def with_model(self, model: str) -> RealtimeBuilder[HasModel]:
        """Set the model's name, such as "gpt-realtime-2"; at Azure, the deployment's."""
        return cast("RealtimeBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def with_output(self, output: Literal["audio", "text"]) -> Self:
        """Set whether the model speaks, which is the default, or writes."""
        return self._set(replace(self._choices.defaults, output=output))

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
        dialect = choices.defaults.dialect
        checked = checked_endpoint if dialect.is_resource else checked_url
        server = dialect.server.resolve(connection, os.environ, builder="RealtimeBuilder", checked=checked)
        headers = dict(connection.headers)
        if server.api_key:
            key = checked_key(server.api_key)
            headers.setdefault(
                dialect.key_header, f"Bearer {key}" if dialect.key_header == "authorization" else key
            )
        return RealtimeClient(
            Settings(
                model=choices.model,
                base_url=server.base_url,
                transport=connection.open_transport(server.base_url),
                headers=headers,
                timeouts=connection.timeouts,
                key_advice=server.key_advice,
                defaults=replace(choices.defaults, extra=connection.extra),
            )
        )

    def _set(self, defaults: SessionDefaults) -> Self:
        return self._with(replace(self._choices, defaults=defaults))
