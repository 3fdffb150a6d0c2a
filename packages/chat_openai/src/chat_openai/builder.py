"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import Final, Generic, Literal, cast, overload

from chat_core import ConfigurationError
from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel, Server
from chat_core.types.typestate import HasImages
from chat_responses.builder import settings
from chat_responses.options_builder import Choices
from chat_responses.settings import Settings
from typing_extensions import TypeVar

from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
from chat_openai.images.client import ImageOpenAIClient
from chat_openai.images.options import ImageOptions
from chat_openai.native_tools import NativeToolsBuilder

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

OPENAI: Final = Server(
    "OpenAI",
    "https://api.openai.com/v1",
    url_variables=("OPENAI_BASE_URL",),
    key_variables=("OPENAI_API_KEY",),
    key_required=True,
)


@dataclass(frozen=True, slots=True)
class OpenAIChoices(Choices):
    """What has been chosen so far: a client that embeds or draws too."""

    embeds: bool = False
    dimensions: int | None = None
    images: ImageOptions | None = None


class OpenAIBuilder(NativeToolsBuilder[OpenAIChoices], Generic[M, E]):
    """A client for OpenAI. Each `with_…` returns a new builder and does no I/O.

    Without `with_base_url` it talks to `OPENAI_BASE_URL`, else to api.openai.com. `OPENAI_API_KEY` is read
    for those two only, so that the key never goes to another server unless it is passed.
    """

    def __init__(self) -> None:
        super().__init__(OpenAIChoices())

    def with_model(self, model: str) -> OpenAIBuilder[HasModel, E]:
        """Set the model's name, such as "gpt-5.6"."""
        return cast("OpenAIBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_embeddings(self, dimensions: int | None = None) -> OpenAIBuilder[M, HasEmbeddings]:
        """Build a client that embeds too; `dimensions` shortens the vectors where the model can."""
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
        """Build a client of the Images API, for a model that only draws, such as "gpt-image-2".

        `n` pictures (1 to 10, by default 1) of a `size` such as "1536x864" (by default "auto"). `compression`
        is a percentage, for webp and jpeg. `fidelity` is how closely an edit keeps to the pictures that it is
        given. With `partial_images` (up to 3) a stream shows previews, as `FileReady`. None leaves the choice
        to the server; its other fields go through `with_extra_body`. Facts: OpenAI's reference, November
        2026.
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
        """Return the client. Raises `ConfigurationError` for what is missing or does not go together."""
        if not self._choices.model:
            raise ConfigurationError('OpenAIBuilder.build() needs .with_model("...") first')
        server = OPENAI.resolve(self._connection, os.environ, builder="OpenAIBuilder")
        return client_for(
            self._choices,
            settings(self._choices, self._connection, "OpenAIBuilder", server.base_url, server.api_key),
        )


def client_for(choices: OpenAIChoices, settings: Settings) -> OpenAIClient | ImageOpenAIClient:
    """Return the client that was chosen: one that embeds, one that draws, or one that does neither."""
    if choices.images is not None:
        _refuse_other_choices(choices)
        return ImageOpenAIClient(settings, choices.images)
    return EmbeddingOpenAIClient(settings, choices.dimensions) if choices.embeds else OpenAIClient(settings)


def _refuse_other_choices(choices: OpenAIChoices) -> None:
    """Raise for choices that the Images API has no place for."""
    plain = OpenAIChoices(choices.model, images=choices.images, dialect=choices.dialect)
    chosen = [
        field.name for field in fields(choices) if getattr(choices, field.name) != getattr(plain, field.name)
    ]
    if chosen:
        raise ConfigurationError(
            f"with_images() makes a client that only draws: leave out what sets {', '.join(chosen)}"
        )
