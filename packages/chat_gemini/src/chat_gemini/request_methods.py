"""The methods of the builder that set what every request carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from chat_core import ConfigurationError
from chat_core.types.misuse import checked_instance

from chat_gemini.address_methods import AddressMethods
from chat_gemini.native_tools import (
    CodeExecution,
    FileSearch,
    GoogleMaps,
    GoogleSearch,
    NativeTool,
    UrlContext,
)
from chat_gemini.options import (
    FunctionCalling,
    FunctionCallingMode,
    GeminiOptions,
    Thinking,
)
from chat_gemini.settings import RequestDefaults


class RequestMethods(AddressMethods):
    """The methods that set what every request carries. Each returns a new builder."""

    def with_options(self, options: GeminiOptions) -> Self:
        """Set all options of this wire at once.

        The methods below set some of the same; the last one counts. Raises `ConfigurationError` for anything
        but `GeminiOptions`.
        """
        given = checked_instance(
            options, GeminiOptions, "with_options", "ChatOptions go to ChatBuilder.with_options"
        )
        return self._defaulted(replace(self._choices.defaults, options=given))

    def with_thinking(
        self, level: str | None = None, *, budget: int | None = None, include_thoughts: bool | None = None
    ) -> Self:
        """Set how much the model thinks.

        From Gemini 3 on by `level` ("minimal", "low", "medium", "high"); before by `budget` in tokens, 0 for
        none, -1 for as many as it takes. With `include_thoughts` summaries come as reasoning.
        `ChatOptions.reasoning_effort` wins. Raises `ConfigurationError` for both at once.
        """
        if level is not None and budget is not None:
            raise ConfigurationError(
                "thinking is set by level (Gemini 3 on) or by budget (before), not by both"
            )
        return self._defaulted(
            replace(self._choices.defaults, thinking=Thinking(level, budget, include_thoughts))
        )

    def with_safety_settings(self, settings: Mapping[str, str]) -> Self:
        """Set which harm is blocked from which probability on: `{"HARASSMENT": "BLOCK_ONLY_HIGH"}`.

        Adds to those given before.
        """
        named = {_harm(category): threshold.upper() for category, threshold in settings.items()}
        return self._defaulted(
            replace(self._choices.defaults, safety={**self._choices.defaults.safety, **named})
        )

    def with_response_modalities(self, *modalities: str) -> Self:
        """Set what the model responds with: "TEXT", "IMAGE", "AUDIO"."""
        words = tuple(modality.upper() for modality in modalities)
        return self._optional(replace(self._choices.defaults.options, response_modalities=words))

    def with_media_resolution(self, resolution: str) -> Self:
        """Set how closely images, videos and PDFs are looked at: "low", "medium" or "high"."""
        word = f"MEDIA_RESOLUTION_{resolution.upper().removeprefix('MEDIA_RESOLUTION_')}"
        return self._optional(replace(self._choices.defaults.options, media_resolution=word))

    def with_image_config(self, aspect_ratio: str | None = None, size: str | None = None) -> Self:
        """Set the shape of generated images ("16:9") and their size ("512", "1K", "2K", "4K")."""
        given = {"aspectRatio": aspect_ratio, "imageSize": size}
        config = {name: value for name, value in given.items() if value is not None}
        return self._optional(replace(self._choices.defaults.options, image_config=config))

    def with_voice(
        self,
        voice: str | None = None,
        *,
        language: str | None = None,
        speakers: Mapping[str, str] | None = None,
    ) -> Self:
        """Respond with speech: in one `voice`, or with a voice for each of two `speakers`, by their names in
        the text. Raises `ConfigurationError` for both, and for neither.
        """
        if (voice is None) == (speakers is None):
            raise ConfigurationError("with_voice takes one voice, or speakers={name: voice} for a dialogue")
        speech: dict[str, object] = {"languageCode": language} if language else {}
        if voice is not None:
            speech["voiceConfig"] = _voice(voice)
        else:
            each = [
                {"speaker": name, "voiceConfig": _voice(name_of_voice)}
                for name, name_of_voice in (speakers or {}).items()
            ]
            speech["multiSpeakerVoiceConfig"] = {"speakerVoiceConfigs": each}
        return self._optional(
            replace(self._choices.defaults.options, speech_config=speech, response_modalities=("AUDIO",))
        )

    def with_cached_content(self, name: str) -> Self:
        """Continue from content cached earlier, `cachedContents/…`, which has the instructions and tools in
        it.
        """
        return self._optional(replace(self._choices.defaults.options, cached_content=name))

    def with_google_search(self, dynamic_threshold: float | None = None) -> Self:
        """Let the model search with Google.

        `dynamic_threshold` is the probability of need from which on it does; it is for 1.5 models only.
        """
        return self._tooled(GoogleSearch(dynamic_threshold))

    def with_code_execution(self) -> Self:
        """Let the model write Python that Google runs; `code_runs(message)` reads what ran."""
        return self._tooled(CodeExecution())

    def with_google_maps(self, lat_lng: tuple[float, float] | None = None, widget: bool = False) -> Self:
        """Let the model look at Google Maps, near a place where one is given."""
        return self._tooled(GoogleMaps(lat_lng, widget))

    def with_url_context(self) -> Self:
        """Let the model read the pages whose addresses stand in the prompt."""
        return self._tooled(UrlContext())

    def with_file_search(
        self, *stores: str, top_k: int | None = None, metadata_filter: str | None = None
    ) -> Self:
        """Let the model search in stores of your own files, `fileSearchStores/…`.

        Raises `ConfigurationError` without a store.
        """
        if not stores:
            raise ConfigurationError(
                "with_file_search names the stores to search in: with_file_search('fileSearchStores/...')"
            )
        return self._tooled(FileSearch(stores, top_k, metadata_filter))

    def with_function_calling_mode(self, mode: FunctionCallingMode, allowed: Sequence[str] = ()) -> Self:
        """Set when functions are called, where `ChatOptions.tool_choice` is not set.

        `allowed` names the functions, with ANY or VALIDATED. ANY holds for the first model turn of a call,
        which would never end otherwise. Raises `ConfigurationError` for names with another mode.
        """
        if allowed and mode not in ("ANY", "VALIDATED"):
            raise ConfigurationError(f"functions are named with the modes ANY and VALIDATED, not with {mode}")
        return self._defaulted(replace(self._choices.defaults, calling=FunctionCalling(mode, tuple(allowed))))

    def with_server_side_tool_invocations(self, shown: bool = True) -> Self:
        """Set whether the steps of Google's tools are parts of the turn, to be sent back.

        From Gemini 3 on. By default they are where functions stand beside them, since the server wants it.
        """
        return self._defaulted(replace(self._choices.defaults, server_steps=shown))

    def with_older_schema(self, older: bool = True) -> Self:
        """Set whether schemas go in the dialect from before JSON Schema, where the model's name does not
        tell.
        """
        return self._defaulted(replace(self._choices.defaults, older_schema=older))

    def _defaulted(self, defaults: RequestDefaults) -> Self:
        return self._with(replace(self._choices, defaults=defaults))

    def _optional(self, options: GeminiOptions) -> Self:
        return self._defaulted(replace(self._choices.defaults, options=options))

    def _tooled(self, tool: NativeTool) -> Self:
        """Return the builder with one more of Google's tools, in place of one of the same kind."""
        others = tuple(
            other for other in self._choices.defaults.native_tools if type(other) is not type(tool)
        )
        return self._defaulted(replace(self._choices.defaults, native_tools=(*others, tool)))


def _harm(category: str) -> str:
    word = category.upper()
    return word if word.startswith("HARM_CATEGORY_") else f"HARM_CATEGORY_{word}"


def _voice(name: str) -> dict[str, object]:
    return {"prebuiltVoiceConfig": {"voiceName": name}}
