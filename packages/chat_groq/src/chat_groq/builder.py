"""The builder: Groq's tiers, reasoning, tools of its own, and its Responses API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, Literal, Self, cast

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core.client import HasModel, NoModel
from chat_responses.builder import ResponsesBuilder
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_groq.client import GroqClient

M = TypeVar("M", default=NoModel)


class GroqBuilder(CompletionsBuilder, Generic[M]):
    """Builds a client for Groq. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to the host in `GROQ_BASE_URL`, else to api.groq.com. `GROQ_API_KEY` is
    read for those two only.
    """

    def with_model(self, model: str) -> GroqBuilder[HasModel]:
        """Set the model's name, such as "openai/gpt-oss-120b"."""
        return cast("GroqBuilder[HasModel]", self._named(model))

    def with_reasoning(
        self,
        effort: Literal["none", "default", "low", "medium", "high"] | None = None,
        *,
        format: Literal["parsed", "raw", "hidden"] | None = None,
    ) -> Self:
        """Set how much the model reasons, unless a chat's options say otherwise, and how that comes.

        "none" and "default" are for Qwen's models, the others for gpt-oss. With "raw" the reasoning stands in
        the text, from which `with_think_tags()` splits it off.
        """
        return self._with_effort(effort)._with_fields(reasoning_format=format)

    def with_service_tier(self, tier: Literal["auto", "on_demand", "flex", "performance"]) -> Self:
        """Set the service tier.

        On "flex" a server without room says so with status 498, which is `Overloaded`.
        """
        return self.with_extra_body({"service_tier": tier})

    def with_compound_tools(self, *tools: str) -> Self:
        """Set the tools that a compound model may use, such as "web_search", "code_interpreter" or
        "visit_website".

        What it did is in `response.raw`, in `executed_tools` of the message.
        """
        return self.with_extra_body({"compound_custom": {"tools": {"enabled_tools": list(tools)}}})

    def with_search_domains(
        self, *, include: Sequence[str] = (), exclude: Sequence[str] = (), country: str | None = None
    ) -> Self:
        """Set the sites that the search of a compound model takes or leaves out, and the country that it
        prefers.
        """
        domains = {"include_domains": list(include) or None, "exclude_domains": list(exclude) or None}
        return self._with_object("search_settings", **domains, country=country)

    def with_tool_validation(self, validation: bool) -> Self:
        """Set whether the server refuses calls that do not fit their tool (its default).

        The client checks them too.
        """
        return self.with_extra_body({"disable_tool_validation": not validation})

    def with_responses(self) -> ResponsesBuilder[M]:
        """Return the builder of a client over the Responses API, with the model, key and connection chosen so
        far.
        """
        begun = ResponsesBuilder.for_server(Dialect.groq().server, self._connection, self._choices.model)
        return cast("ResponsesBuilder[M]", begun)

    def build(self: GroqBuilder[HasModel]) -> GroqClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_groq.client import GroqClient

        return GroqClient(self._settings(Dialect.groq()))
