"""The builder: the documents that a request carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, Self, cast

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core.client import HasModel, NoModel
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_ai21.client import AI21Client

M = TypeVar("M", default=NoModel)


class AI21Builder(CompletionsBuilder, Generic[M]):
    """Builds a client for AI21. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to the host in `AI21_API_HOST`, else to api.ai21.com. `AI21_API_KEY` is
    read for those two only.
    """

    def with_model(self, model: str) -> AI21Builder[HasModel]:
        """Set the model's name, such as "jamba-large"."""
        return cast("AI21Builder[HasModel]", self._named(model))

    def with_documents(self, *documents: str, metadata: Mapping[str, str] | None = None) -> Self:
        """Set the texts that the model answers from, with the same `metadata` for each."""
        described = {"metadata": dict(metadata)} if metadata else {}
        return self.with_extra_body({"documents": [{"content": text, **described} for text in documents]})

    def build(self: AI21Builder[HasModel]) -> AI21Client:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_ai21.client import AI21Client

        return AI21Client(self._settings(Dialect.ai21()))
