"""What a session is set up with: from a request and the client's defaults to the server's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from chat_core import ChatOptions, ChatRequest, ConfigurationError, JsonObject
from chat_core.wire import joined_text, strict_schema, wire_name

from chat_openai.realtime.settings import PCM_RATE, Frame, SessionDefaults

_PCM = {"type": "audio/pcm", "rate": PCM_RATE}


def session_settings(request: ChatRequest, model: str, defaults: SessionDefaults) -> Frame:
    """Return the settings of a session. Raises `ConfigurationError` for what a session cannot have."""
    if defaults.transcribes_only:
        return _merged(_transcription_session(request, model, defaults), defaults.extra)
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
    return _merged(session, defaults.extra)


def _transcription_session(request: ChatRequest, model: str, defaults: SessionDefaults) -> Frame:
    """Return the settings of a session without a model that answers."""
    if not defaults.dialect.transcribes_only:
        raise ConfigurationError(
            f"{defaults.dialect.server.name} has no sessions that only transcribe: "
            "leave out with_transcripts_only()"
        )
    if request.tools or defaults.native_tools:
        raise ConfigurationError("a session that only transcribes has no tools: build the chat without them")
    if _instructions(request):
        raise ConfigurationError(
            "a session that only transcribes has no instructions: with_transcription(prompt=...) guides it"
        )
    if request.options != ChatOptions():
        raise ConfigurationError("a session that only transcribes has no options: leave with_options out")
    detection = defaults.turn_detection
    if detection is not None:
        answering = ("create_response", "interrupt_response")
        detection = {name: value for name, value in detection.items() if name not in answering}
    heard: Frame = {
        "format": _PCM,
        "turn_detection": detection,
        "transcription": {**(defaults.transcription or {}), "model": model},
    }
    if defaults.noise_reduction is not None:
        heard["noise_reduction"] = {"type": defaults.noise_reduction}
    return {"type": "transcription", "audio": {"input": heard}}


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
