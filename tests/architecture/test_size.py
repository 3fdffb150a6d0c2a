"""How long files and functions are, and how deep: a file reads like a page, a function like a paragraph.

A table of data may be longer: a file counts without its assignments at module level. A `with` around one
statement, such as `async with aclosing(...)` around its loop, counts as one block with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = sorted((ROOT / "packages").glob("*/src/**/*.py"))

FILE_LINES, MEDIAN_LINES, FUNCTION_LINES, BLOCKS = 300, 100, 40, 3
Function = ast.FunctionDef | ast.AsyncFunctionDef
NESTING = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def test_the_median_file_is_a_page() -> None:
    assert median(len(path.read_text().splitlines()) for path in SOURCES) <= MEDIAN_LINES


def test_no_file_is_longer_than_three_pages_but_for_its_tables() -> None:
    assert [line for path in SOURCES for line in long_file(path.read_text(), _named(path))] == []


def test_no_function_is_long_or_deep() -> None:
    assert [line for path in SOURCES for line in long_or_deep(path.read_text(), _named(path))] == []


def test_a_long_file_is_named_and_a_table_is_not_counted() -> None:
    lines = "def f() -> None:\n" + "    print()\n" * FILE_LINES
    table = "TABLE = {\n" + '    "a": 1,\n' * FILE_LINES + "}\n"
    assert list(long_file(lines, "a.py")) == [f"a.py: {FILE_LINES + 1} lines"]
    assert list(long_file(table, "a.py")) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f():\n" + "    print()\n" * FUNCTION_LINES, f"a.py:1: f has {FUNCTION_LINES + 1} lines"),
        (
            "def f():\n for a in b:\n  if a:\n   while a:\n    if b:\n     pass",
            "a.py:1: f is 4 blocks deep",
        ),
    ],
)
def test_a_long_or_deep_function_is_named(source: str, fault: str) -> None:
    assert list(long_or_deep(source, "a.py")) == [fault]


def test_a_with_around_one_loop_is_one_block_with_it() -> None:
    source = "def f():\n with a:\n  for a in b:\n   if a:\n    if b:\n     pass"
    assert list(long_or_deep(source, "a.py")) == []
    assert list(long_or_deep(source.replace(" with a:\n", " with a:\n  c()\n"), "a.py")) != []


def test_an_elif_and_the_cases_of_a_match_are_no_deeper_than_their_first() -> None:
    elifs = "def f():\n if a: pass\n elif b: pass\n elif c: pass\n elif d: pass"
    assert list(long_or_deep(elifs, "a.py")) == []


def long_file(source: str, name: str) -> Iterator[str]:
    """Yield the fault of a file that is too long, tables at module level not counted."""
    tables = [node for node in ast.parse(source).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    lines = len(source.splitlines()) - sum((node.end_lineno or 0) - node.lineno + 1 for node in tables)
    if lines > FILE_LINES:
        yield f"{name}: {lines} lines"


def long_or_deep(source: str, name: str) -> Iterator[str]:
    """Yield the faults of the functions of a file. The lines of a docstring count, those of inner functions
    too.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, Function):
            continue
        lines = (node.end_lineno or 0) - node.lineno + 1
        if lines - _lines_of_signature_and_docstring(node) > FUNCTION_LINES - 1:
            yield f"{name}:{node.lineno}: {node.name} has {lines} lines"
        if (deep := max(map(_depth, node.body), default=0)) > BLOCKS:
            yield f"{name}:{node.lineno}: {node.name} is {deep} blocks deep"


def _lines_of_signature_and_docstring(function: Function) -> int:
    """Return the lines of a long signature beyond its first, and those of the docstring."""
    first = function.body[0]
    signature = first.lineno - function.lineno - 1
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return signature + ((first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0)


def _depth(node: ast.AST) -> int:
    if isinstance(node, Function | ast.ClassDef | ast.Lambda):
        return 0
    inner = max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):  # an elif
        below = max(map(_depth, [*node.body, node.test]), default=0) + 1
        return max(below, _depth(node.orelse[0]))
    opens_only = isinstance(node, ast.With | ast.AsyncWith) and len(node.body) == 1
    return inner + (isinstance(node, NESTING) and not (opens_only and isinstance(node.body[0], NESTING)))


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))
