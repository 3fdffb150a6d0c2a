"""The built site as somebody reads it: search, and code blocks that run in the page.

python tools/pyodide_site.py PREPARED && python tools/build_site.py SITE --live PREPARED
CHAT_SITE=SITE python -m pytest tests/docs/test_site_in_browser.py
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import Page, browser, program

SITE = os.environ.get("CHAT_SITE", "")

pytestmark = [
    pytest.mark.skipif(not SITE, reason="CHAT_SITE names no built site: tools/build_site.py builds one"),
    pytest.mark.skipif(
        program() is None, reason="no Chromium here: apt-get install chromium-headless-shell brings one"
    ),
    pytest.mark.xdist_group("site"),
]
needs_live = pytest.mark.skipif(
    not (Path(SITE) / "live").is_dir(), reason="the site was built without --live: npm was not at hand"
)
FAULTY = "print(1)\nvalue = {}\nvalue[2]\n"
ENDLESS = "print('forever')\nwhile True: pass\n"
ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class _Quiet(SimpleHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is the test's."""


class Served:
    """The site on this machine, and the paths that were loaded from it."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        handler = partial(type("Handler", (_Quiet,), {"asked": self.loaded}), directory=SITE)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.close()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browser(tmp_path / "profile", ONLY_HERE) as page:
        yield page


def block(number: int, part: str = "") -> str:
    return f"document.querySelectorAll('div.live')[{number}]{part}"


def press(page: Page, number: int) -> None:
    page.wait(block(number, ".querySelector('.live-run').textContent == 'Run'"))
    page.run(block(number, ".querySelector('.live-run').click()"))


def output(page: Page, number: int) -> str:
    """What stands under a block when it has run."""
    page.wait(block(number, ".querySelector('.live-run').textContent == 'Run'"))
    return str(page.run(block(number, ".nextElementSibling.textContent")))


def printed(page: Page, number: int) -> str:
    """What the page says that a block prints."""
    following = f"{block(number)}.nextElementSibling"
    shown = f"({following}.matches('.live-output') ? {following}.nextElementSibling : {following})"
    return str(page.run(f"{shown}.querySelector('code').textContent"))


@needs_live
def test_run_runs_a_block_and_those_above_it_and_loads_nothing_before(served: Served, page: Page) -> None:
    page.open(f"{served.url}/glossary.html")
    page.wait("document.querySelectorAll('.live-run').length == document.querySelectorAll('div.live').length")
    assert [
        path for path in served.loaded if path.startswith("/live/") and not path.startswith("/live/live.")
    ] == []

    press(page, 1)

    assert output(page, 1) == printed(page, 1) == "You said|: Hello|stop\n"
    assert output(page, 0) == printed(page, 0) == "You said: And a bay? 15\n"
    press(page, 1)
    assert output(page, 1) == "You said|: Hello|stop\n"
    assert served.loaded.count("/live/packages.zip") == 1
    page.run(f"{block(1)}.scrollIntoView()")
    if folder := os.environ.get("CHAT_SCREENSHOTS"):
        page.screenshot(Path(folder) / "live.png")


@needs_live
def test_an_error_of_a_changed_block_is_a_traceback_and_the_next_press_goes_on(
    served: Served, page: Page
) -> None:
    page.open(f"{served.url}/glossary.html")
    page.wait(block(0, ".querySelector('.live-run') != null"))
    code = block(0, ".querySelector('code')")
    before = page.run(f"{code}.textContent")
    page.run(f"{code}.textContent = {json.dumps(FAULTY)}")

    press(page, 0)

    assert [line for line in output(page, 0).splitlines() if "~" not in line] == [
        "1",
        "Traceback (most recent call last):",
        '  File "block 1", line 3, in <module>',
        "    value[2]",
        "KeyError: 2",
    ]
    assert page.run(block(0, ".nextElementSibling.querySelector('.live-error').textContent")).startswith(
        "Trace"
    )
    page.run(f"{code}.textContent = {json.dumps(before)}")
    press(page, 0)
    assert output(page, 0) == printed(page, 0)


@needs_live
def test_stop_ends_a_block_that_would_not_end(served: Served, page: Page) -> None:
    page.open(f"{served.url}/glossary.html")
    page.wait(block(0, ".querySelector('.live-run') != null"))
    code = block(0, ".querySelector('code')")
    before = page.run(f"{code}.textContent")
    page.run(f"{code}.textContent = {json.dumps(ENDLESS)}")
    press(page, 0)
    page.wait(block(0, ".nextElementSibling.textContent == 'forever\\n'"))

    page.click("div.live", "Stop")

    page.run(f"{code}.textContent = {json.dumps(before)}")
    press(page, 0)
    assert output(page, 0) == printed(page, 0)


def test_search_finds_a_page_without_another_server(served: Served, page: Page) -> None:
    page.open(f"{served.url}/index.html")
    assert "/approvals.html" in search(page, "RequireApproval")
    assert page.run(
        "performance.getEntriesByType('resource').every(one => one.name.startsWith(location.origin))"
    )


def test_search_works_where_the_site_is_opened_from_its_folder(page: Page) -> None:
    page.open((Path(SITE).resolve() / "index.html").as_uri())
    assert "/approvals.html" in search(page, "RequireApproval")


def search(page: Page, word: str) -> str:
    """The addresses that a search finds."""
    page.wait("document.querySelector('.md-search__input') != null")
    page.run("document.querySelector('.md-search__input').focus()")
    page.type(".md-search__input", "RequireApproval")
    page.wait("document.querySelector('.md-search-result__link') != null")
    links = "[...document.querySelectorAll('.md-search-result__link')].map(one => one.href).join(' ')"
    return str(page.run(links))
