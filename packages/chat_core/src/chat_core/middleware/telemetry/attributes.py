"""The attributes of requests, responses and errors, as in the GenAI conventions of November 2026.

They are written out: the constants of `opentelemetry-semantic-conventions` are deprecated, since the
conventions have moved to a repository of their own.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from chat_core.middleware.telemetry.modalities import Split, input_split, output_split
from chat_core.types.errors import ChatError, ProviderError
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse
from chat_core.types.usage import Usage

Value: TypeAlias = str | bool | int | float | list[str]
Attributes: TypeAlias = dict[str, Value]

_CODE = re.compile(r"[A-Za-z][\w.-]{0,63}\Z")
"""What can be a class of errors: a word. Texts and numbers would make too many classes."""


def request_attributes(request: ChatRequest, *, streamed: bool) -> Attributes:
    """Return what a request wants, as far as its common options tell."""
    options = request.options
    stop = [options.stop] if isinstance(options.stop, str) else options.stop
    known: dict[str, Value | None] = {
        "gen_ai.request.temperature": options.temperature,
        "gen_ai.request.top_p": options.top_p,
        "gen_ai.request.top_k": options.top_k,
        "gen_ai.request.max_tokens": options.max_tokens,
        "gen_ai.request.stop_sequences": None if stop is None else list(stop),
        "gen_ai.request.seed": options.seed,
        "gen_ai.request.frequency_penalty": options.frequency_penalty,
        "gen_ai.request.presence_penalty": options.presence_penalty,
        "gen_ai.request.reasoning.level": options.reasoning_effort,
        "gen_ai.request.stream": True if streamed else None,
        "gen_ai.output.type": None if request.output is None else "json",
    }
    return _known(known)


def response_attributes(response: ChatResponse) -> Attributes:
    """Return what a turn reports of itself, and what it cost."""
    known: dict[str, Value | None] = {
        "gen_ai.response.id": response.id,
        "gen_ai.response.model": response.model,
        "gen_ai.response.finish_reasons": [finish_word(response)],
        "gen_ai.conversation.compacted": _is_compacted(response) or None,
    }
    return {**_known(known), **usage_attributes(response.usage)}


def usage_attributes(usage: Usage) -> Attributes:
    """Return the tokens of a turn, or of several; the splits by modality where the provider reports them."""
    known: dict[str, Value | None] = {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
        "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
    }
    return {
        **_known(known),
        **_split_attributes("input_tokens", input_split(usage.raw)),
        **_split_attributes("output_tokens", output_split(usage.raw)),
    }


def _is_compacted(response: ChatResponse) -> bool:
    """Whether the model was shown a shortened conversation, as the notice of `Compaction` tells."""
    return any(notice.about == "compaction" for notice in response.notices)


def finish_word(response: ChatResponse) -> str:
    """Return the conventions' word for why a turn ended; the provider's own where there is none."""
    reason = response.finish_reason
    return _FINISH.get(reason) or response.raw_finish_reason or reason


_FINISH = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_call",
    "content_filter": "content_filter",
    "refusal": "refusal",
}


def error_type(error: BaseException) -> str:
    """Return the class of an error: the provider's code where it is a word, else the name of the exception.

    Both come from small sets, so metrics may be split by them.
    """
    code = error.code if isinstance(error, ProviderError) else None
    return code if code is not None and _CODE.match(code) else type(error).__qualname__


def spent_by(error: BaseException) -> Usage:
    """Return what a failed turn is known to have cost."""
    partial = error.partial if isinstance(error, ChatError) else None
    return Usage() if partial is None else partial.usage


def is_interruption(error: BaseException) -> bool:
    """Whether a turn was left or cancelled rather than failed: no library raises these as errors."""
    return not isinstance(error, Exception)


def _split_attributes(tokens: str, split: Split) -> Attributes:
    return {f"gen_ai.usage.{modality}.{tokens}": count for modality, count in split.items()}


def _known(values: dict[str, Value | None]) -> Attributes:
    return {name: value for name, value in values.items() if value is not None}
