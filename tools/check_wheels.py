"""Build every package and check what users would get. It needs the package index, and about two minutes.

    python tools/check_wheels.py               check
    python tools/check_wheels.py --if-changed  only where the metadata is not that of tools/wheels.sha256
    python tools/check_wheels.py --write       check, and write tools/wheels.sha256

Each wheel is installed alone into an environment of its own and imported; all pairs, and all packages beside
the vendors' newest libraries, are resolved; `open_model` finds every package.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import package_metadata

ROOT = package_metadata.ROOT
DIGEST = ROOT / "tools" / "wheels.sha256"
NEIGHBOURS = ("openai", "anthropic", "google-genai", "litellm", "pydantic-ai-slim", "langchain")
OPENS = """
from importlib.metadata import entry_points, version
import {module}
assert {module}.__version__ == version("{name}"), {module}.__version__
for entry in entry_points(group="chat_core.providers"):
    entry.load()
"""


def digest() -> str:
    """Return the digest of everything that decides a wheel's metadata."""
    names = ("pyproject.toml", "README.md", "LICENSE")
    paths = [folder / name for folder in package_metadata.packages() for name in names]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def run(*command: str | Path) -> None:
    """Run a command; leave with what it printed where it fails."""
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def check(folder: Path) -> None:
    """Build the packages and check them."""
    tools, wheels = folder / "tools", folder / "dist"
    run(sys.executable, "-m", "venv", tools)
    run(tools / "bin/python", "-m", "pip", "install", "-q", "uv", "twine")
    uv = tools / "bin/uv"
    run(uv, "build", "--all-packages", "-o", wheels)
    built = sorted(wheels.glob("*.whl")) + sorted(wheels.glob("*.tar.gz"))
    run(tools / "bin/python", "-m", "twine", "check", "--strict", *built)
    names = [folder.name.replace("_", "-") for folder in package_metadata.packages()]
    for name in names:
        environment = folder / name
        run(uv, "venv", "-q", environment)
        python = environment / "bin/python"
        run(uv, "pip", "install", "-q", "--python", python, "--find-links", wheels, name)
        run(python, "-I", "-W", "error", "-c", OPENS.format(name=name, module=name.replace("-", "_")))
        print(f"{name}: installed alone and imported")
    resolve = (uv, "pip", "compile", "-q", "--no-header", "--find-links", wheels)
    requirements = folder / "requirements.in"
    for pair in (*combinations(names, 2), (*names, *NEIGHBOURS)):
        requirements.write_text("\n".join(pair))
        run(*resolve, requirements)
    print(
        f"{len(names)} packages: all pairs, and all of them beside {', '.join(NEIGHBOURS)}, can be installed"
    )


def main() -> None:
    """Check, or do nothing where nothing has changed."""
    now = digest()
    if "--if-changed" in sys.argv and DIGEST.is_file() and DIGEST.read_text().strip() == now:
        print("the metadata of the wheels is what was checked before")
        return
    if names := package_metadata.stale():
        sys.exit(f"run `python tools/package_metadata.py`: it would change {', '.join(names)}")
    with TemporaryDirectory() as folder:
        check(Path(folder))
    if "--write" in sys.argv:
        DIGEST.write_text(f"{now}\n")


if __name__ == "__main__":
    main()
