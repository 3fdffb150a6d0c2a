"""From a core request to the body of a Responses request."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chat_core import (
    ChatOptions,
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
    Refusal,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    UnresolvedTool,
)
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire.strict_schema import strict_schema
from chat_core.wire.tool_calls import read_arguments
from chat_core.wire.write import dump

from chat_responses.items import call_id, restored, without
from chat_responses.memory import Chained, Conversation, Memory, Stateless
from chat_responses.options import ResponsesOptions
from chat_responses.wire import (
    ContentPart,
    FunctionTool,
    InputFile,
    InputImage,
    InputItem,
    InputText,
    TextFormat,
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request body, what of the request it does not say, and the response that it continues."""

    body: bytes
    notices: tuple[Notice, ...] = ()
    continues: str | None = None


def encode(
    request: ChatRequest,
    *,
    origin: Origin,
    options: ResponsesOptions = ResponsesOptions(),
    memory: Memory = Stateless(),
    tools: Sequence[JsonObject] = (),
    strict: bool = True,
    background: bool = False,
    extra: Mapping[str, object] | None = None,
    stream: bool = False,
    whole: bool = False,
) -> Encoded:
    """The body of the request; `tools` are native ones, and `extra` is merged last. With `whole` the full history is sent, whoever
    remembers it. Raises `ConfigurationError` for what the wire cannot say, `UnresolvedTool` for calls that have no outcome yet."""
    history = _History(request, origin, memory, whole=whole)
    body: dict[str, object] = {"model": origin.model, "input": history.items()}
    if history.instructions:
        body["instructions"] = history.instructions
    body |= _state(memory, history.continues) | _options(request, options, memory, tools)
    if request.tools or tools:
        body["tools"] = [*(_tool(tool) for tool in request.tools), *tools]
    if text := _text(request.output, options, strict):
        body["text"] = text
    if background:
        body["background"] = True
        body["store"] = True
    if stream:
        body["stream"] = True
    return Encoded(dump(body | dict(extra or {})), tuple(history.notices), history.continues)


COUNTED = (
    *(
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "reasoning",
        "text",
        "truncation",
        "parallel_tool_calls",
    ),
    *("previous_response_id", "conversation", "personality"),
)


def counted(body: bytes) -> bytes:
    """A request's body as the token count takes it, which refuses what does not count."""
    return dump({name: value for name, value in as_object(json.loads(body)).items() if name in COUNTED})


