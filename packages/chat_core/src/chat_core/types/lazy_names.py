"""Names of a package that are imported with their first use (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module


def lazy_names(
    package: str, public: Iterable[str], homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package.

    `public` is its `__all__`; `homes` has, by module, the names that are imported from it, separated by
    spaces. Checkers learn the names from imports under `TYPE_CHECKING`.
    """
    home_of = {name: module for module, names in homes.items() for name in names.split()}

    def import_name(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(home_of[name]), name)
        setattr(sys.modules[package], name, value)  # the second use finds it there
        return value

    return import_name, lambda: sorted(public)
