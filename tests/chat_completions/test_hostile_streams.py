"""What servers were seen to do to a stream, each over a real socket: the outcome, what is kept, and whether
the tool ran.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatError,
    ChatResponse,
    Done,
    Failed,
    InvalidRequest,
    InvalidResponse,
    Messages,
    ProviderError,
    RetryPolicy,
    StreamTruncated,
    TextChunk,
    ToolCall,
    tool,
)
from chat_core.testing import LoopbackServer, Raw, Reply

pytestmark = pytest.mark.anyio

HEAD = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
DONE = "data: [DONE]\n\n"


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **more: object) -> str:
    """One event of a stream."""
    return event({**HEAD, "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more})


def event(value: object) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def text(*pieces: str) -> str:
    return "".join(chunk({"content": piece}) for piece in pieces)


def usage() -> str:
    return event({**HEAD, "choices": [], "usage": USAGE})


def call(
    arguments: str = "", *, index: int | None = 0, id: str | None = None, name: str | None = None
) -> str:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    fragment: dict[str, Any] = {"function": function} | ({"id": id, "type": "function"} if id else {})
    return chunk({"tool_calls": [fragment if index is None else {"index": index, **fragment}]})


@dataclass
class Played:
    """One conversation with the server: what came of it, and what went over the wire."""

    bodies: list[dict[str, Any]]
    messages: Messages
    ran: list[dict[str, int]]
    chunks: list[str] = field(default_factory=list)
    response: ChatResponse | None = None
    error: ChatError | None = None

    @property
    def first_turn(self) -> ChatResponse:
        return ChatResponse(self.messages[1])

    @property
    def calls(self) -> list[ToolCall]:
        return list(self.messages.calls)

    @property
    def told(self) -> list[tuple[str, str]]:
        """Id and content of what the model was told of its calls."""
        return [(m["tool_call_id"], m["content"]) for m in self.bodies[1]["messages"] if m["role"] == "tool"]


async def play(*stream: str | bytes, chunked: int | None = None, cut_after: int | None = None) -> Played:
    """Stream a turn of these bytes, and one that says "Good." after tools, through a chat with one tool."""
    ran: list[dict[str, int]] = []

    @tool
    def add(a: int, b: int = 0) -> int:
        """Add."""
        ran.append({"a": a, "b": b})
        return a + b

    body = b"".join(piece.encode() if isinstance(piece, str) else piece for piece in stream)
    first = Raw(body, chunk=chunked, cut_after=cut_after)
    messages = Messages.from_user("Add.")
    with LoopbackServer([first, Reply("Good.")]) as server:
        async with ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build() as client:
            chat = (
                ChatBuilder()
                .with_model(client)
                .with_tools([add])
                .with_retry(RetryPolicy(max_retries=0))
                .build()
            )
            played = Played([], messages, ran)
            try:
                async with chat.stream(messages) as events:
                    async for one in events:
                        match one:
                            case TextChunk(said):
                                played.chunks.append(said)
                            case Done(response):
                                played.response = response
                            case _:
                                pass
            except ChatError as exc:
                played.error = exc
        played.bodies = [dict(request.body) for request in server.requests]
    return played


async def test_the_end_after_some_text_is_an_error_that_holds_the_text() -> None:
    played = await play(text("Hel"))

    assert isinstance(played.error, StreamTruncated)
    assert played.error.partial.text == "Hel"
    assert (played.chunks, played.response) == (["Hel"], None)
    assert played.messages[-1].interrupted
    assert played.messages[-1].text == "Hel"
    assert len(played.bodies) == 1


async def test_a_connection_cut_after_some_text_is_the_same_error_and_says_who_hung_up() -> None:
    first = text("Hel").encode()
    played = await play(first, text("lo"), DONE, chunked=len(first), cut_after=1)

    assert isinstance(played.error, StreamTruncated)
    assert played.error.partial.text == played.messages[-1].text == "Hel"
    assert "closed the connection" in str(played.error.__cause__)


async def test_the_end_within_an_event_is_the_same_error() -> None:
    played = await play(text("Hel"), text("lo").encode()[:-20])

    assert isinstance(played.error, StreamTruncated)
    assert played.error.partial.text == played.messages[-1].text == "Hel"


async def test_nothing_at_all_is_the_same_error_and_leaves_the_conversation_as_it_was() -> None:
    played = await play(b"")

    assert isinstance(played.error, StreamTruncated)
    assert played.error.partial.text == ""
    assert len(played.messages) == 1


async def test_the_end_within_the_arguments_of_a_call_runs_nothing_and_keeps_the_call_closed() -> None:
    played = await play(call(id="t1", name="add"), call('{"a":1,'))

    assert isinstance(played.error, StreamTruncated)
    [cut] = played.error.partial.tool_calls
    assert (cut.id, cut.name, cut.arguments, cut.arguments_text) == ("t1", "add", {}, '{"a":1,')
    assert isinstance(cut.status, Failed)
    assert played.ran == []
    [kept] = played.calls
    assert kept.status == Failed("The turn was interrupted; the call was not run.")
    assert kept.arguments_text == '{"a":1,'


async def test_the_end_after_whole_arguments_runs_nothing_either() -> None:
    played = await play(call(id="t1", name="add"), call('{"a":1}'))

    assert isinstance(played.error, StreamTruncated)
    assert isinstance(played.error.partial.tool_calls[0].status, Failed)
    assert isinstance(played.calls[0].status, Failed)
    assert played.ran == []


async def test_after_a_cut_the_conversation_goes_on_with_what_came() -> None:
    cut = await play(text("Hm. "), call(id="t1", name="add"), call('{"a":1,'))

    with LoopbackServer([Reply("Once more.")]) as server:
        async with ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build() as client:
            response = await ChatBuilder().with_model(client).build().complete(cut.messages)

    assert response.text == "Once more."
    arguments = {"name": "add", "arguments": "{}"}
    assert server.requests[0].body["messages"] == [
        {"role": "user", "content": "Add."},
        {
            "role": "assistant",
            "content": "Hm. ",
            "tool_calls": [{"id": "t1", "type": "function", "function": arguments}],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "The turn was interrupted; the call was not run."},
    ]


async def test_length_within_the_arguments_of_a_call_runs_nothing_and_the_model_reads_why() -> None:
    played = await play(call(id="t1", name="add"), call('{"a":1,'), chunk(finish="length"), DONE)

    assert played.ran == []
    assert played.response is not None
    assert played.response.text == "Good."
    [(told_id, told)] = played.told
    assert told_id == "t1"
    assert "not a JSON object" in told
    assert """'{"a":1,'""" in told


async def test_length_after_whole_arguments_runs_nothing_either() -> None:
    played = await play(call(id="t1", name="add"), call('{"a":1}'), chunk(finish="length"), DONE)

    assert played.ran == []
    assert played.told == [("t1", "The turn was cut at the token limit, so add was not run.")]


async def test_cut_arguments_run_nothing_where_the_server_says_tool_calls() -> None:
    played = await play(call(id="t1", name="add"), call('{"a":1,'), chunk(finish="tool_calls"), DONE)

    assert played.ran == []
    assert "not a JSON object" in played.told[0][1]


async def test_whole_arguments_run_where_the_server_says_stop() -> None:
    played = await play(call('{"a":1}', id="t1", name="add"), chunk(finish="stop"), DONE)

    assert played.ran == [{"a": 1, "b": 0}]
    assert played.told == [("t1", "1")]


async def test_an_error_in_a_plain_event_raises_as_an_error() -> None:
    failure = {"error": {"message": "upstream died", "type": "server_error", "code": 502}}
    played = await play(text("Hel"), event(failure), DONE)

    assert isinstance(played.error, ProviderError)
    assert (played.error.status, played.error.code, played.error.message) == (200, "502", "upstream died")
    assert played.error.body == failure
    assert played.messages[-1].text == "Hel"
    assert played.messages[-1].interrupted


async def test_an_error_in_an_error_event_raises_as_the_error_its_status_names() -> None:
    failure = {
        "error": {
            "message": "bad call",
            "code": "tool_use_failed",
            "failed_generation": "x",
            "status_code": 400,
        }
    }
    played = await play(call(id="t1", name="add"), call('{"a":1}'), "event: error\n", event(failure))

    assert isinstance(played.error, InvalidRequest)
    assert (played.error.code, played.error.message) == ("tool_use_failed", "bad call")
    assert played.ran == []


async def test_an_error_event_need_not_be_json() -> None:
    played = await play(text("Hel"), "event: error\ndata: upstream died\n\n")

    assert isinstance(played.error, ProviderError)
    assert played.error.message == "upstream died"


async def test_an_error_beside_a_finish_reason_raises_though_done_follows() -> None:
    failed = chunk({"content": ""}, "error", error={"code": 502, "message": "provider disconnected"})
    played = await play(text("Hel"), failed, DONE)

    assert isinstance(played.error, ProviderError)
    assert played.error.message == "provider disconnected"


async def test_an_error_inside_the_choice_raises() -> None:
    choice = {
        "index": 0,
        "delta": {},
        "finish_reason": "error",
        "error": {"code": 502, "message": "provider disconnected"},
    }
    played = await play(text("Hel"), event({**HEAD, "choices": [choice]}), DONE)

    assert isinstance(played.error, ProviderError)
    assert (played.error.message, played.error.code) == ("provider disconnected", "502")


async def test_two_calls_of_one_index_and_two_ids_are_two_calls() -> None:
    played = await play(
        call('{"a":1}', index=0, id="a", name="add"),
        call('{"a":2,"b":3}', index=0, id="b", name="add"),
        chunk(finish="tool_calls"),
        DONE,
    )

    assert sorted(played.ran, key=str) == [{"a": 1, "b": 0}, {"a": 2, "b": 3}]
    assert played.told == [("a", "1"), ("b", "5")]


async def test_two_calls_in_turns_are_distinguished_by_index() -> None:
    played = await play(
        call(index=0, id="a", name="add"),
        call(index=1, id="b", name="add"),
        call('{"a"', index=0),
        call('{"a"', index=1),
        call(":1}", index=0),
        call(":2}", index=1),
        chunk(finish="tool_calls"),
        DONE,
    )

    assert sorted(played.ran, key=str) == [{"a": 1, "b": 0}, {"a": 2, "b": 0}]
    assert played.told == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    "indexes", [(0, 1), (0, 0), (None, None)], ids=["own indexes", "one index", "no index"]
)
async def test_two_calls_without_ids_are_two_calls_with_ids_of_ours(
    indexes: tuple[int | None, int | None],
) -> None:
    first, second = indexes
    played = await play(
        call('{"a":1}', index=first, name="add"),
        call('{"a":2}', index=second, name="add"),
        chunk(finish="tool_calls"),
        DONE,
    )

    assert sorted(played.ran, key=str) == [{"a": 1, "b": 0}, {"a": 2, "b": 0}]
    (one, one_told), (two, two_told) = played.told
    assert one != two
    assert [one_told, two_told] == ["1", "2"]
    assert [c["id"] for c in played.bodies[1]["messages"][1]["tool_calls"]] == [one, two]


async def test_an_unknown_finish_reason_is_kept_and_is_not_taken_for_stop() -> None:
    played = await play(text("Hel"), chunk(finish="network_error"), DONE)

    assert played.response is not None
    assert (played.response.text, played.response.finish_reason) == ("Hel", "other")
    assert played.response.raw_finish_reason == "network_error"


async def test_done_without_a_finish_reason_is_an_end() -> None:
    played = await play(text("Hel"), DONE)

    assert played.response is not None
    assert (played.response.text, played.response.finish_reason, played.response.raw_finish_reason) == (
        "Hel",
        "other",
        None,
    )


async def test_a_finish_reason_without_done_is_an_end() -> None:
    played = await play(text("Hel"), chunk(finish="stop"), usage())

    assert played.response is not None
    assert (played.response.text, played.response.usage.total_tokens) == ("Hel", 10)


STRANGE = "line\u2028para\u2029next\u0085end \U0001f600 — ẞ"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
async def test_characters_that_look_like_line_ends_or_are_cut_in_two_arrive_whole(
    size: int, line_end: str
) -> None:
    stream = text(STRANGE, STRANGE) + chunk(finish="stop") + usage() + DONE
    played = await play(stream.replace("\n", line_end), chunked=size)

    assert played.response is not None
    assert played.chunks == [STRANGE, STRANGE]
    assert played.response.text == STRANGE * 2
    assert played.response.usage.output_tokens == 3


async def test_a_byte_order_mark_costs_no_event() -> None:
    played = await play("\ufeff", text("Hel"), text("lo"), chunk(finish="stop"), DONE)

    assert played.response is not None
    assert played.response.text == "Hello"


@pytest.mark.parametrize("missing", ["\n", "\n\n"], ids=["no blank line", "no line end"])
async def test_the_last_event_counts_without_a_blank_line_after_it(missing: str) -> None:
    played = await play(text("Hel"), chunk(finish="stop"), usage().removesuffix(missing))

    assert played.response is not None
    assert (played.response.usage.input_tokens, played.response.usage.output_tokens) == (7, 3)


async def test_comments_and_keep_alives_say_nothing() -> None:
    played = await play(
        ": OPENROUTER PROCESSING\n\n", text("Hel"), ":\n\n", ": keep-alive\n", text("lo"), "\n\n\n", "event: "
            "ping\n\n",
        "retry: 100\nid: 7\n", chunk(finish="stop"), ": bye\n\n", DONE,
    )  # fmt: skip

    assert played.response is not None
    assert played.chunks == ["Hel", "lo"]


async def test_fields_without_a_space_and_data_on_several_lines_are_the_same_events() -> None:
    first, second = text("Hel").removeprefix("data: "), json.dumps({**HEAD, "choices": []}, indent=1)
    several = "".join(f"data: {line}\n" for line in second.splitlines())
    played = await play(f"data:{first}", f"{several}\n", chunk(finish="stop"), DONE)

    assert played.response is not None
    assert played.response.text == "Hel"


@pytest.mark.parametrize(
    "broken",
    [
        "data: {not json\n\n",
        'data: {"choices":[}\n\n',
        "data: oops\n\n",
        "data: [1]\n\n",
        'data: {"id":"a"}{"id":"b"}\n\n',
    ],
    ids=["no JSON", "broken JSON", "a word", "a list", "two objects"],
)
async def test_an_event_that_cannot_be_read_raises_and_shows_it(broken: str) -> None:
    played = await play(text("Hel"), broken, text("lo"), chunk(finish="stop"), DONE)

    assert isinstance(played.error, InvalidResponse)
    shown = broken.removeprefix("data: ").strip()
    assert shown in str(played.error)
    assert played.messages[-1].text == "Hel"
    assert played.messages[-1].interrupted
    assert played.response is None


async def test_half_an_event_in_the_middle_of_a_stream_raises_too() -> None:
    played = await play(
        text("Hel"), 'data: {"choices":[{"delta":{"content":"l\n\n', text("o"), chunk(finish="stop"), DONE
    )

    assert isinstance(played.error, InvalidResponse)
    assert played.messages[-1].text == "Hel"


async def test_a_server_that_ignores_the_wish_for_a_stream_is_understood() -> None:
    message = {"role": "assistant", "content": "Hello", "tool_calls": None}
    whole = {
        **HEAD,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    played = await play(json.dumps({**whole, "usage": USAGE}))

    assert played.response is not None
    assert (played.chunks, played.response.text, played.response.usage.total_tokens) == (
        ["Hello"],
        "Hello",
        10,
    )


async def test_an_error_in_the_place_of_a_stream_is_that_error() -> None:
    played = await play(json.dumps({"error": {"message": "no credit", "code": 402}}))

    assert isinstance(played.error, ProviderError)
    assert (played.error.message, played.error.code, played.error.retryable) == ("no credit", "402", False)


async def test_an_answer_without_choices_in_the_place_of_a_stream_is_no_cut_stream() -> None:
    played = await play('{"id":"c1","choices":null}')

    assert isinstance(played.error, InvalidResponse)
    assert "without choices" in str(played.error)


async def test_no_prefix_of_the_arguments_of_a_call_ever_runs_it() -> None:
    arguments = '{"a": 12, "b": -3}'
    whole = [call(id="t1", name="add"), call(arguments)]
    for length in range(len(arguments)):
        for finish in ("tool_calls", "stop", "length"):
            played = await play(whole[0], call(arguments[:length]), chunk(finish=finish), DONE)

            assert played.ran == []
            assert isinstance(played.calls[0].status, Failed)

    played = await play(*whole, chunk(finish="tool_calls"), DONE)
    assert played.ran == [{"a": 12, "b": -3}]
