"""A connected socket on asyncio, whichever address of a server answers first.

asyncio's own race between addresses leaves tasks behind where it is cancelled.
"""

from __future__ import annotations

import asyncio
import socket
from itertools import chain, groupby, zip_longest
from typing import TypeAlias

import anyio

_HEAD_START = 0.25  # seconds that an address has before the next is tried beside it (RFC 8305)
Address: TypeAlias = "tuple[socket.AddressFamily, tuple[object, ...]]"


async def connected_socket(host: str, port: int) -> socket.socket:
    """Return a socket that is connected to a host, a name or an address. Raises `OSError`."""
    addresses = await addresses_of(host, port)
    if len(addresses) == 1:
        return await _connect(addresses[0])
    race = _Race()
    try:
        await race.run(addresses)
    except BaseException:
        for winner in race.winners:
            winner.close()
        raise
    if race.winners:
        return race.winners[0]
    raise race.failures[0]


class _Race:
    """Several addresses, each tried when the one before has failed or has had its time."""

    def __init__(self) -> None:
        self.winners: list[socket.socket] = []
        self.failures: list[OSError] = []

    async def run(self, addresses: list[Address]) -> None:
        async with anyio.create_task_group() as group:
            for address in addresses:
                ended = anyio.Event()
                group.start_soon(self._try, address, ended, group.cancel_scope)
                with anyio.move_on_after(_HEAD_START):
                    await ended.wait()

    async def _try(self, address: Address, ended: anyio.Event, race: anyio.CancelScope) -> None:
        try:
            connected = await _connect(address)
        except OSError as exc:
            self.failures.append(exc)
        else:
            if self.winners:
                connected.close()
            else:
                self.winners.append(connected)
            race.cancel()
        finally:
            ended.set()


async def addresses_of(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, IPv6 and IPv4 in turn. Raises `OSError`."""
    try:  # an address needs no thread
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses: list[Address] = [(each[0], each[4]) for each in found]
    families = [list(group) for _, group in groupby(sorted(addresses, key=_family), key=_family)]
    if addresses and families and families[0][0][0] != addresses[0][0]:
        families.reverse()  # the family that the system names first begins
    return [each for each in chain.from_iterable(zip_longest(*families)) if each is not None]


def _family(address: Address) -> int:
    return address[0]


async def _connect(address: Address) -> socket.socket:
    connection = socket.socket(address[0], socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, address[1])
    except BaseException:
        connection.close()
        raise
    return connection
