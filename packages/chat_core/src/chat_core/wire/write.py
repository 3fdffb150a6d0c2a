"""Request bodies: the object that an encoder returns, and its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, SupportsIndex, TypeVar, cast

from chat_core.types.byte_pieces import add_piece
from chat_core.types.errors import ConfigurationError
from chat_core.types.memo import Memo
from chat_core.types.response import Notice
from chat_core.types.slot_setters import slot_setters

T = TypeVar("T")
V = TypeVar("V")
_AT_ONCE = 16
_MOST_BYTES = 1 << 24  # that are kept beside a conversation


@dataclass(frozen=True, slots=True)
class Encoded(Memo):
    """A request body as an object, and the notices for what of the request it does not carry.

    The client makes the bytes, once. A wire that has more to hand to its client extends this class.
    """

    body: Mapping[str, object] = field(repr=False)  # it may hold a token
    notices: tuple[Notice, ...] = ()

    def __init__(self, body: Mapping[str, object], notices: tuple[Notice, ...] = ()) -> None:
        _set_body(self, body)
        _set_notices(self, notices)


_set_body, _set_notices = slot_setters(Encoded)


class SentList(list[T]):
    """A list in a body whose first `stable` items never change, as of a conversation those that were sent
    before.

    What has been made of these, such as their bytes, is known to each list that `fork` has made. Items are
    appended, or replaced one by one.
    """

    __slots__ = ("_known", "_mark", "stable")

    def __init__(self) -> None:
        super().__init__()
        self.stable: int = 0
        self._mark: _Mark | None = None
        self._known: dict[object, tuple[_Mark | None, object]] = {}

    def fork(self, stable: int | None = None) -> SentList[T]:
        """Return a list of the same items, to which others can be added. The first `stable`, by default all,
        never change from now on.
        """
        self.stable = len(self) if stable is None else stable
        if self.stable > (self._mark.count if self._mark is not None else 0):
            self._mark = _Mark(self._mark, self.stable)
        forked: SentList[T] = SentList()
        forked += self
        forked.stable, forked._known, forked._mark = self.stable, self._known, self._mark
        return forked

    def __setitem__(self, index: SupportsIndex | slice, value: object) -> None:
        """Replace an item. Where it was stable, nothing is known of the list any more."""
        at = index if isinstance(index, int) else 0
        if (at + len(self) if at < 0 else at) < self.stable:
            self.stable, self._mark, self._known = 0, None, {}
        super().__setitem__(cast("SupportsIndex", index), cast("T", value))

    def known(self, what: object, nothing: V) -> tuple[int, V]:
        """Return what has been made of how many of the first items; `nothing` of none.

        `what` is a name, and what else it depends on.
        """
        made_at, value = self._known.get(what, (None, nothing))
        mark = self._mark
        while mark is not None and made_at is not None and mark.count > made_at.count:
            mark = mark.before
        if made_at is None or mark is not made_at:
            return 0, nothing
        return made_at.count, cast("V", value)

    def keep(self, what: object, value: object) -> None:
        """Keep what has been made of the stable items."""
        if self._mark is not None and self._mark.count == self.stable:
            self._known[what] = (self._mark, value)

    def is_in_pieces(self) -> bool:
        """Return whether there are pieces that are worth to keep, or to write apart."""
        return self.stable > 0 or len(self) > _AT_ONCE

    def pieces(self) -> list[bytes | memoryview]:
        """Return the items as JSON bytes without brackets, in pieces. Raises `ValueError` as `to_json`."""
        at, known = self.known("pieces", _NO_PIECES)
        pieces = [*known.pieces]
        if self.stable > at:
            size = known.size
            for data in _written(self[at : self.stable]):
                add_piece(pieces, b"".join((b",", data)) if pieces else bytes(data))
                size += len(data) + 1
            at = self.stable
            if size <= _MOST_BYTES:
                self.keep("pieces", _Pieces(tuple(pieces), size))
        found: list[bytes | memoryview] = [*pieces]
        for data in _written(self[at:]):
            found += (b",", data) if found else (data,)
        return found


class _Mark:
    """A place up to which lists that were forked from each other have the same items."""

    __slots__ = ("before", "count")

    def __init__(self, before: _Mark | None, count: int) -> None:
        self.before = before
        self.count = count


class _Pieces(NamedTuple):
    """The bytes of some items, and how many they are."""

    pieces: Sequence[bytes]
    size: int


_NO_PIECES = _Pieces((), 0)


def _written(items: Sequence[object]) -> Iterator[memoryview]:
    """Yield items as JSON bytes without brackets, several at a time, to be joined by commas.

    They are written a few at a time: of a history of 400 KB, its own growth costs the buffer of `to_json` as
    much as the writing.
    """
    to_json = json_writer()
    for at in range(0, len(items), _AT_ONCE):
        yield memoryview(to_json(items[at : at + _AT_ONCE], inf_nan_mode="strings"))[1:-1]  # without a copy


def dump(body: Mapping[str, object]) -> bytes:
    """Return the body as JSON bytes. Raises `ConfigurationError` for what JSON or UTF-8 cannot hold.

    Where options and schemas are set, NaN and infinite numbers are refused; one that is left becomes a text,
    which a server refuses by its field.

    pydantic writes it: of a history of 400 KB it makes bytes in 0.4 ms, `json.dumps` in 1.3.
    """
    try:
        for name, value in body.items():
            if type(value) is SentList and value.is_in_pieces():
                return _dump_around(body, name)
        return json_writer()(body, inf_nan_mode="strings")
    except (ValueError, RecursionError) as exc:  # a lone surrogate, a cycle, an object that is no JSON
        hint = _SURROGATE_HINT if "surrogates not allowed" in str(exc) else ""
        raise ConfigurationError(f"the request cannot be written as JSON: {exc}{hint}") from exc


_SURROGATE_HINT = (
    '; a text has half of a character: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")'
)


@cache
def json_writer() -> Callable[..., bytes]:
    """Return the fast writer, which raises `ValueError` for what is no JSON."""
    from pydantic_core import to_json  # with the first request

    return to_json


def _dump_around(body: Mapping[str, object], name: str) -> bytes:
    """Return the body as JSON bytes, around a list of which many bytes are known: these are copied once."""
    to_json = json_writer()
    items = list(body.items())
    at = list(body).index(name)
    before = to_json(dict(items[:at]), inf_nan_mode="strings")[1:-1]
    after = to_json(dict(items[at + 1 :]), inf_nan_mode="strings")[1:-1]
    start = b"{%b%b%b:[" % (before, b"," if before else b"", to_json(name))
    end = b"]%b%b}" % (b"," if after else b"", after)
    return b"".join([start, *cast("SentList[object]", body[name]).pieces(), end])
