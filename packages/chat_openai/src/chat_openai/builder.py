"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import Generic, Literal, cast, overload
from urllib.parse import urlsplit

from chat_core import ConfigurationError
from chat_core.client.builder import checked_url
from chat_core.types.typestate import HasEmbeddings, HasImages, HasModel, NoEmbeddings, NoModel
from chat_responses.builder import Choices, settings
from typing_extensions import TypeVar

from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
from chat_openai.images.client import ImageOpenAIClient
from chat_openai.images.options import ImageOptions
from chat_openai.native_tools import NativeTools

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class OpenAIChoices(Choices):
    """What has been chosen so far: a client that embeds or draws too."""

    embeds: bool = False
    dimensions: int | None = None
    images: ImageOptions | None = None


class OpenAIBuilder(NativeTools[OpenAIChoices], Generic[M, E]):
    """A client for OpenAI. Answers each `with_…` with a new builder, and does no I/O.

    Without `with_base_url` it talks to `OPENAI_BASE_URL`, else to api.openai.com. `OPENAI_API_KEY` is read for those two only, so
    that the key never goes to another server unasked.
    """

    def __init__(self) -> None:
        super().__init__(OpenAIChoices())

    def with_model(self, model: str) -> OpenAIBuilder[HasModel, E]:
        """The model's name, such as "gpt-5.6"."""
        return cast("OpenAIBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_embeddings(self, dimensions: int | None = None) -> OpenAIBuilder[M, HasEmbeddings]:
        """A client that embeds; `dimensions` shortens the vectors where the model can."""
        made = self._with(replace(self._choices, embeds=True, dimensions=dimensions, images=None))
        return cast("OpenAIBuilder[M, HasEmbeddings]", made)

    def with_images(
        self,
        *,
        n: int | None = None,
        size: str | None = None,
        quality: str | None = None,
        output_format: Literal["png", "webp", "jpeg", "gif", "svg"] | None = None,
        compression: int | None = None,
        background: Literal["auto", "transparent", "opaque"] | None = None,
        moderation: Literal["auto", "low"] | None = None,
        fidelity: Literal["low", "high"] | None = None,
        partial_images: int | None = None,
    ) -> OpenAIBuilder[M, HasImages]:
        """A client of the Images API, for a model that only draws, such as "gpt-image-2". Facts: OpenAI's reference, November 2026.

        `n` pictures (1 to 10, by default 1) of a `size` such as "1536x864" (by default "auto"). `compression` is a percentage, for
        webp and jpeg. `fidelity` is how closely an edit keeps to the pictures that it is given. With `partial_images` (up to 3) a
        stream shows previews, as `FileReady`. None leaves the choice to the server; its other fields go through `with_extra_body`.
        """
        options = ImageOptions(
            n, size, quality, output_format, compression, background, moderation, fidelity, partial_images
        )
        made = self._with(replace(self._choices, images=options, embeds=False, dimensions=None))
        return cast("OpenAIBuilder[M, HasImages]", made)

    @overload
    def build(self: OpenAIBuilder[HasModel, NoEmbeddings]) -> OpenAIClient: ...
    @overload
    def build(self: OpenAIBuilder[HasModel, HasEmbeddings]) -> EmbeddingOpenAIClient: ...
    @overload
    def build(self: OpenAIBuilder[HasModel, HasImages]) -> ImageOpenAIClient: ...
    def build(self) -> OpenAIClient | ImageOpenAIClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices, connection = self._choices, self._connection
        base_url = checked_url(connection.base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI)
        own = urlsplit(base_url).hostname == "api.openai.com"
        api_key = connection.api_key
        if not api_key and (own or connection.base_url is None):
            api_key = os.environ.get("OPENAI_API_KEY")
        made = settings(choices, connection, "OpenAIBuilder", base_url, api_key)
        if own and not api_key and "authorization" not in connection.headers:
            raise ConfigurationError("openai needs an API key: set OPENAI_API_KEY or use .with_api_key(...)")
        if choices.images is not None:
            _refuse_what_is_no_drawing(choices)
            return ImageOpenAIClient(made, choices.images)
        return EmbeddingOpenAIClient(made, choices.dimensions) if choices.embeds else OpenAIClient(made)


def _refuse_what_is_no_drawing(choices: OpenAIChoices) -> None:
    """The Images API knows nothing of what a turn of the Responses API can be told."""
    plain = OpenAIChoices(choices.model, images=choices.images)
    chosen = [
        field.name for field in fields(choices) if getattr(choices, field.name) != getattr(plain, field.name)
    ]
    if chosen:
        raise ConfigurationError(
            f"with_images() makes a client that only draws: leave out what sets {', '.join(chosen)}"
        )
