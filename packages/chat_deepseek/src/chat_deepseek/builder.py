"""The builder: DeepSeek's thinking switch, prefix completion, and its Responses API."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core.client import HasModel, NoModel
from chat_responses.builder import ResponsesBuilder
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_deepseek.client import DeepSeekClient

M = TypeVar("M", default=NoModel)


class DeepSeekBuilder(CompletionsBuilder, Generic[M]):
    """Builds a client for DeepSeek. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to api.deepseek.com. `DEEPSEEK_API_KEY` is read for DeepSeek's own
    servers only.
    """

    def __init__(self) -> None:
        super().__init__()
        self._dialect = Dialect.deepseek()

    def with_model(self, model: str) -> DeepSeekBuilder[HasModel]:
        """Set the model's name, such as "deepseek-v4-pro"."""
        return cast("DeepSeekBuilder[HasModel]", self._named(model))

    def with_thinking(
        self, thinking: bool = True, effort: Literal["low", "high", "max"] | None = None
    ) -> Self:
        """Set whether the model thinks, which is its default, and how much, unless a chat's options say
        otherwise.

        While it thinks, temperature and the like have no effect, and a notice says so.
        """
        fields = (
            self._dialect.fields if thinking else replace(self._dialect.fields, without_effect=frozenset())
        )
        changed = self._with_object("thinking", type="enabled" if thinking else "disabled")._with_effort(
            effort
        )
        return changed._speaking(replace(self._dialect, fields=fields))

    def with_prefix_completion(self) -> Self:
        """Have the model go on where a conversation ends with its own turn, on the beta address, instead of a
        new turn.
        """
        dialect = replace(
            self._dialect,
            server=replace(self._dialect.server, base_url="https://api.deepseek.com/beta"),
            messages=replace(self._dialect.messages, final_assistant="prefix"),
        )
        return self._speaking(dialect)

    def with_responses(self) -> ResponsesBuilder[M]:
        """Return the builder of a client over the Responses API, with the model, key and connection chosen so
        far.
        """
        begun = ResponsesBuilder.for_server(Dialect.deepseek().server, self._connection, self._choices.model)
        return cast("ResponsesBuilder[M]", begun)

    def build(self: DeepSeekBuilder[HasModel]) -> DeepSeekClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_deepseek.client import DeepSeekClient

        return DeepSeekClient(self._settings(self._dialect))

    def _speaking(self, dialect: Dialect) -> Self:
        changed = copy(self)
        changed._dialect = dialect
        return changed
