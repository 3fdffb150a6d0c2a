"""JSON and lists of parts that only this library has a reference to: nothing else can have changed them.

What a decoder has made of a response is sealed (`seal_turn`): the values are copied into a place of their
own. Whoever reads such a field for the first time, `call.arguments` say, gets a copy, which is the value of
the field from then on, and leaves a mark. The library itself looks at the value with `peek`, which leaves
none.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar, cast

from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.watch import note_set

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_SCALARS = frozenset((str, int, float, bool, type(None)))
_one_at_a_time = Lock()
_DOC = "A field of the constructor."
_getters: dict[type, Callable[[Any], Any]] = {}


class Seal:
    """Stands in a slot in the place of the value that is sealed."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value: Any = value


class Sealed(Generic[T_co]):
    """The base of classes with a field that may be sealed, whose name is `SEALED`.

    They have the slots `_sealed`, for the value that was sealed, and `_watched`, and are given to `sealable`.
    """

    __slots__ = ()
    SEALED: ClassVar[str]


class SealedJson(Sealed[JsonObject]):
    """The base of frozen classes with a JSON object that may be sealed."""

    __slots__ = ("_sealed", "_watched")


class SealedRaw(SealedJson):
    """Those whose field is `raw`."""

    __slots__ = ()
    SEALED: ClassVar[str] = "raw"


class SealedData(SealedJson):
    """Those whose field is `data`."""

    __slots__ = ()
    SEALED: ClassVar[str] = "data"


def sealable(cls: type[Sealed[object]]) -> None:
    """Have a class of slots hand out the field that may be sealed with the first read of it.

    The slot is under a property, so that all other fields are read as fast as before.
    """
    slot: Any = vars(cls)[cls.SEALED]
    get: Callable[[Any], Any] = slot.__get__

    def read(owner: Sealed[object]) -> object:
        value = get(owner)
        return value if value.__class__ is not Seal else _handed_out(owner, value)

    read.__annotations__["return"] = cls.__annotations__[cls.SEALED]
    setattr(cls, cls.SEALED, property(read, slot.__set__, slot.__delete__, _DOC))
    _getters[cls] = get


def peek(owner: Sealed[T]) -> T:
    """Return the value of the field that may be sealed, and leave it so: it must neither be changed nor given
    to an application.
    """
    value = (_getters.get(owner.__class__) or _getter(owner.__class__))(owner)
    found: T = value if value.__class__ is not Seal else value.value
    return found


def is_sealed(owner: Sealed[T]) -> bool:
    """Return whether the value has not been handed out, and so cannot have changed."""
    get = _getters.get(owner.__class__) or _getter(owner.__class__)
    return get(owner).__class__ is Seal


def sealed_value(owner: Sealed[T]) -> T:
    """Return the value as it was sealed, whether it has been handed out since or not."""
    return cast("T", object.__getattribute__(owner, "_sealed"))


def was_sealed(owner: Sealed[T]) -> bool:
    """Return whether the value was sealed at any time."""
    return hasattr(owner, "_sealed")


def seal(owner: Sealed[T], value: T) -> None:
    """Seal this value, which nothing else may have a reference to, in a field that was never sealed."""
    object.__setattr__(owner, "_sealed", value)
    object.__setattr__(owner, owner.SEALED, Seal(value))


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


def _getter(kind: type) -> Callable[[Any], Any]:
    """Return what reads the slot of the field in objects of a derived class."""
    get = next(_getters[base] for base in kind.__mro__ if base in _getters)
    _getters[kind] = get
    return get


def _handed_out(owner: Sealed[object], seal: Seal) -> object:
    """Return a copy of what is sealed, which is the value of the field from now on."""
    value = _opened(seal.value)
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
