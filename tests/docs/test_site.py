"""The site is made of the pages: each has its place, links lead on, the reference has every public name."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))


@pytest.fixture(scope="module")
def site() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        yield importlib.import_module("build_site")
    finally:
        sys.path.remove(str(ROOT / "tools"))


def test_every_page_is_in_the_index_or_in_a_folder_of_its_own(site: ModuleType) -> None:
    nav = str(site.navigation((ROOT / "docs/index.md").read_text(encoding="utf-8")))
    for page in ROOT.glob("docs/**/*.md"):
        name = page.relative_to(ROOT / "docs").as_posix()
        assert name == "index.md" or name.startswith(("providers/", "cookbook/")) or f"'{name}'" in nav, name


def test_the_reference_has_every_public_name(site: ModuleType, tmp_path: Path) -> None:
    written = list(site.write_reference(tmp_path))
    assert len(written) == len(set(written))
    for package in PACKAGES:
        page = (tmp_path / f"reference/{package}.md").read_text(encoding="utf-8")
        names = importlib.import_module(package).__all__
        assert re.findall(rf"^::: {package}\.(\w+)$", page, re.MULTILINE) == sorted(names)
    for module in (
        "chat_core.client",
        "chat_core.provider",
        "chat_core.sync",
        "chat_core.testing",
        "chat_core.wire",
    ):
        assert f"reference/{module}.md" in written


def test_a_link_to_a_program_leads_to_a_page_of_it(site: ModuleType, tmp_path: Path) -> None:
    pages = site.Pages(tmp_path)
    assert pages.add("docs/cookbook/index.md") == "cookbook/index.md"
    page = (tmp_path / "cookbook/index.md").read_text(encoding="utf-8")
    assert "](terminal_chat.py.md)" in page
    assert (
        (tmp_path / "cookbook/terminal_chat.py.md")
        .read_text(encoding="utf-8")
        .startswith("# terminal_chat.py\n")
    )
    pages.add("AGENTS.md")
    assert "](../conformance.md#tapes)" in (tmp_path / "project/AGENTS.md").read_text(encoding="utf-8")


def test_links_in_code_stay_as_they_are(site: ModuleType, tmp_path: Path) -> None:
    pages = site.Pages(tmp_path)
    code = "```text\n[b](../AGENTS.md)\n```\n"
    text = f"[a](tools.md#top)\n\n{code}\n[c](../AGENTS.md) [d](https://example.org/x.md) [e](gone.md)\n"
    assert pages.linked(text, "docs/sync.md") == text.replace("[c](../AGENTS.md)", "[c](project/AGENTS.md)")
