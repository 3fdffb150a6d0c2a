"""Requests as Acme takes them. Pure: nothing here waits, and nothing of a request is changed."""

from __future__ import annotations

from chat_core import (
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    File,
    Message,
    Native,
    Notice,
    Opaque,
    Origin,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.wire import (
    Encoded,
    foreign_block,
    generated_file,
    joined_text,
    part_text,
    text_of,
    wire_id,
    wire_name,
)

from chat_acme.settings import RequestDefaults
from chat_acme.wire import ChatBody, SentCall, SentMessage, SentTool

_OPTIONS = ("temperature", "max_tokens", "stop", "tool_choice")
_REFUSED = ("top_p", "top_k", "seed", "frequency_penalty", "presence_penalty", "reasoning_effort")


def encode(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults, stream: bool) -> Encoded:
    """Return the body of a turn. Raises `ConfigurationError` for what the wire cannot carry, and
    `UnresolvedTool` for calls without a result.
    """
    if request.output is not None:
        raise ConfigurationError("Acme has no typed output: build the chat without with_structured_output")
    notices: dict[Notice, None] = {}  # each once, in order
    messages = [sent for message in request.messages for sent in _messages(message, notices)]
    if not messages or messages[-1]["role"] in ("model", "system"):
        raise ConfigurationError("Acme needs something to respond to: messages.add_user(...) first")
    body: ChatBody = {
        "model": origin.model,
        "messages": messages,
        "stream": stream,
        "safe": defaults.safe,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    _add_options(body, request.options)
    return Encoded({**body, **defaults.extra}, tuple(notices))


def _messages(message: Message, notices: dict[Notice, None]) -> list[SentMessage]:
    if message.role == "model":
        return _model_messages(message, notices)
    text = joined_text(message.parts) if message.role == "system" else _user_text(message, notices)
    return [{"role": message.role, "text": text}] if text.strip() else []  # blank texts are refused


def _user_text(message: Message, notices: dict[Notice, None]) -> str:
    texts: list[str] = []
    for part in message.parts:
        match part:
            case File():
                raise ConfigurationError(f"Acme reads no files, and this is {part.mimetype}: send its text")
            case Opaque(native):
                notices[foreign_block(native)] = None
            case _:
                texts.append(text_of(part, "user"))
    return "\n\n".join(texts)


def _model_messages(message: Message, notices: dict[Notice, None]) -> list[SentMessage]:
    """Return a turn of the model, and the results of its calls. What the wire has no place for is noticed:
    it may come from another provider, and must not stop the conversation.
    """
    texts: list[str] = []
    calls: list[SentCall] = []
    for part in message.parts:
        match part:
            case Text() | Structured():
                texts.append(part_text(part))
            case Refusal(text):
                texts.append(text)
            case ToolCall():
                calls.append(_call(part))
            case File():
                notices[generated_file(part)] = None
            case Reasoning(native=native) | Opaque(native):
                notices[_unsent(native)] = None
    text = "".join(texts)
    if not text.strip() and not calls:
        return []
    turn: SentMessage = {"role": "model", "text": text if text.strip() else ""}
    if calls:
        turn["calls"] = calls
    results: list[SentMessage] = [
        {"role": "result", "call": wire_id(call.id), "text": outcome} for call, outcome in message.outcomes()
    ]
    return [turn, *results]


def _unsent(native: Native | None) -> Notice:
    return foreign_block(native) if native is not None else Notice("messages", "reasoning was not sent")


def _call(call: ToolCall) -> SentCall:
    return {"id": wire_id(call.id), "name": wire_name(call.name), "arguments": call.arguments_as_text()}


def _tool(tool: ToolDefinition) -> SentTool:
    return {"name": wire_name(tool.name), "about": tool.description, "schema": tool.parameters}


def _add_options(body: ChatBody, options: ChatOptions) -> None:
    for name in (*_REFUSED, "parallel_tool_calls"):
        if getattr(options, name) is not None:
            raise ConfigurationError(f"Acme has no option {name}: it takes {', '.join(_OPTIONS)}")
    if options.temperature is not None:
        body["temperature"] = options.temperature
    if options.max_tokens is not None:
        body["max_tokens"] = options.max_tokens
    if options.stop is not None:
        body["stop"] = [options.stop] if isinstance(options.stop, str) else list(options.stop)
    if options.tool_choice is not None:
        body["tool_choice"] = options.tool_choice
