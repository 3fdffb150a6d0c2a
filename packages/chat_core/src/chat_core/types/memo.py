"""Values that keep what encoders have made of them."""

from __future__ import annotations

from typing import ClassVar


class Memo:
    """The base of a dataclass with a place for its encoded forms; they are neither stored, copied nor
    compared.

    `chat_core.wire.encoded_once` fills it.
    """

    __slots__ = ("_memo",)
    __dataclass_fields__: ClassVar[dict[str, object]]

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        """Return the fields alone, for copies and pickles."""
        return None, {name: getattr(self, name) for name in self.__dataclass_fields__}


def memo_of(source: Memo) -> tuple[object, ...]:
    """Return what is kept on a value."""
    kept: tuple[object, ...] = getattr(source, "_memo", ())
    return kept


def keep_memo(source: Memo, kept: tuple[object, ...]) -> None:
    """Keep this on a value, in place of what was kept."""
    object.__setattr__(source, "_memo", kept)
