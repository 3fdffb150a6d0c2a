"""Long conversations: what is sent of them, and what they keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    Completed,
    ConfigurationError,
    ContextWindowExceeded,
    Message,
    Messages,
    Native,
    Origin,
    Reasoning,
    Text,
    ToolCall,
    Turn,
    Usage,
    estimate_tokens,
    tool,
)
from chat_core.middleware import Compaction, Trimming
from chat_core.middleware.history import History
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio
SEALED = Native(Origin("p", "e", "m"), {"signature": "s"})


def step(number: int) -> Message:
    """A model's message with sealed reasoning, and a call with its result."""
    call = ToolCall(f"c{number}", "look", {"at": number}, Completed(f"r{number}"))
    return Message("model", [Reasoning(f"t{number}", native=SEALED), call])


def conversation(exchanges: int = 3, steps: int = 2) -> Messages:
    messages = Messages.from_system("Be brief.")
    for exchange in range(exchanges):
        messages.add_user(f"q{exchange}")
        for number in range(steps):
            messages.append(step(10 * exchange + number))
        messages.append(Message("model", [Text(f"a{exchange}")]))
    return messages.add_user("last")


def shape(messages: Messages) -> str:
    """Each message as a word: its text, or the ids of its calls."""
    return " ".join(message.text or ",".join(call.id for call in message.tool_calls) for message in messages)


class Small(ScriptedProvider):
    """A model that reads so many messages."""

    def __init__(self, lines: Sequence[Any], size: int) -> None:
        super().__init__(lines)
        self.size = size
        self.seen: list[str] = []

    def check(self, request: Any) -> None:
        self.seen.append(shape(request.messages))
        if len(request.messages) > self.size:
            raise ContextWindowExceeded("too long", status=400)

    async def complete(self, given: Any, /) -> ChatResponse:
        self.check(given)
        return await super().complete(given)


@tool
def look(at: int) -> str:
    return f"seen {at}"


async def test_the_oldest_exchanges_are_left_out_and_the_conversation_stays_whole() -> None:
    inner = ScriptedProvider(["ok"])
    messages = conversation()
    before = len(messages)

    await ChatBuilder().with_model(inner).with_middleware(Trimming(exchanges=2)).build().complete(messages)

    assert shape(inner.requests[0].messages) == "Be brief. q2 c20 c21 a2 last"
    assert list(inner.requests[0].messages)[2] == messages[10]
    assert len(messages) == before + 1


async def test_tokens_are_counted_and_the_longest_end_that_fits_is_sent() -> None:
    counts: list[str] = []

    async def count(messages: Messages) -> int:
        counts.append(shape(messages))
        return 10 * len(messages)

    inner = ScriptedProvider(["ok"])
    trimming = Trimming(max_tokens=60, count=count)
    await ChatBuilder().with_model(inner).with_middleware(trimming).build().complete(conversation())

    assert shape(inner.requests[0].messages) == "Be brief. q2 c20 c21 a2 last"
    assert len(counts) <= 4
    assert (await trimming._trimmed(ChatRequest(short := Messages.from_user("Hi")))) is short


async def test_without_a_counter_tokens_are_estimated_for_the_model_with_its_tools() -> None:
    messages = Messages.from_system("Be brief.")
    for number in range(4):
        turn = Turn(usage=Usage(30, 5))  # of a request that was trimmed: it says nothing about the whole
        messages.add_user(f"q{number} " + "word " * 200).append(
            Message("model", [Text(f"a{number}")], turn=turn)
        )
    messages.add_user("last")
    sent: dict[str, str] = {}
    for model in ("gpt-5.6", "claude-opus-5-5"):  # Claude has instructions of its own for tools
        inner = ScriptedProvider(["ok"])
        trimming = Trimming(max_tokens=850, model=model)
        builder = ChatBuilder().with_model(inner).with_middleware(trimming).with_tools([look])
        await builder.build().complete(Messages(list(messages)))
        kept = [message for message in inner.requests[0].messages if message.role == "user"]
        assert estimate_tokens(inner.requests[0].messages, [look], model, anchored=False).tokens <= 850
        sent[model] = " ".join(message.text.split()[0] for message in kept)

    assert sent == {"gpt-5.6": "q1 q2 q3 last", "claude-opus-5-5": "q3 last"}


