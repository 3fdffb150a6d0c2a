"""What noxfile.py runs: the Pythons that the packages name, and which test failed how often."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECTS = [
    tomllib.loads(path.read_text("utf-8"))["project"] for path in ROOT.glob("packages/*/pyproject.toml")
]
REPORT = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_it[1-3]" />
<testcase classname="tests.test_a" name="test_it[2-3]"><failure message="no">no</failure></testcase>
<testcase classname="tests.test_a" name="test_it[3-3]" />
<testcase classname="tests.test_a" name="test_each[trio-1-1-3]"><error message="no">no</error></testcase>
<testcase classname="tests.test_a" name="test_each[trio-1-2-3]"><failure message="no">no</failure></testcase>
<testcase classname="tests.test_a" name="test_each[trio-1-3-3]"><failure message="no">no</failure></testcase>
<testcase classname="tests.test_a" name="test_fine[trio-1-3]" />
</testsuite></testsuites>"""


@pytest.fixture(scope="module")
def noxfile() -> Iterator[ModuleType]:
    """What nox reads."""
    sys.path.insert(0, str(ROOT))
    try:
        yield import_module("noxfile")
    finally:
        sys.path.remove(str(ROOT))


def test_the_pythons_that_are_tested_are_those_that_the_packages_name(noxfile: ModuleType) -> None:
    tested = [python for python in noxfile.PYTHONS if not python.endswith("t")]
    prefix = "Programming Language :: Python :: 3."
    for project in PROJECTS:
        named = [line.rpartition(" ")[2] for line in project["classifiers"] if line.startswith(prefix)]
        assert named == tested
        assert project["requires-python"] == f">={tested[0]}"


def test_a_test_that_failed_is_reported_with_how_often_it_did(noxfile: ModuleType, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    assert noxfile.failures(report) == {
        "tests.test_a.test_each[trio-1]": (3, 3),
        "tests.test_a.test_it": (1, 3),
    }


def test_what_is_left_out_of_an_environment_is_there(noxfile: ModuleType) -> None:
    extras = {extra for project in PROJECTS for extra in project.get("optional-dependencies", {})}
    names = {project["name"].replace("-", "_") for project in PROJECTS}
    assert extras >= noxfile.RAISING
    assert extras | names >= noxfile.NOT_FREE
    assert names >= {*noxfile.WIRES}
    assert len(noxfile.pinned(noxfile.TOOLS)) == len(noxfile.TOOLS)


def test_what_several_packages_need_they_need_in_one_version() -> None:
    bounds: dict[str, set[str]] = {}
    for project in PROJECTS:
        for requirement in project["dependencies"]:
            name = re.split(r"[<>~=\[]", requirement, maxsplit=1)[0]
            bounds.setdefault(name, set()).add(requirement)
    assert {name: wanted for name, wanted in bounds.items() if len(wanted) > 1} == {}
