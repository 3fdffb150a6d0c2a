"""Everything in a message that may change in place, for tests of what has to notice it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chat_core import (
    Citation,
    Completed,
    File,
    Message,
    Native,
    Opaque,
    Origin,
    Structured,
    Text,
    ToolCall,
    Turn,
)

ORIGIN = Origin("p", "e", "m")
NATIVE = Native(ORIGIN, {"not JSON": object()})  # type: ignore[dict-item]  # on purpose
"""Native data that cannot be compared."""


def message() -> Message:
    """Return a message of the model with JSON in all its places."""
    deep: Any = {"deep": [{"signature": "s", "at": 0.0}, list[str]()], "none": None}
    return Message(
        "model",
        [
            Text("a", (Citation(raw={"n": 1}),), native=Native(ORIGIN, deep)),
            Structured({"value": [1, 2], "same": {"x": "y"}}),
            Opaque(Native(ORIGIN, {"type": "block"})),
            ToolCall("c", "add", {"a": 1, "b": {"c": 1.0}}, Completed({"sum": [2]}), edited={"a": 2}),
            ToolCall("d", "see", {}, Completed("x"), files=(File.from_bytes(b"x", "text/plain"),)),
        ],
        turn=Turn("stop"),
    )


CHANGES: dict[str, Callable[[Any], object]] = {
    "a part more": lambda m: m.parts.append(Text("b")),
    "a part less": lambda m: m.parts.pop(),
    "another part": lambda m: m.parts.__setitem__(0, Text("b")),
    "another order": lambda m: m.parts.reverse(),
    "other parts": lambda m: setattr(m, "parts", [Text("a")]),
    "another role": lambda m: setattr(m, "role", "user"),
    "interrupted": lambda m: setattr(m, "interrupted", True),
    "another turn": lambda m: setattr(m, "turn", Turn("length")),
    "native data, deep": lambda m: m.parts[0].native.data["deep"][0].update(signature="t"),
    "native data, a list": lambda m: m.parts[0].native.data["deep"][1].append("t"),
    "native data, the sign of nothing": lambda m: m.parts[0].native.data["deep"][0].update(at=-0.0),
    "native data, a key gone": lambda m: m.parts[0].native.data.pop("none"),
    "native data of a block": lambda m: m.parts[2].native.data.clear(),
    "a citation": lambda m: m.parts[0].citations[0].raw.update(n=2),
    "a value": lambda m: m.parts[1].value["value"].append(3),
    "a value, True for 1": lambda m: m.parts[1].value["value"].__setitem__(0, True),
    "a value, the order": lambda m: m.parts[1].value["value"].reverse(),
    "arguments, a key": lambda m: m.parts[3].arguments.update(a=2),
    "arguments, another key": lambda m: m.parts[3].arguments.update(z=m.parts[3].arguments.pop("b")),
    "arguments, deep": lambda m: m.parts[3].arguments["b"].update(d=1),
    "arguments, True for 1": lambda m: m.parts[3].arguments.update(a=True),
    "arguments, 1 for 1.0": lambda m: m.parts[3].arguments["b"].update(c=1),
    "arguments, the order": lambda m: m.parts[3].arguments.update(a=m.parts[3].arguments.pop("a")),
    "other arguments": lambda m: setattr(m.parts[3], "arguments", {}),
    "an edit": lambda m: m.parts[3].edited.update(a=3),
    "a result": lambda m: m.parts[3].status.result["sum"].append(1),
    "another status": lambda m: setattr(m.parts[3], "status", Completed(1)),
    "an equal status": lambda m: setattr(m.parts[3], "status", Completed({"sum": [2]})),
    "another name": lambda m: setattr(m.parts[4], "name", "look"),
    "files": lambda m: setattr(m.parts[4], "files", ()),
}
