"""A pytest plugin: the fixture `tape`, a transport that replays a test's tape, or records it with
`--tapes=record`. It comes with `pip install "chat-core[testing]"`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chat_core.transport import Transport


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--tapes`."""
    parser.addoption(
        "--tapes",
        choices=["replay", "record"],
        default="replay",
        help="what the fixture `tape` does: replay the tape of a test (default), or record it anew",
    )


@pytest.fixture
def tape(request: pytest.FixtureRequest) -> Transport:
    """Return a transport for `with_transport`, on the tape of this test: `tapes/MODULE/TEST.tape`."""
    # imported here: pytest loads this module in every project that has chat-core installed
    from chat_core.testing.tape import RecordingTransport, ReplayTransport
    from chat_core.transport import HttpTransport

    path = tape_path(Path(str(request.path)), request.node.name)
    if request.config.getoption("--tapes") == "record":
        return RecordingTransport(HttpTransport(), path)
    if not path.exists():
        pytest.fail(f"there is no tape {path}: record it with pytest --tapes=record", pytrace=False)
    return ReplayTransport(path)


def tape_path(module: Path, test: str) -> Path:
    """Return where the tape of a test is. The backend of anyio is no part of its name: all play the same."""
    name = re.sub(r"\[(?:asyncio|trio)(?:\+\w+)?-?", "[", test).replace("[]", "")
    return module.parent / "tapes" / module.stem / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', name).strip('-')}.tape"
