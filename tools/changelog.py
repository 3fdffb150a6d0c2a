"""Read and write CHANGELOG.md: a version gets its date, and each package its notes."""

from __future__ import annotations

import re
from collections.abc import Iterator

UNRELEASED = "## Unreleased\n"
FIRST = " Nothing is released yet; the first release will be 0.1.0."  # the first release takes it out
NOTHING = "Nothing has changed in this package; all packages have one version.\n"
_RELEASE = re.compile(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", re.MULTILINE)
_PACKAGE = re.compile(r"\bchat[-_][a-z0-9]+")
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)[^)]*\)")  # one that leads nowhere outside the repository


def releases(text: str) -> list[tuple[str, str]]:
    """Return the versions of a changelog with their dates, the newest first."""
    return _RELEASE.findall(text)


def section(text: str, version: str | None = None) -> str:
    """Return what a changelog says of a version, or of what is unreleased; empty without such a section."""
    heading = rf"## {re.escape(version)} \(.*\)" if version else re.escape(UNRELEASED.strip())
    found = re.search(rf"^{heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def with_release(text: str, version: str, date: str) -> str:
    """Return the changelog with its unreleased section under a version and a date (`2026-11-27`).

    Raises `ValueError` where nothing is unreleased.
    """
    if not section(text):
        raise ValueError("CHANGELOG.md has nothing under `## Unreleased`: there is nothing to release")
    return text.replace(FIRST, "").replace(UNRELEASED, f"{UNRELEASED}\n## {version} ({date})\n", 1)


def entries(text: str) -> Iterator[str]:
    """Yield the entries of a section, each as one line."""
    for entry in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
        yield " ".join(entry.split())


def notes(text: str, version: str, packages: list[str]) -> dict[str, str]:
    """Return the notes of a version by package (`chat-core`), as Markdown.

    An entry is of the packages that are named before its first colon; where none is, of those that it names
    anywhere. One that begins with `All packages` or `Every package` is of all.
    """
    date = dict(releases(text)).get(version, "")
    found: dict[str, list[str]] = {package: [] for package in packages}
    for entry in entries(section(text, version)):
        head, colon, _ = entry.partition(": ")
        named = (colon and _packages_in(head)) or _packages_in(entry)
        if entry.startswith(("All packages", "Every package")):
            named = set(packages)
        for package in named & found.keys():
            found[package].append("- " + _LINK.sub(r"\1", entry) + "\n")
    return {
        package: f"# {package} {version} ({date})\n\n{''.join(lines) or NOTHING}"
        for package, lines in found.items()
    }


def _packages_in(text: str) -> set[str]:
    return {name.replace("_", "-") for name in _PACKAGE.findall(text)}
