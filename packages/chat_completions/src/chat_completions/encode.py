"""From a core request to the body of a Chat Completions request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from chat_core import (
    ChatRequest,
    ConfigurationError,
    File,
    JsonObject,
    Message,
    Native,
    Notice,
    Opaque,
    Origin,
    OutputSchema,
    Part,
    Reasoning,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    UnresolvedTool,
)
from chat_core.types.json_values import as_object, as_text
from chat_core.wire.strict_schema import strict_schema
from chat_core.wire.tool_calls import read_arguments
from chat_core.wire.write import dump

from chat_completions.dialect import Dialect
from chat_completions.options import CompletionsOptions
from chat_completions.thinktags import THINK
from chat_completions.wire import (
    AssistantMessage,
    AudioPart,
    ContentPart,
    CustomCall,
    FileData,
    FilePart,
    FunctionCall,
    FunctionTool,
    ImagePart,
    JsonSchema,
    ResponseFormat,
    SentMessage,
    SystemMessage,
    TextPart,
    ToolMessage,
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request body, and what of the request it does not say."""

    body: bytes
    notices: tuple[Notice, ...] = ()


def encode(
    request: ChatRequest,
    *,
    origin: Origin,
    dialect: Dialect,
    options: CompletionsOptions = CompletionsOptions(),
    strict: bool = True,
    extra: Mapping[str, object] | None = None,
    stream: bool = False,
) -> Encoded:
    """The body of the request; `extra` is merged last. Raises `ConfigurationError` for what the wire cannot say, `UnresolvedTool`
    for calls that have no outcome yet."""
    messages = _Messages(origin, dialect)
    body: dict[str, object] = {
        "model": origin.model,
        "messages": [sent for m in request.messages for sent in messages.encode(m)],
    }
    body |= _options(request, dialect, options)
    notices = [*messages.notices, *_without_effect(body, dialect)]
    if tools := _offered(request, dialect):
        body["tools"] = [_tool(tool, dialect) for tool in tools]
        if not dialect.strict and any(tool.strict for tool in tools):
            notices.append(Notice("strict", f"{dialect.name} does not hold models to a tool's schema"))
    if request.output is not None:
        if dialect.output == "json":
            body["response_format"] = {"type": "json_object"}
            body["messages"] = [_told(request.output, dialect), *cast("list[object]", body["messages"])]
            notices.append(
                Notice(
                    "output",
                    f"{dialect.name} takes no schema for its answers, so the model was told it in words",
                )
            )
        else:
            body["response_format"] = _response_format(request.output, dialect, strict)
    if stream:
        body["stream"] = True
        if dialect.stream_usage:
            body["stream_options"] = {"include_usage": True}
    return Encoded(dump(body | dict(extra or {})), tuple(notices))


