"""What the site needs to run code blocks in the page: which blocks, and the files that they need.

A ```python block is live unless a comment above it says that it does not run, or not in a page; see the top
of docs/run.py. All of it is in the folder `live` of the site, and is loaded when somebody presses Run.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import package_metadata

ROOT = package_metadata.ROOT
LIVE = ROOT / "tools" / "live"
SERVERS = ROOT / "tests" / "docs" / "servers"
WITHOUT = ("httpcore", "h11", "certifi", "bin")  # what opens sockets, which a page has not
_LANGUAGE = re.compile(r"(?P<start>\s*(?:`{3,}|~{3,})\s*)[\w+-]*")

sys.path.insert(0, str(ROOT / "docs"))
import run as run_page  # noqa: E402  docs/run.py, which is a program and no package


def has_blocks_that_run(source: str) -> bool:
    """Return whether the tests run the code blocks of this file."""
    return source == "AGENTS.md" or source.startswith("docs/")


def marked(text: str) -> str:
    """Return a page whose live blocks have a mark on their fence: what tools/live/live.js looks for."""
    lines = text.split("\n")
    server = "echo"
    for block in run_page.blocks(text):
        server = block.server or server
        if block.is_live:
            opening = _LANGUAGE.match(lines[block.line - 2])
            assert opening is not None
            lines[block.line - 2] = f"{opening['start']}{{.python .live data-server={server}}}"
    return "\n".join(lines)


def write(folder: Path, prepared: Path, address: str | None) -> None:
    """Write the folder `live` of a site, from what tools/pyodide_site.py prepared.

    Pyodide is copied into it, or is loaded from `address`, the folder of its pyodide.mjs.
    """
    shutil.copytree(LIVE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "packages.zip").write_bytes(archive(prepared / "site"))
    settings = {
        "pyodide": address or "pyodide/",
        "environment": dict.fromkeys(run_page.KEYS, "hf_a-key-for-the-docs"),
    }
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    if address is None:
        (folder / "pyodide").mkdir()
        for name in (
            "pyodide.mjs",
            "pyodide.asm.mjs",
            "pyodide.asm.wasm",
            "python_stdlib.zip",
            "pyodide-lock.json",
        ):
            shutil.copy(prepared / "node_modules" / "pyodide" / name, folder / "pyodide")


def archive(libraries: Path) -> bytes:
    """Return what Python in the page imports, as a zip file, and the scripts that answer."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, path in _files(libraries):
            packed.write(path, name)
        for package in package_metadata.packages():
            for name, text in _metadata(package):
                packed.writestr(name, text)
    return content.getvalue()


def _files(libraries: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(libraries.rglob("*")):
        name = path.relative_to(libraries).as_posix()
        if not name.startswith(WITHOUT):
            yield f"packages/{name}", path
    for package in package_metadata.packages():
        for path in sorted((package / "src").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield f"packages/{path.relative_to(package / 'src').as_posix()}", path
    for path in sorted(SERVERS.glob("*.py")):
        yield f"servers/{path.name}", path


def _metadata(package: Path) -> Iterator[tuple[str, str]]:
    """Yield what `open_model` reads: the version and the entry points of a package."""
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = f"packages/{package.name}-{project['version']}.dist-info"
    yield (
        f"{folder}/METADATA",
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
    )
    lines = ""
    for group, entries in project.get("entry-points", {}).items():
        lines += f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
    yield f"{folder}/entry_points.txt", lines
