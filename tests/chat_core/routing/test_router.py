"""A router: who is tried, after which errors, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatError,
    ChatModel,
    ChatRequest,
    ChatResponse,
    CompletionProvider,
    ConfigurationError,
    ConnectionFailed,
    ContextWindowExceeded,
    File,
    InvalidRequest,
    InvalidResponse,
    Message,
    Messages,
    NotFound,
    Notice,
    Origin,
    OutputSchema,
    Overloaded,
    PermissionDenied,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    Refusal,
    RetryPolicy,
    StreamProvider,
    StreamTruncated,
    TimedOut,
    ToolDefinition,
    Turn,
    Usage,
)
from chat_core.routing import Fallback, Member, Router
from chat_core.testing import ScriptedProvider
from timed_provider import Timed

pytestmark = pytest.mark.anyio
HELLO = ChatRequest(Messages.from_user("Hello"))
BUSY = Overloaded("busy", status=529, retryable=True)


def scripted(name: str, *lines: Any) -> ScriptedProvider:
    return ScriptedProvider(lines, model=name)


async def turn(provider: Any, request: ChatRequest, way: str) -> ChatResponse:
    if way == "complete":
        response: ChatResponse = await provider.complete(request)
        return response
    events = [event async for event in provider.stream(request)]
    done: ChatResponse = events[-1].response
    return done


async def asked(chat: Any, way: str) -> None:
    if way == "complete":
        await chat.complete("Hello")
        return
    async with chat.stream("Hello") as events:
        await read_into([], events)


async def read_into(seen: list[Any], events: Any) -> None:
    async for event in events:
        seen.append(event)  # noqa: PERF401  what came before a failure stays


BOTH = pytest.mark.parametrize("way", ["complete", "stream"])
PASSED = [
    RateLimited("slow down", status=429, retryable=True),
    QuotaExceeded("pay", status=402),
    BUSY,
    ProviderError("oops", status=500, retryable=True),
    ContextWindowExceeded("long", status=400),
    AuthenticationError("key", status=401),
    PermissionDenied("no", status=403),
    NotFound("model", status=404),
    ConnectionFailed("down"),
    TimedOut("first_event", 300),
    InvalidResponse("<html>"),
    StreamTruncated("cut", partial=ChatResponse(Message("model", []))),
    ConfigurationError("this wire has no video"),
]


@BOTH
@pytest.mark.parametrize("error", PASSED, ids=lambda error: type(error).__name__)
async def test_what_one_provider_cannot_do_now_the_next_one_does(error: ChatError, way: str) -> None:
    first, second = scripted("first", error), scripted("second", "Hi.")
    response = await turn(Fallback([first, second]), HELLO, way)
    assert (response.text, response.model) == ("Hi.", "second")
    assert len(first.requests) == len(second.requests) == 1
    assert second.requests[0].messages == HELLO.messages
    assert response.message.turn == Turn(
        "stop",
        "stop",
        Usage(10, 5, total_tokens=15),
        "second",
        origin=Origin("ScriptedProvider", "", "second"),
    )
    assert response.notices == (Notice("routing", f"first failed: {type(error).__name__}: {error}"),)


@BOTH
async def test_a_request_at_fault_is_not_sent_to_anybody_else(way: str) -> None:
    second = scripted("second", "Hi.")
    with pytest.raises(InvalidRequest):
        await turn(Fallback([scripted("first", InvalidRequest("bad", status=400)), second]), HELLO, way)
    assert second.requests == []


@BOTH
@pytest.mark.parametrize("chosen", [(InvalidRequest,), InvalidRequest, lambda error: error.status == 400])
async def test_the_errors_to_fall_back_on_can_be_chosen(chosen: Any, way: str) -> None:
    refused = InvalidRequest("bad", status=400)
    response = await turn(
        Fallback([scripted("first", refused), scripted("second", "Hi.")], fallback_on=chosen), HELLO, way
    )
    assert response.text == "Hi."
    second = scripted("second", "Hi.")
    with pytest.raises(Overloaded):
        await turn(Fallback([scripted("first", BUSY), second], fallback_on=chosen), HELLO, way)
    assert second.requests == []


@BOTH
async def test_after_a_pass_the_last_error_is_raised_and_the_chat_repeats_whole_passes(way: str) -> None:
    errors = [
        RateLimited("slow", status=429, retryable=True, retry_after=7.0),
        RateLimited("slower", status=429, retryable=True, retry_after=3.0),
        AuthenticationError("key", status=401),
    ]
    members = [scripted(str(at), error) for at, error in enumerate(errors)]
    with pytest.raises(AuthenticationError) as caught:
        await turn(Router(members), HELLO, way)
    assert (caught.value.retryable, caught.value.retry_after) == (True, 3.0)
    assert caught.value.__notes__ == [
        "another provider failed before: RateLimited: slow (status 429)",
        "another provider failed before: RateLimited: slower (status 429)",
    ]

    twice = [ScriptedProvider([BUSY, BUSY, BUSY], model=name) for name in "ab"]
    policy = RetryPolicy(max_retries=2, base_delay=0)
    chat = ChatBuilder().with_model(Router(twice, breaker=None)).with_retry(policy).build()
    with pytest.raises(Overloaded):
        await asked(chat, way)
    assert [len(one.requests) for one in twice] == [3, 3]


async def test_nothing_is_tried_again_where_nothing_can_help() -> None:
    with pytest.raises(NotFound) as caught:
        await Router([scripted("a", AuthenticationError("key")), scripted("b", NotFound("m"))]).complete(
            HELLO
        )
    assert caught.value.retryable is False


@pytest.mark.parametrize("at", [1, 2])
async def test_after_the_first_event_a_failure_is_the_callers(at: int) -> None:
    first, second = Timed("first", cut_after=at), Timed("second")
    router, seen = Fallback([first, second]), list[Any]()
    with pytest.raises(StreamTruncated):
        await read_into(seen, router.stream(HELLO))
    assert [event.text for event in seen] == [f"first {number}. " for number in range(at)]
    assert (second.began, first.open, router.members[0].in_flight) == ([], 0, 0)


async def test_leaving_a_stream_closes_it_and_counts_as_an_answer() -> None:
    first = Timed("first")
    router = Router([first, Timed("second")])
    events = router.stream(HELLO)
    await anext(events)
    assert router.members[0].in_flight == 1
    await events.aclose()
    assert (first.ended, router.members[0].in_flight, first.open) == (["left"], 0, 0)


async def test_a_response_that_is_not_wanted_goes_on_and_its_cost_is_counted() -> None:
    refused = ChatResponse(Message("model", [Refusal("No.")], turn=Turn("refusal", None, Usage(10, 5))))
    router = Fallback(
        [scripted("a", refused), scripted("b", "Yes.")], reject=lambda one: one.finish_reason == "refusal"
    )
    response = await router.complete(HELLO)
    assert (response.text, response.usage.input_tokens) == ("Yes.", 20)
    assert "rejected (refusal)" in response.notices[0].message
    with pytest.raises(ConfigurationError, match="streams"):
        [event async for event in router.stream(HELLO)]


async def test_the_last_rejected_response_is_returned_where_no_member_has_a_better_one() -> None:
    refused = ChatResponse(Message("model", [Refusal("No.")], turn=Turn("refusal", None, Usage(10, 5))))
    router = Fallback([scripted("a", refused), scripted("b", BUSY)], reject=lambda one: bool(one.refusal))
    response = await router.complete(HELLO)
    assert (response.refusal, response.usage.input_tokens, len(response.notices)) == ("No.", 10, 2)


FILE = File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
TOOLS = (ToolDefinition("add"),)


@pytest.mark.parametrize(
    ("known", "request_", "why"),
    [
        ({"tools": False}, ChatRequest(HELLO.messages, TOOLS), "it has no tools"),
        (
            {"typed_output": False},
            ChatRequest(HELLO.messages, output=OutputSchema("a", {})),
            "it holds no schema",
        ),
        ({"files": {"document"}}, ChatRequest(Messages.from_user("See", FILE)), "it reads no image"),
        (
            {"context_window": 100},
            ChatRequest(Messages.from_user("x" * 801)),
            "the conversation does not fit its 100 tokens",
        ),
    ],
)
async def test_who_is_known_not_to_carry_a_request_is_not_tried(
    known: dict[str, Any], request_: ChatRequest, why: str
) -> None:
    first, second = scripted("first", "No."), scripted("second", "Yes.")
    response = await Router([Member(first, **known), second]).complete(request_)
    assert (response.text, first.requests) == ("Yes.", [])
    assert response.notices == (Notice("routing", f"first was not tried: {why}"),)
    with pytest.raises(ConfigurationError, match=f"no provider of this router can carry.*first: {why}"):
        await Router([Member(first, **known)]).complete(request_)
    assert (await Router([Member(first, **known)]).complete(HELLO)).text == "No."


async def test_a_conversation_that_was_too_long_is_never_sent_there_again() -> None:
    small = ScriptedProvider([ContextWindowExceeded("long"), "Short."], model="small")
    large = ScriptedProvider(["One.", "Two."], model="large")
    chat = ChatBuilder().with_model(Fallback([small, large])).build()
    messages = Messages.from_user("A long story")
    assert (await chat.complete(messages)).text == "One."
    second = await chat.complete(messages.add_user("Go on"))
    assert (second.text, len(small.requests)) == ("Two.", 1)
    assert "it found this conversation too long" in second.notices[0].message
    assert (await chat.complete("Another story")).text == "Short."

    alone = Router([ScriptedProvider([ContextWindowExceeded("long")], model="small")])
    for _ in range(2):
        with pytest.raises(ContextWindowExceeded):
            await alone.complete(HELLO)


async def test_a_conversation_stays_with_whoever_had_its_last_turn() -> None:
    members = [ScriptedProvider(["1", "2", "3", "4"], model=name) for name in "ab"]
    chat = ChatBuilder().with_model(Router(members, "round_robin")).build()
    first, second = Messages.from_user("Hi"), Messages.from_user("Hi")
    for _ in range(3):
        for messages in (first, second):
            await chat.complete(messages)
            messages.add_user("Go on")
    assert [len(one.requests) for one in members] == [3, 3]
    restored = Messages.from_json(first.to_json())
    assert (await chat.complete(restored)).model == "a"


async def test_a_fallback_comes_back_to_its_first_member() -> None:
    first = ScriptedProvider([BUSY, "First."], model="first")
    chat = (
        ChatBuilder()
        .with_model(Fallback([first, scripted("second", "Second.")]))
        .with_retry(RetryPolicy(0))
        .build()
    )
    messages = Messages.from_user("Hi")
    assert (await chat.complete(messages)).text == "Second."
    assert (await chat.complete(messages.add_user("Again"))).text == "First."


class CompletesOnly:
    model = "m"

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        return ChatResponse(Message("model", []))

    async def aclose(self) -> None: ...


async def test_a_router_can_do_what_all_of_its_members_can() -> None:
    both, one = ScriptedProvider([]), CompletesOnly()
    assert isinstance(Router([both, ScriptedProvider([])]), ChatModel)
    router = Router([both, one])
    assert isinstance(router, CompletionProvider)
    assert not isinstance(router, StreamProvider)
    assert isinstance(Fallback([both, one]), Fallback)
    chat: Any = ChatBuilder().with_model(router).build()
    with pytest.raises(ConfigurationError, match="does not stream"):
        async with chat.stream("Hi"):
            pass
    assert isinstance(Fallback([router, both]), CompletionProvider)


async def test_a_router_closes_its_members_and_shows_them() -> None:
    first, second = Timed("first"), Timed("second")
    async with Router([first, Member(second, name="the other")]) as router:
        assert router.model == "first | second"
        assert repr(router) == (
            "Router([Member(name='first', in_flight=0), Member(name='the other', in_flight=0)])"
        )
    assert first.ended == second.ended == ["closed"]


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Router([]), "needs members"),
        (lambda: Router(["gpt-5.6"]), "is a client, not a str"),
        (lambda: Router([Timed("a")], "fastest"), "no strategy 'fastest'; there are in_order, round_robin"),
        (lambda: Router([Timed("a")], hedge=2), "no option hedge; it has fallback_on"),
        (lambda: Router([Timed("a")], breaker=3), r"breaker= takes Breaker\(failures=3\), not an int"),
        (lambda: Router([Timed("a")], hedge_after=-1), "at least 0"),
        (lambda: Router([Timed("a")], hedge_after="1"), "it is seconds, not a str"),
        (lambda: Router([Timed("a")], fallback_on=(ValueError,)), "classes of errors"),
        (lambda: Member(Timed("a"), weight=0), "above 0"),
    ],
)
async def test_what_is_no_router_is_refused(make: Any, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what):
        make()
    member = Member(Timed("a"))
    with pytest.raises(ConfigurationError, match="twice"):
        Router([member, member])
