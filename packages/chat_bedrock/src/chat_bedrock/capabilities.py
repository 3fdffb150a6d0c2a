"""What the models of each family on Bedrock take of the Converse API, as data.

Facts: recorded requests, AWS's table of supported features, and the adapters that others have published,
November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from chat_core import CacheLifetime, JsonObject

Path: TypeAlias = tuple[str, ...]
"""Where a field stands in `additionalModelRequestFields`, from the outside to the inside."""

_NONE: Mapping[str, JsonObject] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one model takes.

    - `effort`: the field of a reasoning effort, None where there is none; `effort_fields` are sent along with
      it
    - `budget`: whether `thinking` with a budget of tokens is taken
    - `top_k`: the field of `top_k`
    - `sampling`: whether `temperature` and `top_p` are taken
    - `output_format`: whether a JSON schema holds the output; else the schema is written into the
      instructions
    - `forced_choice`: whether a tool call can be required
    - `no_choice`: the additional fields that forbid tool calls, where the model has some
    - `beside_results`: what may stand in one message with the results of tools
    - `json_results`: whether a tool's result has to be an object; `result_status` whether it may have a
      status
    - `assistant_first`, `assistant_last`: whether a conversation may start, and end, with the model's turn
    - `cached_tools`: whether tools can be cached
    - `cache_points`: the lifetimes of cached prompts that it offers; none where it has no cache points
    """

    effort: Path | None = None
    effort_fields: Mapping[str, JsonObject] = field(default_factory=lambda: _NONE)
    budget: bool = False
    top_k: Path | None = None
    sampling: bool = True
    output_format: bool = False
    forced_choice: bool = True
    no_choice: Mapping[str, JsonObject] = field(default_factory=lambda: _NONE)
    beside_results: Literal["anything", "no documents", "nothing"] = "anything"
    json_results: bool = False
    result_status: bool = True
    assistant_first: bool = False
    assistant_last: bool = False
    cached_tools: bool = False
    cache_points: tuple[CacheLifetime, ...] = ()


_CLAUDE = Capabilities(
    budget=True,
    top_k=("top_k",),
    no_choice={"tool_choice": {"type": "none"}},
    beside_results="no documents",
    assistant_first=True,
    assistant_last=True,
    cached_tools=True,
    cache_points=("5m",),
)
_OPEN_WEIGHTS = Capabilities(output_format=True)

FAMILIES: Mapping[str, Capabilities] = {
    "anthropic": _CLAUDE,
    "amazon": Capabilities(
        effort=("reasoningConfig", "maxReasoningEffort"),
        effort_fields={"reasoningConfig": {"type": "enabled"}},
        top_k=("inferenceConfig", "topK"),
        cache_points=("5m",),
    ),
    "ai21": Capabilities(),
    "cohere": Capabilities(top_k=("k",)),
    "deepseek": replace(_OPEN_WEIGHTS, effort=("reasoning_effort",)),
    "google": _OPEN_WEIGHTS,
    "meta": Capabilities(beside_results="nothing"),
    "minimax": _OPEN_WEIGHTS,
    "mistral": replace(_OPEN_WEIGHTS, top_k=("top_k",), beside_results="nothing", json_results=True),
    "moonshot": _OPEN_WEIGHTS,
    "moonshotai": _OPEN_WEIGHTS,
    "nvidia": _OPEN_WEIGHTS,
    "openai": replace(_OPEN_WEIGHTS, effort=("reasoning_effort",)),
    "qwen": replace(_OPEN_WEIGHTS, effort=("reasoning_config",), assistant_first=True),
    "writer": Capabilities(result_status=False),
    "xai": replace(_OPEN_WEIGHTS, effort=("reasoning", "effort")),
    "zai": replace(_OPEN_WEIGHTS, effort=("reasoning_effort",)),
}

_CLAUDE_VERSION = re.compile(r"claude-(?:[a-z]+-)?v?(\d{1,2})(?:-(\d{1,2}))?(?!\d)")


def capabilities_of(model: str) -> Capabilities:
    """Return what a model takes, by its id, inference profile or ARN; the plain API for a model of no known
    family.

    An application inference profile has a name of the user's own, which says nothing: the builder takes
    its capabilities by `with_capabilities`.
    """
    name = model.rpartition("/")[2] if model.startswith("arn:") else model
    words = name.lower().split(".")
    family = next((word for word in words[:2] if word in FAMILIES), None)
    if family is None:
        return Capabilities()
    if family == "anthropic":
        return _claude(name)
    if family == "openai" and "gpt-oss" not in name:
        return replace(FAMILIES[family], effort=("reasoning", "effort"))
    return FAMILIES[family]


def _claude(name: str) -> Capabilities:
    """Return what a Claude takes: each generation leaves something out that the one before took."""
    version = _claude_version(name)
    capabilities = replace(_CLAUDE, output_format=version >= (4, 5))
    if version >= (4, 5):
        capabilities = replace(capabilities, cache_points=("5m", "1h"))
    if version >= (4, 6):
        adaptive: Mapping[str, JsonObject] = {"thinking": {"type": "adaptive"}}
        capabilities = replace(
            capabilities, effort=("output_config", "effort"), effort_fields=adaptive, assistant_last=False
        )
    if version >= (4, 7):
        capabilities = replace(capabilities, sampling=False, budget=False, top_k=None)
    if version >= (5, 5) or ("fable" in name and version >= (5, 1)):
        capabilities = replace(capabilities, forced_choice=False)
    return capabilities


def _claude_version(name: str) -> tuple[int, int]:
    found = _CLAUDE_VERSION.search(name)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
