"""Public names say what they are and what they raise: what can be read off the code is checked here.

A public function, class, method or property has a docstring, its own or that of the one it overrides. Where
its body, or a function of ours that it calls, raises a public error, the docstring names that error, or a
class above it, in a sentence such as "Raises `ConfigurationError` where ...". A method may leave that to the
docstring of its class, which a constructor always does.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
SPECIAL = (
    "__aenter__",
    "__aiter__",
    "__anext__",
    "__call__",
    "__enter__",
    "__getitem__",
    "__iter__",
    "__len__",
)
OF_PYTHON = (ValueError, TypeError, RuntimeError)  # others are Python's protocols: KeyError, StopIteration
_SENTENCE = re.compile(r"\b[Rr]aise|refuse|\bfails with\b|\bis a `|\bare a `|\bis `[A-Z]|\bare `[A-Z]")


class Member(NamedTuple):
    """A public function or method: where it is found, itself, and the class that it is of."""

    path: str
    function: FunctionType
    owner: type | None = None


class Sample:
    """What a package might have. Raises `RuntimeError` where it is made twice."""

    def __init__(self) -> None:
        raise RuntimeError

    def bare(self) -> None: ...

    def silent(self) -> None:
        """Do something."""
        raise ValueError

    def documented(self) -> None:
        """Do something. Raises `ValueError` where it cannot."""
        raise ValueError

    def named_elsewhere(self) -> None:
        """Return nothing. `ValueError` is a name of Python's."""
        raise ValueError

    def by_a_helper(self) -> None:
        """Do something."""
        self._helper()

    def caught(self) -> None:
        """Do something."""
        try:
            raise ValueError
        except ValueError:
            self.documented()

    def of_python(self) -> None:
        """Do something."""
        raise KeyError

    def _helper(self) -> None:
        raise TypeError


@pytest.fixture(scope="module")
def api() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        yield importlib.import_module("released_api")
    finally:
        sys.path.remove(str(ROOT / "tools"))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_a_docstring(api: ModuleType, package: str) -> None:
    things = public_things(api, package)
    bare = [path for path, thing in things if inspect.isclass(thing) and not documented(thing)]
    bare += [member.path for member in members(things) if not doc_of(member)]
    assert bare == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_docstring_names_the_errors_that_are_raised(api: ModuleType, package: str) -> None:
    faults = list(unnamed_errors(public_things(api, package)))
    assert faults == [], "say when: Raises `Error` where ..."


def test_what_is_missing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sample, "__module__", "chat_sample")
    for function in vars(Sample).values():
        if isinstance(function, FunctionType):
            monkeypatch.setattr(function, "__module__", "chat_sample")
    things: list[tuple[str, Any]] = [("Sample", Sample)]
    assert [member.path for member in members(things) if not doc_of(member)] == ["Sample.bare"]
    assert list(unnamed_errors(things)) == [
        "Sample.silent raises ValueError",
        "Sample.named_elsewhere raises ValueError",
        "Sample.by_a_helper raises TypeError",
    ]


def unnamed_errors(things: list[tuple[str, Any]]) -> Iterator[str]:
    """Yield each error that a function raises and no docstring of it names."""
    for member in members(things):
        for error in raised(member):
            if not says(member, error):
                yield f"{member.path} raises {error.__name__}"


def public_things(api: ModuleType, package: str) -> list[tuple[str, Any]]:
    """Return the public names of a package that are its own, with what they stand for; each once."""
    found: dict[int, tuple[str, Any]] = {}
    for module in api.public_modules(package):
        for name in api.names_of(module):
            thing = getattr(module, name)
            home = getattr(thing, "__module__", "") or ""
            if (inspect.isclass(thing) or inspect.isroutine(thing)) and home.split(".")[0] == package:
                found.setdefault(id(thing), (f"{module.__name__}.{name}", thing))
    return list(found.values())


def members(things: list[tuple[str, Any]]) -> Iterator[Member]:
    """Yield the functions among public things, and the methods that their classes have, each once."""
    seen: set[FunctionType] = set()
    for path, thing in things:
        if not inspect.isclass(thing):
            if function := function_of(thing):
                yield Member(path, function)
            continue
        for base in thing.__mro__:
            for name, member in vars(base).items() if base.__module__.startswith("chat_") else ():
                function = function_of(member)
                is_shown = not name.startswith("_") or name in (*SPECIAL, "__init__", "__post_init__")
                if (
                    is_shown
                    and function is not None
                    and function not in seen
                    and node_of(function) is not None
                ):
                    seen.add(function)
                    yield Member(f"{path}.{name}", function, base)


def function_of(thing: Any) -> FunctionType | None:
    """Return the function behind a method, a property or a decorated function."""
    thing = getattr(thing, "fget", None) or getattr(thing, "func", None) or thing
    thing = inspect.unwrap(getattr(thing, "__func__", thing))
    return thing if isinstance(thing, FunctionType) else None