class _History:
    """A conversation as input items. What the server remembers is left out."""

    def __init__(self, request: ChatRequest, origin: Origin, memory: Memory, *, whole: bool) -> None:
        self._messages = list(request.messages)
        self._origin = origin
        self._stored = memory != Stateless() and not whole
        self.notices: list[Notice] = []
        self.continues: str | None = None
        told = self._told() if self._stored else None
        first = next(
            (at for at, message in enumerate(self._messages) if message.role != "system"), len(self._messages)
        )
        self.instructions = "\n\n".join(
            _only_text(part) for message in self._messages[:first] for part in message.parts
        )
        self._start = first if told is None else told + 1
        self._told_at = told
        if told is not None and isinstance(memory, Chained):
            turn = self._messages[told].turn
            self.continues = turn.id if turn else None

    def items(self) -> list[InputItem]:
        """The items to send. There has to be one."""
        items: list[InputItem] = []
        if self._told_at is not None:
            items += self._outputs(self._messages[self._told_at].tool_calls)
        for message in self._messages[self._start :]:
            items += self._message(message)
        return items or [{"role": "user", "content": ""}]

    def _told(self) -> int | None:
        """Where the last turn stands that the server has: a finished one, from where we send to, with the id of its response."""
        for at in range(len(self._messages) - 1, -1, -1):
            message = self._messages[at]
            if message.role == "model":
                known = bool(message.turn and message.turn.id) and not message.interrupted
                ours = any(
                    part.native is not None and part.native.origin == self._origin for part in message.parts
                )
                return at if known and ours else None
        return None

    def _message(self, message: Message) -> Iterator[InputItem]:
        match message.role:
            case "system":
                yield {
                    "role": "developer",
                    "content": "\n\n".join(_only_text(part) for part in message.parts),
                }
            case "user":
                yield from self._user(message.parts)
            case "model":
                yield from self._model(message)
                yield from self._outputs(message.tool_calls)

    def _user(self, parts: list[Part]) -> Iterator[InputItem]:
        said: list[Part] = []
        for part in parts:
            if isinstance(
                part, Opaque
            ):  # an item of the user's, such as the answer to an MCP server's request
                if item := part.native.for_(self._origin):
                    yield item
                else:
                    self.notices.append(_unsent(part.native))
            else:
                said.append(part)
        match said:
            case [Text(text)]:
                yield {"role": "user", "content": text}
            case []:
                pass
            case _:
                yield {"role": "user", "content": [_content_part(part) for part in said]}

    def _model(self, message: Message) -> Iterator[InputItem]:
        """A model's turn: each part as the item that it came in, to where it came from, else as plain text and calls."""
        open_message: JsonObject | None = None  # one whose further contents are parts of their own
        orphaned = False  # the server looks for the reasoning before an item that has an id
        for part in message.parts:
            item = _item(part, self._origin)
            if (
                isinstance(part, Reasoning)
                and item is not None
                and not (self._stored or _can_be_resent(item))
            ):
                item, orphaned = None, True
            if item is not None and orphaned:
                item = _without_id(part, item)
            if item is not None and open_message is not None and _same_message(open_message, item):
                open_message["content"] = [*as_list(open_message["content"]), *as_list(item["content"])]
                continue
            open_message = None
            if item is None:
                yield from self._plain(part)
            else:
                open_message = item = dict(item)
                yield item

    def _plain(self, part: Part) -> Iterator[InputItem]:
        match part:
            case Text() | Structured():
                if text := _only_text(part):
                    yield {"role": "assistant", "content": text}
            case Refusal(text):
                yield {"role": "assistant", "content": text}
            case ToolCall():
                yield {
                    "type": "function_call",
                    "call_id": _id(part.id),
                    "name": part.name,
                    "arguments": _arguments(part),
                }
            case File(kind="audio" | "video" as kind):
                self.notices.append(
                    Notice(
                        "messages", f"{kind} that the model made has no place on this wire, and was not sent"
                    )
                )
            case File():
                about = InputText(type="input_text", text="A file that you made:")
                yield {"role": "user", "content": [about, _file(part)]}
            case Opaque(native) if native.origin != self._origin:
                self.notices.append(_unsent(native))
            case Reasoning() | Opaque():
                pass

    def _outputs(self, calls: list[ToolCall]) -> Iterator[InputItem]:
        if unresolved := tuple(call for call in calls if not call.resolved):
            raise UnresolvedTool(unresolved)
        for call in calls:
            item = _item(call, self._origin)
            custom = item is not None and item.get("type") == "custom_tool_call"
            about: list[ContentPart] = [InputText(type="input_text", text=call.outcome())]
            yield {
                "type": "custom_tool_call_output" if custom else "function_call_output",
                "call_id": call_id(item) if item is not None else _id(call.id),
                "output": [*about, *map(_file, call.files)] if call.files else call.outcome(),
            }


def _item(part: Part, origin: Origin) -> JsonObject | None:
    """The item that a part came in, if it came from there."""
    native = part.native
    item = native.for_(origin) if native is not None else None
    if item is None or "type" not in item:
        return None
    match part:
        case ToolCall() if item.get("type") == "function_call":
            return {**item, "arguments": _arguments(part)}
        case Structured() if item.get("type") == "message":  # it was a text before it was read
            return restored(Text(part.as_text()), item)
        case Opaque() if item.get("type") == "web_search_call":
            action: JsonObject = {
                name: value for name, value in as_object(item.get("action")).items() if value is not None
            }
            return {**item, "action": action} if action else item
        case _:
            return restored(part, item)


def _can_be_resent(item: JsonObject) -> bool:
    """Whether reasoning means something to a server that does not remember it: it is sealed, or in plain words."""
    return bool(item.get("encrypted_content") or as_list(item.get("content")))


def _without_id(part: Part, item: JsonObject) -> JsonObject:
    match part:
        case ToolCall():
            return without(item, "id")
        case Text() | Structured() | Refusal():
            said = part.as_text() if isinstance(part, Structured) else part.text
            phase: JsonObject = {"phase": item["phase"]} if item.get("phase") else {}
            return {"role": "assistant", "content": said, **phase}
        case _:
            return item


def _same_message(one: JsonObject, other: JsonObject) -> bool:
    return (
        one.get("type") == "message"
        and bool(one.get("id"))
        and without(one, "content") == without(other, "content")
    )


def _unsent(native: Native) -> Notice:
    return Notice("messages", f"a block that only {native.origin.provider} can read was not sent")


def _content_part(part: Part) -> ContentPart:
    match part:
        case Text() | Structured():
            return InputText(type="input_text", text=_only_text(part))
        case File():
            return _file(part)
        case _:
            raise ConfigurationError(
                f"a user's message cannot hold {type(part).__name__}; it holds text, files and structured values"
            )


