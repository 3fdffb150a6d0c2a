"""How a client of sessions is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Generic, Literal, Self, cast

from chat_core import ConfigurationError, JsonObject, JsonValue
from chat_core.client import Connection, HasModel, NoModel, checked_key
from chat_core.types.plain_json import as_json
from typing_extensions import TypeVar

from chat_gemini.choices import Choices
from chat_gemini.live.address import TOKEN, TOKEN_VERSION, live_address
from chat_gemini.live.client import LiveClient
from chat_gemini.live.settings import LiveDefaults, LiveSettings, NonBlocking, Scheduling
from chat_gemini.request_methods import RequestMethods

M = TypeVar("M", default=NoModel)
Sensitivity = Literal["high", "low"]


class LiveBuilder(RequestMethods, Generic[M]):
    """A client of sessions over the Live API, of the Gemini API or of Vertex.

    Each `with_…` returns a new builder, without I/O. The address, keys, the voice, thinking, Google's search
    and the rest are set as in `GeminiBuilder`, whose `with_realtime()` returns this one.
    """

    def __init__(self) -> None:
        super().__init__(Choices())

    @classmethod
    def from_choices(cls, choices: Choices, connection: Connection) -> Self:
        """Return the builder with what another one was given."""
        return cls()._with(choices)._connected(connection)

    def with_model(self, model: str) -> LiveBuilder[HasModel]:
        """Set the model's name, such as "gemini-3.8-live", with or without `models/` in front."""
        made = self._with(replace(self._choices, model=model.removeprefix("models/")))
        return cast("LiveBuilder[HasModel]", made)

    def with_output(self, output: Literal["audio", "text"]) -> Self:
        """Set whether the model speaks or writes. By default it does what it can, speech first."""
        return self.with_response_modalities(output)

    def with_turn_detection(
        self,
        *,
        start_sensitivity: Sensitivity | None = None,
        end_sensitivity: Sensitivity | None = None,
        prefix_padding_ms: int | None = None,
        silence_duration_ms: int | None = None,
        interrupts: bool = True,
        coverage: str | None = None,
    ) -> Self:
        """Set how the server hears where the user's speech begins and ends, which it does by default.

        The sensitivities are how likely it takes a sound for a beginning, and a pause for an end. With
        `interrupts=False` speech does not cut off an answer. `coverage` is what belongs to a turn, such as
        "turn_includes_all_input". None leaves it to the server.
        """
        detection: dict[str, JsonValue] = {
            "startOfSpeechSensitivity": _named("START_SENSITIVITY", start_sensitivity),
            "endOfSpeechSensitivity": _named("END_SENSITIVITY", end_sensitivity),
            "prefixPaddingMs": prefix_padding_ms,
            "silenceDurationMs": silence_duration_ms,
        }
        config: dict[str, JsonValue] = {
            "automaticActivityDetection": _given(detection) or None,
            "activityHandling": None if interrupts else "NO_INTERRUPTION",
            "turnCoverage": coverage.upper() if coverage else None,
        }
        return self._live(replace(self._choices.live, detection=_given(config)))

    def without_turn_detection(self) -> Self:
        """Have push to talk: the first speech that is sent begins a turn, and `commit()` ends it."""
        return self._live(replace(self._choices.live, detection=None))

    def with_transcription(
        self, *, languages: Sequence[str] = (), vocabulary: Sequence[str] = (), **fields: object
    ) -> Self:
        """Set how the user's speech is transcribed, which it is by default.

        `languages` such as "de-DE" are hints, `vocabulary` are words to expect. Other fields are the server's
        own, in camel case.
        """
        given: JsonObject = {name: as_json(value) for name, value in fields.items()}
        if languages:
            given["languageCodes"] = list[JsonValue](languages)
        if vocabulary:
            given["customVocabulary"] = list[JsonValue](vocabulary)
        return self._live(replace(self._choices.live, transcription=given))

    def without_transcription(self) -> Self:
        """Have no transcripts of the user: the conversation then only says that there was speech."""
        return self._live(replace(self._choices.live, transcription=None))

    def with_context_compression(
        self, trigger_tokens: int | None = None, *, target_tokens: int | None = None
    ) -> Self:
        """Let the server drop the oldest turns of a session that grows, which then has no time limit.

        It begins at `trigger_tokens`, and keeps `target_tokens`; None leaves it to the server. Without it a
        session ends after 15 minutes of speech, or 2 with video.
        """
        window = _given({"targetTokens": target_tokens})
        compression = _given({"triggerTokens": trigger_tokens}) | {"slidingWindow": window}
        return self._live(replace(self._choices.live, compression=compression))

    def without_resumption(self) -> Self:
        """Do not let the server keep the session for a connection that is lost.

        A new connection is then given the turns that have ended.
        """
        return self._live(replace(self._choices.live, resumes=False))

    def with_non_blocking_tools(self, *names: str, scheduling: Scheduling | None = None) -> Self:
        """Let the model go on talking while a tool runs: the tools of these names, or all of them.

        `scheduling` is when it turns to a result: "interrupt" itself, "when_idle", or "silent" for not at
        all. By default it does at once, where the model lets that be chosen. Further calls add tools.
        """
        added = NonBlocking(frozenset(names), scheduling)
        live = self._choices.live
        return self._live(replace(live, non_blocking=(*live.non_blocking, added)))

    def with_proactive_audio(self) -> Self:
        """Let the model not answer what is not meant for it. The Gemini API has it in `v1alpha` only."""
        return self._live(replace(self._choices.live, proactive=True))

    def with_affective_dialog(self) -> Self:
        """Let the model hear the user's mood, and answer in kind."""
        return self._live(replace(self._choices.live, affective=True))

    def build(self: LiveBuilder[HasModel]) -> LiveClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices, connection = self._choices, self._connection
        if choices.embeds:
            raise ConfigurationError(
                "sessions embed nothing: leave out with_embeddings before with_realtime()"
            )
        is_token = TOKEN.fullmatch((connection.api_key or "").strip()) is not None
        access = self._access(os.environ, self._default_version(is_token=is_token))
        address = access.address
        base_url, live_place = live_address(address, access.model, is_token=is_token)
        headers = dict(access.headers)
        if is_token:
            del headers["x-goog-api-key"]
            headers["authorization"] = f"Token {checked_key(connection.api_key or '')}"
        return LiveClient(
            LiveSettings(
                model=access.model,
                base_url=base_url,
                transport=access.connection.open_transport(address.base_url),
                headers=headers,
                timeouts=connection.timeouts,
                key_advice=address.key_advice,
                address=live_place,
                defaults=replace(choices.defaults, extra=connection.extra, endpoint=address.endpoint),
                live=choices.live,
            )
        )

    def _default_version(self, *, is_token: bool) -> str | None:
        """Return the version of the API that a setting needs. Raises where another one was chosen."""
        choices = self._choices
        if choices.vertex is not None or not (is_token or choices.live.proactive):
            return None
        if choices.api_version not in (None, TOKEN_VERSION):
            what = "a token" if is_token else "with_proactive_audio"
            raise ConfigurationError(f"{what} needs .with_api_version({TOKEN_VERSION!r}), or none")
        return TOKEN_VERSION

    def _live(self, live: LiveDefaults) -> Self:
        return self._with(replace(self._choices, live=live))


def _named(prefix: str, word: str | None) -> str | None:
    return None if word is None else f"{prefix}_{word.upper()}"


def _given(values: Mapping[str, JsonValue]) -> JsonObject:
    return {name: value for name, value in values.items() if value is not None}
