"""Embeddings as servers send them: vectors as base64 of float32 or as JSON numbers, in any order."""

from __future__ import annotations

import sys
from array import array
from binascii import Error, a2b_base64
from collections.abc import Sequence

from chat_core.types.embeddings import Embedding
from chat_core.types.errors import InvalidResponse
from chat_core.types.json_values import JsonValue, as_list, as_object


def embeddings_in_order(data: JsonValue, count: int) -> tuple[Embedding, ...]:
    """Return the vectors of a list of `{"index": …, "embedding": …}` in the order of the inputs.

    An index may be an integer, a whole float or digits. Where no item has one, the order received counts.
    Raises `InvalidResponse` where the number is not `count` or an index cannot be known.
    """
    items = [item for item in as_list(data) if isinstance(item, dict)]
    check_count(items, count)
    indexes = [_index(item.get("index")) for item in items]
    if indexes == list(range(count)) or all(index is None for index in indexes):
        ordered = items
    else:
        by_index = {index: item for index, item in zip(indexes, items, strict=True) if index is not None}
        if sorted(by_index) != list(range(count)):
            raise InvalidResponse(
                f"the indexes of the embeddings are no order of {count} inputs: {indexes[:20]}"
            )
        ordered = [by_index[index] for index in range(count)]
    return tuple(Embedding(read_vector(item.get("embedding"))) for item in ordered)


def check_count(items: Sequence[object], count: int) -> None:
    """Raise `InvalidResponse` where there are not as many embeddings as inputs."""
    if len(items) != count:
        raise InvalidResponse(f"{len(items)} embeddings came for {count} inputs")


def _index(value: JsonValue) -> int | None:
    if type(value) is int:  # as nearly always
        return value
    match value:
        case bool():
            return None
        case int(index):
            return index
        case float(number) if number.is_integer():
            return int(number)
        case str(digits) if digits.isdecimal() and len(digits) <= 9:
            return int(digits)
        case _:
            return None


def read_vector(value: JsonValue) -> array[float]:
    """Return the numbers of a vector, without a loop over them in Python. Raises `InvalidResponse`."""
    match value:
        case "" | []:
            raise InvalidResponse("an embedding without numbers")
        case str():
            try:
                vector = array("f", a2b_base64(value, strict_mode=True))  # float32, little-endian
            except (Error, ValueError) as exc:
                raise InvalidResponse(f"not base64 of float32 numbers: {value[:60]!r}") from exc
            if sys.byteorder == "big":
                vector.byteswap()
            return vector
        case list():
            try:
                return array("d", value)  # type: ignore[arg-type]  # what is no number raises right here
            except (TypeError, OverflowError) as exc:
                raise InvalidResponse(f"not a vector of numbers: {str(value)[:60]}") from exc
        case _:
            raise InvalidResponse(f"not an embedding: {str(as_object(value) or value)[:60]}")
