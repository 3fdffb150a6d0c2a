"""From the settings and inputs of a session to the client's events."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from chat_core import ChatRequest, ConfigurationError, File, JsonObject, Message, Structured, Text, ToolCall
from chat_core.types.json_values import as_text
from chat_core.types.options import ChatOptions
from chat_core.wire import joined_text, part_text, strict_schema, wire_id, wire_name

from chat_openai.realtime.settings import PCM_RATE, SessionDefaults

_PCM = {"type": "audio/pcm", "rate": PCM_RATE}
Frame = dict[str, object]


def session_update(request: ChatRequest, defaults: SessionDefaults) -> Frame:
    """Return the event that sets a session up. Raises `ConfigurationError` for what a session cannot have."""
    if request.output is not None:
        raise ConfigurationError("a session has no typed output: use chat.complete or chat.stream for it")
    _check_options(request.options, defaults)
    if defaults.output == "text" and not defaults.dialect.text_output:
        raise ConfigurationError(
            f"{defaults.dialect.server.name} answers in audio only: leave out with_output('text')"
        )
    session: Frame = {"instructions": _instructions(request)}
    match defaults.dialect.form:
        case "nested":
            session |= {"type": "realtime", **_nested(defaults)}
        case "flat":
            session |= _flat(defaults)
        case "mixed":
            session |= _mixed(defaults)
    tools = [*(_function(request, at) for at in range(len(request.tools))), *defaults.native_tools]
    if tools:
        session["tools"] = tools
    session |= _options(request, defaults)
    return {"type": "session.update", "session": _merged(session, defaults.extra)}


def user_item(message: Message) -> Frame:
    """Return the event that adds a user's message.

    Raises `ConfigurationError` for files that are neither images nor sounds with their bytes.
    """
    content = [_user_part(part) for part in message.parts]
    return _create({"type": "message", "role": "user", "content": content})


def history_items(messages: Iterable[Message]) -> Iterator[Frame]:
    """Yield the events that add the turns of a history.

    Speech of the model cannot be added anywhere: its transcript is. Reasoning and blocks of other wires are
    left out.
    """
    for message in messages:
        if message.role == "user":
            yield user_item(message)
        elif message.role == "system":
            content = [{"type": "input_text", "text": joined_text(message.parts)}]
            yield _create({"type": "message", "role": "system", "content": content})
        else:
            yield from _model_items(message)


def result_item(call: ToolCall) -> Frame:
    """Return the event that answers a call."""
    item = {"type": "function_call_output", "call_id": _call_id(call), "output": call.outcome()}
    return _create(item)


def call_items(calls: Iterable[ToolCall]) -> Iterator[Frame]:
    """Yield the events that add calls and their results; those that are not resolved are left out."""
    for call in calls:
        if call.resolved:
            item = {
                "type": "function_call",
                "call_id": _call_id(call),
                "name": wire_name(call.name),
                "arguments": call.arguments_as_text(),
            }
            yield _create(item)
            yield result_item(call)


def append_audio(data: bytes) -> Frame:
    """Return the event that adds to the user's speech."""
    return {"type": "input_audio_buffer.append", "audio": b64encode(data).decode("ascii")}


def response_create(instructions: str | None, metadata: Mapping[str, str], *, apart: bool) -> Frame:
    """Return the event that requests a response."""
    wanted: Frame = {}
    if instructions is not None:
        wanted["instructions"] = instructions
    if metadata:
        wanted["metadata"] = dict(metadata)
    if apart:
        wanted["conversation"] = "none"
    return {"type": "response.create", **({"response": wanted} if wanted else {})}


def truncate(item: str, played_ms: int) -> Frame:
    """Return the event that makes the server forget what was not played."""
    return {
        "type": "conversation.item.truncate",
        "item_id": item,
        "content_index": 0,
        "audio_end_ms": played_ms,
    }


def _create(item: Mapping[str, object]) -> Frame:
    return {"type": "conversation.item.create", "item": item}


def _instructions(request: ChatRequest) -> str:
    texts = (joined_text(message.parts) for message in request.messages if message.role == "system")
    return "\n\n".join(text for text in texts if text)


def _nested(defaults: SessionDefaults) -> Frame:
    heard: Frame = {"format": _PCM, "turn_detection": defaults.turn_detection}
    if (transcription := _transcription(defaults)) is not None:
        heard["transcription"] = transcription
    if defaults.noise_reduction is not None:
        heard["noise_reduction"] = {"type": defaults.noise_reduction}
    spoken: Frame = {"format": _PCM}
    if defaults.voice is not None:
        spoken["voice"] = defaults.voice
    if defaults.speed is not None:
        spoken["speed"] = defaults.speed
    return {"output_modalities": [defaults.output], "audio": {"input": heard, "output": spoken}}


