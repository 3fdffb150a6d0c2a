"""From a core request to the body of `/api/chat`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_completions import CompletionsOptions
from chat_core import ChatOptions, ChatRequest, ConfigurationError, Notice, Origin, ToolDefinition
from chat_core.wire import Encoded, wire_name

from chat_ollama.native.encode.messages import MessageEncoder
from chat_ollama.native.wire import SentTool
from chat_ollama.settings import RequestDefaults, merge_extra, think_level

_SHARED_OPTIONS = frozenset(
    {"logprobs", "top_logprobs"}
)  # of `CompletionsOptions`, those that this API has too


def encode(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults, stream: bool) -> Encoded:
    """Return the body of a request, and the notices for what of it the wire cannot carry.

    Raises `ConfigurationError` for what the user put in and the wire cannot carry, `UnresolvedTool` for calls
    without an outcome.
    """
    encoder = MessageEncoder(origin)
    messages = [sent for message in request.messages for sent in encoder.encode(message)]
    if not messages:  # the server would only load the model
        raise ConfigurationError("there is nothing to send: start with Messages.from_user(...)")
    body: dict[str, object] = {
        "model": origin.model,
        "messages": messages,
        "stream": stream,  # the server streams where it is left out
        **defaults.body(),
        **_shared_options(defaults.completions),
    }
    if parameters := defaults.model_parameters() | _parameters(request.options):
        body["options"] = parameters
    effort = request.options.reasoning_effort
    if (think := defaults.think if effort is None else think_level(effort)) is not None:
        body["think"] = think
    notices = encoder.notices
    if tools := _offered_tools(request):
        body["tools"] = [_tool(tool) for tool in tools]
        if any(tool.strict for tool in tools):
            notices.append(Notice("strict", "ollama does not hold models to a tool's schema"))
    if request.output is not None:
        body["format"] = request.output.schema  # the server holds the model to it by a grammar
    return Encoded(merge_extra(body, defaults.extra), tuple(dict.fromkeys(notices)))


def _shared_options(options: CompletionsOptions) -> Mapping[str, object]:
    given = options.body()
    if unknown := sorted(given.keys() - _SHARED_OPTIONS):
        raise ConfigurationError(
            f"ollama's own API has no {', '.join(unknown)}: leave it out of .with_options(...), "
            "or leave out what only that API has"
        )
    return given


def _parameters(options: ChatOptions) -> dict[str, object]:
    """Return the common options of a request by the names that they have here."""
    stop = [options.stop] if isinstance(options.stop, str) else options.stop and list(options.stop)
    given: dict[str, object] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "top_k": options.top_k,
        "num_predict": options.max_tokens,
        "stop": stop,
        "seed": options.seed,
        "frequency_penalty": options.frequency_penalty,
        "presence_penalty": options.presence_penalty,
    }
    return {name: value for name, value in given.items() if value is not None}


def _offered_tools(request: ChatRequest) -> Sequence[ToolDefinition]:
    """Return the tools to name. Raises `ConfigurationError` for choices that the server would ignore."""
    if request.options.parallel_tool_calls is not None and request.tools:
        raise ConfigurationError("ollama has no parallel_tool_calls: leave it out")
    match request.options.tool_choice:
        case None | "auto":
            return request.tools
        case "none":
            return ()
        case _:
            raise ConfigurationError("ollama cannot be made to call a tool: leave tool_choice out")


def _tool(tool: ToolDefinition) -> SentTool:
    name = wire_name(tool.name)
    sent: SentTool = {"type": "function", "function": {"name": name, "parameters": tool.parameters}}
    if tool.description:
        sent["function"]["description"] = tool.description
    return sent