def _only_text(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case Structured():
            return part.as_text()
        case _:
            raise ConfigurationError(f"a system message holds text, not {type(part).__name__}")


def _id(id: str) -> str:
    """A call's id from elsewhere, as this wire takes it."""
    return (
        id
        if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id)
        else f"call_{hashlib.sha256(id.encode()).hexdigest()[:32]}"
    )


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


def _file(file: File) -> ContentPart:
    match file.kind:
        case "image":
            shown = InputImage(type="input_image", detail="auto")
            if file.id is not None:
                shown["file_id"] = file.id
            else:
                shown["image_url"] = file.url or file.data_url()
            return shown
        case "document":
            sent = InputFile(type="input_file")
            if file.id is not None:
                sent["file_id"] = file.id
            elif file.url is not None:
                sent["file_url"] = file.url
            else:
                sent["filename"] = file.name or _name(file)
                sent["file_data"] = file.data_url()
            return sent
        case "audio" | "video" as kind:
            raise ConfigurationError(f"this wire takes no {kind}; it takes images and documents")


def _name(file: File) -> str:
    """A name for a document without one: the server reads its kind from the ending."""
    ending = (file.mimetype or "").partition(";")[0].rpartition("/")[2]
    return f"document.{ {'plain': 'txt', 'markdown': 'md'}.get(ending, ending) }".rstrip(".")


def _state(memory: Memory, continues: str | None) -> dict[str, object]:
    match memory:
        case Stateless():
            return {"store": False}
        case Chained(store):
            chain: dict[str, object] = {"previous_response_id": continues} if continues else {}
            return {"store": store, **chain}
        case Conversation(id):
            return {"conversation": id}


def _options(
    request: ChatRequest, options: ResponsesOptions, memory: Memory, native: Sequence[JsonObject]
) -> dict[str, object]:
    asked = request.options
    for name, value in (
        *(("top_k", asked.top_k), ("stop", asked.stop), ("seed", asked.seed)),
        *(("frequency_penalty", asked.frequency_penalty), ("presence_penalty", asked.presence_penalty)),
    ):
        if value is not None:
            raise ConfigurationError(
                f"the Responses wire has no {name}; a server that does takes it by .with_extra_body(...)"
            )
    reasoning = options.reasoning(asked.reasoning_effort)
    include = list(options.include)
    if reasoning and not isinstance(memory, Conversation) and memory != Chained() and _SEALED not in include:
        include.append(
            _SEALED
        )  # some servers hand it out only when asked; without it the next turn starts to think anew
    body: dict[str, object] = {
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "max_output_tokens": asked.max_tokens,
        "tool_choice": _tool_choice(asked, request.tools, native),
        "parallel_tool_calls": asked.parallel_tool_calls if request.tools or native else None,
        "reasoning": reasoning or None,
        "include": include or None,
    }
    return {name: value for name, value in body.items() if value is not None} | options.body()


_SEALED = "reasoning.encrypted_content"


def _tool_choice(
    options: ChatOptions, tools: Sequence[ToolDefinition], native: Sequence[JsonObject]
) -> object:
    choice = options.tool_choice
    if choice is None or (not (tools or native) and choice in ("auto", "none")):
        return None
    if choice in ("auto", "none", "required") and (tools or native):
        return choice
    if any(tool.name == choice for tool in tools):
        return {"type": "function", "name": choice}
    for tool in native:
        if choice == as_text(tool.get("name")):
            return {"type": as_text(tool.get("type")), "name": choice}
        if choice == as_text(tool.get("server_label")):
            return {"type": "mcp", "server_label": choice}
        if choice == as_text(tool.get("type")):
            return {"type": choice}
    raise ConfigurationError(f"tool_choice={choice!r}: there is no such tool")


def _tool(tool: ToolDefinition) -> FunctionTool:
    sent = FunctionTool(type="function", name=tool.name, parameters=tool.parameters, strict=bool(tool.strict))
    if tool.strict:
        sent["parameters"] = strict_schema(tool.parameters, f"tool {tool.name}")
    if tool.description:
        sent["description"] = tool.description
    return sent


def _text(output: OutputSchema | None, options: ResponsesOptions, strict: bool) -> dict[str, object]:
    text: dict[str, object] = {}
    if output is not None:
        schema = strict_schema(output.schema, "the output type") if strict else output.schema
        form = TextFormat(type="json_schema", name=output.name, schema=schema, strict=strict)
        if output.description:
            form["description"] = output.description
        text["format"] = form
    if options.verbosity is not None:
        text["verbosity"] = options.verbosity
    return text
