"""aimock, somebody else's imitation of the providers' servers, for as long as the tests run.

It is installed by npm into `.aimock/`, once. Where it cannot be had the tests skip and say why; with
CHAT_INTEROP=required, as `.ci/run` sets it, they fail instead.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import httpx
import pytest

VERSION = "1.43.0"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDER = ROOT / ".aimock"
PACKAGE = FOLDER / "node_modules" / "@copilotkit" / "aimock"
SCRIPTS = [HERE / "script.json", HERE / "quickstart.json"]  # the first entry that matches answers

INSTALL_WITHIN = 120.0
READY_WITHIN = 20.0


@pytest.fixture(scope="session")
def aimock_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where aimock listens."""
    node = _node()
    if _installed() != VERSION:
        _install()
    log = tmp_path_factory.mktemp("aimock") / "log.txt"
    scripts = [word for script in SCRIPTS for word in ("-f", str(script))]
    command = [node, str(PACKAGE / "dist" / "cli.js"), "-p", "0", *scripts]
    unlimited = ["--journal-max", "0", "--fixture-counts-max", "0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIMOCK_")}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, *unlimited],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        yield _ready(server, log)
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("CHAT_INTEROP") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        _unavailable("no aimock: node is not on this machine")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").partition(".")[0]) < 20:
        _unavailable(f"no aimock: it needs Node 20 or later, this is {version}")
    return node


def _installed() -> str | None:
    try:
        version: str = json.loads((PACKAGE / "package.json").read_text())["version"]
    except (OSError, ValueError, KeyError):
        return None
    return version


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        _unavailable("no aimock: it is not installed, and npm is not on this machine")
    FOLDER.mkdir(exist_ok=True)
    command = [
        npm,
        "install",
        "--prefix",
        str(FOLDER),
        "--no-save",
        "--no-audit",
        "--no-fund",
        f"@copilotkit/aimock@{VERSION}",
    ]
    try:
        subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, check=True, timeout=INSTALL_WITHIN
        )
    except subprocess.TimeoutExpired:
        _unavailable(f"no aimock: npm install took more than {INSTALL_WITHIN:g} s")
    except subprocess.CalledProcessError as exc:
        said = [line for line in exc.stderr.splitlines() if "error" in line]
        _unavailable(f"no aimock: npm install failed: {'; '.join(said[:3])}")


def _ready(server: subprocess.Popen[bytes], log: Path) -> str:
    """Its URL, once it answers."""
    deadline = time.monotonic() + READY_WITHIN
    while server.poll() is None and time.monotonic() < deadline:
        found = re.search(r"listening on (http://\S+)", log.read_text(errors="replace"))
        if found and _healthy(found[1]):
            return found[1]
        time.sleep(0.01)
    state = "runs, but does not answer" if server.poll() is None else f"ended with {server.returncode}"
    pytest.fail(f"aimock {state}; it said:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=1.0, trust_env=False).is_success
    except httpx.TransportError:
        return False
