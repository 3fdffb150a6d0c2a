"""Every code block of the documentation runs, as a reader runs it: `python docs/run.py docs/tools.md`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RUN = ROOT / "docs" / "run.py"
TIME_LIMIT = 60


spec = spec_from_file_location("docs_run", RUN)
assert spec is not None
assert spec.loader is not None
docs_run = module_from_spec(spec)
sys.modules["docs_run"] = docs_run
spec.loader.exec_module(docs_run)
Block, PageError, blocks, name_of = docs_run.Block, docs_run.PageError, docs_run.blocks, docs_run.name_of


def failure_of(page: Path) -> str | None:
    """What is wrong with a page, found in a process of its own."""
    command = [sys.executable, "-P", "-X", "utf8", "-W", "error", str(RUN), str(page)]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"{name_of(page)}: still running after {TIME_LIMIT} s"
    return (
        (done.stderr or f"{name_of(page)}: the process left with {done.returncode}")
        if done.returncode
        else None
    )


def pages() -> list[Path]:
    return [
        *(path for path in (ROOT / "README.md", ROOT / "AGENTS.md") if path.exists()),
        *sorted(ROOT.glob("packages/*/README.md")),
        *sorted(ROOT.glob("docs/**/*.md")),
    ]


def blocks_of(page: Path) -> list[Block]:
    try:
        return list(blocks(page.read_text(encoding="utf-8")))
    except PageError:
        return []  # the page's own test says it


def label(page: Path) -> str:
    python = any(block.language == "python" and block.left_out is None for block in blocks_of(page))
    return name_of(page) if python else f"{name_of(page)} (no python)"


def left_out(page: Path) -> Iterator[str]:
    """Each block that does not run here, and why."""
    for block in blocks_of(page):
        if block.left_out is not None:
            yield f"{name_of(page)}:{block.line} is not run: {block.left_out}"
        elif block.language == "sh" and name_of(page) == "README.md":
            commands = [line for line in block.code.splitlines() if line and not line.startswith("#")]
            yield f"{name_of(page)}:{block.line} is run elsewhere: {'; '.join(commands)}"


@pytest.mark.parametrize("page", [pytest.param(page, id=label(page)) for page in pages()])
def test_a_page_runs(page: Path) -> None:
    if failure := failure_of(page):
        pytest.fail(failure, pytrace=False)


@pytest.mark.parametrize(
    "what", [pytest.param(what, id=what.split(" ")[0]) for page in pages() for what in left_out(page)]
)
def test_a_block_is_left_out(what: str) -> None:
    pytest.skip(what)


def test_the_sample_page_runs() -> None:
    assert failure_of(HERE / "sample.md") is None


def test_the_sample_page_is_read_block_by_block() -> None:
    found = list(blocks((HERE / "sample.md").read_text(encoding="utf-8")))
    assert [block.language for block in found] == [
        *("python", "text", "python", "python", "text", "python", "text", "python"),
        *("md", "sh", "json", "toml", ""),
    ]
    assert (found[0].line, found[0].code.splitlines()[0]) == (6, "import httpx")
    assert [block.prints for block in found].count(True) == 3
    assert found[3].code.startswith("async def main() -> None:\n    print(")
    assert found[5].server == "weather"
    assert found[7].not_run == "it needs a key"
    assert found[8].code.startswith("```python\nraise")


def test_a_block_that_is_left_out_is_named_with_its_reason(tmp_path: Path) -> None:
    assert list(left_out(HERE / "sample.md")) == ["tests/docs/sample.md:64 is not run: it needs a key"]
    (tmp_path / "README.md").write_text("```sh\n# first\npip install chat-core\nls\n```", encoding="utf-8")
    assert list(left_out(tmp_path / "README.md")) == [
        "README.md:2 is run elsewhere: pip install chat-core; ls"
    ]


@pytest.mark.parametrize("module", ["no_such_module", "no_such_package.module"])
def test_a_block_whose_module_is_not_installed_is_left_out_and_so_is_what_it_prints(
    module: str, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"<!-- needs: {module} -->\n```python\nimport {module}\nprint(1)\n```\n\n"
        "<!-- prints -->\n```text\n1\n```\n\n```python\nprint(2)\n```\n\n<!-- prints -->\n```text\n2\n```\n",
        encoding="utf-8",
    )
    assert list(left_out(page)) == [f"page.md:3 is not run: it needs {module}, which is not installed"]
    assert failure_of(page) is None


def test_a_page_without_python_says_so_in_its_label(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("Only words.", encoding="utf-8")
    assert label(tmp_path / "page.md") == "page.md (no python)"
    assert label(HERE / "sample.md") == "tests/docs/sample.md"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (
            "a\n```python\nx = 1\n```\n```python\n1 / (x - 1)\n```",
            "page.md:6: ZeroDivisionError: division by zero",
        ),
        ("```python\nx = 1\ny =\n```", "page.md:3: SyntaxError: invalid syntax"),
        ("```python\nawait nothing\n```", "page.md:2: NameError: name 'nothing' is not defined"),
        ("```python\nimport sys\nsys.exit()\n```", "page.md:3: SystemExit"),
        ("```python\nimport warnings\nwarnings.warn('old')\n```", "page.md:3: UserWarning: old"),
        (
            "```python\nprint(1)\n```\n<!-- prints -->\n```text\n2\n```",
            "page.md:6: something else is printed\n",
        ),
        (
            "<!-- prints -->\n```text\n2\n```",
            "page.md:3: <!-- prints --> belongs above a ```text block that follows",
        ),
        ("```json\n{...}\n```", "page.md:2: this is no json: Expecting property name"),
        ("```toml\na = \n```", "page.md:2: this is no toml: Invalid value"),
        ("```python\nx = 1\n", "page.md:1: this block is not closed"),
        ("<!-- not run -->\n```python\n```", "page.md:1: cannot read '<!-- not run -->'"),
        (
            "<!-- not run: far away -->\n\nwords\n```python\n```",
            "page.md:1: <!-- not run --> stands before no block",
        ),
        ("```python\n```\n<!-- server: echo -->", "page.md:3: <!-- server --> stands before no block"),
        (
            "<!-- server: none -->\n```python\n```",
            "page.md:3: no server 'none' in tests/docs/servers; there are ",
        ),
        (
            "```python\nimport httpx\nhttpx.get('https://api.openai.com/v1/models')\n```",
            "page.md:3: RuntimeError: a page of the documentation may not reach 'api.openai.com'",
        ),
    ],
)
def test_a_page_with_a_mistake_says_where(tmp_path: Path, page: str, said: str) -> None:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    assert (failure_of(tmp_path / "page.md") or "").startswith(said)


def test_a_page_whose_packages_are_not_installed_says_what_installs_them(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```python\nimport no_such_module\n```", encoding="utf-8")
    failure = failure_of(tmp_path / "page.md") or ""
    assert failure.splitlines()[0] == "page.md:2: ModuleNotFoundError: No module named 'no_such_module'"
    assert failure.rstrip().endswith("python -m pip install -q -r dev.txt --group dev")


def test_a_traceback_begins_at_the_page_and_shows_its_lines(tmp_path: Path) -> None:
    page = "Words.\n\n```python\ndef half(n):\n    return n / 0\n```\n\n```python\nhalf(1)\n```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    failure = failure_of(tmp_path / "page.md") or ""
    assert [line.strip() for line in failure.splitlines() if "^" not in line] == [
        "page.md:5: ZeroDivisionError: division by zero",
        "Traceback (most recent call last):",
        'File "page.md", line 9, in <module>',
        "half(1)",
        'File "page.md", line 5, in half',
        "return n / 0",
        "ZeroDivisionError: division by zero",
    ]


def test_a_page_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```python\nopen('left.txt', 'w').close()\n```", encoding="utf-8")
    before = Path.cwd()
    assert failure_of(tmp_path / "page.md") is None
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]
    assert not (before / "left.txt").exists()