class _Messages:
    def __init__(self, origin: Origin, dialect: Dialect) -> None:
        self._origin = origin
        self._dialect = dialect
        self.notices: list[Notice] = []

    def encode(self, message: Message) -> Iterator[SentMessage]:
        match message.role:
            case "system":
                yield {
                    "role": self._dialect.system_role,
                    "content": "\n\n".join(_only_text(part) for part in message.parts),
                }
            case "user":
                yield {"role": "user", "content": self._content(message.parts)}
            case "model":
                match message.parts:
                    case [Text(text)]:  # most turns of a long history
                        yield {"role": "assistant", "content": text}
                    case _:
                        yield self._assistant(message)
                        yield from self._results(message.tool_calls)

    def _content(self, parts: list[Part]) -> str | list[ContentPart]:
        match parts:
            case [Text(text)]:
                return text
            case _:
                return self._listed([self._content_part(part) for part in parts])

    def _listed(self, content: list[ContentPart]) -> str | list[ContentPart]:
        """The parts; as one text where the server takes nothing else."""
        return (
            content
            if self._dialect.files
            else "\n\n".join(part["text"] for part in content if part["type"] == "text")
        )

    def _content_part(self, part: Part) -> ContentPart:
        match part:
            case Text() | Structured():
                return TextPart(type="text", text=_only_text(part))
            case File():
                return _file(part, self._dialect)
            case _:
                raise ConfigurationError(
                    f"a user's message cannot hold {type(part).__name__}; it holds text, files and structured values"
                )

    def _assistant(self, message: Message) -> AssistantMessage:
        calls = message.tool_calls
        replays = self._dialect.replay_reasoning == "always" or (
            bool(calls) and self._dialect.replay_reasoning == "tools"
        )
        blocks = list(self._blocks(message, replays))
        plain = all(isinstance(block, str) for block in blocks)
        sent = AssistantMessage(
            role="assistant",
            content="".join(map(str, blocks))
            if plain
            else [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks],
        )
        if calls:
            sent["tool_calls"] = [self._call(call) for call in calls]
            sent["content"] = sent["content"] or None
            if demanded := self._dialect.reasoning_demanded:
                sent[demanded] = ""
        if message.refusal is not None:
            sent["refusal"] = message.refusal
        for part in message.parts:
            match part:
                case Reasoning() if replays:
                    self._replay(part, sent)
                case File():
                    self._generated(part, sent)
                case Opaque(native) if native.for_(self._origin) is None:
                    self.notices.append(
                        Notice(
                            "messages", f"a block that only {native.origin.provider} can read was not sent"
                        )
                    )
                case _:
                    pass
        return sent

    def _blocks(self, message: Message, replays: bool) -> Iterator[str | JsonObject]:
        """What stands in the message's content, in order: texts, and blocks that came from the server we send to."""
        for part in message.parts:
            match part:
                case Text() | Structured():
                    if text := _only_text(part):
                        yield text
                case Reasoning(text, native=Native() as native) if replays:
                    known = as_object(native.for_(self._origin))
                    if thought := as_object(known.get("content")):
                        yield thought
                    elif (
                        text and known and (self._dialect.replay_as == "tags" or known.get("field") == THINK)
                    ):
                        yield f"<think>\n{text}\n</think>\n\n"
                case Opaque(native):
                    if own := native.for_(self._origin):
                        yield own
                case _:
                    pass

    def _replay(self, part: Reasoning, sent: AssistantMessage) -> None:
        """Reasoning in the very field it came in, to where it came from."""
        data = part.native.for_(self._origin) if part.native else None
        match data:
            case {"reasoning_details": list(details)}:
                sent["reasoning_details"] = [*sent.get("reasoning_details", []), *details]
            case {"thinking_blocks": list(blocks)}:
                sent["thinking_blocks"] = [*sent.get("thinking_blocks", []), *blocks]
            case _ if self._dialect.replay_as == "tags":
                pass  # it stands in the text
            case {"field": "reasoning_content"}:
                sent["reasoning_content"] = sent.get("reasoning_content", "") + part.text
            case {"field": "reasoning"}:
                sent["reasoning"] = sent.get("reasoning", "") + part.text
            case _:
                pass

    def _generated(self, file: File, sent: AssistantMessage) -> None:
        data = file.native.for_(self._origin) if file.native else None
        if data and (audio := as_text(data.get("audio_id"))):
            sent["audio"] = {"id": audio}
        else:
            self.notices.append(
                Notice(
                    "messages", f"a generated {file.kind} was not sent back: this wire has no place for it"
                )
            )

    def _call(self, call: ToolCall) -> FunctionCall | CustomCall:
        id = self._id(call.id)
        native = call.native.for_(self._origin) if call.native else None
        if native and native.get("type") == "custom":
            return {
                "id": id,
                "type": "custom",
                "custom": {"name": call.name, "input": as_text(call.arguments.get("input"))},
            }
        sent: FunctionCall = {
            "id": id,
            "type": "function",
            "function": {"name": call.name, "arguments": _arguments(call)},
        }
        if native and (extra := native.get("extra_content")):
            sent["extra_content"] = extra
        return sent

    def _results(self, calls: list[ToolCall]) -> Iterator[SentMessage]:
        if unresolved := tuple(call for call in calls if not call.resolved):
            raise UnresolvedTool(unresolved)
        for call in calls:
            content: str | list[ContentPart] = call.outcome()
            if call.files and self._dialect.files_in_results:
                content = [
                    TextPart(type="text", text=call.outcome()),
                    *(self._returned(file) for file in call.files),
                ]
            yield ToolMessage(role="tool", tool_call_id=self._id(call.id), content=content)
        for call in calls:
            if (
                call.files and not self._dialect.files_in_results
            ):  # most servers' tool messages hold text only
                about = TextPart(type="text", text=f"What {call.name} returned for call {call.id}:")
                yield {
                    "role": "user",
                    "content": self._listed([about, *(self._returned(file) for file in call.files)]),
                }

    def _returned(self, file: File) -> ContentPart:
        """A file from a tool. One that the wire cannot say must not keep the conversation from going on."""
        try:
            return _file(file, self._dialect)
        except ConfigurationError as exc:
            self.notices.append(Notice("messages", f"a file that a tool returned was not sent: {exc}"))
            return TextPart(type="text", text=f"(a file of type {file.mimetype}, which cannot be shown here)")

    def _id(self, id: str) -> str:
        if self._dialect.call_ids == "any" or (len(id) == 9 and id.isalnum() and id.isascii()):
            return id
        import hashlib  # here, because hardly any server asks for this

        return hashlib.sha256(id.encode()).hexdigest()[:9]


