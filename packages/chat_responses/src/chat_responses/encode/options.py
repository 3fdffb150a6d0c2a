"""The options of a request as fields of its body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chat_core import ChatRequest, ConfigurationError
from chat_core.types.set_fields import set_fields

from chat_responses.settings import RequestDefaults

_MISSING: Final = ("top_k", "stop", "seed", "frequency_penalty", "presence_penalty")
_SEALED: Final = "reasoning.encrypted_content"


def option_fields(request: ChatRequest, defaults: RequestDefaults) -> dict[str, object]:
    """Return the fields of the common options and of this wire's.

    Raises `ConfigurationError` for an option that the wire, or the server, does not have.
    """
    options, own = request.options, set_fields(defaults.options)
    given = set_fields(options)
    if not given and len(own) == 1 and not defaults.options.include:  # as of most requests
        return {}
    _refuse_missing(given)
    reasoning = defaults.options.reasoning(options.reasoning_effort)
    has_tools = bool(request.tools or defaults.native_tools)
    named: dict[str, object] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "max_output_tokens": options.max_tokens,
        "parallel_tool_calls": options.parallel_tool_calls if has_tools else None,
        "reasoning": reasoning or None,
        "include": _include(defaults, thinks=bool(reasoning)) or None,
    }
    fields = {name: value for name, value in named.items() if value is not None} | defaults.options.body()
    if refused := sorted(defaults.dialect.refused & fields.keys()):
        raise ConfigurationError(
            f"{defaults.dialect.provider} has no {', '.join(refused)} on the Responses wire: leave it out"
        )
    return fields


def _refuse_missing(given: Mapping[str, object]) -> None:
    for name in _MISSING:
        if name in given:
            raise ConfigurationError(
                f"the Responses wire has no {name}; a server that does takes it by .with_extra_body(...)"
            )


def _include(defaults: RequestDefaults, *, thinks: bool) -> list[str]:
    """Return what is to be added to the response.

    Encrypted reasoning is named where only the caller keeps it: some servers hand it out only then, and
    without it the next turn starts to think anew.
    """
    include = list(defaults.options.include)
    seals = defaults.dialect.seals_reasoning and not defaults.server_stores
    if thinks and seals and _SEALED not in include:
        include.append(_SEALED)
    return include
