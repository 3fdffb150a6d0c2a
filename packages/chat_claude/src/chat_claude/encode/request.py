"""The body of a Messages request, and of the counting of its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from chat_core import ChatRequest, ConfigurationError, JsonObject, Notice, Origin
from chat_core.types.json_values import as_text

from chat_claude.capabilities import Capabilities
from chat_claude.encode.caching import check_breakpoints, settle_points
from chat_claude.encode.encoded import EncodedRequest
from chat_claude.encode.messages import EncodedMessages, encode_messages
from chat_claude.encode.options import max_tokens, output_config, sampling
from chat_claude.encode.platform import encoded_count, for_platform
from chat_claude.encode.schema import StrictSchemas
from chat_claude.encode.state import EncodingState
from chat_claude.encode.thinking import check_prefixes
from chat_claude.encode.thread import in_thread
from chat_claude.encode.tools import encode_tools, tool_choice
from chat_claude.settings import RequestDefaults

_COUNTED = frozenset(
    {"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"}
)


def encode(
    request: ChatRequest, *, origin: Origin, defaults: RequestDefaults, stream: bool
) -> EncodedRequest:
    """Return the body of a request.

    Raises `ConfigurationError` for what the wire cannot carry, `UnresolvedTool` for calls that have no
    outcome yet.
    """
    encoded = _encode(request, origin, defaults, counting=False)
    if defaults.thread:
        encoded = in_thread(encoded, request.messages, origin, full_history=defaults.full_history)
    if stream and defaults.platform.stream_in_body:
        encoded = replace(encoded, body={**encoded.body, "stream": True})
    return for_platform(encoded, defaults)


def encode_count(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults) -> EncodedRequest:
    """Return the body that counts the tokens of a request.

    Raises `ConfigurationError` for what cannot be counted.
    """
    if any(tool.server for tool in defaults.tools):
        raise ConfigurationError(
            "the tools of MCP servers cannot be counted: count with a client built without them"
        )
    encoded = _encode(request, origin, defaults, counting=True)
    if defaults.platform.counts_encoded:
        return encoded_count(for_platform(encoded, defaults))
    counted = {name: value for name, value in encoded.body.items() if name in _COUNTED}
    return EncodedRequest(counted, encoded.notices, encoded.betas)


def _encode(
    request: ChatRequest, origin: Origin, defaults: RequestDefaults, *, counting: bool
) -> EncodedRequest:
    capabilities = Capabilities.of(origin.model)
    state = EncodingState(origin, defaults.platform)
    encoded = encode_messages(request.messages, state, capabilities, may_end_in_model=counting)
    schemas = StrictSchemas()
    tools = encode_tools(request.tools, defaults, schemas, state.defined)
    offered = [*tools, *state.defined.values()]
    container, until = _container(state, defaults) if defaults.tools else (None, None)
    body: dict[str, object] = {
        "model": origin.model,
        "max_tokens": max_tokens(request.options, defaults, capabilities),
        "system": encoded.system,
        "messages": encoded.messages,
        "tools": tools,
        "tool_choice": tool_choice(request.options, offered, defaults, capabilities, origin.model),
        "thinking": defaults.thinking.body() if defaults.thinking else None,
        "output_config": output_config(request.options, request.output, defaults, schemas),
        "cache_control": defaults.cache,
        "mcp_servers": [tool.server for tool in defaults.tools if tool.server] if defaults.tools else None,
        "container": container,
        **sampling(request.options, defaults, capabilities, origin.model),
        **defaults.options.body(),
    }
    schemas.check()
    settled = settle_points(body, state)
    check_breakpoints(settled, state.facts)
    body = {name: value for name, value in settled.items() if value is not None and value != []}
    if defaults.extra:
        body |= defaults.extra
    return _finish(body, encoded, state, defaults, capabilities, until)


def _finish(
    body: dict[str, object],
    encoded: EncodedMessages,
    state: EncodingState,
    defaults: RequestDefaults,
    capabilities: Capabilities,
    container_until: datetime | None,
) -> EncodedRequest:
    """Return the request with its betas, after the check of what its thinking is bound to."""
    betas = [*defaults.betas, *defaults.options.betas(), *state.betas]
    if defaults.tools:
        betas += [tool.beta for tool in defaults.tools if tool.beta]
    if state.uses_file_ids and defaults.version == "2023-06-01":
        betas.append("files-api-2025-04-14")
    notices: list[Notice] = [*state.notices]
    if (
        encoded.signed
        and defaults.on_changed_prefix != "send"
        and capabilities.binds_thinking
        and "messages" not in defaults.extra
    ):
        check = check_prefixes(body, encoded.signed, defaults.on_changed_prefix, state.facts)
        betas += check.betas
        notices += check.notices
        body |= check.changes
    sent = tuple(dict.fromkeys(betas)) if betas else ()
    return EncodedRequest(body, tuple(notices), sent, container_until, facts=state.facts)


def _container(state: EncodingState, defaults: RequestDefaults) -> tuple[str | None, datetime | None]:
    """Return the container in which code was executed last, and until when it exists, as far as is known."""
    if not _has_code_execution([tool.declaration for tool in defaults.tools]):
        return None, None
    found = as_text(state.container.get("id"))
    until = as_text(state.container.get("expires_at"))
    if not found or not until:
        return found or None, None
    try:
        expires = datetime.fromisoformat(until)
    except ValueError:
        return None, None
    return found, expires if expires.tzinfo else expires.replace(tzinfo=UTC)


def _has_code_execution(native: Sequence[JsonObject]) -> bool:
    return any(declaration.get("name") == "code_execution" for declaration in native)
