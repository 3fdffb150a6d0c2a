"""What the type checkers read: pyright takes a pattern that matches nothing for no mistake."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def test_every_path_that_pyright_reads_is_a_folder() -> None:
    assert [path for path in TOOLS["pyright"]["include"] if not (ROOT / path).is_dir()] == []


def test_pyright_and_mypy_read_all_packages() -> None:
    assert "packages" in TOOLS["pyright"]["include"]
    read = {path for pattern in TOOLS["mypy"]["files"] for path in ROOT.glob(pattern)}
    assert {path.parent for path in read} >= {path.parent for path in ROOT.glob("packages/*/pyproject.toml")}
