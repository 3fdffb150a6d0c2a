"""Measure how much of each package the tests run, and fail where it is less than tools/coverage.json says.

    python tools/coverage_gate.py            measure and compare
    python tools/coverage_gate.py --write    measure, and raise the figures that have risen

A figure is the percentage of a package's statements that run, rounded down. It may only rise. A package
without a figure needs 90. What is measured are the tests of the packages, on asyncio, without those that only
repeat others thousands of times: about a minute on two cores.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "tools" / "coverage.json"
NEW_PACKAGE = 90
# they run the same lines again and again: every cut, every slicing, every mutation, and whole processes
REPEATING = (
    "trio",
    "cut",
    "slicing",
    "any_byte",
    "odd_values",
    "breaks_more",
    "recorded_sockets",
    "without_end",
)
REPEATING_FILES = ("chat_core/processes/test_restart.py",)
# what drives the conformance suites, which are a part of chat-core: all suites, each once or twice
SUITES = tuple(
    f"conformance/test_{name}.py" for name in ("claude", "cohere", "gemini", "realtime", "transports")
)
SETTINGS = """
[run]
parallel = true
source_pkgs = {packages}
data_file = {folder}/data
disable_warnings = module-not-imported, no-data-collected, module-not-measured
[report]
exclude_also =
    if TYPE_CHECKING:
    @overload
    \\.\\.\\.$
"""


def packages() -> list[str]:
    """Return the names of the packages of this repository."""
    return sorted(path.name for path in (ROOT / "packages").iterdir() if (path / "pyproject.toml").exists())


def measure(folder: Path) -> dict[str, float]:
    """Run the tests and return the percentage of each package's statements that ran."""
    settings = folder / "settings.ini"
    settings.write_text(SETTINGS.format(packages=",".join(packages()), folder=folder))
    folders = [path for name in packages() if (path := ROOT / "tests" / name).is_dir()]
    core, others = (
        [path for path in folders if (path.name == "chat_core") is is_core] for is_core in (True, False)
    )
    others += [ROOT / "tests" / name for name in SUITES]
    running = [_start(tests, settings) for tests in (core, others)]
    for process in running:
        output, _ = process.communicate()
        # 1: a time limit of a test may pass while it is measured; .ci/run judges the tests
        if process.returncode not in (0, 1):
            sys.exit(f"{output[-3000:]}\nthe tests could not be run")
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", f"--rcfile={settings}", "-q"], cwd=folder, check=True)
    report = folder / "report.json"
    subprocess.run([*coverage, "json", f"--rcfile={settings}", "-q", "-o", str(report)], cwd=ROOT, check=True)
    return by_package(json.loads(report.read_text())["files"])


def _start(tests: list[Path], settings: Path) -> subprocess.Popen[str]:
    """Start tests in a process of their own, measured.

    (pytest-xdist's processes end without saving what they measured.)
    """
    command = [
        sys.executable,
        "-m",
        "coverage",
        "run",
        f"--rcfile={settings}",
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
    ]
    command += ["-p", "no:cacheprovider", "-k", " and ".join(f"not {word}" for word in REPEATING)]
    command += [f"--ignore={ROOT / 'tests' / name}" for name in REPEATING_FILES]
    command += map(str, tests)
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def by_package(files: dict[str, dict[str, dict[str, float]]]) -> dict[str, float]:
    """Return the percentage of each package of a report of coverage.py."""
    ran: dict[str, tuple[float, float]] = {}
    for name, report in files.items():
        package = next((part for part in Path(name).parts if part.startswith("chat_")), "")
        covered, statements = ran.get(package, (0, 0))
        summary = report["summary"]
        ran[package] = (covered + summary["covered_lines"], statements + summary["num_statements"])
    return {name: 100 * covered / statements for name, (covered, statements) in ran.items() if statements}


def fallen(measured: dict[str, float], figures: dict[str, int]) -> list[str]:
    """Return a sentence for each package that is covered less than its figure says."""
    return [
        f"{name}: {percent:.1f} % of its statements run in its tests, and it has to be {figure} %"
        for name, percent in sorted(measured.items())
        if percent < (figure := figures.get(name, NEW_PACKAGE))
    ]


def main() -> None:
    """Measure, print a line for each package, and exit with a message where a figure has fallen."""
    figures: dict[str, int] = json.loads(FIGURES.read_text())
    with TemporaryDirectory() as folder:
        measured = measure(Path(folder))
    for name, percent in sorted(measured.items()):
        print(f"{name:20} {percent:5.1f} %, at least {figures.get(name, NEW_PACKAGE)} %")
    if "--write" in sys.argv:
        risen = {name: max(int(percent), figures.get(name, 0)) for name, percent in sorted(measured.items())}
        FIGURES.write_text(json.dumps(risen, indent=2) + "\n")
    if faults := fallen(measured, figures):
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
