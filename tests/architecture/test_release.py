"""What a release does: versions, notes by package, names of the last one, and the workflows of a forge."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest
import yaml
from typing_extensions import deprecated

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
CHANGES = """# Changelog

What changes. Nothing is released yet; the first release will be 0.1.0.

## Unreleased

- `chat-core`, `chat-claude`: [caches](docs/cost.md) are
  counted: all of them.
- All packages: types.
- Every word of `chat_xai` is read; see [RFC](https://example.org).
- `examples/voice`: a page.
"""


@pytest.fixture(scope="module")
def tools() -> Iterator[dict[str, ModuleType]]:
    """The programs of tools/ as modules: they import one another by their names."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        yield {
            name: import_module(name) for name in ("changelog", "release", "released_api", "package_metadata")
        }
    finally:
        sys.path.remove(str(ROOT / "tools"))


def test_a_release_puts_its_version_and_date_over_what_was_unreleased(tools: dict[str, ModuleType]) -> None:
    changelog = tools["changelog"]
    text = changelog.with_release(CHANGES, "0.1.0", "2026-11-27")
    assert changelog.releases(text) == [("0.1.0", "2026-11-27")]
    assert "What changes.\n\n## Unreleased\n\n## 0.1.0 (2026-11-27)\n\n- `chat-core`" in text
    assert changelog.section(text) == ""
    assert changelog.section(text, "0.1.0") == changelog.section(CHANGES)
    with pytest.raises(ValueError, match="nothing to release"):
        changelog.with_release(text, "0.1.1", "2026-11-28")


def test_each_package_gets_the_notes_that_name_it(tools: dict[str, ModuleType]) -> None:
    changelog = tools["changelog"]
    text = changelog.with_release(CHANGES, "0.1.0", "2026-11-27")
    notes = changelog.notes(text, "0.1.0", ["chat-core", "chat-claude", "chat-xai", "chat-ai21"])
    assert notes["chat-core"] == (
        "# chat-core 0.1.0 (2026-11-27)\n\n"
        "- `chat-core`, `chat-claude`: caches are counted: all of them.\n- All packages: types.\n"
    )
    assert notes["chat-claude"].count("\n- ") == 2
    assert notes["chat-xai"].endswith(
        "- All packages: types.\n- Every word of `chat_xai` is read; see [RFC](https://example.org).\n"
    )
    assert notes["chat-ai21"].endswith("\n\n- All packages: types.\n")
    assert "voice" not in "".join(notes.values())


def test_every_package_has_notes_of_what_is_unreleased_here(tools: dict[str, ModuleType]) -> None:
    changelog = tools["changelog"]
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not changelog.section(text):
        return  # just released
    names = [name.replace("_", "-") for name in PACKAGES]
    notes = changelog.notes(changelog.with_release(text, "99.0.0", "2026-11-27"), "99.0.0", names)
    assert sorted(notes) == sorted(names)
    assert notes["chat-core"].count("\n- ") > notes["chat-core"].count("\n# ")


@pytest.mark.parametrize(
    ("version", "fault"),
    [
        ("0.3", "is no version"),
        ("0.2.0rc1", "is no version"),
        ("0.2.0", "does not come after 0.2.0"),
        ("0.1.9", "does not come after 0.2.0"),
    ],
)
def test_a_version_that_cannot_follow_is_refused(
    tools: dict[str, ModuleType], version: str, fault: str
) -> None:
    text = "## Unreleased\n\n## 0.2.0 (2026-11-27)\n\n## 0.1.10 (2026-11-01)\n"
    with pytest.raises(SystemExit, match=fault):
        tools["release"].check_version(version, text, "0.2.0")
    tools["release"].check_version("0.10.0", text, "0.2.0")
    tools["release"].check_version("0.1.0", "## Unreleased\n", "0.1.0")  # the first release


