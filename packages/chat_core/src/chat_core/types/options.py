"""The options that any model may have.

What a provider cannot do is refused or noticed, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import cast

from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import is_out_of_range
from chat_core.types.memo import Memo
from chat_core.types.misuse import kind_of, refuse_unknown_fields
from chat_core.types.set_fields import set_fields
from chat_core.types.short_repr import ShortRepr


@refuse_unknown_fields
@dataclass(frozen=True, slots=True, repr=False)
class ChatOptions(ShortRepr, Memo):
    """The common options; None leaves the choice to the provider.

    `stop` is one sequence or several. `tool_choice` is "auto", "none", "required" or the name of a tool; a
    forced choice holds for the first model turn of a call only, since it would never end otherwise.
    `reasoning_effort` is the provider's own word, such as "low" or "high". Raises `ConfigurationError` for an
    unknown name and for a value of another type.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: str | Sequence[str] | None = None
    seed: int | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    reasoning_effort: str | None = None
    tool_choice: str | None = None
    parallel_tool_calls: bool | None = None

    def __post_init__(self) -> None:
        for name, kinds in _KINDS.items():
            value: object = getattr(self, name)
            if value is None or (isinstance(value, kinds) and (isinstance(value, bool) == (kinds is bool))):
                if isinstance(value, int | float) and is_out_of_range(value):
                    raise ConfigurationError(f"ChatOptions({name}=...): it is not finite, or out of range")
                continue
            wanted = "a number" if kinds == (int, float) else _WORDS.get(kinds, "text")
            raise ConfigurationError(f"ChatOptions({name}={value!r}): it is {wanted}, not {kind_of(value)}")
        if not isinstance(self.stop, str | None) and not _are_texts(self.stop):
            raise ConfigurationError(f'ChatOptions(stop={self.stop!r}): it is a text or a list: ["END"]')

    def merged(self, other: ChatOptions | None) -> ChatOptions:
        """Return these options with those that `other` sets in their place, field by field."""
        if other is None:
            return self
        return replace(self, **{name: getattr(other, name) for name in set_fields(other)})


COMMON_OPTIONS = frozenset(field.name for field in fields(ChatOptions))
_KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("temperature", "top_p", "frequency_penalty", "presence_penalty"), (int, float)),
    **dict.fromkeys(("max_tokens", "seed", "top_k"), int),
    **dict.fromkeys(("reasoning_effort", "tool_choice"), str),
    "parallel_tool_calls": bool,
}
_WORDS: dict[object, str] = {int: "a whole number", bool: "True or False"}


def checked_options(options: object, where: str) -> ChatOptions:
    """Return the options. Raises `ConfigurationError`, which names the method, for anything else."""
    if isinstance(options, ChatOptions):
        return options
    if isinstance(options, Mapping):
        fields_given = cast("Mapping[str, object]", options)
        given = ", ".join(f"{name}={value!r}" for name, value in fields_given.items())
        raise ConfigurationError(
            f"{where} takes ChatOptions, not {kind_of(fields_given)}: ChatOptions({given})"
        )
    raise ConfigurationError(
        f"{where} takes ChatOptions(temperature=0.2, ...), not {kind_of(options)}; "
        "a provider's own options go to the provider's builder"
    )


def _are_texts(values: object) -> bool:
    if not isinstance(values, Sequence):
        return False
    return all(isinstance(value, str) for value in cast("Sequence[object]", values))
