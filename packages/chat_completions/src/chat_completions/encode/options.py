"""The options of a request: the common ones, and those of this wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chat_core import ChatRequest, ConfigurationError, Notice, ToolDefinition
from chat_core.types.set_fields import set_fields
from chat_core.wire import wire_name

from chat_completions.dialect import Dialect
from chat_completions.rules import Fields
from chat_completions.settings import RequestDefaults


def encode_options(request: ChatRequest, defaults: RequestDefaults) -> dict[str, object]:
    """Return the fields of all options that are set.

    Raises `ConfigurationError` for those that the server lacks.
    """
    options, tools, dialect = request.options, request.tools, defaults.dialect
    effort, own = options.reasoning_effort, defaults.options.body()
    if not own and defaults.reasoning_effort is None and not set_fields(options):  # as of most requests
        return {}
    given: dict[str, object] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "top_k": options.top_k,
        "max_tokens": options.max_tokens,
        "stop": options.stop if options.stop is None or isinstance(options.stop, str) else list(options.stop),
        "seed": options.seed,
        "frequency_penalty": options.frequency_penalty,
        "presence_penalty": options.presence_penalty,
        "reasoning_effort": defaults.reasoning_effort if effort is None else effort,
        "tool_choice": _tool_choice(options.tool_choice, tools, dialect),
        "parallel_tool_calls": options.parallel_tool_calls if tools else None,
        **own,
    }
    body = {name: value for name, value in given.items() if value is not None}
    for name in sorted(dialect.fields.lacks & body.keys()):
        raise ConfigurationError(
            f"{dialect.name} has no {name}; if it does, .with_extra_body({{{name!r}: {body[name]!r}}}) "
            f"sends it"
        )
    return _renamed(body, dialect.fields)


def _renamed(body: dict[str, object], fields: Fields) -> dict[str, object]:
    if fields.logprobs == "count" and ("top_logprobs" in body or body.get("logprobs")):
        body["logprobs"] = body.pop("top_logprobs", 1)
    names = {"max_tokens": fields.max_tokens, "seed": fields.seed}
    return {names.get(name, name): value for name, value in body.items()}


def options_without_effect(body: Mapping[str, object], dialect: Dialect) -> Iterator[Notice]:
    """Yield a notice for each option that the server accepts and does not use while the model thinks."""
    for name in sorted(dialect.fields.without_effect & body.keys()):
        yield Notice(name, f"{dialect.name} does not use {name} while the model thinks")


def _tool_choice(choice: str | None, tools: Sequence[ToolDefinition], dialect: Dialect) -> object:
    if choice is None or (not tools and choice in ("auto", "none")):
        return None
    in_words = choice in ("auto", "none", "required")
    if not tools or (not in_words and all(tool.name != choice for tool in tools)):
        raise ConfigurationError(f"tool_choice={choice!r}: there is no such tool")
    match dialect.fields.tool_choice:
        case "none":
            if choice in ("auto", "none"):
                return None  # its default, and what `offered_tools` does
            raise ConfigurationError(f"{dialect.name} cannot be made to call a tool: leave tool_choice out")
        case "words":
            return choice if in_words else "required"
        case "named":
            return choice if in_words else {"type": "function", "function": {"name": wire_name(choice)}}