def documented(cls: type) -> bool:
    """Whether a class has a docstring of its own that somebody wrote: dataclasses get one from Python."""
    text = vars(cls).get("__doc__") or ""
    return bool(text) and not text.startswith(f"{cls.__name__}(")


def doc_of(member: Member) -> str:
    """Return the docstring of a member, or that of the one it overrides; of a constructor, the class's."""
    name = member.path.rpartition(".")[2]
    if member.owner is None:
        return member.function.__doc__ or ""
    if name in ("__init__", "__post_init__"):
        return f"{member.owner.__doc__ or ''}\n{member.function.__doc__ or ''}"
    if name in SPECIAL:
        return member.function.__doc__ or member.owner.__doc__ or ""
    texts = (getattr(vars(base).get(name), "__doc__", None) for base in member.owner.__mro__)
    return next((text for text in texts if text), "")


def says(member: Member, error: type[BaseException]) -> bool:
    """Whether a docstring has a sentence with an error or one of the classes above it."""
    text = doc_of(member)
    if member.owner is not None:
        text += f"\n{member.owner.__doc__ or ''}"
    names = {base.__name__ for base in error.__mro__} - {"Exception", "BaseException", "object"}
    sentences = re.split(r"(?<=[.:;])\s", " ".join(text.split()))
    return any(_SENTENCE.search(each) and names & set(re.findall(r"\w+", each)) for each in sentences)


def raised(member: Member) -> list[type[BaseException]]:
    """Return the public errors that a function raises, itself or in a function of ours that it calls."""
    found = dict.fromkeys(raised_by(member.function))
    for called in calls(member.function, member.owner):
        found |= dict.fromkeys(raised_by(called))
    return list(found)


@cache
def raised_by(function: FunctionType) -> list[type[BaseException]]:
    """Return the errors of the `raise` statements in a function's own body."""
    node = node_of(function)
    found: list[type[BaseException]] = []
    for each in own_nodes(node, ast.Raise) if node is not None else ():
        named = each.exc.func if isinstance(each.exc, ast.Call) else each.exc
        error = resolved(named, function)
        if (
            inspect.isclass(error)
            and issubclass(error, BaseException)
            and is_public(error)
            and not is_caught(node, each, error, function)
        ):
            found.append(error)
    return found


def is_public(error: type[BaseException]) -> bool:
    """Whether callers are to know an error: ours, and those of Python that say what was given is wrong."""
    return error in OF_PYTHON or (error.__module__.startswith("chat_") and not error.__name__.startswith("_"))


def is_caught(
    node: ast.AST, statement: ast.Raise, error: type[BaseException], function: FunctionType
) -> bool:
    """Whether a `try` around a `raise` statement, in the same function, catches what it raises."""
    for attempt in own_nodes(node, ast.Try):
        if any(statement in ast.walk(each) for each in attempt.body):
            for handler in attempt.handlers:
                kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                for kind in kinds:
                    caught = BaseException if kind is None else resolved(kind, function)
                    if inspect.isclass(caught) and issubclass(error, caught):
                        return True
    return False


def calls(function: FunctionType, owner: type | None) -> Iterator[FunctionType]:
    """Yield the helpers that a function calls outside any `try`: functions of ours, and private methods.

    A public method says for itself what it raises, and is often given what it cannot refuse.
    """
    node = node_of(function)
    if node is None:
        return
    guarded = {
        id(each)
        for attempt in own_nodes(node, ast.Try)
        if attempt.handlers
        for part in attempt.body
        for each in ast.walk(part)
    }
    for call in own_nodes(node, ast.Call):
        if id(call) in guarded:
            continue
        target: Any = None
        match call.func:
            case ast.Name():
                target = resolved(call.func, function)
            case ast.Attribute(ast.Name("self" | "cls"), name) if owner is not None and name.startswith("_"):
                target = inspect.getattr_static(owner, name, None)
        found = function_of(target) if target is not None and not inspect.isclass(target) else None
        if found is not None and found.__module__.startswith("chat_"):
            yield found


def resolved(node: ast.AST | None, function: FunctionType) -> Any:
    """Return what a name or a dotted name stands for in a function's module, or None."""
    match node:
        case ast.Name(name):
            return function.__globals__.get(name, getattr(builtins, name, None))
        case ast.Attribute(value, name):
            return getattr(resolved(value, function), name, None)
        case _:
            return None


@cache
def trees(path: str) -> dict[tuple[str, int], ast.AST]:
    """Return the functions of a file by name and line."""
    found: dict[tuple[str, int], ast.AST] = {}
    for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found[node.name, first] = node
    return found


def node_of(function: FunctionType) -> ast.AST | None:
    code = function.__code__
    if not Path(code.co_filename).is_relative_to(ROOT):
        return None
    return trees(code.co_filename).get((code.co_name, code.co_firstlineno))


def own_nodes(node: ast.AST, kind: type[Any]) -> Iterator[Any]:
    """Yield the nodes of a kind in a function, not those in functions within it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(child, kind):
            yield child
        yield from own_nodes(child, kind)
