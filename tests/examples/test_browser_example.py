"""The example of an agent in the browser, as somebody uses it there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from browser import browser, program

EXAMPLE = Path(__file__).parents[2] / "examples/browser"
SITE = os.environ.get("CHAT_PYODIDE", "")

pytestmark = [
    pytest.mark.skipif(
        not SITE, reason="CHAT_PYODIDE names no folder: python tools/pyodide_site.py FOLDER prepares one"
    ),
    pytest.mark.skipif(
        program() is None, reason="no Chromium here: apt-get install chromium-headless-shell brings one"
    ),
    pytest.mark.skipif(
        find_spec("starlette") is None or find_spec("uvicorn") is None,
        reason="starlette and uvicorn are not installed: the dev group of pyproject.toml has them",
    ),
]


@pytest.fixture
def site() -> Generator[str]:
    """The address of the example, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {**os.environ, "PORT": str(port), "CHAT_UPSTREAM": ""}
    process = subprocess.Popen([sys.executable, str(EXAMPLE / "serve.py"), SITE], env=settings)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:  # until it listens
            client.get(url).raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait(10)


def test_an_agent_in_the_page_answers_and_waits_for_a_person_also_over_a_reload(
    site: str, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("CHAT_SCREENSHOTS") or tmp_path)
    painted = "document.body.style.background"
    ready = "document.querySelector('#state').textContent == 'ready'"
    with browser(tmp_path / "profile") as page:
        page.open(site)
        page.wait(ready)
        page.type("#input", "Hello")
        page.click("#form", "Send")
        page.wait("document.querySelectorAll('.turn')[1].textContent.includes('You said: Hello')")
        page.wait(ready)
        page.type("#input", "Paint the page gold")
        page.click("#form", "Send")
        page.wait("document.querySelector('.card').textContent.includes('paint')")
        assert page.run(painted) == ""  # it waits for a person
        page.screenshot(pictures / "waiting.png")
        page.open(f"{site}/?again")
        page.wait("document.querySelector('.card').textContent.includes('paint')")
        page.wait(ready)
        page.click(".card", "Approve")
        page.wait(f"{painted} == 'gold'")
        page.wait("document.body.textContent.includes('The tool says: the page is gold')")
        page.screenshot(pictures / "painted.png")
        assert page.text("#problem") == ""
