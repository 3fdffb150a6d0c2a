"""What a tool needs from a person before it can go on."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core.types.json_values import JsonObject
from chat_core.types.short_repr import ShortRepr


@dataclass(frozen=True, slots=True, repr=False)
class InputRequest(ShortRepr):
    """Values that a tool, in the middle of its work, needs from a person.

    `message` is what the person reads, and `schema` the JSON schema of the values, an object; None where an
    approval alone is needed. `state` is the tool's own: it gets it back unchanged. `values` are the
    person's, once `call.approve(input={...})` has given them.
    """

    message: str
    schema: JsonObject | None = None
    state: JsonObject | None = field(default=None, repr=False)
    values: JsonObject | None = None
