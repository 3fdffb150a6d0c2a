"""The settings of a session: its first message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chat_core import ChatRequest, ConfigurationError, Notice, Origin

from chat_gemini.capabilities import Capabilities
from chat_gemini.encode.contents import Contents
from chat_gemini.encode.generation_config import encode_generation_config
from chat_gemini.encode.request import merged
from chat_gemini.encode.tools import check_tools, declare
from chat_gemini.live.capabilities import LiveCapabilities
from chat_gemini.live.encode.checks import check_config, check_session, output_of
from chat_gemini.live.encode.history import part_capabilities
from chat_gemini.live.settings import LiveDefaults, LiveSettings
from chat_gemini.settings import RequestDefaults

Frame = dict[str, object]


def encode_setup(
    request: ChatRequest,
    settings: LiveSettings,
    origin: Origin,
    notices: list[Notice],
    handle: str | None = None,
) -> Frame:
    """Return the message that sets a session up.

    `handle` is of the session that it goes on with. Raises `ConfigurationError` for what a session, or the
    model, cannot have.
    """
    defaults = replace(settings.defaults, older_schema=True)  # the Live API has no `parametersJsonSchema`
    capabilities = LiveCapabilities.of(settings.model)
    check_session(request, capabilities, defaults, settings.live)
    wire = part_capabilities(settings.model)
    setup: Frame = {"model": settings.address.model}
    config = encode_generation_config(request, wire, defaults, notices)
    check_config(config, capabilities)
    output = output_of(config, capabilities)
    config["responseModalities"] = [output.upper()]
    if settings.live.affective:
        config["enableAffectiveDialog"] = True
    setup["generationConfig"] = config
    instructions = Contents(origin, wire, defaults.endpoint)
    for message in request.messages:
        if message.role == "system":
            instructions.add(message)
    if instructions.instructions:
        setup["systemInstruction"] = {"parts": instructions.instructions}
    check_tools(request, wire, defaults)
    if tools := _tools(request, capabilities, defaults, settings.live, notices):
        setup["tools"] = tools
    setup |= _session(settings.live, output, handle)
    if defaults.safety:
        setup["safetySettings"] = [
            {"category": category, "threshold": threshold} for category, threshold in defaults.safety.items()
        ]
    setup |= defaults.options.beside()
    return {"setup": merged(setup, defaults.extra)}


def _session(live: LiveDefaults, output: str, handle: str | None) -> Frame:
    session: Frame = {}
    if live.transcription is not None:
        session["inputAudioTranscription"] = live.transcription
    if output == "audio":  # the model's words, which are its turn in the conversation
        session["outputAudioTranscription"] = {}
    if live.is_manual:
        session["realtimeInputConfig"] = {"automaticActivityDetection": {"disabled": True}}
    elif live.detection:
        session["realtimeInputConfig"] = live.detection
    if live.resumes:
        session["sessionResumption"] = {"handle": handle} if handle else {}
    if live.compression is not None:
        session["contextWindowCompression"] = live.compression
    if live.proactive:
        session["proactivity"] = {"proactiveAudio": True}
    return session


def _tools(
    request: ChatRequest,
    capabilities: LiveCapabilities,
    defaults: RequestDefaults,
    live: LiveDefaults,
    notices: list[Notice],
) -> list[Mapping[str, object]]:
    """Return the tools. There is no `toolConfig` in a session: no tools are offered where none may be called.

    Raises `ConfigurationError` for a call that is forced.
    """
    choice = request.options.tool_choice
    if choice not in (None, "auto", "none"):
        raise ConfigurationError(
            f"tool_choice={choice!r}: in a session of the Live API the model decides; leave it out, or 'none'"
        )
    if choice == "none":
        return []
    entries: list[Mapping[str, object]] = []
    if request.tools:
        declared = [
            {**declare(tool, True, notices), **_behavior(tool.name, capabilities, live)}
            for tool in request.tools
        ]
        entries.append({"functionDeclarations": declared})
    return entries + [tool.encode(Capabilities(capabilities.name)) for tool in defaults.native_tools]


def _behavior(name: str, capabilities: LiveCapabilities, live: LiveDefaults) -> Frame:
    """Return whether the model waits for a tool, where that is not its default."""
    if capabilities.non_blocking == "required":
        return {}
    is_non_blocking = live.non_blocking_tool(name) is not None
    if is_non_blocking == capabilities.is_non_blocking_by_default:
        return {}
    return {"behavior": "NON_BLOCKING" if is_non_blocking else "BLOCKING"}
