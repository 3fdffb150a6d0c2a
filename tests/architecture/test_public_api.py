"""The names that others call, and their signatures, against public_api.txt: no change of them goes unseen.

    python tests/architecture/test_public_api.py

writes the file anew.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast, get_overloads

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SNAPSHOT = HERE / "public_api.txt"
REWRITE = f"python {Path(__file__).resolve().relative_to(ROOT)}"

# of these every method is shown, and of every class called …Builder or …Client
SHOWN = (
    *(
        "Chat",
        "ChatResponse",
        "ChatStream",
        "File",
        "HttpTransport",
        "Messages",
        "ScopedCollection",
        "Tool",
        "ToolCall",
    ),
    "WebSocketTransport",
    "tool",
)
BESIDE = {  # public, but not to be had from the package itself
    "chat_core": (("chat_core.sync", "SyncChat"), ("chat_core.sync", "SyncClient")),
}
KIT = (
    "chat_core.client",
    "chat_core.middleware",
    "chat_core.testing",
    "chat_core.transport",
    "chat_core.wire",
)  # for authors of providers


def test_the_public_api_is_what_it_was() -> None:
    was = SNAPSHOT.read_text().splitlines() if SNAPSHOT.exists() else []
    now = public_api().splitlines()
    changes = "\n".join(difflib.unified_diff(was, now, "was", "now", lineterm="", n=2))
    assert not changes, (
        f"the public API has changed; if it is meant to, `{REWRITE}` and say so in CHANGELOG.md\n{changes}"
    )


def test_every_public_name_is_there_once() -> None:
    for package in _packages():
        module = importlib.import_module(package)
        names = cast("list[str]", module.__all__)
        assert sorted(set(names)) == sorted(names), f"{package}.__all__ names something twice"
        assert [name for name in names if not hasattr(module, name)] == [], (
            f"{package}.__all__ names what is not there"
        )
        assert [name for name in names if name.startswith("_")] == []
        assert set(names) <= set(dir(module)), f"dir({package}) hides something"


def public_api() -> str:
    """All packages and the kit, each with its names, and the signatures of the main ones."""
    lines = [line for package in _packages() for line in _described(package)]
    lines += [line for package in KIT for line in _described_kit(package)]
    return "".join(f"{line}\n" for line in [*lines, *_described_protocols()])


def _packages() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "packages").glob("*/src/*/__init__.py"))


def _described(package: str) -> Iterator[str]:
    module = importlib.import_module(package)
    names = sorted(cast("list[str]", module.__all__))
    yield f"# {package}"
    yield ""
    yield from names
    shown = {
        name: getattr(module, name) for name in names if name in SHOWN or name.endswith(("Builder", "Client"))
    }
    for path, name in BESIDE.get(package, ()):
        shown[f"{path.removeprefix(package + '.')}.{name}"] = getattr(importlib.import_module(path), name)
    for name, thing in shown.items():
        yield ""
        if inspect.isclass(thing):
            yield f"class {name}{_signature(thing)}"
            yield from (f"    {line}" for line in _members(thing))
        else:
            yield from _function(name, thing)
    yield ""


def _described_kit(package: str) -> Iterator[str]:
    """Every name of the kit with its signature: third parties build on it."""
    module = importlib.import_module(package)
    yield f"# {package}"
    yield ""
    for name in _names(module):
        thing = getattr(module, name)
        if inspect.isclass(thing):
            yield f"class {name}"
            yield from (f"    {line}" for line in _members(thing))
        elif callable(thing) and inspect.isroutine(thing):
            yield from _function(name, thing)
        else:
            yield name
    yield ""


def _described_protocols() -> Iterator[str]:
    """The capabilities of a client, as `chat_core.provider` declares them."""
    module = importlib.import_module("chat_core.provider")
    yield "# chat_core.provider"
    for name, thing in sorted(vars(module).items()):
        if inspect.isclass(thing) and thing.__module__ == module.__name__:
            yield ""
            yield f"class {name}"
            yield from (f"    {line}" for line in _members(thing))


def _names(module: ModuleType) -> list[str]:
    """The names of a module that are public: `__all__`, or what it defines and imports from this library."""
    if listed := getattr(module, "__all__", None):
        return sorted(cast("list[str]", listed))
    ours = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", "").startswith("chat_core.")
    }
    return sorted(ours)


def _members(cls: type) -> Iterator[str]:
    """Methods and properties of our own classes, inherited ones too: a user does not see where they come
    from.
    """
    ours = [base for base in cls.__mro__ if base.__module__.partition(".")[0] in _packages()]
    for name in sorted({name for base in ours for name in vars(base)}):
        member = inspect.getattr_static(cls, name)
        if name.startswith("_") and name not in _SPECIAL:
            continue
        match member:
            case property():
                yield f"{name}: {_annotation(member.fget)}"
            case staticmethod() | classmethod():
                yield from _function(name, member.__func__, type(member).__name__ + " ")
            case _ if inspect.isfunction(member):
                yield from _function(name, member)
            case _ if not name.startswith("_") and name in getattr(cls, "__dataclass_fields__", ()):
                # asked one line above
                yield f"{name}: {cls.__dataclass_fields__[name].type}"  # type: ignore[attr-defined]
            case _ if hasattr(member, "func"):  # cached_property
                yield f"{name}: {_annotation(member.func)}"
            case _:
                pass


_SPECIAL = ("__aenter__", "__aiter__", "__call__", "__enter__", "__getitem__", "__iter__", "__len__")


def _function(name: str, function: Callable[..., object], kind: str = "") -> Iterator[str]:
    kind += "async " if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function) else ""
    for variant in get_overloads(function) or [function]:
        yield f"{kind}{name}{_signature(variant)}"


@dataclass(frozen=True, slots=True)
class _Plain:
    """An annotation that shows as it was written, without quotes."""

    text: str

    def __repr__(self) -> str:
        return self.text


def _signature(thing: Callable[..., object]) -> str:
    """As it was written, without `self` and without the arguments that are ours alone."""
    signature = inspect.signature(thing)
    kept = [
        parameter.replace(annotation=_plain(parameter.annotation), default=_steady(parameter.default))
        for parameter in signature.parameters.values()
        if not parameter.name.startswith("_")
        and (parameter.name not in ("self", "cls") or parameter.annotation is not parameter.empty)
    ]
    returns = signature.empty if inspect.isclass(thing) else _plain(signature.return_annotation)
    return str(signature.replace(parameters=kept, return_annotation=returns))


def _annotation(function: Callable[..., object] | None) -> str:
    return str(_plain(inspect.signature(function).return_annotation)) if function else "object"


def _plain(annotation: object) -> object:
    return annotation if annotation is inspect.Signature.empty else _Plain(str(annotation))


def _steady(default: object) -> object:
    """A default without what differs from run to run."""
    shown = repr(default)
    return (
        _Plain(re.sub(r" at 0x[0-9a-f]+", "", shown)) if default is not inspect.Parameter.empty else default
    )


if __name__ == "__main__":
    SNAPSHOT.write_text(public_api())
    sys.stdout.write(f"{SNAPSHOT.relative_to(ROOT)} is written\n")
