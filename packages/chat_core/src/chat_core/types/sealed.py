"""JSON and lists of parts that nobody but this library has a reference to: nobody can have changed them.

What a decoder has made of a response is sealed (`seal_turn`): the values are copied into a place of their
own. Whoever reads such a field for the first time, `call.arguments` say, gets a copy, which is the value of
the field from then on, and leaves a mark. The library itself looks at the value with `peek`, which leaves
none.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.watch import note_set

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_SCALARS = frozenset((str, int, float, bool, type(None)))
_one_at_a_time = Lock()
_get, _set, _delete = object.__getattribute__, object.__setattr__, object.__delattr__
_getters: dict[type, Callable[[object], object]] = {}


class Sealed(Generic[T_co]):
    """The base of classes with a field that may be sealed, whose name is `SEALED`.

    They have the slots `_sealed`, for the value that was sealed, and `_watched`. A field that has been handed
    out, or was never sealed, is a slot like all others.
    """

    __slots__ = ()
    SEALED: ClassVar[str]

    if not TYPE_CHECKING:  # a checker that saw this would take any name

        def __getattr__(self, name: str) -> object:  # called for what has not been set
            if name != self.SEALED:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return _handed_out(self)


class SealedJson(Sealed[JsonObject]):
    """The base of frozen classes with a JSON object that may be sealed."""

    __slots__ = ("_sealed", "_watched")


def peek(owner: Sealed[T]) -> T:
    """Return the value of the field that may be sealed, and leave it so: it must neither be changed nor given
    to an application.
    """
    kind = owner.__class__
    get = _getters.get(kind) or _getter(kind)
    try:
        return cast("T", get(owner))
    except AttributeError:
        return sealed_value(owner)


def is_sealed(owner: Sealed[T]) -> bool:
    """Return whether the value has not been handed out, and so cannot have changed."""
    kind = owner.__class__
    get = _getters.get(kind) or _getter(kind)
    try:
        get(owner)
    except AttributeError:
        return True
    return False


def sealed_value(owner: Sealed[T]) -> T:
    """Return the value as it was sealed, whether it has been handed out since or not."""
    return cast("T", _get(owner, "_sealed"))


def was_sealed(owner: Sealed[T]) -> bool:
    """Return whether the value was sealed at any time."""
    try:
        _get(owner, "_sealed")
    except AttributeError:
        return False
    return True


def seal(owner: Sealed[T], value: T) -> None:
    """Seal this value, which nothing else may have a reference to, in a field that was never sealed."""
    _set(owner, "_sealed", value)
    _delete(owner, owner.SEALED)


def copied(value: JsonObject) -> JsonObject:
    """Return a copy of JSON. Raises `RecursionError` where it is nested too deeply."""
    return cast("JsonObject", _copied(value))


def _copied(value: JsonValue) -> JsonValue:
    kind = type(value)
    if kind is dict:
        items = cast("JsonObject", value).items()
        return {key: item if type(item) in _SCALARS else _copied(item) for key, item in items}
    if kind is list:
        listed = cast("list[JsonValue]", value)
        return [item if type(item) in _SCALARS else _copied(item) for item in listed]
    return value


def _getter(kind: type) -> Callable[[object], object]:
    """Return what reads the slot of the field in objects of a class."""
    sealing = cast("type[Sealed[object]]", kind)
    get = cast("Callable[[object], object]", getattr(kind, sealing.SEALED).__get__)
    _getters[kind] = get
    return get


def _handed_out(owner: Sealed[object]) -> object:
    """Return a copy of what is sealed, which is the value of the field from now on."""
    sealed = sealed_value(owner)  # raises AttributeError for an object that is not made yet
    value = _opened(sealed)
    with _one_at_a_time:  # one copy, however many threads ask for it
        if not is_sealed(owner):
            return peek(owner)
        object.__setattr__(owner, owner.SEALED, value)
    if hasattr(owner, "_watched"):
        note_set()
    return value


def _opened(sealed: object) -> object:
    """Return a list of the parts that are sealed, or a copy of JSON."""
    if type(sealed) is tuple:
        return [*cast("tuple[object, ...]", sealed)]
    return _copied(cast("JsonValue", sealed))
