"""What a tool call carries beside its fields."""

from __future__ import annotations

from typing import ClassVar

from chat_core.types.json_values import JsonObject
from chat_core.types.sealed import Sealed
from chat_core.types.watch import note_set


class Attached(Sealed[JsonObject]):
    """What a call carries beside its fields; it is neither stored nor compared.

    `_changes` counts assignments. `_check` tells what is wrong with arguments, where a tool has looked at the
    call, `_input_check` what is wrong with the values that it wanted of a person. `_compared` is a text,
    arguments, and whether the text is JSON of just these arguments. `_watched` is there where somebody has
    looked into the call, `_sealed` where the arguments are sealed.
    """

    __slots__ = ("_changes", "_check", "_compared", "_input_check", "_sealed", "_watched")
    SEALED: ClassVar[str] = "arguments"
    __dataclass_fields__: ClassVar[dict[str, object]]

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if not name.startswith("_"):
            object.__setattr__(self, "_changes", getattr(self, "_changes", 0) + 1)
            if hasattr(self, "_watched"):
                note_set()

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        """Return the fields alone, for copies and pickles: a check belongs to the process that made it."""
        return None, {name: getattr(self, name) for name in self.__dataclass_fields__}
