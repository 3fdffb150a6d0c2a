"""The options that every builder of a Responses client has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Self

from chat_core import JsonObject
from chat_core.client import ProviderBuilder
from chat_core.types.json_values import as_object
from chat_core.types.misuse import checked_instance
from chat_core.types.plain_json import as_json
from typing_extensions import TypeVar

from chat_responses.dialect import Dialect
from chat_responses.memory import Chained, Conversation, Memory, Stateless
from chat_responses.options import ResponsesOptions


@dataclass(frozen=True, slots=True)
class Choices:
    """What has been chosen so far, besides the way to the server. A provider's choices extend it."""

    model: str | None = None
    options: ResponsesOptions = ResponsesOptions()
    memory: Memory = Stateless()
    native_tools: tuple[JsonObject, ...] = field(default=(), repr=False)
    strict_output: bool = True
    poll: float | None = None
    dialect: Dialect | None = None


C = TypeVar("C", bound=Choices, default=Choices)


class OptionsBuilder(ProviderBuilder[C], Generic[C]):
    """The options of every builder of a Responses client."""

    def with_options(self, options: ResponsesOptions) -> Self:
        """Set options of this wire beyond the common ones.

        Raises `ConfigurationError` for anything but `ResponsesOptions`.
        """
        given = checked_instance(
            options, ResponsesOptions, "with_options", "ChatOptions go to ChatBuilder.with_options"
        )
        return self._with(replace(self._choices, options=given))

    def with_dialect(self, dialect: Dialect) -> Self:
        """Set how the server differs from OpenAI. By default that follows from the host of the base URL."""
        return self._with(replace(self._choices, dialect=dialect))

    def with_strict_output(self, strict: bool) -> Self:
        """Set whether the server holds the model to an output type exactly, which is the default."""
        return self._with(replace(self._choices, strict_output=strict))

    def with_store(self, store: bool = True) -> Self:
        """Let the server remember: a request names the response before it and holds only what is new.

        Once the server no longer has that response, the full history is sent. `store=False` continues only
        what a WebSocket connection remembers by itself.
        """
        return self._with(replace(self._choices, memory=Chained(store)))

    def with_conversation(self, id: str) -> Self:
        """Carry on a conversation object of the server: a request holds only what is new.

        `POST /conversations` makes one.
        """
        return self._with(replace(self._choices, memory=Conversation(id)))

    def with_background(self, poll: float = 2.0) -> Self:
        """Have responses made in the background, where no connection has to last. The server stores them.

        `complete` looks for the response every `poll` seconds; a stream that is cut goes on from its last
        event.
        """
        return self._with(replace(self._choices, poll=poll))

    def with_native_tool(self, tool: Mapping[str, object]) -> Self:
        """Add a tool that the server runs, as the wire has it: `{"type": "web_search"}`."""
        added = as_object(as_json(dict(tool)))
        return self._with(replace(self._choices, native_tools=(*self._choices.native_tools, added)))

    def with_reasoning(self, effort: str | None = None, *, summary: str | None = None) -> Self:
        """Set how much the model thinks ("low", "high", …), and how it sums that up ("auto", …)."""
        return self._with_option(reasoning_effort=effort, reasoning_summary=summary)

    def with_verbosity(self, verbosity: str) -> Self:
        """Set how long responses are to be: "low", "medium" or "high"."""
        return self._with_option(verbosity=verbosity)

    def with_service_tier(self, tier: str) -> Self:
        """Set how soon responses come, at what price: "auto", "default", "flex", "priority", …"""
        return self._with_option(service_tier=tier)

    def with_prompt_cache_key(self, key: str) -> Self:
        """Set the key under which requests find each other's cached prompts."""
        return self._with_option(prompt_cache_key=key)

    def with_truncation(self, truncation: str) -> Self:
        """Set what happens to a conversation that is too long: "auto" drops its middle."""
        return self._with_option(truncation=truncation)

    def with_include(self, *names: str) -> Self:
        """Add something to the response, such as "web_search_call.action.sources"."""
        return self._with_option(include=(*self._choices.options.include, *names))

    def _with_option(self, **options: Any) -> Self:
        return self.with_options(replace(self._choices.options, **options))
