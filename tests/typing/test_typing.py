"""What the public API promises to type checkers: accepted.py is accepted by all of them, and rejected.py
rejected line by line.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# One that takes a wrong use after all is no surprise any more: what stands here has to be missed, and nothing
# else may be.
MISSED: dict[str, dict[str, str]] = {
    "mypy": {},
    "pyright": {},
    "ty": {},
    "pyrefly": {},
}
HELD = ("mypy", "pyright")  # the others are held to it where they are installed
NEEDED = "# type: ignore["


@dataclass(frozen=True, slots=True)
class Finding:
    """What a checker says is wrong."""

    file: str
    line: int
    rule: str
    message: str


def mypy(files: Sequence[Path], folder: Path) -> Iterator[Finding]:
    for line in _output(
        f"mypy --strict --config-file pyproject.toml --output json --cache-dir {folder}", files
    ).splitlines():
        said = json.loads(line)
        if said["severity"] == "error":
            yield Finding(Path(said["file"]).name, said["line"], said["code"], said["message"])


def pyright(files: Sequence[Path], folder: Path) -> Iterator[Finding]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pyright"]
    project = (
        folder / "pyrightconfig.json"
    )  # of its own, for it finds accepted.py from elsewhere in no other way
    project.write_text(
        json.dumps(settings | {"include": [str(file) for file in files], "extraPaths": [str(HERE)]})
    )
    command = f"pyright --outputjson --pythonpath {sys.executable} --project {project}"
    for said in json.loads(_output(command, ()))["generalDiagnostics"]:
        rule = said.get("rule", "")
        if not rule.startswith("reportUnknown"):  # these only follow from others
            yield Finding(Path(said["file"]).name, said["range"]["start"]["line"] + 1, rule, said["message"])


def ty(files: Sequence[Path], folder: Path) -> Iterator[Finding]:
    said = _output(
        f"ty check --output-format concise --python {sys.prefix} --extra-search-path {HERE}", files
    )
    for file, line, rule, message in re.findall(
        r"^(.+?):(\d+):\d+: (?:error|warning)\[([\w-]+)\] (.*)$", said, re.MULTILINE
    ):
        yield Finding(Path(file).name, int(line), rule, message)


def pyrefly(files: Sequence[Path], folder: Path) -> Iterator[Finding]:
    command = "pyrefly check --preset strict --output-format json --summary none"
    for said in json.loads(
        _output(f"{command} --python-interpreter-path {sys.executable} --search-path {HERE}", files)
    )["errors"]:
        yield Finding(Path(said["path"]).name, said["line"], said["name"], said["description"])


def _output(command: str, files: Sequence[Path]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command.split(), *map(str, files)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode not in (0, 1):  # 1: it found something
        pytest.fail(f"{command}: {done.stderr or done.stdout}")
    return done.stdout


CHECKERS = {"mypy": mypy, "pyright": pyright, "ty": ty, "pyrefly": pyrefly}


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that one checker finds: in the two files, in rejected.py without its ignores, and in a file that is
    not strict.
    """

    checker: str
    findings: list[Finding]

    def of(self, file: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.file == file]


@pytest.fixture(scope="module", params=CHECKERS)
def verdict(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    checker: str = request.param
    if checker not in HELD and find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed: pip install {checker}")
    folder = tmp_path_factory.mktemp(checker)
    unmarked = folder / "unmarked.py"
    unmarked.write_text("".join(line.partition("  " + NEEDED)[0].rstrip("\n") + "\n" for line in _rejected()))
    lax = folder / "lax.py"
    lax.write_text("def untyped(value): ...\n\n\nnumber: int = 1  # type: ignore[assignment]  # not needed\n")
    files = [HERE / "accepted.py", unmarked, *([HERE / "rejected.py", lax] if checker in HELD else [])]
    return Verdict(checker, list(CHECKERS[checker](files, folder)))


def test_what_is_right_is_accepted(verdict: Verdict) -> None:
    assert verdict.of("accepted.py") == []


def test_every_ignore_is_needed(verdict: Verdict) -> None:
    if verdict.checker not in HELD:
        pytest.skip(f"the ignores of rejected.py are for {' and '.join(HELD)}")
    assert verdict.of("rejected.py") == []


def test_what_is_wrong_is_an_error_on_its_line(verdict: Verdict) -> None:
    lines = _rejected()
    wrong = {number for number, line in enumerate(lines, 1) if NEEDED in line}
    missed = {number for number in wrong if _use(lines[number - 1]) in MISSED[verdict.checker]}
    found = {finding.line: finding.message for finding in verdict.of("unmarked.py")}

    accepted = {number: lines[number - 1] for number in wrong - missed - found.keys()}
    assert accepted == {}, f"{verdict.checker} accepts what is wrong"
    caught = {number: lines[number - 1] for number in missed & found.keys()}
    assert caught == {}, f"{verdict.checker} has learnt to reject these: take them out of MISSED"
    unexpected = {number: message for number, message in found.items() if number not in wrong}
    assert unexpected == {}, f"{verdict.checker} rejects what is right"


def test_what_is_missed_stands_in_the_file(verdict: Verdict) -> None:
    assert MISSED[verdict.checker].keys() <= {_use(line) for line in _rejected() if NEEDED in line}


def test_the_settings_are_strict(verdict: Verdict) -> None:
    if verdict.checker not in HELD:
        pytest.skip(f"only {' and '.join(HELD)} read the settings of pyproject.toml")
    assert [finding.line for finding in verdict.of("lax.py") if finding.line == 1], (
        "a parameter needs no annotation"
    )
    assert [finding.rule for finding in verdict.of("lax.py") if finding.line == 4] == [
        {"mypy": "unused-ignore", "pyright": "reportUnnecessaryTypeIgnoreComment"}[verdict.checker]
    ]


def test_every_ignore_says_its_code_and_its_reason() -> None:
    lines = _rejected()
    for number, line in enumerate(lines, 1):
        assert "pyright:" not in line, line
        if "ignore" not in line or number < 5:
            continue
        assert re.search(r"  # type: ignore\[[a-z-]+\](  # \S.*)?$", line), line
        assert line.count("  # ") == 2 or lines[number - 2].lstrip().startswith("# "), f"no reason: {line}"


def _rejected() -> list[str]:
    return (HERE / "rejected.py").read_text().splitlines()


def _use(line: str) -> str:
    return line.partition("  " + NEEDED)[0].strip()
