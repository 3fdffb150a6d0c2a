"""The limit for opening a connection, on a clock that jumps."""

import asyncio
from typing import Any

import anyio
import pytest
from chat_core import TimedOut
from chat_core.transport.opening import ConnectLimit

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


async def test_what_takes_too_long_to_open_times_out_after_the_limit():
    began = anyio.current_time()
    with pytest.raises(TimedOut) as raised, ConnectLimit(10.0):
        await anyio.sleep_forever()
    assert (raised.value.limit, raised.value.seconds) == ("connect", 10.0)
    assert anyio.current_time() - began == pytest.approx(10.0)


async def test_an_opened_connection_has_all_the_time_that_there_is():
    with ConnectLimit(10.0) as limit:
        await anyio.sleep(9.0)
        limit.end()
        await anyio.sleep(1_000)


async def test_without_a_limit_nothing_times_out():
    with ConnectLimit(None):
        await anyio.sleep(80_000)


async def test_a_cancellation_from_outside_is_no_timeout():
    with anyio.move_on_after(5.0) as outer, ConnectLimit(10.0):
        await anyio.sleep_forever()
    assert outer.cancelled_caught


async def test_an_error_while_opening_comes_out_as_it_is():
    with pytest.raises(KeyError), ConnectLimit(10.0):
        raise KeyError


async def open_on_a_busy_loop(turns: int) -> None:
    """Take so many turns of a loop that has three seconds of other work in each."""
    loop: Any = asyncio.get_running_loop()
    with ConnectLimit(10.0):
        for _ in range(turns):
            loop.jump(3.0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)


@pytest.mark.parametrize("virtual_backend", ["asyncio"], indirect=True)
async def test_a_loop_that_is_busy_takes_nothing_from_the_limit():
    await open_on_a_busy_loop(15)
    with pytest.raises(TimedOut):
        await open_on_a_busy_loop(100)
