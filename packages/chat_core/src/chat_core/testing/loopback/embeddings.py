"""Embeddings of a loopback server: vectors made of the words of a text, so that texts that share words lie
near.
"""

from __future__ import annotations

import base64
import math
import random
import re
import struct

from chat_core.testing.loopback.reaction import Reaction, failed, json_reaction
from chat_core.testing.loopback.script import Failure
from chat_core.types.json_values import JsonObject, JsonValue


def embeddings(body: JsonObject) -> Reaction:
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
    tokens = sum(len(_words(text)) for text in texts)
    usage: JsonObject = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json_reaction(200, {"object": "list", "data": data, "model": body["model"], "usage": usage})


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


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower()) or [text]
