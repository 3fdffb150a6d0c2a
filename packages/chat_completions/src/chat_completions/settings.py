"""What a client was built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core.client import ClientSettings

from chat_completions.dialect import Dialect
from chat_completions.options import CompletionsOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDefaults:
    """What every request of a client carries.

    `strict` is whether the server holds the model to an output type. `reasoning_effort` counts where a chat's
    options name none. `extra` is merged into the body last.
    """

    dialect: Dialect = Dialect()
    options: CompletionsOptions = CompletionsOptions()
    strict: bool = True
    reasoning_effort: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with: its server, what every request carries, and how it embeds."""

    defaults: RequestDefaults = RequestDefaults()
    dimensions: int | None = None
    embeddings_extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)

    @property
    def dialect(self) -> Dialect:
        """The dialect of the server."""
        return self.defaults.dialect
