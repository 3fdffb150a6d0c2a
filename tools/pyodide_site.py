"""Prepare a folder in which the packages run in Pyodide under Node.js: `python tools/pyodide_site.py FOLDER`.

It gets the npm package `pyodide`, and into `FOLDER/site` the wheels that the packages need, for Pyodide's
Python. Leaves with 3 where there is no npm. `CHAT_PYODIDE=FOLDER` lets the tests find it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYODIDE = "pyodide@314.0.7"
ELSEWHERE = ("chat_temporal",)  # of these only the names are there: what they wrap is no Python
PYTHON = ("--python-version", "3.14", "--implementation", "cp")
PLATFORM = ("--platform", "pyemscripten_2026_0_wasm32", "--abi", "cp314", "--abi", "none")


def requirements() -> list[str]:
    """What the packages need, but each other."""
    found: set[str] = set()
    for project in ROOT.glob("packages/*/pyproject.toml"):
        if project.parent.name in ELSEWHERE:
            continue
        found |= set(tomllib.loads(project.read_text())["project"]["dependencies"])
    return sorted(each for each in found if not each.startswith("chat-"))


def main(folder: Path) -> int:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        print("there is no npm: nothing is prepared")
        return 3
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([npm, "install", "--no-save", "--silent", PYODIDE], cwd=folder, check=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--upgrade"]
    target = ["--target", str(folder / "site"), *PYTHON, *PLATFORM, "--only-binary", ":all:"]
    subprocess.run([*pip, *target, *requirements()], check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
