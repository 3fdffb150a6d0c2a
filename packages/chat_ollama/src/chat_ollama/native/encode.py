"""From a core request to the body of `/api/chat`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chat_completions.dialect import Dialect
from chat_completions.encode import Encoded
from chat_completions.options import CompletionsOptions
from chat_core import (
    ChatRequest,
    ConfigurationError,
    File,
    Message,
    Notice,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    UnresolvedTool,
)
from chat_core.wire.write import dump

from chat_ollama.native.options import NativeOptions, merged, think
from chat_ollama.native.wire import SentCall, SentMessage, SentTool

_NO_OPTIONS = CompletionsOptions()
_NOTHING: Mapping[str, object] = {}
_KNOWN = frozenset(
    {"logprobs", "top_logprobs"}
)  # what the two surfaces have in common beyond the common options


def encode(
    request: ChatRequest,
    *,
    origin: Origin,
    dialect: Dialect,
    native: NativeOptions,
    options: CompletionsOptions = _NO_OPTIONS,
    extra: Mapping[str, object] = _NOTHING,
    stream: bool = False,
) -> Encoded:
    """The body of the request; `extra` is merged last. Raises `ConfigurationError` for what the wire cannot say, `UnresolvedTool`
    for calls that have no outcome yet."""
    messages = _Messages(origin, dialect)
    body: dict[str, object] = {
        "model": origin.model,
        "messages": [sent for message in request.messages for sent in messages.encode(message)],
        "stream": stream,  # left out, it would stream
        **native.body(),
        **_own(options),
    }
    if given := _options(request, native):
        body["options"] = given
    effort = request.options.reasoning_effort
    if (depth := native.think if effort is None else think(effort)) is not None:
        body["think"] = depth
    notices = messages.notices
    if tools := _offered(request):
        body["tools"] = [_tool(tool) for tool in tools]
        if any(tool.strict for tool in tools):
            notices.append(Notice("strict", f"{dialect.name} does not hold models to a tool's schema"))
    if request.output is not None:
        body["format"] = request.output.schema  # the server holds the model to it by a grammar
    return Encoded(dump(merged(body, extra)), tuple(notices))


def _own(options: CompletionsOptions) -> Mapping[str, object]:
    given = options.body()
    if lacking := sorted(given.keys() - _KNOWN):
        raise ConfigurationError(
            f"ollama's own API has no {', '.join(lacking)}: leave it out of .with_options(...), or leave out what only that API has"
        )
    return given


def _options(request: ChatRequest, native: NativeOptions) -> dict[str, object]:
    """The model's parameters: the builder's, and the request's, which win."""
    options = request.options
    if options.parallel_tool_calls is not None and request.tools:
        raise ConfigurationError("ollama has no parallel_tool_calls: leave it out")
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
    own = native.body().get("options")
    return (own if isinstance(own, dict) else {}) | {
        name: value for name, value in given.items() if value is not None
    }


def _offered(request: ChatRequest) -> Sequence[ToolDefinition]:
    """The tools to name. Raises `ConfigurationError` for a choice that the server cannot be told."""
    match request.options.tool_choice:
        case None | "auto":
            return request.tools
        case "none":
            return ()
        case _:
            raise ConfigurationError("ollama cannot be made to call a tool: leave tool_choice out")


def _tool(tool: ToolDefinition) -> SentTool:
    sent: SentTool = {"type": "function", "function": {"name": tool.name, "parameters": tool.parameters}}
    if tool.description:
        sent["function"]["description"] = tool.description
    return sent


class _Messages:
    def __init__(self, origin: Origin, dialect: Dialect) -> None:
        self._origin = origin
        self._replay = dialect.replay_reasoning
        self.notices: list[Notice] = []

    def encode(self, message: Message) -> Iterator[SentMessage]:
        match message.role:
            case "system":
                yield {"role": "system", "content": "\n\n".join(_only_text(part) for part in message.parts)}
            case "user":
                yield from _said(message.parts)
            case "model":
                yield self._assistant(message)
                yield from self._results(message.tool_calls)

    def _assistant(self, message: Message) -> SentMessage:
        calls = message.tool_calls
        sent: SentMessage = {"role": "assistant", "content": ""}
        replays = self._replay == "always" or (bool(calls) and self._replay == "tools")
        for part in message.parts:
            match part:
                case Text() | Structured():
                    sent["content"] += _only_text(part)
                case Refusal(text):
                    sent["content"] += text
                case Reasoning(text, native=native) if (
                    replays and text and native and native.for_(self._origin)
                ):
                    sent["thinking"] = sent.get("thinking", "") + text
                case File():
                    self._leave_out(
                        f"a generated {part.kind} was not sent back: this wire has no place for it"
                    )
                case Opaque(native):
                    self._leave_out(f"a block that only {native.origin.provider} can read was not sent")
                case _:
                    pass
        if calls:
            sent["tool_calls"] = [_call(call) for call in calls]
        return sent

    def _results(self, calls: list[ToolCall]) -> Iterator[SentMessage]:
        if unresolved := tuple(call for call in calls if not call.resolved):
            raise UnresolvedTool(unresolved)
        for call in calls:
            yield {"role": "tool", "content": call.outcome(), "tool_name": call.name, "tool_call_id": call.id}
        for call in calls:
            if call.files:  # a tool's message holds text only
                about = Text(f"What {call.name} returned for call {call.id}:")
                yield from _said([about, *(self._shown(file) for file in call.files)])

    def _shown(self, file: File) -> File | Text:
        """A file from a tool. One that the wire cannot say must not keep the conversation from going on."""
        try:
            _image(file)
        except ConfigurationError as exc:
            self._leave_out(f"a file that a tool returned was not sent: {exc}")
            return Text(f"(a file of type {file.mimetype}, which cannot be shown here)")
        return file

    def _leave_out(self, why: str) -> None:
        self.notices.append(Notice("messages", why))


def _said(parts: Sequence[Part]) -> Iterator[SentMessage]:
    """A user's parts in order. A message holds one run of text and one of pictures, so that more runs take more messages."""
    texts: list[str] = []
    images: list[str] = []
    before: type[Part] | None = None
    for part in parts:
        kind = File if isinstance(part, File) else Text
        if kind is not before and (images if kind is File else texts):
            yield _user(texts, images)
            texts, images = [], []
        before = kind
        if isinstance(part, File):
            images.append(_image(part))
        else:
            texts.append(_only_text(part, "a user's message holds text, pictures and structured values"))
    yield _user(texts, images)


def _user(texts: list[str], images: list[str]) -> SentMessage:
    sent: SentMessage = {"role": "user", "content": "\n\n".join(texts)}
    if images:
        sent["images"] = images
    return sent


def _only_text(part: Part, holds: str = "a system message holds text") -> str:
    match part:
        case Text(text):
            return text
        case Structured():
            return part.as_text()
        case _:
            raise ConfigurationError(f"{holds}, not {type(part).__name__}")


def _image(file: File) -> str:
    if file.kind != "image":
        raise ConfigurationError(f"ollama takes no {file.kind}: it takes text and images")
    if file.url is not None:
        raise ConfigurationError(f"ollama fetches no pictures: read {file.url} and pass File.from_bytes(...)")
    return file.base64()


def _call(call: ToolCall) -> SentCall:
    return {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}}
