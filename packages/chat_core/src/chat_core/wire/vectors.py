"""The vector of an embedding as servers write it: base64 of float32, or JSON numbers."""

from __future__ import annotations

import sys
from array import array
from binascii import Error, a2b_base64

from chat_core.types.errors import InvalidResponse
from chat_core.types.json_values import JsonValue, as_object


def read_vector(value: JsonValue) -> array[float]:
    """The numbers, without a loop over them in Python. Raises `InvalidResponse`."""
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
