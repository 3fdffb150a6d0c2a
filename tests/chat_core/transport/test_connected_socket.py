"""Which address of a server is connected to."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from chat_core.transport import connected_socket as module
from chat_core.transport.connected_socket import connected_socket

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
V4, V6 = socket.AF_INET, socket.AF_INET6


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


class Attempts:
    """Connects to nobody: each address answers, fails or stays silent, as `outcomes` says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **outcomes: bool | None) -> None:
        self.outcomes = outcomes
        self.tried: list[str] = []
        self.sockets: list[socket.socket] = []
        self.cancelled: list[str] = []
        monkeypatch.setattr(module, "_connect", self.connect)
        monkeypatch.setattr(module, "addresses_of", self.addresses)

    async def addresses(self, host: str, port: int) -> list[module.Address]:
        return [(V4, (name, port)) for name in self.outcomes]

    async def connect(self, address: module.Address) -> socket.socket:
        name = str(address[1][0])
        self.tried.append(name)
        if self.outcomes[name] is None:
            try:
                await anyio.sleep_forever()
            finally:
                self.cancelled.append(name)
        await asyncio.sleep(0)
        if not self.outcomes[name]:
            raise ConnectionRefusedError(111, name)
        self.sockets.append(socket.socket())
        return self.sockets[-1]


async def test_an_address_needs_no_look_up(listener: socket.socket):
    with await connected_socket(*listener.getsockname()) as connection:
        assert connection.getpeername() == listener.getsockname()


async def test_a_name_is_looked_up(listener: socket.socket):
    with await connected_socket("localhost", listener.getsockname()[1]) as connection:
        assert connection.getpeername() == listener.getsockname()


async def test_an_address_that_refuses_makes_room_for_the_next_at_once(monkeypatch: pytest.MonkeyPatch):
    attempts = Attempts(monkeypatch, first=False, second=True, third=True)
    (await connected_socket("host", 80)).close()
    assert attempts.tried == ["first", "second"]


async def test_an_address_that_stays_silent_is_overtaken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_HEAD_START", 0.0)
    attempts = Attempts(monkeypatch, first=None, second=True)
    before = asyncio.all_tasks()
    (await connected_socket("host", 80)).close()
    assert attempts.cancelled == ["first"]
    assert asyncio.all_tasks() == before


async def test_where_all_refuse_the_first_error_is_raised(monkeypatch: pytest.MonkeyPatch):
    Attempts(monkeypatch, first=False, second=False)
    with pytest.raises(ConnectionRefusedError, match="first"):
        await connected_socket("host", 80)


async def test_whoever_is_late_is_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_HEAD_START", 0.0)
    attempts = Attempts(monkeypatch, first=True, second=True)
    (await connected_socket("host", 80)).close()
    assert [each.fileno() for each in attempts.sockets] == [-1] * len(attempts.sockets)


async def test_families_take_turns(monkeypatch: pytest.MonkeyPatch):
    found: list[Any] = [(V6, 1, 6, "", (name, 80, 0, 0)) for name in ("a", "b")]
    found += [(V4, 1, 6, "", (name, 80)) for name in ("c", "d", "e")]

    async def getaddrinfo(*_: object, **__: object) -> list[Any]:
        return found

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    assert [each[1][0] for each in await module.addresses_of("host", 80)] == ["a", "c", "b", "d", "e"]