def _only_text(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case Structured():
            return part.as_text()
        case _:
            raise ConfigurationError(f"a system message holds text, not {type(part).__name__}")


def _arguments(call: ToolCall) -> str:
    """The model's own text, byte for byte; what was no JSON object is told in the result, since servers refuse it here."""
    text = call.arguments_text
    if text is None or not text.strip():
        return json.dumps(call.arguments, ensure_ascii=False)
    if not call.arguments:
        try:
            read_arguments(text)
        except ValueError:
            return "{}"
    return text


_AUDIO = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}


def _file(file: File, dialect: Dialect) -> ContentPart:
    if file.kind != "video" and file.kind not in dialect.files:
        raise ConfigurationError(
            f"{dialect.name} takes no {file.kind}: it takes {', '.join(['text', *sorted(dialect.files)])}"
        )
    match file.kind:
        case "image":
            if file.id is not None:
                raise ConfigurationError("this wire takes images as bytes or a url, not by id")
            if file.url is not None and not dialect.image_urls:
                raise ConfigurationError(
                    f"{dialect.name} fetches no pictures: read {file.url} and pass File.from_bytes(...)"
                )
            return ImagePart(type="image_url", image_url={"url": file.url or file.data_url()})
        case "audio":
            match _AUDIO.get(file.mimetype or ""):
                case "wav" | "mp3" as kind if file.data is not None:
                    return AudioPart(type="input_audio", input_audio={"data": file.base64(), "format": kind})
                case _:
                    raise ConfigurationError(
                        f"this wire takes audio as wav or mp3 bytes, not {file.mimetype} by {_source(file)}"
                    )
        case "video":
            raise ConfigurationError("this wire takes no video")
        case "document":
            return FilePart(type="file", file=_document(file, dialect))


def _document(file: File, dialect: Dialect) -> FileData:
    if file.id is not None:
        return {"file_id": file.id}
    if file.url is not None and not dialect.file_urls:
        image = "" if file.mimetype else "; if it is an image, say so: File.from_url(url, 'image/jpeg')"
        raise ConfigurationError(
            f"{dialect.name} fetches no documents: read {file.url} and pass File.from_bytes(...){image}"
        )
    return {"filename": file.name or "document", "file_data": file.url or file.data_url()}


def _source(file: File) -> str:
    return "id" if file.id else "url" if file.url else "bytes"


