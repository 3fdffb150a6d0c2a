"""From a core request to the body of a Messages request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import cast

from chat_core import (
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    JsonObject,
    JsonValue,
    Notice,
    Origin,
    OutputSchema,
    ToolDefinition,
)
from chat_core.types.json_values import as_json, as_list, as_object, as_text
from chat_core.wire.write import dump

from chat_claude.conversation import Conversation, Sealed
from chat_claude.models import Traits
from chat_claude.options import Manner
from chat_claude.prefix import digests, prefix_of_answer
from chat_claude.schema import HeldSchemas
from chat_claude.wire import SIGNED, Block, ClientTool, SentMessage, ToolChoice

_MAX_TOKENS = 16_384  # where nothing is asked for: the wire wants a number
_MOST_BREAKPOINTS = 4
_COUNTED = frozenset(
    {"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"}
)


@dataclass(frozen=True)
class Encoded:
    """A request body, the betas it needs, and what of the request it does not say."""

    content: Mapping[str, object] = field(repr=False)
    betas: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    @cached_property
    def body(self) -> bytes:
        """It as bytes. Raises `ConfigurationError` where it holds what JSON or UTF-8 cannot say."""
        return dump(self.content)

    def digest(self) -> str:
        """The digest of what the answer's thinking is bound to: made when it thinks."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return prefix_of_answer(self.content)


def encode(
    request: ChatRequest,
    *,
    origin: Origin,
    manner: Manner = Manner(),
    now: datetime | None = None,
    stream: bool = False,
    counting: bool = False,
) -> Encoded:
    """The body of the request, or of the `counting` of its tokens. `now` tells which container of code execution is still there;
    without it none is used again.

    Raises `ConfigurationError` for what the wire cannot say, `UnresolvedTool` for calls that have no outcome yet.
    """
    traits = Traits.of(origin.model)
    conversation = Conversation(request.messages, origin, traits)
    if conversation.answered and not traits.prefill and not counting:
        raise ConfigurationError(
            f"{origin.model} does not go on from a turn of its own: messages.add_user(...) first"
        )
    schemas = HeldSchemas()
    native = [tool.declaration for tool in manner.tools]
    tools: list[ClientTool | JsonObject] = [*native, *_tools(request.tools, native, manner, schemas)]
    body: dict[str, object] = {
        "model": origin.model,
        "max_tokens": _max_tokens(request.options, manner, traits),
        "system": conversation.system,
        "messages": conversation.messages,
        "tools": tools,
        "tool_choice": _tool_choice(request.options, tools, manner, traits, origin.model),
        "thinking": manner.thinking.body() if manner.thinking else None,
        "output_config": _output_config(request.options, request.output, manner, schemas),
        "cache_control": manner.cache,
        "mcp_servers": [tool.server for tool in manner.tools if tool.server],
        "container": _container(conversation, native, now),
        **_sampling(request.options, manner, traits, origin.model),
        **manner.options.body(),
    }
    schemas.check()
    _check_breakpoints(body)
    body = {name: value for name, value in body.items() if value is not None and value != []} | dict(
        manner.extra
    )
    betas, notices = [*manner.betas, *manner.options.betas()], list(conversation.notices)
    betas += [tool.beta for tool in manner.tools if tool.beta]
    if conversation.by_id and manner.version == "2023-06-01":
        betas.append("files-api-2025-04-14")
    if manner.on_changed_prefix != "send" and traits.binds_thinking and "messages" not in manner.extra:
        _heed_prefixes(body, conversation.sealed, manner, betas, notices)
    if stream:
        body["stream"] = True
    return Encoded(body, tuple(dict.fromkeys(betas)), tuple(notices))


def encode_count(request: ChatRequest, *, origin: Origin, manner: Manner) -> Encoded:
    """The same for the counting of its tokens. Raises `ConfigurationError` for what cannot be counted."""
    if any(tool.server for tool in manner.tools):
        raise ConfigurationError(
            "the tools of MCP servers cannot be counted: count with a client built without them"
        )
    encoded = encode(request, origin=origin, manner=manner, counting=True)
    counted = {name: value for name, value in encoded.content.items() if name in _COUNTED}
    return Encoded(counted, encoded.betas, encoded.notices)


