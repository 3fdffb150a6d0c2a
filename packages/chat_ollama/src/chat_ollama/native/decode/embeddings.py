"""The response of `/api/embed`."""

from __future__ import annotations

from chat_core import Embedding, EmbeddingsResponse
from chat_core.types.json_values import as_list, as_text
from chat_core.wire import check_count, embeddings_in_order, read_vector

from chat_ollama.native.decode.frames import read_body
from chat_ollama.native.decode.response import usage


def decode_embeddings(body: bytes, *, count: int) -> EmbeddingsResponse:
    """Return `count` vectors, in the order of the inputs.

    Servers that imitate Ollama may answer as its older `/api/embeddings` does, or as OpenAI does. Raises
    `ProviderError` for an error under status 200, `InvalidResponse` for anything else.
    """
    answer = read_body(body, "an embeddings response")
    if "embeddings" not in answer and isinstance(answer.get("data"), list):
        embeddings = embeddings_in_order(answer["data"], count)
    else:
        vectors = as_list(answer.get("embeddings"))
        if "embeddings" not in answer and "embedding" in answer:
            vectors = [answer["embedding"]]
        check_count(vectors, count)
        embeddings = tuple(Embedding(read_vector(vector)) for vector in vectors)
    return EmbeddingsResponse(embeddings, usage=usage(answer), model=as_text(answer.get("model")) or None)
