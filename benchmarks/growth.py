"""How cost grows with size: `python -m benchmarks.growth` prints a table, and `--pictures FOLDER` draws it.

For each axis the work is done at each size, in turns, and the least CPU times are compared, since other
processes only add to them. The exponent is the slope of cost over size in the upper half, both as logarithms:
1 where twice the size costs twice as much.
"""

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path
from statistics import linear_regression

from benchmarks.axes import AXES, Axis

Costs = Mapping[str, Sequence[float]]
"""By wire: seconds of CPU at each size."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=[axis.name for axis in AXES], metavar="AXIS")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    print("| what grows | wire | from | to | exponent |")
    print("|---|---|---:|---:|---:|")
    for axis in AXES:
        if arguments.only and axis.name not in arguments.only:
            continue
        costs = measure(axis, arguments.rounds)
        for wire, seconds in costs.items():
            first, last = (f"{size:,} {axis.unit}: {shown(cost)}" for size, cost in ends(axis.sizes, seconds))
            print(
                f"| {axis.name} | {wire} | {first} | {last} | {exponent(axis.sizes, seconds):.2f} |",
                flush=True,
            )
        if arguments.pictures:
            draw(axis, costs, arguments.pictures)


def measure(axis: Axis, rounds: int) -> Costs:
    """Return the least of the rounds for each wire and size; the sizes of one wire take turns."""
    found: dict[str, list[float]] = {}
    for wire in axis.models:
        taken: list[list[float]] = [[] for _ in axis.sizes]
        asyncio.run(once(axis, wire, axis.sizes[0]))  # imports
        for _ in range(rounds):
            for at, size in enumerate(axis.sizes):
                taken[at].append(asyncio.run(once(axis, wire, size)))
        found[wire] = [min(each) for each in taken]
    return found


async def once(axis: Axis, wire: str, size: int) -> float:
    run = axis.prepare(wire, size)
    gc.collect()
    gc.freeze()  # what was prepared is none of the work
    start = time.process_time()
    await run()
    cost = time.process_time() - start
    gc.unfreeze()
    return cost


def ends(sizes: Sequence[int], seconds: Sequence[float]) -> list[tuple[int, float]]:
    pairs = list(zip(sizes, seconds, strict=True))
    return [pairs[0], pairs[-1]]


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    half = len(sizes) // 2
    upper = slice(min(half, len(sizes) - 2), None)
    return linear_regression(
        [log(size) for size in sizes[upper]], [log(cost) for cost in seconds[upper]]
    ).slope


def shown(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def draw(axis: Axis, costs: Costs, folder: Path) -> None:
    """Write one picture: both scales are logarithmic, the dotted line is what grows as its size does."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "growth", "font.size": 9}
    figure, axes = pyplot.subplots(figsize=(4.2, 3), layout="constrained")
    for wire, seconds in costs.items():
        label = f"{wire}, {exponent(axis.sizes, seconds):.2f}"
        axes.loglog(axis.sizes, [cost * 1e3 for cost in seconds], marker="o", markersize=3, label=label)
    highest = max(seconds[-1] for seconds in costs.values()) * 1e3
    straight = [highest * size / axis.sizes[-1] for size in axis.sizes]
    axes.loglog(axis.sizes, straight, ":", color="gray", linewidth=1)
    axes.set(xlabel=axis.unit, ylabel="ms of CPU", title=axis.name)
    axes.legend(frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"growth-{axis.name.replace(' ', '-')}.svg", metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
