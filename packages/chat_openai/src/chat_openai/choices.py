"""What has been chosen for a client, and the client that it makes."""

from __future__ import annotations

from dataclasses import dataclass, fields

from chat_core import ConfigurationError
from chat_responses.options_builder import Choices
from chat_responses.settings import Settings

from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
from chat_openai.images.client import ImageOpenAIClient
from chat_openai.images.options import ImageOptions


@dataclass(frozen=True, slots=True)
class OpenAIChoices(Choices):
    """What has been chosen so far: a client that embeds or draws too."""

    embeds: bool = False
    dimensions: int | None = None
    images: ImageOptions | None = None


def client_for(
    choices: OpenAIChoices, settings: Settings, deployment: str = ""
) -> OpenAIClient | ImageOpenAIClient:
    """Return the client that was chosen: one that embeds, one that draws, or one that does neither.

    `deployment` is the path under the base URL that embeddings and images have at some servers.
    """
    if choices.images is not None:
        plain = OpenAIChoices(choices.model, images=choices.images, dialect=choices.dialect)
        refuse_other_choices(choices, plain, "with_images() makes a client that only draws")
        return ImageOpenAIClient(settings, choices.images, deployment)
    if choices.embeds:
        return EmbeddingOpenAIClient(settings, choices.dimensions, deployment)
    return OpenAIClient(settings, deployment)


def refuse_other_choices(choices: Choices, plain: Choices, makes: str) -> None:
    """Raise for choices that `plain` has not, which another API has no place for; `makes` says which."""
    chosen = [
        field.name for field in fields(plain) if getattr(choices, field.name) != getattr(plain, field.name)
    ]
    if chosen:
        raise ConfigurationError(f"{makes}: leave out what sets {', '.join(chosen)}")
