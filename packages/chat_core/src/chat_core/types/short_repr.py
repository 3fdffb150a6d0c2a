"""A repr that one can read: without what was left at its default."""

from __future__ import annotations

from dataclasses import MISSING, Field
from typing import ClassVar, cast


class ShortRepr:
    """For dataclasses with many fields that are mostly not set; they are declared with `repr=False`."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[object]]]

    def __repr__(self) -> str:
        values = (
            (field, cast("object", getattr(self, name)))
            for name, field in self.__dataclass_fields__.items()
            if field.repr
        )
        fields = ", ".join(f"{field.name}={value!r}" for field, value in values if value != _default(field))
        return f"{type(self).__name__}({fields})"


def _default(field: Field[object]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()
