"""Personal data: what the model's server sees of it, and what the application gets back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import anyio
import pytest
from chat_claude import ClaudeBuilder
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    Completed,
    ConfigurationError,
    Done,
    File,
    Message,
    Messages,
    Native,
    Origin,
    Reasoning,
    ReasoningChunk,
    RerankResponse,
    RerankResult,
    StreamTruncated,
    SupportsBatches,
    SupportsFiles,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    TurnEvent,
    tool,
)
from chat_core.middleware import RedactingProvider, wrap
from chat_core.testing import FakeTransport, ScriptedProvider

pytestmark = pytest.mark.anyio

ANNA = "anna@mail.example"
TEXT = f"Write to {ANNA} from +43 660 1234567, card 4111 1111 1111 1111."
SENT = "Write to [EMAIL_1] from [PHONE_1], card [CARD_1]."


def sent(provider: ScriptedProvider) -> str:
    """All that the last request held."""
    return provider.requests[-1].messages.to_json()


class Streamed(ScriptedProvider):
    """Streams these events."""

    def __init__(self, events: list[Any]) -> None:
        super().__init__([])
        self.events = events

    async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event


async def streamed(events: list[Any], text: str = TEXT, **chosen: Any) -> list[TurnEvent]:
    client = RedactingProvider(Streamed(events))
    async with aclosing(client.stream(ChatRequest(Messages.from_user(text), **chosen))) as stream:
        return [event async for event in stream]


async def test_the_server_sees_placeholders_and_the_application_the_data() -> None:
    inner = ScriptedProvider(["Written to [EMAIL_1], who has [CARD_1]; [EMAIL_7] is nobody."])
    messages = Messages.from_user(TEXT)

    response = await ChatBuilder().with_model(wrap(inner, RedactingProvider)).build().complete(messages)

    assert inner.requests[-1].messages[0].text == SENT
    assert response.text == f"Written to {ANNA}, who has 4111 1111 1111 1111; [EMAIL_7] is nobody."
    assert messages[0].text == TEXT
    assert messages[1].text == response.text


async def test_the_same_history_gets_the_same_placeholders_and_what_is_sealed_stays_as_it_is() -> None:
    sealed = Native(Origin("p", "e", "m"), {"signature": "of what the model thought of [EMAIL_1]"})
    first = [Reasoning("The user means [EMAIL_1], not bob@mail.example.", native=sealed), "Done, [EMAIL_1]."]
    inner = ScriptedProvider([first, "Yes."])
    chat = ChatBuilder().with_model(wrap(inner, RedactingProvider)).build()
    messages = Messages.from_user(TEXT)
    assert ANNA in (await chat.complete(messages)).reasoning

    await chat.complete(messages.add_user(f"Tell bob@mail.example and {ANNA} too."))

    user, turn, more = list(inner.requests[-1].messages)[:3]
    assert (user.text, turn.text, turn.reasoning) == (SENT, "Done, [EMAIL_1].", first[0].text)
    assert turn.parts[0].native == sealed
    assert more.text == "Tell [EMAIL_2] and [EMAIL_1] too."


async def test_tools_run_with_the_data_and_their_results_are_searched() -> None:
    seen: list[str] = []

    @tool
    def mail(to: str, note: str) -> dict[str, Any]:
        seen.extend((to, note))
        return {"sent": [to], "copy": "carl@mail.example"}

    call = ToolCall(
        "c1", "mail", {"to": "[EMAIL_1]", "note": "-"}, arguments_text='{"to": "[EMAIL_1]", "note": "-"}'
    )
    inner = ScriptedProvider([call, "Sent, with a copy to [EMAIL_2]."])
    chat = ChatBuilder().with_model(wrap(inner, RedactingProvider)).with_tools([mail]).build()
    messages = Messages.from_user(f"Mail {ANNA}")

    response = await chat.complete(messages)

    assert seen == [ANNA, "-"]
    assert response.text == "Sent, with a copy to carl@mail.example."
    [call_sent] = inner.requests[-1].messages.calls
    assert call_sent.arguments_as_text() == '{"to": "[EMAIL_1]", "note": "-"}'
    assert call_sent.status == Completed({"sent": ["[EMAIL_1]"], "copy": "[EMAIL_2]"})
    assert messages.calls[0].status == Completed({"sent": [ANNA], "copy": "carl@mail.example"})
    assert "@" not in sent(inner)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
async def test_placeholders_are_restored_across_chunks_and_nothing_else_waits(size: int) -> None:
    text = "To [EMAIL_1]: see [1] and [EMAIL_9], not [EMAIL_1"
    chunks: list[Any] = [TextChunk(text[at : at + size]) for at in range(0, len(text), size)]
    done = Done(ChatResponse(Message("model", [Text(text)])))

    *events, last = await streamed([*chunks, done])

    whole = f"To {ANNA}: see [1] and [EMAIL_9], not [EMAIL_1"
    assert "".join(event.text for event in events if isinstance(event, TextChunk)) == whole
    assert isinstance(last, Done)
    assert last.response.text == whole
    if size == 1:  # every sign that begins no placeholder is shown as it comes
        assert [event.text for event in events[:4] if isinstance(event, TextChunk)] == ["T", "o", " ", ANNA]


async def test_buffered_text_comes_before_what_follows_it() -> None:
    events = await streamed(
        [
            ReasoningChunk("Hm [EMA"),
            TextChunk("Yes [EM"),
            TextChunk("AIL_1"),
            ToolCallChunk("c1", "mail", '{"to": "[EMAIL'),
            ToolCallChunk("c1", "mail", '_1]"}'),
            Done(ChatResponse(Message("model", []))),
        ]
    )

    assert events[:-1] == [
        ReasoningChunk("Hm "),
        ReasoningChunk("[EMA"),
        TextChunk("Yes "),
        TextChunk("[EMAIL_1"),
        ToolCallChunk("c1", "mail", '{"to": "'),
        ToolCallChunk("c1", "mail", f'{ANNA}"}}'),
    ]


async def test_a_cut_stream_gives_the_buffered_text_and_the_data_in_its_partial_turn() -> None:
    cut = StreamTruncated("cut", partial=ChatResponse(Message("model", [Text("To [EMAIL_1], [EM")])))
    client = RedactingProvider(Streamed([TextChunk("To [EMAIL_1], [EM"), cut]))
    seen: list[TurnEvent] = []

    async def read() -> None:
        async with aclosing(client.stream(ChatRequest(Messages.from_user(TEXT)))) as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401  it ends with an error

    with pytest.raises(StreamTruncated) as caught:
        await read()

    assert seen == [TextChunk(f"To {ANNA}, "), TextChunk("[EM")]
    assert caught.value.partial.text == f"To {ANNA}, [EM"


async def test_typed_output_stays_json_whatever_the_data_holds() -> None:
    inner = ScriptedProvider(['{"owner": "[NAME_1]"}'] * 2)
    name = 'Anna "the cat" Ött'

    def find(text: str) -> list[tuple[int, int, str]]:
        at = text.find(name)
        return [] if at < 0 else [(at, at + len(name), "NAME")]

    client = RedactingProvider(inner, find=find)
    chat = ChatBuilder().with_model(client).with_structured_output(dict[str, str]).build()
    messages = Messages.from_user(f"Owned by {name}")

    assert (await chat.complete(messages)).value == {"owner": name}
    await chat.complete(messages.add_user("Again"))
    assert "cat" not in sent(inner)


async def test_text_that_looks_like_a_placeholder_is_no_door_to_the_data() -> None:
    inner = ScriptedProvider(["[TEXT_1] and [EMAIL_1]"])
    chat = ChatBuilder().with_model(RedactingProvider(inner)).build()

    response = await chat.complete(f"What is [EMAIL_1]? I am {ANNA}.")

    assert inner.requests[-1].messages[0].text == "What is [TEXT_1]? I am [EMAIL_1]."
    assert response.text == f"[EMAIL_1] and {ANNA}"


async def test_text_files_are_searched_and_others_refused_unless_they_are_to_be_sent() -> None:
    inner = ScriptedProvider(["Read.", "Seen."])
    notes = File.from_bytes(f"Ask {ANNA}".encode(), "text/plain")
    await ChatBuilder().with_model(RedactingProvider(inner)).build().complete(Messages.from_user(notes))
    assert inner.requests[-1].messages[0].files[0].data == b"Ask [EMAIL_1]"

    picture = Messages.from_user(File.from_bytes(b"\x89PNG\r\n\x1a\n"))
    with pytest.raises(ConfigurationError, match=r"files of type image/png cannot be found"):
        await RedactingProvider(inner).complete(ChatRequest(picture))
    response = await RedactingProvider(inner, files="send").complete(ChatRequest(picture))
    assert [notice.about for notice in response.notices] == ["files"]


async def test_checks_of_form_keep_numbers_that_are_none_and_patterns_are_the_applications() -> None:
    inner = ScriptedProvider(["ok"])
    client = RedactingProvider(inner, patterns={"ORDER": r"A-\d{4}"})
    text = "1234 5678 9012 3456, AT61 1904 3002 3457 3201, AT61 1904 3002 3457 3202, 10.0.0.1, A-1234, v1.2.3"

    await client.complete(ChatRequest(Messages.from_user(text)))

    assert inner.requests[-1].messages[0].text == (
        "1234 5678 9012 3456, [IBAN_1], AT61 1904 3002 3457 3202, [IP_1], [ORDER_1], v1.2.3"
    )
    for wrong in ({"order": "x"}, {"ORDER": "("}):
        with pytest.raises(ConfigurationError):
            RedactingProvider(inner, patterns=wrong)
    with pytest.raises(ConfigurationError, match="no kind 'NAME'; there are KEY"):
        RedactingProvider(inner, kinds=["NAME"])


async def test_embeddings_ranks_and_counts_see_placeholders_too() -> None:
    seen: list[object] = []

    class Everything(ScriptedProvider):
        embedding_batch = None

        async def embed(self, inputs: Any, /) -> Any:
            seen.append(list(inputs))

        async def rerank(self, query: str, documents: Any, /, *, top_n: int | None = None) -> RerankResponse:
            seen.append([query, *documents])
            return RerankResponse((RerankResult(1, 0.9, documents[1]), RerankResult(0, 0.1, documents[0])))

        async def count_tokens(self, messages: Messages, tools: Any = ()) -> int:
            seen.append(messages[0].text)
            return 7

    client = RedactingProvider(Everything([]))
    await client.embed([f"a {ANNA}"])
    ranked = await client.rerank("who", ["x", ANNA])
    assert await client.count_tokens(Messages.from_user(ANNA)) == 7

    assert seen == [["a [EMAIL_1]"], ["who", "x", "[EMAIL_1]"], "[EMAIL_1]"]
    assert [result.document for result in ranked.results] == [ANNA, "x"]


@pytest.mark.parametrize("how", ["left", "cancelled"])
async def test_leaving_a_stream_closes_the_one_within_at_once(how: str) -> None:
    closed: list[str] = []

    class Endless(ScriptedProvider):
        async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
            try:
                yield TextChunk(f"For {given.messages[0].text}: ")
                yield TextChunk("[EMA")
                await anyio.sleep_forever()
            finally:
                closed.append("closed")

    chat = ChatBuilder().with_model(RedactingProvider(Endless([]))).build()
    messages = Messages.from_user(ANNA)
    with anyio.CancelScope() as scope:
        async with chat.stream(messages) as events:
            async for event in events:
                assert event == TextChunk(f"For {ANNA}: ")
                if how == "left":
                    break
                scope.cancel()

    assert closed == ["closed"]
    assert (messages[1].text, messages[1].interrupted) == (f"For {ANNA}: ", True)


async def test_what_is_not_searched_is_not_there() -> None:
    client = ClaudeBuilder().with_model("m").with_api_key("k").with_transport(FakeTransport()).build()
    assert isinstance(client, SupportsBatches)
    assert isinstance(client, SupportsFiles)
    redacting: Any = RedactingProvider(client)
    for name in ("batches", "files"):
        assert not hasattr(redacting, name)
        with pytest.raises(
            AttributeError, match=rf"RedactingProvider has no {name}: .* would not be searched"
        ):
            getattr(redacting, name)
    with pytest.raises(ConfigurationError, match="RedactingProvider has no batches"):
        _ = ChatBuilder().with_model(redacting).build().batches
