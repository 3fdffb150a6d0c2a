"""Planting a bug: a module's functions get the code that its text with the bug in it compiles to.

The functions stay the same objects, so that the bug is there wherever they have been imported to.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any


@dataclass(frozen=True)
class Mutation:
    """A bug: in `module`, `old` becomes `new`. `caught_by` are the checks that have to fail, of `suite`."""

    bug: str
    suite: str
    module: str
    old: str
    new: str
    caught_by: tuple[str, ...]


@contextmanager
def planted(mutation: Mutation) -> Iterator[None]:
    """Run with a bug, and without it again afterwards."""
    module = import_module(mutation.module)
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert source.count(mutation.old) == 1, (
        f"{mutation.module} has {mutation.old!r} {source.count(mutation.old)} times: "
        f"its code has changed, so plant {mutation.bug!r} anew"
    )
    broken = codes(compile(source.replace(mutation.old, mutation.new), module.__file__, "exec"))
    undo = [
        change for name, function in functions_of(module) for change in swapped(function, broken.get(name))
    ]
    assert undo, f"{mutation.bug!r} changes no function"
    try:
        yield
    finally:
        for function, code in undo:
            function.__code__ = code


def swapped(function: FunctionType, code: CodeType | None) -> Iterator[tuple[FunctionType, CodeType]]:
    """Give a function another code where that is another, and yield what it had."""
    before = function.__code__
    if code is None or same(code, before):
        return
    function.__code__ = code
    yield function, before


def same(one: CodeType, other: CodeType) -> bool:
    """Whether two codes do the same, wherever they stand in their files."""
    constants = zip(one.co_consts, other.co_consts, strict=False)
    alike = all(
        same(a, b) if isinstance(a, CodeType) and isinstance(b, CodeType) else a == b for a, b in constants
    )
    return (
        alike
        and one.co_code == other.co_code
        and one.co_names == other.co_names
        and len(one.co_consts) == len(other.co_consts)
    )


def codes(code: CodeType) -> dict[str, CodeType]:
    """Return the codes of all functions of a module, and of its classes, by their qualified names."""
    found: dict[str, CodeType] = {}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found[constant.co_qualname] = constant
            found |= {} if constant.co_flags & inspect.CO_NEWLOCALS else codes(constant)
    return found


def functions_of(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """Yield the functions of a module and of its classes, properties included."""
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        members: list[Any] = list(vars(value).values()) if isinstance(value, type) else [value]
        for member in members:
            inner = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            inner = inspect.unwrap(inner) if callable(inner) else inner
            if isinstance(inner, FunctionType):
                yield inner.__qualname__, inner
