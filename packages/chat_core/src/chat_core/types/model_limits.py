"""How much a model reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue, as_count, as_list, as_object


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """The tokens of a model; None where that is not known.

    `context_window` is what one request may hold, with the response on most servers; `max_output_tokens` is
    the longest response. Raises `ConfigurationError` for numbers below 1.
    """

    context_window: int | None = None
    max_output_tokens: int | None = None

    def __post_init__(self) -> None:
        for name in ("context_window", "max_output_tokens"):
            value: object = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ConfigurationError(f"ModelLimits({name}={value!r}): a number of tokens, at least 1")

    @property
    def known(self) -> bool:
        """Whether the context window is known."""
        return self.context_window is not None


def listed_limits(listed: JsonObject) -> ModelLimits:
    """Return the limits in a model as a server lists it.

    The names of the fields are those of recorded lists of Gemini, Groq, Hugging Face, llama.cpp and Mistral,
    and of the API references of Anthropic, OpenRouter and vLLM, November 2026. Where several servers run the
    model, the smallest window counts.
    """
    meta = as_object(listed.get("meta"))
    best = as_object(listed.get("top_provider"))
    servers = [as_object(server) for server in as_list(listed.get("providers"))]
    windows = [_first(server, _WINDOWS) for server in servers]
    known = [window for window in windows if window is not None]
    window = _first(listed, _WINDOWS) or as_positive(meta.get("n_ctx")) or (min(known) if known else None)
    return ModelLimits(window, _first(listed, _OUTPUTS) or _first(best, _OUTPUTS))


_WINDOWS = (
    "context_window",
    "context_length",
    "max_context_length",
    "max_model_len",
    "inputTokenLimit",
    "max_input_tokens",
)
_OUTPUTS = (
    "max_output_tokens",
    "max_output_length",
    "max_completion_tokens",
    "outputTokenLimit",
    "max_tokens",
)


def as_positive(value: JsonValue) -> int | None:
    """Return a whole number above zero, or None."""
    count = as_count(value)
    return count if count is not None and count > 0 else None


def _first(fields: Mapping[str, JsonValue], names: Iterable[str]) -> int | None:
    found = (as_positive(fields.get(name)) for name in names)
    return next((value for value in found if value is not None), None)
