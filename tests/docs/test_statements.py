"""Statements of README.md and of the habits that a reader could check by hand."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

from chat_core import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent.parent
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def names(requirements: list[str]) -> list[str]:
    return sorted(re.split(r"[^A-Za-z0-9-]", requirement)[0] for requirement in requirements)


def test_readme_names_every_dependency_of_core_and_counts_them() -> None:
    project = tomllib.loads((ROOT / "packages/chat_core/pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    stated = re.search(r"(\w+) dependencies \(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert stated is not None
    assert sorted(stated[2].split(", ")) == names(project["dependencies"])
    assert NUMBERS.index(stated[1]) == len(project["dependencies"])


def test_pre_commit_runs_the_checkers_that_ci_runs() -> None:
    hooks = re.findall(
        r"entry: .venv/bin/python -m (.+)", (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    )
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for hook in hooks:
        assert re.search(rf"^{re.escape(hook)}( \.)?$", ci, re.MULTILINE), f".ci/run does not run {hook}"
    tools = {hook.split()[0] for hook in hooks}
    assert tools == {"ruff", "mypy", "pyright"}


def test_contributing_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    words = re.findall(r"[\w./<>*-]+", text)
    places = ("packages/", "tests/", "docs/", "tools/", ".ci/")
    named_files = [
        word.rstrip(".") for word in words if word.startswith(places) and not set("<*") & set(word)
    ]
    assert len(named_files) > 10
    for named in named_files:
        assert (ROOT / named).exists(), f"CONTRIBUTING.md names {named}, which is not there"


def test_the_second_command_of_readme_installs_every_package() -> None:
    lines = (ROOT / "dev.txt").read_text(encoding="utf-8").splitlines()
    listed = {line.removeprefix("-e packages/").partition("[")[0] for line in lines if line.startswith("-e ")}
    assert listed == {path.parent.name for path in ROOT.glob("packages/*/pyproject.toml")}


def test_the_index_names_the_commands_that_ci_and_the_tests_of_the_pages_run() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    install, run_a_page = re.findall(r"^(python .+?)  +#", index, re.MULTILINE)

    assert f"{install} && python -m pytest" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert run_a_page == "python docs/run.py docs/tools.md"


def test_the_index_and_the_pages_link_only_to_what_is_there() -> None:
    for page in (*ROOT.glob("docs/**/*.md"), ROOT / "README.md"):
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in re.findall(r"\]\(([^)#\s]+)", text):
            assert "://" in link or (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_page_is_reached_from_the_index() -> None:
    reached: set[Path] = set()
    open_pages = [ROOT / "docs/index.md"]
    while open_pages:
        page = open_pages.pop().resolve()
        if page in reached:
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
        open_pages += [page.parent / link for link in links if "://" not in link]
    assert {page.resolve() for page in ROOT.glob("docs/**/*.md")} - reached == set()


def test_readme_has_a_row_for_every_provider_and_says_which_ones_embed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(
        re.findall(r"^\|.*?\| `(chat-\w+)` \| yes \| yes \| (yes|—) \| yes \| \[docs/", readme, re.MULTILINE)
    )
    packages = {path.parent.name.replace("_", "-") for path in ROOT.glob("packages/*/pyproject.toml")}
    assert rows.keys() == packages - {"chat-core", "chat-mcp", "chat-temporal"}  # which are no providers
    builders = {f"chat-{entry.name}": entry.load() for entry in entry_points(group="chat_core.providers")}
    for package, embeds in rows.items():
        try:
            has_embeddings = bool(builders[package]().with_model("m").with_embeddings())
        except (AttributeError, ConfigurationError):
            has_embeddings = False
        assert has_embeddings == (embeds == "yes"), package
