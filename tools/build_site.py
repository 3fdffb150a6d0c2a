"""Build the documentation as a site, strictly: a link that leads nowhere fails it. Under a minute.

    python tools/build_site.py FOLDER                  write the site into a folder; open its index.html
    python tools/build_site.py FOLDER --live PREPARED  with code blocks that run in the page by Pyodide, which
                                                       tools/pyodide_site.py has prepared in a folder;
                                                       `--pyodide URL` has pages load Pyodide from there

The pages are those of docs/, in the order of docs/index.md, and AGENTS.md, CONTRIBUTING.md and CHANGELOG.md;
programs of the cookbook and READMEs of examples that pages link to become pages too. The reference has every
public name of every package, from the docstrings.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from tempfile import TemporaryDirectory

import live_site
import package_metadata
import released_api

ROOT = package_metadata.ROOT
SHOWN = {".py": "python", ".html": "html", ".json": "json", ".sh": "sh", ".txt": "text", ".md": ""}
PROJECT = ("AGENTS.md", "CONTRIBUTING.md", "CHANGELOG.md", "ROADMAP.md")
_LINK = re.compile(r"(?<!!)\]\((?!https?://|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_FAMILY = re.compile(r"^\| \*\*(.+)\*\* \| \|$")

Nav = list["str | dict[str, str | Nav]"]


class Pages:
    """The pages of the site, by their path in it; the files that they link to come with them."""

    def __init__(self, folder: Path, *, is_live: bool = False) -> None:
        self.folder = folder
        self._is_live = is_live
        self._written: set[str] = set()

    def add(self, source: str) -> str:
        """Write the page of a file (`docs/tools.md`), and those it links to. Return its path in the site."""
        target = place_of(source)
        if target in self._written:
            return target
        self._written.add(target)
        path = self.folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        file = ROOT / source
        if file.suffix not in SHOWN:
            shutil.copy(file, path)
        elif file.suffix == ".md":
            text = file.read_text(encoding="utf-8")
            if self._is_live and live_site.has_blocks_that_run(source):
                text = live_site.marked(text)
            path.write_text(self.linked(text, source), encoding="utf-8")
        else:
            text = file.read_text(encoding="utf-8")
            path.write_text(f"# {file.name}\n\n````{SHOWN[file.suffix]}\n{text}````\n", encoding="utf-8")
        return target

    def linked(self, text: str, source: str) -> str:
        """Return a page whose links lead to pages of the site; code stays as it is."""
        parts: list[str] = []
        end = 0
        for fence in _FENCE.finditer(text):
            parts += [self._with_links(text[end : fence.start()], source), fence[0]]
            end = fence.end()
        return "".join([*parts, self._with_links(text[end:], source)])

    def _with_links(self, text: str, source: str) -> str:
        def replaced(link: re.Match[str]) -> str:
            wanted = normpath(join(dirname(source), link[1]))
            if (ROOT / wanted).is_dir() and (ROOT / wanted / "README.md").is_file():
                wanted = join(wanted, "README.md")
            if not (ROOT / wanted).is_file() or wanted.startswith(".."):
                return link[0]  # the strict build tells that it leads nowhere
            return f"]({relpath(self.add(wanted), dirname(place_of(source)) or '.')}{link[2] or ''})"

        return _LINK.sub(replaced, text)


def place_of(source: str) -> str:
    """Return where the page of a file is in the site. Those beside docs/ are in `project/`."""
    inside = source.removeprefix("docs/") if source.startswith("docs/") else f"project/{source}"
    suffix = Path(source).suffix
    return f"{inside}.md" if suffix in SHOWN and suffix != ".md" else inside


def navigation(index: str) -> Nav:
    """Return the families of the index with their pages, in its order."""
    nav: Nav = []
    pages: Nav = []
    seen: set[str] = set()
    for line in index.splitlines():
        if family := _FAMILY.match(line):
            pages = []
            nav.append({family[1].capitalize(): pages})
        elif line.startswith("|") and nav:
            for target in re.findall(r"\]\(([\w/.-]+\.md)(?:#[^)]*)?\)", line):
                if not target.startswith("..") and target not in seen:
                    seen.add(target)
                    pages.append(target)
    return nav


def write_reference(folder: Path) -> Iterator[str]:
    """Write a page for each module that users import from, and yield their paths."""
    (folder / "reference").mkdir()
    for package in package_metadata.packages():
        for module in released_api.public_modules(package.name):
            names = released_api.names_of(module)
            if not names:
                continue
            blocks = "\n\n".join(f"::: {module.__name__}.{name}" for name in names)
            path = f"reference/{module.__name__}.md"
            about = (module.__doc__ or "").strip()
            (folder / path).write_text(f"# {module.__name__}\n\n{about}\n\n{blocks}\n", encoding="utf-8")
            yield path


def write_site(folder: Path, prepared: Path | None = None, pyodide: str | None = None) -> None:
    """Build the site into a folder; leave with the links that lead nowhere."""
    with TemporaryDirectory() as place:
        pages = Pages(Path(place) / "pages", is_live=prepared is not None)
        for path in sorted(ROOT.glob("docs/**/*.md")):
            pages.add(path.relative_to(ROOT).as_posix())
        for name in PROJECT:
            pages.add(name)
        reference = list(write_reference(pages.folder))
        packages = package_metadata.packages()
        python = {
            "paths": [str(package / "src") for package in packages],
            "options": {"preload_modules": [package.name for package in packages]},  # they share names
        }
        config: dict[str, object] = {
            "INHERIT": str(ROOT / "tools" / "site.yml"),
            "docs_dir": str(pages.folder),
            "site_dir": str(folder),
            "nav": whole_navigation(pages.folder, reference),
            "plugins": {"mkdocstrings": {"handlers": {"python": python}}},
        }
        shutil.copytree(ROOT / "tools" / "site", pages.folder / "site")
        if prepared is not None:
            live_site.write(pages.folder / "live", prepared, pyodide)
            config |= {"extra_javascript": ["live/live.js"], "extra_css": ["site/site.css", "live/live.css"]}
        file = Path(place) / "mkdocs.yml"
        file.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(file)]
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("INFO")]
        sys.exit("\n".join(["the site is not built:", *lines]))


def whole_navigation(folder: Path, reference: list[str]) -> Nav:
    """Return the index, the families of the index, and what belongs to none; then the reference."""
    nav = navigation((ROOT / "docs/index.md").read_text(encoding="utf-8"))
    listed = set(re.findall(r"[\w/.-]+\.md", str(nav)))
    every = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.md"))
    left = [path for path in every if path not in listed and path != "index.md" and path not in reference]
    folders = {"Providers": "providers/", "Cookbook": "cookbook/"}
    for title, start in folders.items():
        nav.append({title: [path for path in left if path.startswith(start)]})
    nav.append({"Project": [path for path in left if not path.startswith(tuple(folders.values()))]})
    return [{"Home": "index.md"}, *nav, {"Reference": [*reference]}]


def main() -> None:
    """Build the site."""
    parser = argparse.ArgumentParser(description="Build the documentation as a site.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--live", type=Path, help="a folder that tools/pyodide_site.py has prepared")
    parser.add_argument(
        "--pyodide", help="with --live: the address of a folder with pyodide.mjs, and a / at its end"
    )
    given = parser.parse_args()
    if given.pyodide and (given.live is None or not given.pyodide.endswith("/")):
        parser.error("--pyodide needs --live, and a / at its end")
    write_site(given.folder.resolve(), given.live, given.pyodide)


if __name__ == "__main__":
    main()
