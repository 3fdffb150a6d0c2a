"""The live blocks of the documentation, as the site runs them: in Pyodide, with the scripted model in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PREPARED = os.environ.get("CHAT_PYODIDE", "")
NODE = shutil.which("node")

if not PREPARED or NODE is None:
    pytest.skip(
        "CHAT_PYODIDE names no folder: python tools/pyodide_site.py FOLDER prepares one",
        allow_module_level=True,
    )
pytestmark = pytest.mark.xdist_group("pyodide")


@pytest.fixture(scope="module")
def live_site() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        yield import_module("live_site")
    finally:
        sys.path.remove(str(ROOT / "tools"))


BROKEN = "def half(n):\n    print('half of', n)\n    return n / 0\n\n\nhalf(1)\n"
BLOCKS = {
    "raises": BROKEN,
    "unclosed": "print(half",
    "runs a loop": "import asyncio\n\nasyncio.run(asyncio.sleep(0, print(half.__name__)))",
    "leaves": "raise SystemExit('enough')",
    "sends": """
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ConnectionFailed, RetryPolicy

for url in ("https://api.example.com/v1", "http://localhost:8000/v1", "http://localhost:9/v1"):
    client = ChatCompletionsBuilder().with_base_url(url).with_api_key("k").with_model("any").build()
    chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=0)).build()
    try:
        print((await chat.complete("Hello")).text)
    except ConnectionFailed as error:
        print(str(error).partition(";")[0])
""",
}


class Played:
    """What came of the live blocks of all pages, and of BLOCKS as one page."""

    def __init__(self, live_site: ModuleType, place: Path) -> None:
        folder, written = place / "live", place / "results.json"
        live_site.write(folder, Path(PREPARED), "elsewhere/")
        pages, self.expected = live_blocks(live_site)
        pages["page"] = [{"line": name, "code": code, "server": "echo"} for name, code in BLOCKS.items()]
        (place / "pages.json").write_text(json.dumps(pages), encoding="utf-8")
        assert NODE is not None
        pyodide = Path(PREPARED) / "node_modules/pyodide"
        command = [
            NODE,
            str(HERE / "live.mjs"),
            str(folder),
            str(pyodide),
            str(place / "pages.json"),
            str(written),
        ]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=240, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        self.results: dict[str, dict[str, str]] = json.loads(written.read_text(encoding="utf-8"))

    def own(self, name: str) -> dict[str, str]:
        return self.results[f"page:{name}"]


@pytest.fixture(scope="module")
def played(live_site: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(live_site, tmp_path_factory.mktemp("played"))


def test_every_live_block_runs_in_pyodide_and_prints_what_its_page_says(played: Played) -> None:
    results = {name: result for name, result in played.results.items() if not name.startswith("page:")}
    assert len(results) > 250
    faults = {name: result["fault"].splitlines()[-1] for name, result in results.items() if result["fault"]}
    assert faults == {}, "put `<!-- not live: the reason -->` above a block that cannot run in a page"
    for name, text in played.expected.items():  # docs/run.py has servers at another spelling of the address
        printed = results[name]["printed"]
        assert printed.replace("127.0.0.1", "localhost") == text.replace("127.0.0.1", "localhost"), name


def test_a_block_that_raises_shows_what_it_printed_and_the_traceback_of_its_own_lines(played: Played) -> None:
    result = played.own("raises")
    assert result["printed"] == "half of 1\n"
    assert [line.strip() for line in result["fault"].splitlines() if not set("^~") & set(line)] == [
        "Traceback (most recent call last):",
        'File "page:raises", line 6, in <module>',
        "half(1)",
        'File "page:raises", line 3, in half',
        "return n / 0",
        "ZeroDivisionError: division by zero",
    ]


def test_a_program_goes_on_after_a_block_that_failed(played: Played) -> None:
    assert played.own("unclosed")["fault"].endswith("SyntaxError: '(' was never closed\n")
    assert played.own("runs a loop") == {"printed": "half\n", "fault": ""}
    assert played.own("leaves")["fault"].endswith("SystemExit: enough\n")


def test_every_address_is_answered_in_the_page_or_not_at_all(played: Played) -> None:
    assert played.own("sends") == {
        "printed": "You said: Hello\n" * 2 + "no response came from http://localhost:9: Failed to fetch\n",
        "fault": "",
    }


def live_blocks(live_site: ModuleType) -> tuple[dict[str, list[dict[str, object]]], dict[str, str]]:
    """Return the live blocks by page, and what those print whose page says it."""
    pages: dict[str, list[dict[str, object]]] = {}
    expected: dict[str, str] = {}
    for page in (ROOT / "AGENTS.md", *sorted(ROOT.glob("docs/**/*.md"))):
        name = page.relative_to(ROOT).as_posix()
        server, before = "echo", None
        for block in live_site.run_page.blocks(page.read_text(encoding="utf-8")):
            server = block.server or server
            if block.prints and before is not None:
                expected[before] = block.code
            before = f"{name}:{block.line}" if block.is_live else None
            if block.is_live:
                pages.setdefault(name, []).append({"line": block.line, "code": block.code, "server": server})
    return pages, expected
