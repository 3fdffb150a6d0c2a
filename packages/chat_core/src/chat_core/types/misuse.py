"""Sentences for what was passed by mistake: what came, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import wraps
from typing import TypeVar, cast

from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonValue, json_fault

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")


def kind_of(value: object) -> str:
    """Return what a value is, for an error message: "None", "a dict", "the class City"."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def is_a(value: object, *kinds: type) -> bool:
    """Return whether a value has one of these types, also where type checkers take that for granted."""
    return isinstance(value, kinds)


def check_json(value: object, what: str) -> None:
    """Raise `ConfigurationError` for a value with NaN, infinite or huge numbers in it, and for one that is
    nested too deeply: no request carries it.
    """
    from chat_core.types.plain_json import as_json  # here: importing it costs more

    try:
        as_json(value)  # which sees circles
    except ValueError as exc:
        raise ConfigurationError(f"{what} cannot be sent: {exc}") from exc
    if fault := json_fault(cast("JsonValue", value)):
        raise ConfigurationError(f"{what} cannot be sent: {fault}")


def check_numbers(options: object) -> None:
    """Raise `ConfigurationError` for options with numbers in them that JSON does not have, by their names.

    `options` is a dataclass; those within it, and within its mappings and sequences, are looked at too.
    """
    for name in getattr(options, "__dataclass_fields__", ()):
        value: object = getattr(options, name)
        for item in _items(value):
            if isinstance(item, float | int | dict | list):
                check_json(cast("object", item), f"{name}={value!r}"[:200])
            else:
                check_numbers(item)


def _items(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return cast("Mapping[object, object]", value).values()
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


def checked_text(value: object, what: str, example: str = "text") -> str:
    """Return a text that is not blank. Raises `ConfigurationError`, which shows an example, for anything
    else.
    """
    if not isinstance(value, str):
        raise ConfigurationError(f"{what} takes a text such as {example}, not {kind_of(value)}")
    if not value.strip():
        raise ConfigurationError(f"{what} takes a text such as {example}, not an empty one")
    return value


def checked_count(value: object, method: str, *, least: int) -> int:
    """Return a whole number that is large enough. Raises `ConfigurationError`, which names the method."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(f"{method}(...) takes a whole number, not {kind_of(value)}")
    if value < least:
        raise ConfigurationError(f"{method}({value}): at least {least}")
    return value


def checked_dimensions(value: int | None) -> int | None:
    """Return the length that vectors are to have, or None.

    Raises `ConfigurationError` for anything but a positive whole number.
    """
    return value if value is None else checked_count(value, "with_embeddings", least=1)


def checked_instance(value: object, kind: type[T], where: str, instead: str) -> T:
    """Return a value of this type.

    Raises `ConfigurationError`, which tells what to write, for anything else.
    """
    if isinstance(value, kind):
        return value
    raise ConfigurationError(f"{where} takes {kind.__name__}, not {kind_of(value)}: {instead}")


def checked_mapping(value: object, where: str) -> Mapping[str, object]:
    """Return a mapping whose keys are text. Raises `ConfigurationError` for anything else."""
    given = cast("Mapping[str, object]", value)
    if is_a(value, Mapping) and all(is_a(key, str) for key in given):
        return given
    raise ConfigurationError(f'{where} takes a dict such as {{"name": 1}}, not {kind_of(value)}')


def misspelt(name: str, known: Sequence[str]) -> str:
    """Return the known names that `name` may have meant, as the end of a sentence."""
    from difflib import get_close_matches  # here: only mistakes need it

    near = get_close_matches(name, known, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"


def refuse_other_arguments(instead: str) -> Callable[[F], F]:
    """Return a decorator that raises `ConfigurationError`, not `TypeError`, for too many or too few
    arguments.
    """

    def decorate(method: F) -> F:
        @wraps(method)
        def call(*args: object, **given: object) -> object:
            try:
                return method(*args, **given)
            except TypeError as exc:
                if exc.__traceback__ is not None and exc.__traceback__.tb_next is None:  # not from within
                    raise ConfigurationError(instead) from None
                raise

        return cast("F", call)

    return decorate


def refuse_unknown_fields(cls: C) -> C:
    """Return a dataclass that raises `ConfigurationError`, not `TypeError`, for a name it has no field of."""
    original = cast("Callable[..., None]", vars(cls)["__init__"])
    known = [field.name for field in fields(cls)]

    @wraps(original)
    def init(self: object, *args: object, **given: object) -> None:
        for name in given:
            if name not in known:
                raise ConfigurationError(f"{cls.__name__} has no {name!r}: {misspelt(name, known)}")
        original(self, *args, **given)

    type.__setattr__(cls, "__init__", init)
    return cls
