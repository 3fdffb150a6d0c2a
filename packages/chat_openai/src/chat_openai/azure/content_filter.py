"""What Azure's content filter found, as data.

Facts: Azure's documentation and recorded traffic, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from chat_core import ChatResponse, JsonObject, JsonValue, ProviderError
from chat_core.types.json_values import as_list, as_object, as_text


@dataclass(frozen=True, slots=True)
class ContentFilter:
    """One category of the filter, for the prompt or for the completion.

    `category` is the filter's word, such as "hate", "jailbreak" or "protected_material_text". `filtered` says
    whether it withheld anything, `severity` ("safe", "low", "medium", "high") or `detected` what it found;
    None where that category has none.
    """

    source: Literal["prompt", "completion"]
    category: str
    filtered: bool
    severity: str | None = None
    detected: bool | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)


def content_filters(outcome: ChatResponse | ProviderError) -> list[ContentFilter]:
    """Return what the filter reported of a response, or of an error for a prompt that it blocked."""
    if isinstance(outcome, ProviderError):
        return list(_of_error(as_object(outcome.body)))
    return list(_of_body(outcome.raw or {}))


def _of_body(body: JsonObject) -> Iterator[ContentFilter]:
    for prompt in as_list(body.get("prompt_filter_results")):
        yield from _categories("prompt", as_object(prompt).get("content_filter_results"))
    for choice in as_list(body.get("choices")):
        yield from _categories("completion", as_object(choice).get("content_filter_results"))
    for entry in as_list(body.get("content_filters")):
        results = as_object(entry).get("content_filter_results")
        is_prompt = as_object(entry).get("source_type") == "prompt"
        yield from _categories("prompt" if is_prompt else "completion", results)


def _of_error(body: JsonObject) -> Iterator[ContentFilter]:
    error = as_object(body.get("error")) or body
    inner = as_object(error.get("innererror"))
    for name in ("content_filter_result", "content_filter_results"):
        yield from _categories("prompt", inner.get(name))
    yield from _of_body(error)


def _categories(source: Literal["prompt", "completion"], results: JsonValue) -> Iterator[ContentFilter]:
    for category, value in as_object(results).items():
        found = as_object(value)
        detected = found.get("detected")
        yield ContentFilter(
            source,
            category.replace("-", "_"),
            found.get("filtered") is True,
            as_text(found.get("severity")) or None,
            detected if isinstance(detected, bool) else None,
            found,
        )
