"""A real browser for tests: Debian's Chromium without a window, driven over its DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--remote-debugging-port=0", "--window-size=900,1000", "--lang=en"),
)
PATIENCE = 60  # seconds until a page that does not get there fails the test


def program() -> str | None:
    """The browser of this machine, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One page of a browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)

    def command(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            received = json.loads(self._socket.recv(timeout=PATIENCE))
            if received.get("id") == number:
                assert "error" not in received, received
                return dict(received["result"])

    def open(self, url: str) -> None:
        self.command("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression; a promise is awaited."""
        done = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until a condition holds in the page, also over its reload."""
        look = f"(() => {{ try {{ return {condition} }} catch {{ return false }} }})()"
        again = f"const look = () => {look} ? done(true) : setTimeout(look, 20)"
        self.run(f"new Promise(done => {{ {again}; look() }})")

    def click(self, selector: str, text: str) -> None:
        """Click the button with this text within the first element that a selector finds."""
        buttons = f"[...document.querySelectorAll({json.dumps(selector + ' button')})]"
        button = f"{buttons}.find(one => one.textContent == {json.dumps(text)})"
        self.wait(f"{button} != null")
        self.run(f"{button}.click()")

    def type(self, selector: str, text: str) -> None:
        """Replace what stands in an input by keys."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.run(f"{found}.focus(), {found}.select()")
        self.command("Input.insertText", text=text)

    def text(self, selector: str) -> str:
        return str(self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browser(profile: Path, *options: str) -> Generator[Page]:
    """Start a browser with a profile of its own, and end it. `options` are further ones of its command."""
    found = program()
    assert found is not None
    started = subprocess.Popen(
        [found, *OPTIONS, *options, f"--user-data-dir={profile}", "about:blank"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Debian's is a shell script that starts the browser: all of it has to end
    )
    try:
        assert started.stderr is not None
        line = next(line for line in started.stderr if "DevTools listening on " in line)
        address = line.partition("DevTools listening on ")[2].strip()
        with connect(address, max_size=None) as socket:
            root = Page(socket)
            target = root.command("Target.createTarget", url="about:blank")["targetId"]
        page_address = address.partition("/devtools/")[0] + f"/devtools/page/{target}"
        with connect(page_address, max_size=None) as socket:
            yield Page(socket)
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.communicate()
