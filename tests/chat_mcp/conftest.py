"""What the tests of chat_mcp share: the modules of this folder, and the official server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mcp_servers import OfficialHttp


@pytest.fixture(scope="module")
def official_http() -> Iterator[OfficialHttp]:
    server = OfficialHttp()
    yield server
    server.stop()


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the official server's tools have done, in order."""
    path = tmp_path / "runs"
    monkeypatch.setenv("CHAT_MCP_RUNS", str(path))
    return lambda: path.read_text().splitlines() if path.exists() else []
