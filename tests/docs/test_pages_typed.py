"""Every code block of the documentation and every program of the cookbook type-checks: mypy --strict.

The ```python blocks of a page are one module, each line where the page has it. As in a notebook they may
`await` at the top level, and give a name a value of another type further down. Blocks that are not run are
checked too.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "docs" / "run.py"
LENIENT = (
    "--disable-error-code=top-level-await",
    "--allow-redefinition",
    "--untyped-calls-exclude=google.oauth2",  # google-auth has types for some of its functions only
)
TOP_LEVEL = re.compile(r'"async (with|for)" outside async function')
NOT_INSTALLED = re.compile(r'module named "(azure\.identity)"')  # what readers bring themselves

spec = spec_from_file_location("docs_run", RUN)
assert spec is not None
assert spec.loader is not None
docs_run = module_from_spec(spec)
sys.modules["docs_run"] = docs_run
spec.loader.exec_module(docs_run)


def module_of(page: str) -> str:
    """Return a module with the python blocks of a page, in the page's lines."""
    lines: list[str] = []
    for block in docs_run.blocks(page):
        if block.language == "python":
            lines += [""] * (block.line - 1 - len(lines)) + block.code.splitlines()
    return "\n".join(lines) + "\n"


def faults(pages: list[Path], folder: Path) -> list[str]:
    """Return what mypy finds in pages and programs, with their names and lines."""
    names: dict[str, str] = {}
    files: list[Path] = []
    for page in pages:
        file = folder / (re.sub(r"\W", "_", docs_run.name_of(page).removesuffix(page.suffix)) + ".py")
        text = page.read_text(encoding="utf-8")
        file.write_text(module_of(text) if page.suffix == ".md" else text, encoding="utf-8")
        names[str(file)] = docs_run.name_of(page)
        files.append(file)
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), *LENIENT]
    command += ["--cache-dir", str(ROOT / ".mypy_cache" / "pages"), "--no-error-summary"]
    done = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, cwd=folder, check=False
    )
    if done.returncode not in (0, 1):
        pytest.fail(f"mypy left with {done.returncode}:\n{done.stdout}{done.stderr}")
    found = [line for line in done.stdout.splitlines() if ": error: " in line]
    found = [line for line in found if not TOP_LEVEL.search(line) and not NOT_INSTALLED.search(line)]
    return [names[str(folder / line.partition(":")[0])] + ":" + line.partition(":")[2] for line in found]


def test_every_block_of_the_pages_and_every_program_type_checks(tmp_path: Path) -> None:
    pages = [
        *(ROOT / "README.md", ROOT / "AGENTS.md"),
        *sorted(ROOT.glob("packages/*/README.md")),
        *sorted(ROOT.glob("docs/**/*.md")),
        *sorted(ROOT.glob("docs/**/*.py")),
        *sorted(ROOT.glob("examples/*.py")),
    ]

    assert faults(pages, tmp_path) == []


def test_a_fault_is_found_with_its_page_and_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Words.\n\n```python\nn: int = 1\n```\n\n```python\nawait n\n```\n", encoding="utf-8")
    (tmp_path / "modules").mkdir()

    [fault] = faults([page], tmp_path / "modules")

    assert fault.startswith('page.md:8: error: Incompatible types in "await"')
