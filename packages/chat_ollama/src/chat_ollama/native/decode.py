"""From the bodies of Ollama's native API to values. (What an error body says is read by `chat_core.refused`.)"""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core import ChatResponse, Embedding, EmbeddingsResponse, InvalidResponse, JsonObject, JsonValue, ModelInfo, Origin, Usage
from chat_core.calls import CallIds
from chat_core.jsonvalue import as_count, as_list, as_object, as_text
from chat_core.received import read_object
from chat_core.refused import decode_error
from chat_core.vectors import read_vector

from chat_ollama.native.assembly import Assembly


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """What the server knows of a model. `capabilities` are words such as "completion", "tools", "vision", "thinking", "embedding";
    `context_length` is how much it was trained for, in tokens; `raw` is all that was said."""

    capabilities: tuple[str, ...] = ()
    context_length: int | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False)


def decode(body: bytes, *, origin: Origin, ids: CallIds) -> ChatResponse:
    """The turn in a whole answer. Raises `ProviderError` for an error under status 200, `InvalidResponse` for anything else."""
    answer = checked(read_object(body, "an answer of Ollama's"), body)
    assembly = Assembly(origin, ids)
    assembly.add(answer)
    if not isinstance(answer.get("message"), dict):
        raise InvalidResponse(f"an answer without a message: {body[:300]!r}")
    return assembly.response()


def checked(answer: JsonObject, body: bytes) -> JsonObject:
    """The answer, unless it is an error, which is raised."""
    if answer.get("error"):
        raise decode_error(200, {}, body)
    return answer


def decode_embeddings(body: bytes, *, count: int) -> EmbeddingsResponse:
    """`count` vectors, in order. Raises `InvalidResponse`."""
    answer = checked(read_object(body, "an embeddings answer"), body)
    vectors = as_list(answer.get("embeddings"))
    if len(vectors) != count:
        raise InvalidResponse(f"{len(vectors)} embeddings came for {count} inputs")
    counts = {key: value for key, value in answer.items() if key.endswith(("_count", "_duration"))}
    return EmbeddingsResponse(
        tuple(Embedding(read_vector(vector)) for vector in vectors),
        usage=Usage(input_tokens=as_count(answer.get("prompt_eval_count")), raw=counts),
        model=as_text(answer.get("model")) or None,
    )


def decode_models(body: bytes) -> list[ModelInfo]:
    """The models of a list."""
    listed = as_list(checked(read_object(body, "a list of models"), body).get("models"))
    return [
        ModelInfo(as_text(model.get("name")) or as_text(model.get("model")), model) for model in listed if isinstance(model, dict)
    ]


def decode_details(body: bytes) -> ModelDetails:
    """What `/api/show` says."""
    answer = checked(read_object(body, "a description of a model"), body)
    info = as_object(answer.get("model_info"))
    lengths = (as_count(value) for key, value in info.items() if key.endswith(".context_length"))
    return ModelDetails(tuple(map(as_text, as_list(answer.get("capabilities")))), next(lengths, None), answer)


def decode_version(body: bytes) -> str:
    """The server's version."""
    return as_text(checked(read_object(body, "a version"), body).get("version"))