def _options(request: ChatRequest, dialect: Dialect, own: CompletionsOptions) -> dict[str, object]:
    """The fields of all options that are set. Raises `ConfigurationError` for those that the server lacks."""
    options, tools = request.options, request.tools
    given: dict[str, object] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "top_k": options.top_k,
        "max_tokens": options.max_tokens,
        "stop": options.stop if options.stop is None or isinstance(options.stop, str) else list(options.stop),
        "seed": options.seed,
        "frequency_penalty": options.frequency_penalty,
        "presence_penalty": options.presence_penalty,
        "reasoning_effort": options.reasoning_effort,
        "tool_choice": _tool_choice(options.tool_choice, tools, dialect),
        "parallel_tool_calls": options.parallel_tool_calls if tools else None,
        **own.body(),
    }
    body = {name: value for name, value in given.items() if value is not None}
    for name in sorted(dialect.lacks & body.keys()):
        raise ConfigurationError(
            f"{dialect.name} has no {name}; if it does, .with_extra_body({{{name!r}: {body[name]!r}}}) sends it"
        )
    if dialect.logprobs == "count" and body.get("logprobs"):
        body["logprobs"] = body.pop("top_logprobs", 1)
    renamed = {"max_tokens": dialect.max_tokens_field, "seed": dialect.seed_field}
    return {renamed.get(name, name): value for name, value in body.items()}


def _without_effect(body: Mapping[str, object], dialect: Dialect) -> Iterator[Notice]:
    for name in sorted(dialect.without_effect & body.keys()):
        yield Notice(name, f"{dialect.name} does not heed {name} while the model thinks")


def _tool_choice(choice: str | None, tools: Sequence[ToolDefinition], dialect: Dialect) -> object:
    if choice is None or (not tools and choice in ("auto", "none")):
        return None
    if not tools or (
        choice not in ("auto", "none", "required") and all(tool.name != choice for tool in tools)
    ):
        raise ConfigurationError(f"tool_choice={choice!r}: there is no such tool")
    if dialect.tool_choice == "none":
        if choice in ("auto", "none"):
            return None  # its default, and what `_offered` does
        raise ConfigurationError(f"{dialect.name} cannot be made to call a tool: leave tool_choice out")
    if choice in ("auto", "none", "required"):
        return choice
    return (
        "required" if dialect.tool_choice == "words" else {"type": "function", "function": {"name": choice}}
    )


def _offered(request: ChatRequest, dialect: Dialect) -> Sequence[ToolDefinition]:
    """The tools to name: all, unless leaving some out is how the choice among them is said."""
    choice, tools = request.options.tool_choice, request.tools
    if dialect.tool_choice == "none" and choice == "none":
        return ()
    if dialect.tool_choice == "words" and choice not in (None, "auto", "none", "required"):
        return [tool for tool in tools if tool.name == choice]
    return tools


def _tool(tool: ToolDefinition, dialect: Dialect) -> FunctionTool:
    function: FunctionTool = {
        "type": "function",
        "function": {"name": tool.name, "parameters": tool.parameters},
    }
    if tool.description:
        function["function"]["description"] = tool.description
    if tool.strict and dialect.strict:
        function["function"]["parameters"] = strict_schema(tool.parameters, f"tool {tool.name}")
        function["function"]["strict"] = True
    return function


def _told(output: OutputSchema, dialect: Dialect) -> SystemMessage:
    """The schema in words; servers that only know JSON want that word to be among them."""
    about = f" It is: {output.description}" if output.description else ""
    schema = json.dumps(output.schema, ensure_ascii=False)
    return {
        "role": dialect.system_role,
        "content": f"Answer with one JSON object, and nothing around it, that is valid against this JSON schema.{about}\n{schema}",
    }


def _response_format(output: OutputSchema, dialect: Dialect, strict: bool) -> ResponseFormat:
    described = JsonSchema(name=output.name, schema=output.schema)
    if strict and dialect.strict:
        described = JsonSchema(
            name=output.name, schema=strict_schema(output.schema, "the output type"), strict=True
        )
    if output.description:
        described["description"] = output.description
    return ResponseFormat(type="json_schema", json_schema=described)