def test_a_new_version_reaches_the_packages_and_what_depends_on_them(
    tools: dict[str, ModuleType], tmp_path: Path
) -> None:
    for name in (
        "pyproject.toml",
        "AGENTS.md",
        "examples/chat_acme/pyproject.toml",
        *(f"packages/{package}/pyproject.toml" for package in PACKAGES),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    tools["release"].set_version("7.8.9", tmp_path)
    for package in PACKAGES:
        text = tools["package_metadata"].written(
            (tmp_path / f"packages/{package}/pyproject.toml").read_text()
        )
        project = tomllib.loads(text)["project"]
        ours = [each for each in project["dependencies"] if each.startswith("chat-")]
        assert project["version"] == "7.8.9"
        assert all(each.endswith("~=7.8.0") for each in ours), ours
    assert "chat-core~=7.8.0" in (tmp_path / "AGENTS.md").read_text()
    assert "chat-core~=7.8.0" in (tmp_path / "examples/chat_acme/pyproject.toml").read_text()


def test_a_build_without_a_release_in_the_changelog_is_refused(
    tools: dict[str, ModuleType], tmp_path: Path
) -> None:
    if tools["changelog"].releases((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")):
        fault, tag = "the tag is v0.0.1", "v0.0.1"
    else:
        fault, tag = "the newest in CHANGELOG.md is none", None
    with pytest.raises(SystemExit, match=fault):
        tools["release"].build(tmp_path, tag)


def test_a_second_build_with_other_bytes_names_the_files(
    tools: dict[str, ModuleType], tmp_path: Path
) -> None:
    for folder, files in (
        ("first", {"a.whl": b"1", "b.tar.gz": b"2", "c.whl": b"3", ".gitignore": b"*"}),
        ("second", {"a.whl": b"1", "b.tar.gz": b"4", "d.whl": b"5"}),
    ):
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
    differences = tools["release"].differences
    assert differences(tmp_path / "first", tmp_path / "second") == ["b.tar.gz", "c.whl", "d.whl"]
    assert differences(tmp_path / "first", tmp_path / "first") == []


def test_a_package_whose_name_belongs_to_another_project_is_built_and_not_published(
    tools: dict[str, ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tools["release"].UNSETTLED.keys() <= {name.replace("_", "-") for name in PACKAGES}
    (tmp_path / "packages").mkdir()
    for name in ("chat_core-1.0.0.tar.gz", "chat_mcp-1.0.0-py3-none-any.whl", "chat_mcp-1.0.0.tar.gz"):
        (tmp_path / "packages" / name).write_bytes(b"1")
    tools["release"].set_aside(tmp_path)
    tools["release"].write_digests(tmp_path)
    assert [path.name for path in (tmp_path / "packages").iterdir()] == ["chat_core-1.0.0.tar.gz"]
    lines = (tmp_path / "SHA256SUMS").read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == [
        "packages/chat_core-1.0.0.tar.gz",
        "unsettled/chat_mcp-1.0.0-py3-none-any.whl",
        "unsettled/chat_mcp-1.0.0.tar.gz",
    ]
    assert "chat-mcp is not published: in the package index" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["0.2.0", "--build"], ["0.2.0", "--tag", "v0.2.0"], ["--build", "--try"]]
)
def test_options_that_contradict_each_other_are_refused(arguments: list[str]) -> None:
    command = [sys.executable, str(ROOT / "tools/release.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "give a version, or --build" in done.stderr


# -- the names of the last release


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_of_the_last_release_is_gone_only_if_it_was_deprecated_there(
    tools: dict[str, ModuleType], package: str
) -> None:
    api = tools["released_api"]
    now = api.public_names(package)
    assert len(now) > 10
    assert api.removed(api.read(package), now) == [], (
        "deprecate a name in one release, remove it in a later one"
    )


class Whole:
    """What the last release had."""

    @deprecated("use stay")
    def go(self, at: int) -> None: ...

    def stay(self, at: int, how: str = "") -> None: ...


def test_a_removed_name_is_reported_unless_it_was_deprecated(tools: dict[str, ModuleType]) -> None:
    api = tools["released_api"]
    before = {
        "p.A": "",
        "p.A.f": "",
        "p.A.f(x)": "",
        "p.B": "use A",
        "p.B.g": "",
        "p.f": "",
        "p.f(x)": "",
        "p.f(y)": "no y",
        "p.kept": "",
    }
    assert api.removed(before, {"p.f": "", "p.kept": "", "p.new": ""}) == ["p.A", "p.f(x)"]
    assert api.removed(before, before) == []
    assert api.removed({}, {}) == []


def test_the_names_of_a_class_are_its_members_and_their_parameters(
    tools: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    api = tools["released_api"]
    monkeypatch.setattr(Whole, "__module__", "chat_sample")
    assert dict(api.described("p.Whole", Whole)) == {
        "p.Whole": "",
        "p.Whole.go": "use stay",
        "p.Whole.go(at)": "use stay",
        "p.Whole.stay": "",
        "p.Whole.stay(at)": "",
        "p.Whole.stay(how)": "",
    }


def test_the_names_of_a_release_are_read_as_they_were_written(
    tools: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    api = tools["released_api"]

    def two_names(_: str) -> dict[str, str]:
        return {"p.a": "", "p.b": "use\n a"}

    monkeypatch.setattr(api, "public_names", two_names)
    (tmp_path / "tools").mkdir()
    api.write("p", "0.1.0", tmp_path)
    monkeypatch.setattr(api, "RELEASED", tmp_path / "tools" / "released_api")
    assert api.read("p") == {"p.a": "", "p.b": "use a"}
    assert api.read("q") == {}


# -- the workflows of a forge


def workflow(name: str) -> dict[str, dict[str, dict[str, object]]]:
    text = (ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(text)
    return loaded


def steps(job: dict[str, object]) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", job["steps"])


def test_the_workflow_runs_ci_run_and_nothing_else() -> None:
    jobs = workflow("ci")["jobs"]
    assert list(jobs) == ["ci"]
    commands = [step["run"] for step in steps(jobs["ci"]) if "run" in step]
    assert commands == ["bash .ci/run"]
    assert "env" not in jobs["ci"]
    assert not [
        step for step in steps(jobs["ci"]) if "env" in step or "if" in step or "continue-on-error" in step
    ]


def test_the_workflow_brings_what_ci_run_needs() -> None:
    ci_run = (ROOT / ".ci/run").read_text(encoding="utf-8")
    brought = {
        str(step["uses"]).partition("@")[0]: step.get("with", {})
        for step in steps(workflow("ci")["jobs"]["ci"])
        if "uses" in step
    }
    assert next(iter(brought)) == "actions/checkout"
    needs_node = bool(re.search(r"\bnpm\b|pyodide_site", ci_run))
    assert needs_node == ("actions/setup-node" in brought)
    lowest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(
        ">="
    )
    assert brought["actions/setup-python"] == {"python-version": lowest}


def test_a_release_is_published_after_ci_from_the_build_that_was_attested() -> None:
    jobs = workflow("release")["jobs"]
    assert jobs["ci"] == {"uses": "./.github/workflows/ci.yml"}
    assert jobs["build"]["needs"] == "ci"
    assert jobs["publish"]["needs"] == "build"
    commands = [step["run"] for name in ("build", "publish") for step in steps(jobs[name]) if "run" in step]
    assert commands == ['python tools/release.py --build --tag "$GITHUB_REF_NAME"']
    assert jobs["build"]["permissions"] == {"contents": "read", "id-token": "write", "attestations": "write"}
    attested = [step["with"] for step in steps(jobs["build"]) if "attest" in str(step.get("uses"))]
    assert attested == [{"subject-path": "dist/packages/*"}, {"subject-path": "dist/sbom/*"}]
    assert steps(jobs["publish"])[-1]["with"] == {"packages-dir": "dist/packages/", "attestations": True}


@pytest.mark.parametrize("name", ["ci", "release"])
def test_a_workflow_may_only_read_unless_a_job_says_more(name: str) -> None:
    loaded = workflow(name)
    assert loaded["permissions"] == {"contents": "read"}
    text = (ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert [
        line for line in re.findall(r"uses: (.+)", text) if "@" not in line and not line.startswith("./")
    ] == []
