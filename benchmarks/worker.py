"""A contender's process: writes `ready`, then answers each line of JSON on stdin with one on stdout.

`{"open": scenario}` builds the client and warms it up, `{"turn": seconds}` measures, `{"close": true}` ends
the scenario, `{"construct": true}` measures how long clients take to build. Arguments: the library, the
server's URL.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from typing import Any

from benchmarks.contenders import LIBRARIES
from benchmarks.scenarios import SCENARIOS, Turns, measure_construction


def main(name: str, server: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # a library that prints must not be taken for an answer
    library = LIBRARIES[name]
    library.load()
    scenarios = {scenario.name: scenario for scenario in SCENARIOS}
    turns: Turns | None = None

    def answer(line: dict[str, Any]) -> dict[str, Any]:
        nonlocal turns
        match line:
            case {"open": scenario}:
                turns = Turns(scenarios[scenario], library, server, runner)
                return {}
            case {"turn": seconds}:
                assert turns is not None
                return asdict(turns.measure(seconds))
            case {"construct": _}:
                return asdict(runner.run(measure_construction(library, server)))
            case _:
                if turns is not None:
                    turns.close()
                turns = None
                return {}

    print("ready", file=answers, flush=True)
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            try:
                found = answer(json.loads(line))
            except Exception as exc:  # the runner's to report; the other scenarios can still be measured
                found = {"error": f"{type(exc).__name__}: {exc}"[:300]}
            print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
