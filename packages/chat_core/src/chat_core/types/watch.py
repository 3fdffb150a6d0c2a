"""Objects that somebody has looked into, and whether a field of any of them has been set since."""

from __future__ import annotations

_mark: object = object()


def last_mark() -> object:
    """Return an object that is another one as soon as a field of something watched has been set.

    There is one for the whole process: where it is as it was, no field has to be compared.
    """
    return _mark


def note_set() -> None:
    """Note that a field of something watched has been set. A new object is as good in any thread."""
    global _mark
    _mark = object()


def watch(source: object) -> None:
    """Have a message or a call note from now on that a field of it was set."""
    object.__setattr__(source, "_watched", True)
