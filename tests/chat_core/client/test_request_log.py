"""What is logged of requests and retries: a line each, no key, and no contents unless they were asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ConnectionFailed,
    Messages,
    RateLimited,
    RetryPolicy,
    TimedOut,
)
from chat_core.testing import FakeTransport
from chat_core.transport import Request, Response

pytestmark = pytest.mark.anyio
ANSWER = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
CHUNKS = [
    {"choices": [{"index": 0, "delta": {"content": "Hi"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
]
ASKED = ChatRequest(Messages.from_user("a secret plan"))


def client(transport: FakeTransport, **limits: float) -> Any:
    builder = ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1?team=a-secret-team")
    builder = builder.with_timeout(**limits)
    return builder.with_api_key("secret-key").with_model("m").with_transport(transport).build()


@pytest.fixture
def contents() -> Iterator[logging.Logger]:
    logger = logging.getLogger("chat_core.contents")
    yield logger
    logger.setLevel(logging.NOTSET)


def lines(caplog: pytest.LogCaptureFixture, name: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == name]


async def test_a_request_is_one_line_of_its_package_without_query_key_or_contents(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    await client(FakeTransport().answer(ANSWER)).complete(ASKED)
    [line] = lines(caplog, "chat_completions")
    assert line.startswith("POST http://localhost:8000/v1/chat/completions: 200 in ")
    assert "secret" not in caplog.text


async def test_a_stream_is_one_line_at_its_end_also_where_it_is_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    made = client(FakeTransport().answer([*CHUNKS, "[DONE]"]).answer([*CHUNKS, "[DONE]"]))
    _ = [event async for event in made.stream(ASKED)]
    left = made.stream(ASKED)
    await anext(left)
    await left.aclose()
    whole, cut = lines(caplog, "chat_completions")
    assert ": 200 in " in whole
    assert ": 200, left before its end in " in cut


async def test_a_failure_is_named(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(ConnectionFailed):
        await client(FakeTransport().fail(ConnectionFailed("refused"))).complete(ASKED)
    assert ": ConnectionFailed in " in lines(caplog, "chat_completions")[0]
    with pytest.raises(RateLimited):
        await client(FakeTransport().answer({"error": {"message": "slow"}}, status=429)).complete(ASKED)
    assert ": 429 in " in lines(caplog, "chat_completions")[1]


async def test_a_retry_says_how_long_it_waits(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    transport = FakeTransport().answer(
        {"error": {"message": "slow"}}, status=429, headers={"retry-after": "0"}
    )
    chat = ChatBuilder().with_model(client(transport.answer(ANSWER))).with_retry(RetryPolicy(base_delay=0.01))
    await chat.build().complete(Messages.from_user("Hello"))
    [line] = lines(caplog, "chat_core")
    assert line.startswith("attempt 1 failed, the next one is in 0.0 s: RateLimited: slow")


async def test_debug_says_how_much_is_sent_and_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await client(FakeTransport().answer(ANSWER)).complete(ASKED)
    line = lines(caplog, "chat_completions")[0]
    assert "model=m, messages=(1)" in line
    assert "secret" not in caplog.text


async def test_a_request_whose_limit_passes_is_one_line_that_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Silent(FakeTransport):
        async def send(self, request: Request, /) -> Response:
            await anyio.sleep_forever()
            raise AssertionError("it sleeps")

    caplog.set_level(logging.INFO)
    with pytest.raises(TimedOut):
        await client(Silent(), first_event=0.001).complete(ASKED)
    [line] = lines(caplog, "chat_completions")
    assert line.startswith("POST http://localhost:8000/v1/chat/completions: TimedOut in ")


async def test_contents_are_logged_where_their_own_logger_was_turned_on(
    caplog: pytest.LogCaptureFixture, contents: logging.Logger
) -> None:
    contents.setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    await client(FakeTransport().answer(ANSWER)).complete(ASKED)
    [line] = lines(caplog, "chat_core.contents")
    assert "a secret plan" in line
    assert "secret-key" not in caplog.text


async def test_nothing_is_logged_without_a_handler(capfd: pytest.CaptureFixture[str]) -> None:
    await client(FakeTransport().answer(ANSWER)).complete(ASKED)
    assert capfd.readouterr() == ("", "")
