"""A package imports its names with their first use."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from chat_core.client import lazy_names

HOMES = {"fractions": "Fraction", "string": "ascii_letters digits"}


def test_a_name_is_imported_with_its_first_use_and_then_found_in_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = ModuleType("a_package")
    monkeypatch.setitem(sys.modules, "a_package", package)
    package.__dict__["__getattr__"], package.__dict__["__dir__"] = lazy_names(
        "a_package", ["digits", "Fraction", "builder"], HOMES
    )

    assert "digits" not in vars(package)
    assert package.digits == "0123456789"
    assert vars(package)["digits"] == "0123456789"
    assert dir(package) == ["Fraction", "builder", "digits"]


def test_an_unknown_name_is_an_attribute_error_that_names_the_package() -> None:
    import_name, _ = lazy_names("a_package", ["digits"], HOMES)

    with pytest.raises(AttributeError, match="module 'a_package' has no attribute 'digit'"):
        import_name("digit")
