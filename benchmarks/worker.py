"""A contender's process: writes `ready`, then for each name of a scenario on stdin measures it and writes a
line of JSON.

Arguments: the library, and the server's URL.
"""

import asyncio
import json
import sys
from dataclasses import asdict

from benchmarks.contenders import load
from benchmarks.scenarios import SCENARIOS, Measured, measure, measure_construction


def main(library: str, server: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # a library that prints must not be taken for an answer
    client = load(library)
    scenarios = {scenario.name: scenario for scenario in SCENARIOS}

    async def measured(name: str) -> Measured:
        if name == "construct":
            return await measure_construction(client, server)
        return await measure(scenarios[name], client, server)

    print("ready", file=answers, flush=True)
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            try:
                answer = asdict(runner.run(measured(line.strip())))
            except Exception as exc:  # the runner's to report; the other scenarios can still be measured
                answer = {"error": f"{type(exc).__name__}: {exc}"}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