async def test_steps_of_the_last_exchange_are_left_out_but_for_the_last_and_what_the_user_wrote() -> None:
    messages = Messages.from_system("S").add_user("q")
    for number in range(4):
        messages.append(step(number))

    history = History.of(messages)

    assert history.cuts() == [2, 3, 4]
    assert [shape(history.without(cut)) for cut in history.cuts()] == [
        "S q c1 c2 c3",
        "S q c2 c3",
        "S q c3",
    ]
    assert shape(history.without(0)) == shape(history.without(99)) == "S q c0 c1 c2 c3"


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_request_that_is_too_long_is_sent_shorter_until_it_fits(streamed: bool) -> None:
    inner = Small(["ok", "yes"], 6)
    messages = conversation()
    chat = ChatBuilder().with_model(inner).with_middleware(Compaction()).build()

    if streamed:
        async with chat.stream(messages) as events:
            *_, done = [event async for event in events]
        response = done.response
    else:
        response = await chat.complete(messages)

    assert inner.seen == [shape(conversation()), "Be brief. q2 c20 c21 a2 last"]
    assert [(notice.about, notice.message) for notice in response.notices] == [
        ("compaction", "the oldest 8 messages were left out, without a summary")
    ]
    restored = Messages.from_json(messages.to_json())
    inner.size = 8
    await chat.complete(restored.add_user("more"))
    assert inner.seen[2:] == ["Be brief. q2 c20 c21 a2 last ok more"]


async def test_a_summary_takes_the_place_of_what_is_left_out_and_grows() -> None:
    texts: list[str] = []

    async def summarize(text: str) -> str:
        texts.append(text)
        return f"sum{len(texts)}"

    inner = Small(["ok"], 4)
    chat = ChatBuilder().with_model(inner).with_middleware(Compaction(summarize)).build()
    response = await chat.complete(conversation())

    assert texts[0].startswith(
        'user: q0\n\nlook({"at": 0}): r0\n\nlook({"at": 1}): r1\n\nmodel: a0\n\nuser: q1'
    )
    assert "sum1" in texts[1]
    sent = inner.requests[-1].messages
    assert sent[1].text.startswith("A summary of the conversation so far")
    assert sent[1].text.endswith("sum2")
    assert sent[-1].text == "last"
    assert response.notices[0].message.endswith("with a summary in their place")


async def test_what_cannot_be_shortened_raises_and_other_errors_pass() -> None:
    chat = ChatBuilder().with_model(Small([], 0)).with_middleware(Compaction()).build()

    with pytest.raises(ContextWindowExceeded):
        await chat.complete(Messages.from_user("Hi"))
    with pytest.raises(ContextWindowExceeded):
        await chat.complete(conversation())


async def test_a_long_run_of_tools_goes_on_with_its_last_steps() -> None:
    lines = [ToolCall(f"c{number}", "look", {"at": number}) for number in range(6)]
    inner = Small([*lines, "done"], 4)
    chat = ChatBuilder().with_model(inner).with_tools([look]).with_middleware(Compaction()).build()
    messages = Messages.from_user("q")

    response = await chat.complete(messages)

    assert response.text == "done"
    assert len(messages) == 8
    assert all(seen.startswith("q") for seen in inner.seen)
    assert inner.seen[-1].endswith("c5")


async def test_a_summary_that_is_too_long_itself_is_left_out() -> None:
    async def summarize(text: str) -> str:
        raise ContextWindowExceeded("too long")

    inner = Small(["ok"], 6)
    chat = ChatBuilder().with_model(inner).with_middleware(Compaction(summarize)).build()

    assert (await chat.complete(conversation())).notices[0].message.endswith("without a summary")


async def test_wrong_limits_are_refused() -> None:
    for chosen in ({}, {"model": "m"}, {"max_tokens": 5, "model": 3}, {"count": len}, {"exchanges": 0}):
        with pytest.raises(ConfigurationError):
            Trimming(**chosen)
    with pytest.raises(ConfigurationError, match="takes an async function of a text, not a str"):
        Compaction("gpt")
