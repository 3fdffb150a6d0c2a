"""The words of names: neither in the packages nor in tests one uses a word that AGENTS.md replaces."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = sorted((ROOT / "packages").glob("*/src/**/*.py"))

REPLACED = re.compile(r"said|told|asked|heed|heeds|patience|argue|argued|held|nobody|manner|mannered|traits")


def test_no_name_uses_a_replaced_word() -> None:
    assert [line for path in SOURCES for line in replaced_words(path.read_text(), _named(path))] == []


def test_no_name_of_a_test_uses_a_replaced_word() -> None:
    names = {
        f"{_named(path)}: {name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^\s*(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
        if any(REPLACED.fullmatch(word) for word in name.split("_"))
    }
    assert names == set()


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("said = 1", "a.py:1: said"),
        ("def _argue(): ...", "a.py:1: _argue"),
        ("def f(told_at): ...", "a.py:1: told_at"),
        ("a.is_held", "a.py:1: is_held"),
        ("class Manner: ...", "a.py:1: Manner"),
        ("import patience", "a.py:1: patience"),
    ],
)
def test_a_replaced_word_is_named(source: str, fault: str) -> None:
    assert list(replaced_words(source, "a.py")) == [fault]


def test_prose_and_longer_words_are_free() -> None:
    assert list(replaced_words('"""What was said."""\nshield = threshold = 1  # as told', "a.py")) == []


def replaced_words(source: str, name: str) -> Iterator[str]:
    """Yield the names of a file that use a replaced word, each with its line."""
    for node in ast.walk(ast.parse(source)):
        for used in _names(node):
            words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", used)
            if any(REPLACED.fullmatch(word.lower()) for word in words):
                yield f"{name}:{getattr(node, 'lineno', 0)}: {used}"


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=used) | ast.Attribute(attr=used) | ast.arg(arg=used) | ast.keyword(arg=str(used)):
            yield used
        case ast.FunctionDef(name=used) | ast.AsyncFunctionDef(name=used) | ast.ClassDef(name=used):
            yield used
        case ast.alias(name=used, asname=known_as):
            yield known_as or used.rpartition(".")[2]
        case _:
            pass


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))