def _max_tokens(options: ChatOptions, manner: Manner, traits: Traits) -> int:
    budget = manner.thinking.budget_tokens or 0 if manner.thinking else 0
    if options.max_tokens is None:
        return min(_MAX_TOKENS + budget, traits.max_tokens)
    if budget and options.max_tokens <= budget:
        raise ConfigurationError(
            f"max_tokens={options.max_tokens} has to be more than the thinking budget of {budget}"
        )
    return options.max_tokens


def _sampling(options: ChatOptions, manner: Manner, traits: Traits, model: str) -> dict[str, object]:
    for name in ("seed", "frequency_penalty", "presence_penalty"):
        if getattr(options, name) is not None:
            raise ConfigurationError(f"Claude has no {name}: leave it out")
    sampling = {"temperature": options.temperature, "top_p": options.top_p, "top_k": options.top_k}
    asked = [name for name, value in sampling.items() if value is not None]
    if asked and manner.version != "2023-06-01":
        raise ConfigurationError(
            f"version {manner.version} has no {asked[0]}: leave it out, or .with_api_version('2023-06-01')"
        )
    if asked and not traits.sampling:
        raise ConfigurationError(
            f"{model} has no {asked[0]}, as all models after the 4.6 generation: leave it out"
        )
    if manner.thinking and manner.thinking.type == "enabled":
        if options.temperature not in (None, 1, 1.0) or options.top_k is not None:
            raise ConfigurationError(
                "thinking with a budget takes neither a temperature other than 1 nor top_k: leave them out"
            )
        if options.top_p is not None and not 0.95 <= options.top_p <= 1:
            raise ConfigurationError(
                f"thinking with a budget takes top_p from 0.95 to 1, not {options.top_p}"
            )
    stop = [options.stop] if isinstance(options.stop, str) else list(options.stop or ())
    if any(not sequence.strip() for sequence in stop):
        raise ConfigurationError("a stop sequence of white space only is not possible here: leave it out")
    return {**sampling, "stop_sequences": stop}


def _output_config(
    options: ChatOptions, output: OutputSchema | None, manner: Manner, schemas: HeldSchemas
) -> JsonObject | None:
    config: JsonObject = {}
    if effort := options.reasoning_effort or (manner.thinking.effort if manner.thinking else None):
        config["effort"] = effort
    if output is not None:
        schema = output.schema
        if output.description and "description" not in schema:
            schema = {**schema, "description": output.description}
        config["format"] = {"type": "json_schema", "schema": schemas.output(schema)}
    if manner.options.task_budget is not None:
        config["task_budget"] = as_json(manner.options.task_budget)
    return config or None


def _tools(
    definitions: Sequence[ToolDefinition], native: Iterable[JsonObject], manner: Manner, schemas: HeldSchemas
) -> list[ClientTool]:
    """Those that Anthropic does not define already: the application may be what executes one that it does."""
    defined = {as_text(declaration.get("name")) for declaration in native}
    if unknown := manner.tool_settings.keys() - {definition.name for definition in definitions} - defined:
        raise ConfigurationError(f"with_tool_settings({min(unknown)!r}): the chat has no such tool")
    return [
        _tool(definition, manner, schemas) for definition in definitions if definition.name not in defined
    ]


def _tool(definition: ToolDefinition, manner: Manner, schemas: HeldSchemas) -> ClientTool:
    tool = ClientTool(name=definition.name, input_schema={"type": "object", **definition.parameters})
    if definition.description:
        tool["description"] = definition.description
    if definition.strict:
        tool["input_schema"] = schemas.tool(definition.name, definition.parameters)
        tool["strict"] = True
    return cast("ClientTool", {**tool, **manner.tool_settings.get(definition.name, {})})


