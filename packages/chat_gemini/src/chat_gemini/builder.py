"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Self, cast, overload
from urllib.parse import urlsplit

from chat_core import ConfigurationError
from chat_core.client.builder import ProviderBuilder, checked_key, checked_url, default_transport
from chat_core.types.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from typing_extensions import TypeVar

from chat_gemini.client import EmbeddingGeminiClient, GeminiClient, Settings
from chat_gemini.embeddings import EmbeddingOptions
from chat_gemini.native_tools import (
    CodeExecution,
    FileSearch,
    GoogleMaps,
    GoogleSearch,
    NativeTool,
    UrlContext,
)
from chat_gemini.options import FunctionCalling, FunctionCallingMode, GeminiOptions, Thinking
from chat_gemini.settings import Shape

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

_GOOGLE = "https://generativelanguage.googleapis.com"
_VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d*)?")


@dataclass(frozen=True, slots=True)
class _Choices:
    model: str | None = None
    api_version: str = "v1beta"
    shape: Shape = Shape()
    embeds: bool = False
    embeddings: EmbeddingOptions = EmbeddingOptions()


class GeminiBuilder(ProviderBuilder[_Choices], Generic[M, E]):
    """A client for Google's Gemini API. Answers each `with_…` with a new builder, and does no I/O.

    Without `with_base_url` it talks to `GOOGLE_GEMINI_BASE_URL`, else to Google. `GOOGLE_API_KEY`, else `GEMINI_API_KEY`, is read
    for those two and for Google's own hosts only, so that the key never goes to another server unasked.
    """

    def __init__(self) -> None:
        super().__init__(_Choices())

    def with_model(self, model: str) -> GeminiBuilder[HasModel, E]:
        """The model's name, with or without `models/` in front."""
        made = self._with(replace(self._choices, model=model.removeprefix("models/")))
        return cast("GeminiBuilder[HasModel, E]", made)

    def with_base_url(self, base_url: str) -> Self:
        """Where the server is. An address with a version in its path, such as `https://proxy/v1beta`, is taken as it is."""
        return super().with_base_url(_address(base_url))

    def with_api_version(self, version: str) -> Self:
        """`v1beta` by default, which has everything; Google also serves `v1` and `v1alpha`."""
        if not _VERSION.fullmatch(version):
            raise ConfigurationError(f"not a version of the API: {version!r}; it looks like v1beta")
        return self._with(replace(self._choices, api_version=version))

    def with_options(self, options: GeminiOptions) -> Self:
        """All generation settings of this wire at once. The methods below set some of the same; what is said last counts."""
        return self._shaped(replace(self._choices.shape, options=options))

    def with_thinking(
        self, level: str | None = None, *, budget: int | None = None, include_thoughts: bool | None = None
    ) -> Self:
        """How much to think: a `level` ("minimal", "low", "medium", "high") from Gemini 3 on; before, a `budget` in tokens, 0 for
        none, -1 for as many as it takes. With `include_thoughts` summaries come as reasoning. `reasoning_effort` wins."""
        if level is not None and budget is not None:
            raise ConfigurationError(
                "thinking is set by level (Gemini 3 on) or by budget (before), not by both"
            )
        return self._shaped(replace(self._choices.shape, thinking=Thinking(level, budget, include_thoughts)))

    def with_safety_settings(self, settings: Mapping[str, str]) -> Self:
        """Which harm is blocked from which probability on: `{"HARASSMENT": "BLOCK_ONLY_HIGH"}`. Adds to those given before."""
        named = {_harm(category): threshold.upper() for category, threshold in settings.items()}
        return self._shaped(replace(self._choices.shape, safety={**self._choices.shape.safety, **named}))

    def with_response_modalities(self, *modalities: str) -> Self:
        """What to answer with: "TEXT", "IMAGE", "AUDIO"."""
        words = tuple(modality.upper() for modality in modalities)
        return self._optional(replace(self._choices.shape.options, response_modalities=words))

    def with_media_resolution(self, resolution: str) -> Self:
        """How closely images, videos and PDFs are looked at: "low", "medium" or "high"."""
        word = f"MEDIA_RESOLUTION_{resolution.upper().removeprefix('MEDIA_RESOLUTION_')}"
        return self._optional(replace(self._choices.shape.options, media_resolution=word))

    def with_image_config(self, aspect_ratio: str | None = None, size: str | None = None) -> Self:
        """The shape of generated images ("16:9") and their size ("512", "1K", "2K", "4K")."""
        given = {"aspectRatio": aspect_ratio, "imageSize": size}
        config = {name: value for name, value in given.items() if value is not None}
        return self._optional(replace(self._choices.shape.options, image_config=config))

    def with_voice(
        self,
        voice: str | None = None,
        *,
        language: str | None = None,
        speakers: Mapping[str, str] | None = None,
    ) -> Self:
        """Answer with speech, in one `voice`, or with a voice for each of two `speakers` by the name that the text gives them."""
        if (voice is None) == (speakers is None):
            raise ConfigurationError("with_voice takes one voice, or speakers={name: voice} for a dialogue")
        speech: dict[str, object] = {"languageCode": language} if language else {}
        if voice is not None:
            speech["voiceConfig"] = _voice(voice)
        else:
            each = [{"speaker": name, "voiceConfig": _voice(own)} for name, own in (speakers or {}).items()]
            speech["multiSpeakerVoiceConfig"] = {"speakerVoiceConfigs": each}
        return self._optional(
            replace(self._choices.shape.options, speech_config=speech, response_modalities=("AUDIO",))
        )

    def with_cached_content(self, name: str) -> Self:
        """Go on from content cached earlier, `cachedContents/…`, which has the instructions and tools in it."""
        return self._optional(replace(self._choices.shape.options, cached_content=name))

    def with_google_search(self, dynamic_threshold: float | None = None) -> Self:
        """Let it search with Google. The threshold, from which probability of need on it does, is for 1.5 models only."""
        return self._tooled(GoogleSearch(dynamic_threshold))

    def with_code_execution(self) -> Self:
        """Let it write Python and have Google run it; `code_runs(message)` reads what ran."""
        return self._tooled(CodeExecution())

    def with_google_maps(self, lat_lng: tuple[float, float] | None = None, widget: bool = False) -> Self:
        """Let it look at Google Maps, near a place where one is given."""
        return self._tooled(GoogleMaps(lat_lng, widget))

    def with_url_context(self) -> Self:
        """Let it read the pages whose addresses stand in the prompt."""
        return self._tooled(UrlContext())

    def with_file_search(
        self, *stores: str, top_k: int | None = None, metadata_filter: str | None = None
    ) -> Self:
        """Let it search in stores of your own files, `fileSearchStores/…`."""
        if not stores:
            raise ConfigurationError(
                "with_file_search names the stores to search in: with_file_search('fileSearchStores/...')"
            )
        return self._tooled(FileSearch(stores, top_k, metadata_filter))

    def with_function_calling_mode(self, mode: FunctionCallingMode, allowed: Sequence[str] = ()) -> Self:
        """When it calls functions, where `ChatOptions.tool_choice` says nothing, and which of them with ANY or VALIDATED. ANY
        holds for the first model turn of a call, since it would never end otherwise."""
        if allowed and mode not in ("ANY", "VALIDATED"):
            raise ConfigurationError(f"functions are named with the modes ANY and VALIDATED, not with {mode}")
        return self._shaped(replace(self._choices.shape, calling=FunctionCalling(mode, tuple(allowed))))

    def with_server_side_tool_invocations(self, shown: bool = True) -> Self:
        """Whether the steps of Google's tools are parts of the turn, to be sent back. From Gemini 3 on; by default they are where
        functions stand beside them, since the server asks for it."""
        return self._shaped(replace(self._choices.shape, server_steps=shown))

    def with_older_schema(self, older: bool = True) -> Self:
        """Whether schemas go in the dialect from before JSON Schema, where the model's name does not tell."""
        return self._shaped(replace(self._choices.shape, older_schema=older))

    def with_embeddings(
        self, dimensions: int | None = None, *, task: str | None = None, title: str | None = None
    ) -> GeminiBuilder[M, HasEmbeddings]:
        """A client that embeds; `dimensions` shortens the vectors. `task` says what they are for, such as "RETRIEVAL_QUERY" and
        "RETRIEVAL_DOCUMENT", the latter perhaps with the `title` of the document."""
        options = EmbeddingOptions(dimensions, task.upper() if task else None, title)
        made = self._with(replace(self._choices, embeds=True, embeddings=options))
        return cast("GeminiBuilder[M, HasEmbeddings]", made)

    @overload
    def build(self: GeminiBuilder[HasModel, NoEmbeddings]) -> GeminiClient: ...
    @overload
    def build(self: GeminiBuilder[HasModel, HasEmbeddings]) -> EmbeddingGeminiClient: ...
    def build(self) -> GeminiClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError('GeminiBuilder.build() needs .with_model("...") first')
        base_url = _address(connection.base_url or os.environ.get("GOOGLE_GEMINI_BASE_URL") or _GOOGLE)
        host = urlsplit(base_url).hostname or ""
        googles = host.endswith(".googleapis.com")
        api_key = connection.api_key or (
            _key_of_environment() if googles or connection.base_url is None else None
        )
        if not api_key and googles and not {"authorization", "x-goog-api-key"} & connection.headers.keys():
            raise ConfigurationError(
                "Gemini needs an API key: set GOOGLE_API_KEY or GEMINI_API_KEY, or use .with_api_key(...)"
            )
        if not any(_VERSION.fullmatch(step) for step in urlsplit(base_url).path.split("/")):
            base_url = f"{base_url}/{choices.api_version}"
        key = {"x-goog-api-key": checked_key(api_key)} if api_key else {}
        settings = Settings(
            model=choices.model,
            base_url=base_url,
            transport=connection.transport or default_transport(base_url),
            headers={"content-type": "application/json"} | key | dict(connection.headers),
            timeouts=connection.timeouts,
            shape=replace(
                choices.shape,
                extra=connection.extra,
                vertex=host.endswith("aiplatform.googleapis.com"),
                files_url=base_url,
            ),
            embeddings=choices.embeddings,
        )
        return EmbeddingGeminiClient(settings) if choices.embeds else GeminiClient(settings)

    def __repr__(self) -> str:
        return f"GeminiBuilder(model={self._choices.model!r}, base_url={self._connection.base_url!r})"

    def _shaped(self, shape: Shape) -> Self:
        return self._with(replace(self._choices, shape=shape))

    def _optional(self, options: GeminiOptions) -> Self:
        return self._shaped(replace(self._choices.shape, options=options))

    def _tooled(self, tool: NativeTool) -> Self:
        """With one more of Google's tools, or another setting of one that is there."""
        others = tuple(other for other in self._choices.shape.native_tools if type(other) is not type(tool))
        return self._shaped(replace(self._choices.shape, native_tools=(*others, tool)))


def _harm(category: str) -> str:
    word = category.upper()
    return word if word.startswith("HARM_CATEGORY_") else f"HARM_CATEGORY_{word}"


def _voice(name: str) -> dict[str, object]:
    return {"prebuiltVoiceConfig": {"voiceName": name}}


def _key_of_environment() -> str | None:
    return os.environ.get("GOOGLE_API_KEY") or os.environ.get("GEMINI_API_KEY")


def _address(url: str) -> str:
    """The URL, checked. It has no query either: keys used to stand there."""
    if urlsplit(checked := checked_url(url)).query:
        raise ConfigurationError("a base URL holds no query, it would end up in logs: .with_api_key(...)")
    return checked
