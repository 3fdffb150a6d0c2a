"""Tokens that expire: from any kind of source, kept, refreshed ahead of time, one refresh at a time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import NamedTuple

import anyio
import pytest
from chat_core import AuthenticationError, ConfigurationError
from chat_core.client import Credential, Credentials

pytestmark = pytest.mark.anyio


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Gives `token-1`, `token-2`, … each for an hour, and counts."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls = 0
        self.failing = False

    async def __call__(self) -> Credential:
        await anyio.lowlevel.checkpoint()
        if self.failing:
            raise OSError("the metadata server does not respond")
        self.calls += 1
        return Credential(f"token-{self.calls}", self.clock.now + 3600)


async def test_a_token_is_kept_until_two_minutes_before_its_end() -> None:
    clock = Clock()
    credentials = Credentials(source := Source(clock), clock=clock)
    assert await credentials.token() == "token-1"
    clock.now += 3600 - 121
    assert await credentials.token() == "token-1"
    clock.now += 2
    assert await credentials.token() == "token-2"
    assert source.calls == 2


async def test_while_a_refresh_fails_the_token_is_used_until_half_a_minute_before_its_end() -> None:
    clock = Clock()
    credentials = Credentials(source := Source(clock), clock=clock)
    await credentials.token()
    source.failing = True
    clock.now += 3600 - 31
    assert await credentials.token() == "token-1"
    clock.now += 2
    with pytest.raises(AuthenticationError, match=r"OSError: the metadata server does not respond") as caught:
        await credentials.token()
    assert isinstance(caught.value.__cause__, OSError)
    assert "token-1" not in str(caught.value)


async def test_many_requests_at_once_make_one_refresh() -> None:
    clock = Clock()
    credentials = Credentials(source := Source(clock), clock=clock)
    tokens: list[str] = []

    async def use() -> None:
        tokens.append(await credentials.token())

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(use)
    assert tokens == ["token-1"] * 20
    assert source.calls == 1


async def test_requests_that_are_refused_at_once_make_one_refresh() -> None:
    clock = Clock()
    credentials = Credentials(source := Source(clock), clock=clock)
    refused = await credentials.token()
    renewed: list[str] = []

    async def renew() -> None:
        renewed.append(await credentials.renewed(refused))

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(renew)
    assert renewed == ["token-2"] * 5
    assert source.calls == 2


async def test_a_cancelled_refresh_leaves_the_next_request_free_to_refresh() -> None:
    clock = Clock()
    source = Source(clock)
    entered = anyio.Event()

    async def slow() -> Credential:
        entered.set()
        if source.calls == 0:
            source.calls += 1
            await anyio.sleep_forever()
        return await source()

    credentials = Credentials(slow, clock=clock)
    async with anyio.create_task_group() as group:
        group.start_soon(credentials.token)
        await entered.wait()
        group.cancel_scope.cancel()
    assert await credentials.token() == "token-2"


class AccessToken(NamedTuple):
    """What azure-identity returns."""

    token: str
    expires_on: int


@pytest.mark.parametrize(
    "result",
    [
        Credential("token", 5000.0),
        ("token", 5000),
        ("token", datetime.fromtimestamp(5000, UTC)),
        AccessToken("token", 5000),
    ],
    ids=["a credential", "a pair", "a datetime", "azure's"],
)
async def test_an_expiry_is_read_in_every_form(result: object) -> None:
    clock = Clock()
    calls: list[int] = []

    def source() -> object:
        calls.append(1)
        return result

    credentials = Credentials(source, clock=clock)  # type: ignore[arg-type]
    assert [await credentials.token() for _ in range(3)] == ["token"] * 3
    assert len(calls) == 1
    clock.now = 4900.0
    await credentials.token()
    assert len(calls) == 2


async def test_a_sync_source_runs_in_a_thread_and_one_that_gives_a_text_is_called_each_time() -> None:
    threads: list[int] = []

    def source() -> str:
        threads.append(threading.get_ident())
        return f"token-{len(threads)}"

    credentials = Credentials(source)
    assert [await credentials.token(), await credentials.token()] == ["token-1", "token-2"]
    assert await credentials.renewed("token-2") == "token-3"
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("result", [None, 7, ("token", "soon"), "", "two\nlines", ("t",)], ids=repr)
async def test_what_is_no_token_is_an_authentication_error_that_does_not_show_it(result: object) -> None:
    async def source() -> object:
        return result

    with pytest.raises(AuthenticationError, match="with_credentials") as caught:
        await Credentials(source).token()  # type: ignore[arg-type]
    assert "lines" not in str(caught.value)


async def test_an_error_of_this_library_comes_through_as_it_is() -> None:
    async def source() -> str:
        raise ConfigurationError("set GOOGLE_APPLICATION_CREDENTIALS")

    with pytest.raises(ConfigurationError, match="set GOOGLE_APPLICATION_CREDENTIALS"):
        await Credentials(source).token()


def test_no_repr_shows_a_token() -> None:
    assert "secret" not in repr(Credential("secret-token", 1.0))


def test_credentials_are_used_on_one_event_loop_after_the_other() -> None:
    clock = Clock()
    credentials = Credentials(source := Source(clock), clock=clock)
    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(credentials.token, backend=backend).startswith("token-")
        clock.now += 7200
    assert source.calls == 3