def _tool_choice(
    options: ChatOptions, tools: Sequence[ClientTool | JsonObject], manner: Manner, traits: Traits, model: str
) -> ToolChoice | None:
    choice, parallel = options.tool_choice, options.parallel_tool_calls
    if not tools and choice in (None, "auto", "none"):
        return None
    names = [tool.get("name") for tool in tools]
    match choice:
        case None if parallel is None:
            return None
        case None | "auto":
            chosen = ToolChoice(type="auto")
        case "none":
            return ToolChoice(type="none")
        case "required" if tools:
            chosen = ToolChoice(type="any")
        case name if name in names:
            chosen = ToolChoice(type="tool", name=name)
        case _:
            raise ConfigurationError(f"tool_choice={choice!r}: there is no such tool")
    if chosen["type"] != "auto":
        instead = 'use tool_choice="auto" with only that tool, or .with_structured_output(...)'
        if not traits.forced_tools:
            raise ConfigurationError(f"{model} cannot be made to call a tool: {instead}")
        if manner.thinking and manner.thinking.type == "enabled":
            raise ConfigurationError(f"with a thinking budget no tool can be forced: {instead}")
    if parallel is not None:
        chosen["disable_parallel_tool_use"] = not parallel
    return chosen


def _container(conversation: Conversation, native: Sequence[JsonObject], now: datetime | None) -> str | None:
    """The container that code execution worked in last, as long as it is there."""
    if not any(declaration.get("name") == "code_execution" for declaration in native):
        return None
    held = conversation.container
    until = held.get("expires_at")
    if not isinstance(until, str):
        return cast("str | None", held.get("id"))
    return (
        cast("str | None", held.get("id"))
        if now is not None and now < datetime.fromisoformat(until)
        else None
    )


def _heed_prefixes(
    body: dict[str, object], sealed: Sequence[Sealed], manner: Manner, betas: list[str], notices: list[Notice]
) -> None:
    """What to do about thinking whose prefix is no longer what it was, before the server refuses it."""
    if not any(block.prefix for block in sealed):
        return
    current = list(digests(body))
    changed = {
        block.message: block for block in sealed if block.prefix and block.prefix != current[block.message]
    }
    if not changed:
        return
    what = "the instructions, the tools or earlier messages have changed since the model thought; its thinking is bound to them"
    if manner.on_changed_prefix == "error":
        raise ConfigurationError(f"{what}: keep them as they were, or .with_changed_prefix('drop')")
    notices.append(Notice("thinking", f"{what}, and is left out from {len(changed)} of the model's turns"))
    thinking = as_object(cast("JsonObject | None", body.get("thinking"))) or {"type": "adaptive"}
    if thinking["type"] == "adaptive":  # the server drops what does not fit, and says so
        body["thinking"] = {**thinking, "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
        betas.append("thinking-binding-controls-2026-08-01")
        return
    messages = cast("list[SentMessage]", body["messages"])
    for index in changed:
        content = cast("list[Block]", messages[index]["content"])
        messages[index] = {
            "role": "assistant",
            "content": [block for block in content if block["type"] not in SIGNED],
        }
    body["messages"] = [message for message in messages if message["content"]]


def _check_breakpoints(body: Mapping[str, object]) -> None:
    """The rules about cache breakpoints that the server would refuse."""
    places = cast("JsonObject", body)
    found = [
        control for name in ("tools", "system", "messages") for control in _breakpoints(places.get(name))
    ]
    if len(found) > _MOST_BREAKPOINTS:
        raise ConfigurationError(
            f"{len(found)} cache breakpoints, {_MOST_BREAKPOINTS} at most: mark fewer parts with cached(...)"
        )
    lifetimes = [as_object(control).get("ttl") or "5m" for control in found]
    if "5m" in lifetimes and "1h" in lifetimes[lifetimes.index("5m") :]:
        raise ConfigurationError(
            "a cache breakpoint of an hour comes after one of five minutes: the longer-lived come first"
        )


def _breakpoints(value: JsonValue) -> list[JsonObject]:
    """The breakpoints of blocks or tools, in order, those within a block before its own."""
    found: list[JsonObject] = []
    for item in as_list(value):
        if isinstance(item, dict):
            found += _breakpoints(item.get("content"))
            found += [control for control in [as_object(item.get("cache_control"))] if control]
    return found
