"""What an Ollama server knows of a model."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core import JsonObject, JsonValue
from chat_core.types.json_values import as_count, as_list, as_object, as_text

from chat_ollama.native.decode import read_answer


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """`capabilities` are Ollama's words: completion, tools, vision, embedding, thinking, … `context_length` is what the model was
    made for, which is more than the server gives it unasked. `raw` is all that is known."""

    capabilities: tuple[str, ...] = ()
    context_length: int | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)


def decode_details(body: bytes) -> ModelDetails:
    """The answer of `/api/show`."""
    answer = read_answer(body, "a model's description")
    info = as_object(answer.get("model_info"))
    lengths = (as_count(value) for name, value in info.items() if name.endswith(".context_length"))
    capabilities = tuple(filter(None, map(as_text, as_list(answer.get("capabilities")))))
    return ModelDetails(capabilities, next(lengths, None), answer)
