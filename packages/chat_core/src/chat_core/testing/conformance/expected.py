"""What a client is expected to make of a tape, and how a result differs from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from chat_core.types.call_status import Failed
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object
from chat_core.types.response import ChatResponse
from chat_core.types.tool_call import ToolCall
from chat_core.types.usage import Usage

NAMES = frozenset(
    [
        *("text", "reasoning", "refusal", "finish_reason", "raw_finish_reason", "model", "id", "calls"),
        *("parts", "usage", "files", "citations", "sent_back", "error"),
        *("vectors", "order", "scores", "results"),
        *("file", "ids", "base64", "urls", "mimetype", "language", "duration", "segments", "words"),
        *("tokens", "answers"),
        *("whole", "streamed"),
    ]
)
_PLAIN = ("text", "reasoning", "refusal", "finish_reason", "raw_finish_reason", "model", "id")
_USAGE = frozenset(field.name for field in fields(Usage)) - {"raw"}
_CALL = frozenset({"id", "name", "arguments", "failed"})


def checked_expectation(expected: JsonObject, tape: str) -> JsonObject:
    """Return what a tape's first line has as `expected`. Raises `ConfigurationError` for unknown names."""
    unknown = expected.keys() - NAMES
    unknown |= {f"usage.{name}" for name in as_object(expected.get("usage")).keys() - _USAGE}
    for call in as_list(expected.get("calls")):
        unknown |= {f"calls.{name}" for name in as_object(call).keys() - _CALL}
    if unknown:
        raise ConfigurationError(
            f"the tape {tape} expects {', '.join(sorted(unknown))}; names are {', '.join(sorted(NAMES))}"
        )
    return expected


def differences(response: ChatResponse, expected: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield how a turn differs from what is expected of it, as sentences. What is not named is not compared.

    Of usage all numbers are compared: one that is not named has to be None.
    """
    for name in _PLAIN:
        if name in expected and getattr(response, name) != expected[name]:
            yield f"{name} is {getattr(response, name)!r}; the tape expects {expected[name]!r}."
    if "calls" in expected:
        yield from _call_differences(response.tool_calls, as_list(expected["calls"]))
    types = [part.type for part in response.message.parts]
    if "parts" in expected and types != expected["parts"]:
        yield f"the parts are {types}; the tape expects {expected['parts']}."
    if "files" in expected and len(response.files) != expected["files"]:
        yield f"there are {len(response.files)} files; the tape expects {expected['files']}."
    if "citations" in expected:
        yield from _citation_differences(response, as_list(expected["citations"]))
    if "usage" in expected:
        yield from usage_differences(response.usage, as_object(expected["usage"]))


def usage_differences(usage: Usage, expected: JsonObject) -> Iterator[str]:
    """Yield how usage differs from what is expected. `total_tokens` counts only where it is expected."""
    for name in sorted(_USAGE):
        came = getattr(usage, name)
        if came != expected.get(name) and (name in expected or name != "total_tokens"):
            yield f"usage.{name} is {came}; the tape expects {expected.get(name)}."


def _call_differences(calls: list[ToolCall], expected: list[JsonValue]) -> Iterator[str]:
    if len(calls) != len(expected):
        names = [call.name for call in calls]
        yield f"there are {len(calls)} calls, {names}; the tape expects {len(expected)}."
        return
    for number, (call, each) in enumerate(zip(calls, expected, strict=True)):
        wanted = as_object(each)
        for name in ("id", "name"):
            if name in wanted and getattr(call, name) != wanted[name]:
                yield f"calls[{number}].{name} is {getattr(call, name)!r}; the tape expects {wanted[name]!r}."
        if "arguments" in wanted and call.arguments != wanted["arguments"]:
            came, meant = call.arguments, wanted["arguments"]
            yield f"calls[{number}].arguments are {came!r}; the tape expects {meant!r}."
        if wanted.get("failed") is True and not isinstance(call.status, Failed):
            yield f"calls[{number}] is {call.status.type}; a call that cannot run comes as failed."
        if not wanted.get("failed") and call.status.type != "pending":
            yield f"calls[{number}] is {call.status.type} ({call.status}); a whole call comes as pending."


def _citation_differences(response: ChatResponse, expected: list[JsonValue]) -> Iterator[str]:
    from chat_core.types.parts import Text

    parts = [part for part in response.message.parts if isinstance(part, Text)]
    came = [citation.url or citation.title for part in parts for citation in part.citations]
    if came != expected:
        yield f"the citations are of {came}; the tape expects {expected}."
