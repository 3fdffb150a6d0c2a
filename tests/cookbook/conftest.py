"""Start programs of the cookbook as a reader does: a model server on this machine, then the program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COOKBOOK = ROOT / "docs" / "cookbook"


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """The server that docs/cookbook/index.md starts, on any port."""
    command = [sys.executable, "-m", "chat_core.testing", "--port", "0"]
    rules = ["--rules", str(COOKBOOK / "rules.json")]
    with subprocess.Popen([*command, *rules], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        started = re.match(r"serving (\S+);", server.stdout.readline())
        assert started is not None
        try:
            yield started[1]
        finally:
            server.terminate()


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "CHAT_BASE_URL": url, "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start a program in an empty folder; its warnings are errors."""

    def start(url: str, name: str, *arguments: str) -> subprocess.Popen[str]:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [sys.executable, "-W", "error", str(COOKBOOK / name), *arguments]
        return subprocess.Popen(command, **pipes, text=True, cwd=tmp_path, env=environment(url))

    return start


@pytest.fixture
def run(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., str]:
    """Run a program and return what it prints."""

    def run(url: str, name: str, *arguments: str, keys: str = "") -> str:
        with start(url, name, *arguments) as program:
            printed, errors = program.communicate(keys, timeout=60)
        assert program.returncode == 0, errors
        return printed

    return run


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str, str], str]]:
    """Start a web application of the cookbook and return its address."""
    started: list[subprocess.Popen[str]] = []

    def serve(url: str, name: str) -> str:
        program = subprocess.Popen(
            [sys.executable, str(COOKBOOK / name), "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment(url),
        )
        started.append(program)
        assert program.stderr is not None
        for line in program.stderr:
            if address := re.search(r"unning on (http://127\.0\.0\.1:\d+)", line):
                return address[1]
        pytest.fail(f"{name} left with {program.wait()}")

    yield serve
    for program in started:
        program.terminate()
        program.communicate(timeout=30)
