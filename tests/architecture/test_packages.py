"""What users get of each package: its metadata, a README that stands alone, and its type information."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))


def test_the_shared_metadata_is_what_the_program_writes() -> None:
    command = [sys.executable, str(ROOT / "tools/package_metadata.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_stands_alone(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert len(project["description"]) > 20
    assert (package / "src" / package.name / "py.typed").is_file()
    readme = (package / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {project['name']}\n")
    assert "pip install" in readme
    assert "```python" in readme
    assert not re.search(r"\]\((?!https://)", readme), "a link that leads nowhere from a package index"
