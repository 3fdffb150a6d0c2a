"""The builder: xAI's live search and reasoning, and its Responses API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, Self, cast

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core import ConfigurationError
from chat_core.client import HasModel, NoModel
from chat_responses.builder import ResponsesBuilder
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_openai.realtime import RealtimeBuilder

    from chat_xai.client import XAIClient

M = TypeVar("M", default=NoModel)


class XAIBuilder(CompletionsBuilder, Generic[M]):
    """Builds a client for xAI. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to api.x.ai. `XAI_API_KEY` is read for xAI's own servers only.
    """

    def with_model(self, model: str) -> XAIBuilder[HasModel]:
        """Set the model's name, such as "grok-4-fast"."""
        return cast("XAIBuilder[HasModel]", self._named(model))

    def with_reasoning(self, effort: Literal["low", "high"]) -> Self:
        """Set how much the model reasons, unless a chat's options say otherwise."""
        return self._with_effort(effort)

    def with_live_search(
        self,
        mode: Literal["auto", "on", "off"] = "auto",
        *,
        sources: Sequence[Mapping[str, object]] = (),
        max_results: int | None = None,
        from_date: str | None = None,
        to_date: str | None = None,
    ) -> Self:
        """Set whether the model searches first, where (`{"type": "web"}`, "x", "news", "rss"), and for which
        dates.

        Dates are written YYYY-MM-DD. The pages are in `response.raw["citations"]`.
        """
        return self._with_object(
            "search_parameters",
            mode=mode,
            return_citations=True,
            sources=[dict(source) for source in sources] or None,
            max_search_results=max_results,
            from_date=from_date,
            to_date=to_date,
        )

    def with_responses(self) -> ResponsesBuilder[M]:
        """Return the builder of a client over the Responses API, with the model, key and connection chosen so
        far.
        """
        begun = ResponsesBuilder.for_server(Dialect.xai().server, self._connection, self._choices.model)
        return cast("ResponsesBuilder[M]", begun)

    def with_realtime(self) -> RealtimeBuilder[M]:
        """Return the builder of a client of realtime sessions, with the model, key and connection chosen so
        far.

        It is chat-openai's, whose protocol xAI speaks: `pip install "chat-xai[realtime]"`. Raises
        `ConfigurationError` where that is not installed.
        """
        try:
            from chat_openai.realtime import XAI, RealtimeBuilder
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("chat_openai"):
                raise
            raise ConfigurationError('with_realtime() needs: pip install "chat-xai[realtime]"') from None

        begun = RealtimeBuilder.for_server(XAI, self._connection, self._choices.model)
        return cast("RealtimeBuilder[M]", begun)

    def build(self: XAIBuilder[HasModel]) -> XAIClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_xai.client import XAIClient

        return XAIClient(self._settings(Dialect.xai()))
