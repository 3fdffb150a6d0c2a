"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Generic, Literal, cast, overload

from chat_core import ConfigurationError
from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel, Server
from chat_core.types.misuse import checked_dimensions
from chat_core.types.typestate import HasImages
from chat_responses.builder import settings
from typing_extensions import TypeVar

from chat_openai.choices import OpenAIChoices, client_for, refuse_other_choices
from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
from chat_openai.images.client import ImageOpenAIClient
from chat_openai.images.options import ImageOptions
from chat_openai.native_tools import NativeToolsBuilder

if TYPE_CHECKING:
    from chat_openai.realtime.builder import RealtimeBuilder

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

OPENAI: Final = Server(
    "OpenAI",
    "https://api.openai.com/v1",
    url_variables=("OPENAI_BASE_URL",),
    key_variables=("OPENAI_API_KEY",),
    key_required=True,
)


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
        made = self._with(
            replace(self._choices, embeds=True, dimensions=checked_dimensions(dimensions), images=None)
        )
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

    def with_realtime(self) -> RealtimeBuilder[M]:
        """Return the builder of a client of realtime sessions, with the model, the key and the connection
        chosen so far.

        Raises `ConfigurationError` for choices that sessions have no place for.
        """
        from chat_openai.realtime.builder import RealtimeBuilder
        from chat_openai.realtime.dialect import OPENAI as SESSIONS

        plain = OpenAIChoices(self._choices.model)
        refuse_other_choices(self._choices, plain, "with_realtime() makes a client of another API")
        begun = RealtimeBuilder.for_server(SESSIONS, self._connection, self._choices.model)
        return cast("RealtimeBuilder[M]", begun)

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
            settings(self._choices, self._connection, "OpenAIBuilder", server),
        )
