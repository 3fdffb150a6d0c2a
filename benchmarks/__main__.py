"""Measure every library in interleaved turns, and print one markdown table for each scenario: `python -m
benchmarks`.
"""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from importlib.metadata import packages_distributions, version
from statistics import median

from benchmarks.contenders import IMPORTS, LIBRARIES, Library
from benchmarks.processes import Failed, Worker, start_server, timed_import
from benchmarks.scenarios import BUILDS, SCENARIOS, Measured, Scenario

TITLES = {
    "import": "Import, in a fresh process (CPU per import)",
    "construct": f"Building a client, after the first one (CPU per client, {BUILDS} a turn)",
    **{scenario.name: f"{scenario.title} (CPU per {scenario.unit})" for scenario in SCENARIOS},
}
SLOW = {"thousand": 20, "concurrent": 6, "at_once_1000": 10, "at_once_100": 4, "embeddings": 2, "import": 3}
"""A turn of these takes long: so many times fewer turns are taken."""

Results = dict[str, dict[str, list[Measured]]]
"""By scenario, then library: what was measured in each turn."""


def main() -> int:
    arguments = parse_arguments()
    present = set(importable())
    chosen = [each for each in LIBRARIES.values() if each.module in present and each.wire in arguments.wires]
    if arguments.libraries:
        asked = [LIBRARIES[name] for name in arguments.libraries]
        names = {name for each in asked for name in (each.name, each.base, each.second_base)}
        chosen = [each for each in chosen if each.name in names]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {arguments.turns} turns of", end=" ")
    print(f"{arguments.seconds * 1e3:.0f} ms. {', '.join(map(version_of, sorted(present)))}.", flush=True)
    results: Results = {name: defaultdict(list) for name in arguments.only}
    failures: set[str] = set()
    with ExitStack() as stack:
        server = start_server(stack)
        for wire in arguments.wires:
            run_wire([each for each in chosen if each.wire == wire], server, arguments, results, failures)
    if "import" in results:
        for _ in range(max(1, arguments.turns // SLOW["import"])):
            for module in sorted(present):
                results["import"][module].append(timed_import(module))
    note("")
    for line in report(results):
        print(line)
    for failure in sorted(failures):
        print(f"FAILED: {failure}")
    return bool(failures)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--turns", type=int, default=20, help="of each library in each scenario")
    parser.add_argument("--seconds", type=float, default=0.05, help="of one turn, at least one call")
    parser.add_argument("--only", nargs="+", choices=TITLES, default=list(TITLES), metavar="SCENARIO")
    wires = list(dict.fromkeys(each.wire for each in LIBRARIES.values()))
    parser.add_argument("--wires", nargs="+", choices=wires, default=wires, metavar="WIRE")
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=[], metavar="LIBRARY")
    parser.epilog = (
        f"Scenarios: {', '.join(TITLES)}. Wires: {', '.join(wires)}. Libraries: {', '.join(LIBRARIES)}."
    )
    return parser.parse_args()


def importable() -> Iterable[str]:
    """The modules that can be measured; the others are named. After this their bytecode is compiled."""
    for module in IMPORTS:
        try:
            timed_import(module)
        except Failed as exc:
            print(f"Skipped: {module} ({exc}).")
        else:
            yield module


def run_wire(
    libraries: Sequence[Library],
    server: str,
    arguments: argparse.Namespace,
    results: Results,
    failures: set[str],
) -> None:
    """Measure the libraries of one wire: they take turns at one scenario before the next one begins."""
    with ExitStack() as stack:
        workers = [Worker(library, server, stack) for library in libraries]
        for scenario in SCENARIOS:
            if scenario.name in arguments.only:
                here = [worker for worker in workers if scenario.takes(worker.library)]
                take_turns(scenario, here, arguments, results[scenario.name], failures)
        if "construct" in arguments.only:
            for _ in range(max(1, arguments.turns // 2)):
                for worker in workers:
                    if not worker.library.sync and "bare" not in worker.library.options:
                        found = Measured(**worker.ask(construct=True))
                        results["construct"][worker.library.name].append(found)


def take_turns(
    scenario: Scenario,
    workers: Sequence[Worker],
    arguments: argparse.Namespace,
    found: dict[str, list[Measured]],
    failures: set[str],
) -> None:
    at_work = list(workers)

    def each(**line: object) -> Iterable[tuple[Worker, dict[str, float]]]:
        for worker in list(at_work):
            try:
                yield worker, worker.ask(**line)
            except Failed as exc:
                at_work.remove(worker)
                if "NotImplementedError" not in str(exc):
                    failures.add(f"{worker.library.name}, {scenario.name}: {exc}")
                found.pop(worker.library.name, None)

    for _ in each(open=scenario.name):
        pass
    for number in range(max(1, arguments.turns // SLOW.get(scenario.name, 1))):
        note(f"{scenario.name}, turn {number}")
        for worker, measured in each(turn=arguments.seconds):
            found[worker.library.name].append(Measured(**measured))
    for _ in each(close=True):
        pass


def version_of(module: str) -> str:
    name = {"google_genai": "google-genai"}.get(module, module)
    distributions = packages_distributions().get(module, [name])
    return "this tree" if module == "ours" else f"{name} {version(distributions[0])}"


def report(results: Results) -> Iterable[str]:
    for scenario, libraries in results.items():
        if not libraries:
            continue
        yield f"\n### {TITLES[scenario]}\n"
        yield "| library | CPU | ÷ httpx | middle half | ÷ httpx alone | middle half | busy |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        for name, turns in libraries.items():
            library = LIBRARIES.get(name)
            bases = ("httpx", "httpx") if library is None else (library.base, library.second_base)
            yield f"| {' | '.join(cells(name, turns, [libraries.get(base, []) for base in bases]))} |"


def cells(name: str, turns: Sequence[Measured], bases: Sequence[Sequence[Measured]]) -> Iterable[str]:
    """One row: a turn is compared with the turn of plain httpx right before it."""
    yield name
    yield seconds(median(turn.cpu for turn in turns))
    for base in bases:
        pairs = zip(turns, base, strict=False)
        ratios = sorted(ours.cpu / theirs.cpu for ours, theirs in pairs if theirs.cpu)
        if ratios:
            quarter = len(ratios) // 4
            yield f"{median(ratios):.2f}"
            yield f"{ratios[quarter]:.2f}–{ratios[-1 - quarter]:.2f}"
        else:
            yield from ("", "")
    yield f"{median(turn.cpu / turn.wall for turn in turns):.0%}"


def seconds(value: float) -> str:
    return f"{value * 1e3:,.1f} ms" if value >= 0.01 else f"{value * 1e6:,.1f} µs"


def note(text: str) -> None:
    """Progress, for whoever watches: one line on stderr that the next one replaces."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
