"""Measure every library in interleaved rounds, and print one markdown table a scenario: `python -m
benchmarks`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from importlib.metadata import packages_distributions, version
from pathlib import Path
from statistics import median

from benchmarks.contenders import BASE, IMPORTS, LIBRARIES
from benchmarks.scenarios import BUILDS, SCENARIOS, Measured

ROOT = Path(__file__).parent.parent

TITLES = {
    "import": "Import, in a fresh process (CPU per import)",
    "construct": f"Building a client, after the first one (CPU per client, {BUILDS} a round)",
    **{scenario.name: f"{scenario.title} (CPU per {scenario.unit})" for scenario in SCENARIOS},
}

ENVIRONMENT = {
    **os.environ,
    "no_proxy": "127.0.0.1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it downloads its price list on import
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
}

TIMED_IMPORT = """
import time
start = time.perf_counter(), time.process_time()
{imports}
print(time.process_time() - start[1], time.perf_counter() - start[0])
"""

Results = Mapping[str, Mapping[str, Sequence[Measured]]]
"""By scenario, then library: what was measured in each round."""


class Failed(Exception):
    """A contender did not do the work."""


def main() -> int:
    arguments = parse_arguments()
    libraries = [name for name in LIBRARIES if name in arguments.libraries or name == BASE]
    present = [name for name in libraries if is_importable(name)]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {arguments.rounds} rounds.")
    print(", ".join(f"{name} {version_of(name)}" for name in present) + ".")

    results: dict[str, dict[str, list[Measured]]] = {name: defaultdict(list) for name in arguments.only}
    failures: set[str] = set()
    with ExitStack() as stack:
        server = start_server(stack)
        for number in range(1, arguments.rounds + 1):
            with ExitStack() as round_stack:
                workers = {library: Worker(library, server, round_stack) for library in present}
                for scenario in arguments.only:
                    for library, worker in workers.items():
                        note(f"round {number}/{arguments.rounds}: {scenario}, {library}")
                        try:
                            measured = (
                                timed_import(library) if scenario == "import" else worker.measure(scenario)
                            )
                        except Failed as exc:
                            failures.add(f"{library}, {scenario}: {exc}")
                        else:
                            results[scenario][library].append(measured)
    note("")
    for line in report(results):
        print(line)
    for failure in sorted(failures):
        print(f"FAILED: {failure}")
    return bool(failures)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=TITLES, default=list(TITLES), metavar="SCENARIO")
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=LIBRARIES, metavar="LIBRARY")
    parser.epilog = f"Scenarios: {', '.join(TITLES)}. Libraries: {', '.join(LIBRARIES)}; {BASE} always runs."
    return parser.parse_args()


def is_importable(library: str) -> bool:
    """Whether it can be measured; said aloud where not. After this its bytecode is compiled."""
    try:
        timed_import(library)
    except Failed as exc:
        print(f"Skipped: {library} ({exc}).")
        return False
    return True


def timed_import(library: str) -> Measured:
    """Import it in a fresh process. The interpreter's own start is not counted."""
    code = TIMED_IMPORT.format(imports=IMPORTS[library])
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(done.stderr.strip().splitlines()[-1])
    cpu, wall = done.stdout.split()[-2:]
    return Measured(float(cpu), float(wall))


def version_of(library: str) -> str:
    distributions = packages_distributions().get(library)
    return version(distributions[0]) if distributions else "(this tree)"


def start_server(stack: ExitStack) -> str:
    """The URL of a server that lives as long as the stack."""
    server = spawn(stack, "benchmarks.server")
    stack.callback(server.kill)
    return f"http://127.0.0.1:{read_line(server)}"


class Worker:
    """A library's process, which ends with the stack."""

    def __init__(self, library: str, server: str, stack: ExitStack) -> None:
        self.process = spawn(stack, "benchmarks.worker", library, server)
        read_line(self.process)  # its imports are done, and disturb nobody's measurement

    def measure(self, scenario: str) -> Measured:
        assert self.process.stdin
        try:
            self.process.stdin.write(f"{scenario}\n".encode())
            answer = json.loads(read_line(self.process))
        except (BrokenPipeError, ValueError) as exc:
            raise Failed("its process died; why stands above") from exc
        if "error" in answer:
            raise Failed(answer["error"])
        return Measured(**answer)


def spawn(stack: ExitStack, module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a module of ours. Leaving the stack closes its stdin and waits for it."""
    return stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # with nothing buffered, closing a dead process's stdin does not raise
        )
    )


def read_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    return process.stdout.readline().decode().strip()


def report(results: Results) -> Iterable[str]:
    for scenario, libraries in results.items():
        yield f"\n### {TITLES[scenario]}\n"
        yield "| library | CPU | ÷ httpx | from–to | busy |"
        yield "|---|---:|---:|---:|---:|"
        base_rounds = libraries.get(BASE, ())
        for library, rounds in libraries.items():
            if len(rounds) != len(base_rounds):
                continue  # one of the two failed in some round, and is named below
            ratios = [ours.cpu / base.cpu for ours, base in zip(rounds, base_rounds, strict=True)]
            cells = (
                library,
                seconds(median(one.cpu for one in rounds)),
                f"{median(ratios):.2f}",
                f"{min(ratios):.2f}–{max(ratios):.2f}",
                f"{median(one.cpu / one.wall for one in rounds):.0%}",
            )
            yield f"| {' | '.join(cells)} |"


def seconds(value: float) -> str:
    return f"{value * 1e3:,.1f} ms" if value >= 0.01 else f"{value * 1e6:,.1f} µs"


def note(text: str) -> None:
    """Progress, for whoever watches: one line on stderr that the next one replaces."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
