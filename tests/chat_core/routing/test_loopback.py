"""Routers over real sockets: statuses, errors inside a stream, cuts at every byte, and what stays open."""

from __future__ import annotations

import json
from typing import Any

import anyio
import httpx
import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatRequest, Messages, Overloaded, StreamTruncated
from chat_core.routing import Breaker, Fallback
from chat_core.testing import Failure, LoopbackServer, Raw, Reply
from chat_core.transport import HttpTransport

pytestmark = pytest.mark.anyio
HELLO = ChatRequest(Messages.from_user("Hello"))
BOTH = pytest.mark.parametrize("way", ["complete", "stream"])


def client_of(server: LoopbackServer, model: str, transport: Any = None) -> Any:
    builder = ChatCompletionsBuilder().with_base_url(server.url).with_model(model)
    return (builder.with_transport(transport) if transport else builder).build()


async def turn(provider: Any, way: str) -> Any:
    chat = ChatBuilder().with_model(provider).build()
    if way == "complete":
        return await chat.complete("Hello")
    async with chat.stream("Hello") as events:
        return [event async for event in events][-1].response


def frames(*bodies: Any, done: bool = True) -> bytes:
    lines = [f"data: {json.dumps(body)}\n\n" for body in bodies] + ["data: [DONE]\n\n"] * done
    return "".join(lines).encode()


ROLE = {"choices": [{"index": 0, "delta": {"role": "assistant"}}]}
ERROR = {"error": {"message": "Overloaded", "type": "overloaded_error"}}


@BOTH
@pytest.mark.parametrize(
    "answer",
    [
        Failure(429, "slow down", "rate_limit_exceeded"),
        Failure(429, "pay", "insufficient_quota"),
        Failure(400, "too long", "context_length_exceeded"),
        Failure(529, "busy"),
        Failure(503, "busy"),
        Failure(500, "oops"),
        Failure(401, "key"),
        Raw(b"<html>Bad Gateway</html>", "text/html", status=502),
        Raw(b"<html>Welcome</html>", "text/html"),
        Raw(frames(ERROR)),
        Raw(frames(ROLE, ERROR)),
        Raw(frames(ROLE, done=False)),
        Raw(b"", cut_after=0, chunk=1),
    ],
    ids=lambda answer: (
        f"{answer.status} {getattr(answer, 'code', '') or getattr(answer, 'body', b'')[:40]!r}"
    ),
)
async def test_what_fails_before_the_first_event_is_answered_by_the_next(answer: Any, way: str) -> None:
    with LoopbackServer(lambda _: answer) as bad, LoopbackServer([Reply("Hi.")]) as good:
        async with Fallback([client_of(bad, "bad"), client_of(good, "good")]) as router:
            response = await turn(router, way)
    assert response.text == "Hi."
    assert (len(bad.requests), len(good.requests)) == (1, 1)
    assert "bad failed" in response.notices[-1].message


WHOLE = frames(
    ROLE,
    *({"choices": [{"index": 0, "delta": {"content": word}}]} for word in ("One ", "two ", "three.")),
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
)


@pytest.mark.parametrize("at", range(1, len(WHOLE) - len(b"data: [DONE]\n\n"), 13))
async def test_a_stream_cut_at_any_byte_goes_on_elsewhere_or_is_the_callers(at: int) -> None:
    answer = Raw(WHOLE[:at])
    with LoopbackServer(lambda _: answer) as bad, LoopbackServer([Reply("Whole.")]) as good:
        async with Fallback([client_of(bad, "bad"), client_of(good, "good")], breaker=None) as router:
            chat = ChatBuilder().with_model(router).build()
            messages, text = Messages.from_user("Hello"), ""
            try:
                async with chat.stream(messages) as events:
                    async for event in events:
                        text += getattr(event, "text", "")
            except StreamTruncated:
                assert text
                assert good.requests == []
                assert "One two three.".startswith(text)
                assert messages[-1].interrupted
            else:
                expected = "Whole." if good.requests else "One two three."  # then only [DONE] is missing
                assert text == messages[-1].text == expected
            assert len(bad.requests) == 1


async def test_an_overload_inside_claudes_stream_before_content_counts_as_before() -> None:
    body = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy"}}\n\n'
    with LoopbackServer(lambda _: Raw(body)) as bad, LoopbackServer([Reply("Hi.")]) as good:
        claude = (
            ClaudeBuilder().with_base_url(bad.host).with_api_key("k").with_model("claude-haiku-4-5").build()
        )
        async with Fallback([claude, client_of(good, "good")]) as router:
            assert (await turn(router, "stream")).text == "Hi."


async def test_requests_are_passes_times_members_that_are_well() -> None:
    with (
        LoopbackServer(lambda _: Failure(503, "busy")) as first,
        LoopbackServer(lambda _: Failure(503, "busy")) as second,
    ):
        members = [client_of(first, "a"), client_of(second, "b")]
        async with Fallback(members, breaker=Breaker(2, 60)) as router:
            with pytest.raises(Overloaded):
                await router.complete(HELLO)
            with pytest.raises(Overloaded):
                await router.complete(HELLO)
            assert (len(first.requests), len(second.requests)) == (2, 2)
            with pytest.raises(Overloaded):
                await router.complete(HELLO)  # both are left alone: one is tried
            assert len(first.requests) + len(second.requests) == 5


@BOTH
async def test_after_a_hedge_no_connection_is_taken(way: str) -> None:
    async with httpx.AsyncClient() as http:
        transport = HttpTransport(client=http)
        with (
            LoopbackServer(lambda _: Reply("Late.", pause=30)) as slow,
            LoopbackServer(lambda _: Reply("Soon.")) as fast,
        ):
            members = [client_of(slow, "slow", transport), client_of(fast, "fast", transport)]
            router = Fallback(members, hedge_after=0.02)
            with anyio.fail_after(10):
                response = await turn(router, way)
            pool: Any = http._transport._pool  # type: ignore[attr-defined]  # httpx does not tell otherwise
            taken = [one for one in pool.connections if not one.is_idle()]
            assert (response.text, taken, pool._requests) == ("Soon.", [], [])
            assert [member.in_flight for member in router.members] == [0, 0]
