"""The public names of the last release, by package, and what of them is gone.

`tools/release.py` writes a file for each package; between releases a test compares them with the names that
are there. A name may only go if the last release said that it is deprecated:

    @deprecated("use Messages.add_user")          of typing_extensions: a function, a method, a class; on an
                                                  overload, the parameters that only this overload has
    __deprecated__ = {"LIMIT": "use Limits"}      in the module: a constant or an alias
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import get_overloads

ROOT = Path(__file__).resolve().parent.parent
RELEASED = ROOT / "tools" / "released_api"
_MARK = "  deprecated: "
_DOORS = {
    "chat_core": ("chat_core.entry_points", "chat_core.provider", "chat_core.sync")
}  # without `__all__`
_INTERNAL = {"decode", "encode", "native", "new", "__main__"}
_SPECIAL = ("__aenter__", "__aiter__", "__call__", "__enter__", "__getitem__", "__iter__", "__len__")

Names = dict[str, str]
"""Public names, each with what its deprecation says, or an empty text."""


def public_names(package: str) -> Names:
    """Return the public names of an installed package: `chat_core.Messages`, its member
    `chat_core.Messages.add_user`, and that one's parameter `chat_core.Messages.add_user(parts)`.
    """
    found: Names = {}
    for module in public_modules(package):
        deprecated: Names = getattr(module, "__deprecated__", {})
        for name in names_of(module):
            for path, message in described(f"{module.__name__}.{name}", getattr(module, name)):
                found[path] = message or deprecated.get(name, "")
    return found


def described(path: str, thing: object) -> Iterator[tuple[str, str]]:
    """Yield a name, its parameters and, of a class, its members, each with what its deprecation says."""
    yield path, _deprecation(thing)
    if not inspect.isclass(thing):
        yield from _parameters(path, thing)
        return
    if thing.__module__.startswith("chat_"):
        yield from _parameters(path, thing)
    for base in reversed([base for base in thing.__mro__ if base.__module__.startswith("chat_")]):
        fields = getattr(base, "__dataclass_fields__", {})
        for name in sorted({*vars(base), *fields}):
            if name.startswith("_") and name not in _SPECIAL:
                continue
            member = inspect.getattr_static(thing, name, None)
            function = getattr(member, "fget", getattr(member, "func", getattr(member, "__func__", member)))
            yield f"{path}.{name}", _deprecation(function)
            yield from _parameters(f"{path}.{name}", function)


def removed(before: Names, now: Names) -> list[str]:
    """Return the names that are gone without having been deprecated; of a class, only the class."""
    gone = sorted(before.keys() - now.keys())
    return [
        name
        for name in gone
        if not before[name] and not any(owner in gone or before.get(owner) for owner in _owners(name))
    ]


def read(package: str) -> Names:
    """Return the names of the last release of a package; none where it was not released yet."""
    path = RELEASED / f"{package}.txt"
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.is_file() else []
    return {name: message for name, _, message in (line.partition(_MARK) for line in lines)}


def write(package: str, version: str, root: Path = ROOT) -> None:
    """Write the names that are there as those of a release."""
    folder = root / RELEASED.relative_to(ROOT)
    folder.mkdir(exist_ok=True)
    lines = [f"# {package} {version}, written by tools/release.py"]
    for name, message in sorted(public_names(package).items()):
        lines.append(f"{name}{_MARK}{' '.join(message.split())}" if message else name)
    (folder / f"{package}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _owners(name: str) -> Iterator[str]:
    """Yield what a name is in: the function of a parameter, the class of a member."""
    while any(mark in name for mark in "(."):
        name = name.partition("(")[0] if "(" in name else name.rpartition(".")[0]
        yield name


def public_modules(package: str) -> Iterator[ModuleType]:
    """Yield the modules that a user imports from: with `__all__`, and not below a folder of internal ones."""
    top = importlib.import_module(package)
    yield top
    for info in pkgutil.walk_packages(top.__path__, f"{package}."):
        parts = info.name.split(".")
        if _INTERNAL & set(parts) or any(part.startswith("_") for part in parts):
            continue
        source = Path(getattr(info.module_finder, "path", ""), parts[-1])
        file = source / "__init__.py" if info.ispkg else source.with_suffix(".py")
        text = file.read_text(encoding="utf-8")
        if info.name in _DOORS.get(package, ()) or "\n__all__" in text:
            yield importlib.import_module(info.name)


def names_of(module: ModuleType) -> list[str]:
    """Return the public names of a module: those of `__all__`, or without one those that it defines."""
    listed: list[str] | None = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(listed)
    return sorted(
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    )


def _deprecation(thing: object) -> str:
    message: object = getattr(thing, "__dict__", {}).get("__deprecated__", "")
    return message if isinstance(message, str) else ""


def _parameters(path: str, thing: object) -> Iterator[tuple[str, str]]:
    """Yield the parameters that callers may give; one is deprecated where all overloads that have it are."""
    if not callable(thing):
        return
    messages: dict[str, list[str]] = {}
    for variant in _overloads(thing):
        try:
            parameters = inspect.signature(variant).parameters
        except (TypeError, ValueError):  # a callable without a signature
            continue
        for name in parameters:
            if name not in ("self", "cls") and not name.startswith("_"):
                messages.setdefault(name, []).append(_deprecation(variant))
    for name, said in messages.items():
        yield f"{path}({name})", said[0] if all(said) else ""


def _overloads(thing: Callable[..., object]) -> list[Callable[..., object]]:
    return list(get_overloads(thing)) or [thing] if inspect.isroutine(thing) else [thing]
