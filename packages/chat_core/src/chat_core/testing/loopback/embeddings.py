"""Embeddings of a loopback server: vectors made of the words of a text, so that texts that share words lie
near.
"""

from __future__ import annotations

import base64
import math
import random
import re
import struct
from collections.abc import Sequence

from chat_core.testing.loopback.ollama import OLLAMA
from chat_core.testing.loopback.reaction import Reaction, failed, json_reaction
from chat_core.testing.loopback.routes import Route
from chat_core.testing.loopback.script import Failure
from chat_core.testing.loopback.wire import error_reaction
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text


def embeddings(route: Route, number: int) -> Reaction:
    """Return the vectors that a request wants, as its wire writes them."""
    if route.model is not None:
        return _gemini(route, number)
    return _ollama(route, number) if route.wire is OLLAMA else _openai(route.body)


def _openai(body: JsonObject) -> Reaction:
    texts = _texts(body.get("input"))
    dimensions = body.get("dimensions") or 8
    if not isinstance(body.get("model"), str):
        return failed(Failure(400, "you must provide a model parameter"))
    if not texts:
        return failed(
            Failure(400, "input is a text, a list of texts, or such as lists of tokens, and not empty")
        )
    if not isinstance(dimensions, int) or dimensions < 1:
        return failed(Failure(400, f"dimensions is a whole number of at least 1, not {dimensions!r}"))
    data: list[JsonValue] = []
    for index, text in enumerate(texts):
        packed = struct.pack(f"<{dimensions}f", *_vector(text, dimensions))
        as_text = base64.b64encode(packed).decode()
        as_floats: list[JsonValue] = [*struct.unpack(f"<{dimensions}f", packed)]
        embedding = as_text if body.get("encoding_format") == "base64" else as_floats
        data.append({"object": "embedding", "index": index, "embedding": embedding})
    tokens = _tokens(texts)
    usage: JsonObject = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json_reaction(200, {"object": "list", "data": data, "model": body["model"], "usage": usage})


def _ollama(route: Route, number: int) -> Reaction:
    """Return the response of `/api/embed`, or of the older `/api/embeddings`."""
    body = route.body
    prompt = body.get("prompt")
    texts = [prompt] if isinstance(prompt, str) else _texts(body.get("input"))
    dimensions = body.get("dimensions") or 8
    if not isinstance(body.get("model"), str) or not texts:
        return error_reaction(route.wire, Failure(400, "a request has a model and an input"), number)
    if not isinstance(dimensions, int) or dimensions < 1:
        return error_reaction(route.wire, Failure(400, f"invalid dimensions: {dimensions!r}"), number)
    vectors: list[JsonValue] = [[*_vector(text, dimensions)] for text in texts]
    if isinstance(prompt, str):
        return json_reaction(200, {"embedding": vectors[0]})
    counts: JsonObject = {
        "total_duration": 2_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": _tokens(texts),
    }
    return json_reaction(200, {"model": body["model"], "embeddings": vectors, **counts})


def _gemini(route: Route, number: int) -> Reaction:
    """Return the response of `embedContent`, or of `batchEmbedContents`."""
    is_batch = "requests" in route.body
    requests = [as_object(each) for each in as_list(route.body.get("requests"))] if is_batch else [route.body]
    found: list[JsonValue] = []
    texts: list[str] = []
    for request in requests:
        parts = as_list(as_object(request.get("content")).get("parts"))
        text = " ".join(as_text(as_object(part).get("text")) for part in parts)
        dimensions = request.get("outputDimensionality") or 8
        if not text or not isinstance(dimensions, int) or dimensions < 1:
            return error_reaction(route.wire, Failure(400, "a content without text"), number)
        texts.append(text)
        found.append({"values": [*_vector(text, dimensions)]})
    if not found:
        return error_reaction(route.wire, Failure(400, "requests is empty"), number)
    usage: JsonObject = {"usageMetadata": {"promptTokenCount": _tokens(texts)}}
    return json_reaction(
        200, {"embeddings": found, **usage} if is_batch else {"embedding": found[0], **usage}
    )


def _texts(given: JsonValue) -> list[str] | None:
    """The texts to embed; lists of tokens read as texts whose words they are.

    None where it is something else.
    """
    match given:
        case str() if given:
            return [given]
        case [int(), *_]:
            return [" ".join(str(token) for token in given)]
        case [_, *_]:
            texts = [_texts(one) for one in given]
            return [text for one in texts if one for text in one] if all(texts) else None
        case _:
            return None


def _vector(text: str, dimensions: int) -> list[float]:
    """Of length 1: the sum of one direction for each word, which only the word decides."""
    sums = [0.0] * dimensions
    for word in _words(text):
        direction = random.Random(word)
        sums = [total + direction.gauss(0.0, 1.0) for total in sums]
    length = math.hypot(*sums) or 1.0
    return [total / length for total in sums]


def _tokens(texts: Sequence[str]) -> int:
    return sum(len(_words(text)) for text in texts)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower()) or [text]
