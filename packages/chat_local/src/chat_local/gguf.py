"""What a GGUF file says of its model. Facts: the GGUF specification, version 3."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, TypeAlias

from chat_core import ConfigurationError

Scalar: TypeAlias = str | int | float | bool

_MAGIC = b"GGUF"
_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING, _ARRAY = 8, 9
_LONGEST_TEXT = 10_000_000  # bytes; a chat template has some thousand


def read_metadata(path: Path) -> Mapping[str, Scalar]:
    """Return the numbers and texts in the head of a GGUF file; its arrays, such as the vocabulary, are left
    out.

    Raises `ConfigurationError` for another kind of file.
    """
    with path.open("rb") as file:
        try:
            if file.read(4) != _MAGIC:
                raise ConfigurationError(f"not a GGUF file: {path}")
            _number(file, "<I")  # the version
            _number(file, "<Q")  # the number of tensors
            count = int(_number(file, "<Q"))
            pairs = (_pair(file) for _ in range(count))
            return {name: value for name, value in pairs if value is not None}
        except (struct.error, UnicodeDecodeError, ValueError) as exc:
            raise ConfigurationError(f"the GGUF file {path} is damaged: was it downloaded whole?") from exc


def _pair(file: BinaryIO) -> tuple[str, Scalar | None]:
    name = _text(file)
    return name, _value(file, int(_number(file, "<I")))


def _value(file: BinaryIO, kind: int) -> Scalar | None:
    if kind == _STRING:
        return _text(file)
    if kind != _ARRAY:
        return _number(file, _format(kind))
    inner, length = int(_number(file, "<I")), int(_number(file, "<Q"))
    if inner == _STRING:
        for _ in range(length):
            file.seek(int(_number(file, "<Q")), 1)
    elif inner == _ARRAY:
        raise ValueError("arrays of arrays are in no version")
    else:
        file.seek(length * struct.calcsize(_format(inner)), 1)
    return None


def _format(kind: int) -> str:
    if kind not in _SCALARS:
        raise ValueError(f"no type of value is {kind}")
    return _SCALARS[kind]


def _number(file: BinaryIO, form: str) -> int | float | bool:
    value: int | float | bool = struct.unpack(form, file.read(struct.calcsize(form)))[0]
    return value


def _text(file: BinaryIO) -> str:
    length = int(_number(file, "<Q"))
    if length > _LONGEST_TEXT:
        raise ValueError(f"a text of {length} bytes")
    data = file.read(length)
    if len(data) < length:
        raise ValueError("the file ends in a text")
    return data.decode("utf-8")