def _flat(defaults: SessionDefaults) -> Frame:
    session: Frame = {
        "modalities": ["text"] if defaults.output == "text" else ["text", "audio"],
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "input_audio_sampling_rate": PCM_RATE,
        "turn_detection": defaults.turn_detection,
    }
    if (transcription := _transcription(defaults)) is not None:
        session["input_audio_transcription"] = transcription
    if defaults.noise_reduction is not None:
        session["input_audio_noise_reduction"] = {"type": defaults.noise_reduction}
    if isinstance(defaults.voice, str):
        session["voice"] = {"name": defaults.voice, "type": "openai"}
    elif defaults.voice is not None:
        session["voice"] = defaults.voice
    return session


def _mixed(defaults: SessionDefaults) -> Frame:
    heard: Frame = {"format": _PCM}
    if (transcription := _transcription(defaults)) is not None:
        heard["transcription"] = transcription
    session: Frame = {
        "turn_detection": defaults.turn_detection,
        "audio": {"input": heard, "output": {"format": _PCM}},
    }
    if defaults.voice is not None:
        session["voice"] = defaults.voice
    return session


def _transcription(defaults: SessionDefaults) -> JsonObject | None:
    if defaults.transcription is None:
        return None
    return {"model": defaults.dialect.transcription_model, **defaults.transcription}


def _function(request: ChatRequest, at: int) -> Frame:
    tool = request.tools[at]
    parameters = strict_schema(tool.parameters, f"tool {tool.name}") if tool.strict else tool.parameters
    function: Frame = {"type": "function", "name": wire_name(tool.name), "parameters": parameters}
    if tool.description:
        function["description"] = tool.description
    return function


def _check_options(options: ChatOptions, defaults: SessionDefaults) -> None:
    for each in fields(options):
        if getattr(options, each.name) is not None and each.name not in defaults.dialect.options:
            raise ConfigurationError(
                f"ChatOptions({each.name}=...) has no place in a session with "
                f"{defaults.dialect.server.name}: "
                "leave it out, or pass the server's own field by with_extra_body"
            )


def _options(request: ChatRequest, defaults: SessionDefaults) -> Frame:
    options, sent = request.options, Frame()
    if options.max_tokens is not None:
        field = "max_output_tokens" if defaults.dialect.form == "nested" else "max_response_output_tokens"
        sent[field] = options.max_tokens
    if options.temperature is not None:
        sent["temperature"] = options.temperature
    if options.parallel_tool_calls is not None:
        sent["parallel_tool_calls"] = options.parallel_tool_calls
    if options.reasoning_effort is not None:
        sent["reasoning"] = {"effort": options.reasoning_effort}
    choice = options.tool_choice
    if choice in ("auto", "none", "required"):
        sent["tool_choice"] = choice
    elif choice is not None:
        if all(tool.name != choice for tool in request.tools):
            raise ConfigurationError(f"tool_choice={choice!r}: there is no such tool")
        sent["tool_choice"] = {"type": "function", "name": wire_name(choice)}
    return sent


def _merged(session: Frame, extra: Mapping[str, object]) -> Frame:
    """Return the settings with the user's fields, object by object."""
    merged = dict(session)
    for name, value in extra.items():
        present = merged.get(name)
        if isinstance(present, dict) and isinstance(value, Mapping):
            merged[name] = _merged(present, value)  # pyright: ignore[reportUnknownArgumentType]
        else:
            merged[name] = value
    return merged


def _user_part(part: object) -> Frame:
    match part:
        case Text() | Structured():
            return {"type": "input_text", "text": part_text(part)}
        case File() if part.data is not None and part.kind == "image":
            return {"type": "input_image", "image_url": part.data_url()}
        case File() if part.data is not None and part.kind == "audio":
            return {"type": "input_audio", "audio": part.base64()}
        case File():
            raise ConfigurationError(
                f"a session takes images and raw PCM audio with their bytes, not this {part.kind}: "
                "File.from_path or File.from_bytes"
            )
        case _:
            raise ConfigurationError(f"a user's message holds texts and files, not {type(part).__name__}")


def _model_items(message: Message) -> Iterator[Frame]:
    texts = [part_text(part) for part in message.parts if isinstance(part, Text | Structured)]
    if text := "".join(texts).strip():
        content = [{"type": "output_text", "text": text}]
        yield _create({"type": "message", "role": "assistant", "content": content})
    yield from call_items(message.tool_calls)


def _call_id(call: ToolCall) -> str:
    """Return the id that the server knows a call by: its own, where it gave the call one."""
    own = as_text(call.native.data.get("call_id")) if call.native is not None else ""
    return own or wire_id(call.id)
