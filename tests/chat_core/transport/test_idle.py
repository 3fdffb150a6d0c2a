"""Idle connections: what two tasks close at the same time is closed, and nothing is left."""

from __future__ import annotations

import anyio
import pytest
from chat_core.transport.idle import IdleConnections

pytestmark = pytest.mark.anyio


class Connection:
    idle_since = 0.0

    def __init__(self) -> None:
        self.closed = 0

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.closed += 1


async def test_two_tasks_may_close_them_at_once() -> None:
    idle = IdleConnections[Connection]()
    connections = [Connection() for _ in range(3)]
    for connection in connections:
        await idle.add("address", connection)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(idle.aclose)
        tasks.start_soon(idle.aclose)

    assert all(connection.closed for connection in connections)
    assert await idle.take("address") is None
