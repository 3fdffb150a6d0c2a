"""What an Ollama server says of its models and of itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core import InvalidResponse, JsonObject, JsonValue, ModelInfo
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import error_from_object, is_error_object

from chat_ollama.native.decode.frames import read_body


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """What a server knows of a model.

    `capabilities` are Ollama's words: completion, tools, vision, embedding, thinking, … `context_length` is
    what the model was made for, which is more than the server gives it by default. `raw` is all that is
    known.
    """

    capabilities: tuple[str, ...] = ()
    context_length: int | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)


def decode_details(body: bytes) -> ModelDetails:
    """Return the model that a response of `/api/show` describes."""
    answer = read_body(body, "a model's description")
    info = as_object(answer.get("model_info"))
    lengths = (as_count(value) for name, value in info.items() if name.endswith(".context_length"))
    words = (as_text(word) for word in as_list(answer.get("capabilities")))
    capabilities = tuple(word for word in words if word)
    return ModelDetails(capabilities, next(lengths, None), answer)


def decode_models(body: bytes) -> list[ModelInfo]:
    """Return the models of a response of `/api/tags`."""
    answer = read_body(body, "a list of models")
    if "models" not in answer and is_error_object(answer):
        raise error_from_object(answer)
    models = as_list(answer.get("models"))
    return [
        ModelInfo(as_text(model.get("model")) or as_text(model.get("name")), model)
        for model in models
        if isinstance(model, dict)
    ]


def decode_version(body: bytes) -> str:
    """Return the version of a response of `/api/version`. Raises `InvalidResponse` where it has none."""
    version = as_text(read_body(body, "a version").get("version"))
    if not version:
        raise InvalidResponse(f"not a version of Ollama's: {body[:200].decode('utf-8', 'replace')!r}")
    return version
