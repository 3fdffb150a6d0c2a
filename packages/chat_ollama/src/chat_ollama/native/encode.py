"""From a core request to the body of a request to `/api/chat`, and to the other native paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    UnresolvedTool,
)
from chat_core.sent import dump

from chat_ollama.native.wire import FunctionTool, SentMessage
from chat_ollama.options import NativeOptions


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request body, and what of the request it does not say."""

    body: bytes
    notices: tuple[Notice, ...] = ()


def encode(
    request: ChatRequest,
    *,
    origin: Origin,
    native: NativeOptions,
    logprobs: Mapping[str, object],
    extra: Mapping[str, object],
    stream: bool,
) -> Encoded:
    """The body of the request; `extra` is merged last. Raises `ConfigurationError` for what the wire cannot say, `UnresolvedTool`
    for calls that have no outcome yet."""
    messages = _Messages(origin)
    body: dict[str, object] = {
        "model": origin.model,
        "messages": [sent for message in request.messages for sent in messages.encode(message)],
        "stream": stream,  # unsaid, it would be true
    }
    tools: list[FunctionTool] = [
        {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}}
        for tool in request.tools
    ]
    if tools and _may_call(request.options):
        body["tools"] = tools
        if any(tool.strict for tool in request.tools):
            messages.notices.append(Notice("strict", "ollama does not hold models to a tool's schema"))
    if request.output is not None:
        body["format"] = request.output.schema
    think = native.think if request.options.reasoning_effort is None else _think(request.options.reasoning_effort)
    body |= {name: value for name, value in (("think", think), ("keep_alive", native.keep_alive)) if value is not None}
    if options := _options(request.options) | dict(native.options):
        body["options"] = options
    return Encoded(dump(body | dict(logprobs) | dict(extra)), tuple(messages.notices))


def encode_embeddings(
    inputs: Sequence[str], *, model: str, native: NativeOptions, dimensions: int | None, extra: Mapping[str, object]
) -> bytes:
    """The body of a request to `/api/embed`."""
    body: dict[str, object] = {"model": model, "input": list(inputs)}
    if dimensions is not None:
        body["dimensions"] = dimensions
    if native.keep_alive is not None:
        body["keep_alive"] = native.keep_alive
    if native.options:
        body["options"] = dict(native.options)
    return dump(body | dict(extra))


class _Messages:
    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self.notices: list[Notice] = []

    def encode(self, message: Message) -> Iterator[SentMessage]:
        match message.role:
            case "system":
                yield {"role": "system", "content": "\n\n".join(self._texts(message))}
            case "user":
                yield self._user(message)
            case "model":
                yield self._assistant(message)
                yield from self._results(message.tool_calls)

    def _texts(self, message: Message) -> Iterator[str]:
        for part in message.parts:
            match part:
                case Text(text):
                    yield text
                case Structured():
                    yield part.as_text()
                case File() if message.role == "user":
                    pass
                case _:
                    raise ConfigurationError(f"a {message.role} message cannot hold {type(part).__name__} here")

    def _user(self, message: Message) -> SentMessage:
        sent: SentMessage = {"role": "user", "content": "\n\n".join(self._texts(message))}
        if images := [_image(file) for file in message.files]:
            sent["images"] = images
        return sent

    def _assistant(self, message: Message) -> SentMessage:
        calls = message.tool_calls
        sent: SentMessage = {"role": "assistant", "content": message.text or message.refusal or ""}
        for part in message.parts:
            match part:
                case Reasoning(text, native=Native() as native) if calls and native.for_(self._origin):
                    sent["thinking"] = sent.get("thinking", "") + text
                case File(kind=kind):
                    self.notices.append(Notice("messages", f"a generated {kind} was not sent back: this wire has no place for it"))
                case Opaque(native):
                    self.notices.append(Notice("messages", f"a block that only {native.origin.provider} can read was not sent"))
                case Text() | Structured() | Refusal() | Reasoning() | ToolCall():
                    pass
        if calls:
            sent["tool_calls"] = [{"id": call.id, "function": {"name": call.name, "arguments": call.arguments}} for call in calls]
        return sent

    def _results(self, calls: list[ToolCall]) -> Iterator[SentMessage]:
        if unresolved := tuple(call for call in calls if not call.resolved):
            raise UnresolvedTool(unresolved)
        for call in calls:
            sent: SentMessage = {"role": "tool", "content": call.outcome(), "tool_name": call.name, "tool_call_id": call.id}
            if images := [image for file in call.files if (image := self._returned(file))]:
                sent["images"] = images
            yield sent

    def _returned(self, file: File) -> str | None:
        """A picture from a tool. One that the wire cannot say must not keep the conversation from going on."""
        try:
            return _image(file)
        except ConfigurationError as exc:
            self.notices.append(Notice("messages", f"a file that a tool returned was not sent: {exc}"))
            return None


def _image(file: File) -> str:
    if file.kind != "image":
        raise ConfigurationError(f"ollama takes no {file.kind}: it takes text and images")
    if file.data is None:
        raise ConfigurationError(f"ollama fetches no pictures: read {file.url or file.id} and pass File.from_bytes(...)")
    return file.base64()


def _may_call(options: ChatOptions) -> bool:
    if options.tool_choice not in (None, "auto", "none"):
        raise ConfigurationError("ollama cannot be made to call a tool: leave tool_choice out")
    if options.parallel_tool_calls is not None:
        raise ConfigurationError("ollama has no parallel_tool_calls: leave it out")
    return options.tool_choice != "none"


_THINK: dict[str, bool | str] = {"none": False, "minimal": "low", "xhigh": "max", "ultra": "max"}


def _think(effort: str) -> bool | str:
    if effort not in (*_THINK, "low", "medium", "high", "max"):
        raise ConfigurationError(f"reasoning_effort={effort!r}: ollama knows none, low, medium, high and max")
    return _THINK.get(effort, effort)


def _options(options: ChatOptions) -> dict[str, object]:
    given: dict[str, object] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "top_k": options.top_k,
        "num_predict": options.max_tokens,
        "stop": [options.stop] if isinstance(options.stop, str) else options.stop and list(options.stop),
        "seed": options.seed,
        "frequency_penalty": options.frequency_penalty,
        "presence_penalty": options.presence_penalty,
    }
    return {name: value for name, value in given.items() if value is not None}
