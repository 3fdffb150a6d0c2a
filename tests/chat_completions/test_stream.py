"""One streamed turn, fed event by event: what it says, what it is at the end, and that no cut of it is an
end.
"""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder, Dialect
from chat_completions.decode import decode
from chat_completions.stream import CompletionsStreamDecoder
from chat_core import (
    ChatError,
    ChatRequest,
    ChatResponse,
    Done,
    Event,
    FileReady,
    InvalidResponse,
    Messages,
    Native,
    Notice,
    Origin,
    Reasoning,
    ReasoningChunk,
    RefusalChunk,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.testing import FakeTransport, broken_laws
from chat_core.types.call_ids import CallIds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ORIGIN = Origin("anyone", "http://localhost/v1", "m")
HEAD = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"}
DONE = "[DONE]"


def chunk(delta: Any = None, finish: str | None = None, **more: object) -> dict[str, Any]:
    return {**HEAD, "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}


def fed(*events: object, dialect: Dialect = Dialect()) -> list[TurnEvent]:
    """What the turn says to these events, up to and with its `Done`."""
    turn = CompletionsStreamDecoder(origin=ORIGIN, dialect=dialect, ids=CallIds(Messages()))
    said: list[TurnEvent] = []
    for one in events:
        said += turn.feed(
            one
            if isinstance(one, Event)
            else Event("message", one if isinstance(one, str) else json.dumps(one))
        )
    return [*said, turn.finish()]


def ended(*events: object, dialect: Dialect = Dialect()) -> ChatResponse:
    said = fed(*events, dialect=dialect)
    assert broken_laws(said) == []
    assert isinstance(said[-1], Done)
    return said[-1].response


STOP = chunk(finish="stop")


def test_the_first_delta_holds_only_a_role_and_says_nothing() -> None:
    first, second, done = fed(
        chunk({"role": "assistant", "content": "", "refusal": None}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        STOP,
    )

    assert [first, second] == [TextChunk("Hel"), TextChunk("lo")]
    assert isinstance(done, Done)
    assert (done.response.text, done.response.id, done.response.model) == ("Hello", "c1", "m-1")
    assert (done.response.finish_reason, done.response.raw_finish_reason) == ("stop", "stop")


def test_a_call_comes_with_null_content_beside_it() -> None:
    call = {"index": 0, "id": "t1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    said = fed(
        chunk({"role": "assistant", "content": None, "tool_calls": [call]}), chunk(finish="tool_calls")
    )

    assert said[0] == ToolCallChunk("t1", "now", "{}")
    assert isinstance(said[1], Done)
    assert (said[1].response.text, said[1].response.finish_reason) == ("", "tool_calls")


@pytest.mark.parametrize(
    "events",
    [
        [chunk({"content": "a"}), STOP, {**HEAD, "choices": [], "usage": {"prompt_tokens": 7}}, DONE],
        [chunk({"content": "a"}), chunk(finish="stop", usage={"prompt_tokens": 7}), DONE],
        [chunk({"content": "a"}, "stop", usage={"prompt_tokens": 7}), DONE],
        [
            chunk({"content": "a"}, usage={"prompt_tokens": 1}),
            chunk(finish="stop", usage={"prompt_tokens": 7}),
            DONE,
        ],
        [chunk({"content": "a"}), STOP, chunk({}, "stop", usage={"prompt_tokens": 7}), DONE],
        [chunk({"content": "a"}), chunk(finish="stop", x_groq={"usage": {"prompt_tokens": 7}}), DONE],
        [
            chunk({"content": "a"}),
            chunk(finish="stop", x_groq={"usage": {"prompt_tokens": 1}}, usage={"prompt_tokens": 7}),
        ],
        [
            chunk({"content": "a"}, usage={"prompt_tokens": 7}),
            chunk(finish="stop", usage=None),
            {**HEAD, "choices": []},
            DONE,
        ],
    ],
    ids=[
        "a chunk of its own",
        "the finish chunk",
        "the only chunk",
        "every chunk, the last of which counts",
        "a second finish chunk",
        "x_groq",
        "x_groq and beside it",
        "an early chunk, null later",
    ],
)
def test_usage_is_the_last_that_was_reported_in(events: list[object]) -> None:
    response = ended(*events)

    assert (response.text, response.usage.input_tokens, response.usage.output_tokens) == ("a", 7, None)
    assert response.raw is not None
    assert response.raw["usage"] == {"prompt_tokens": 7}


def test_the_first_of_two_finish_reasons_counts() -> None:
    response = ended(chunk({"content": "a"}), chunk(finish="length"), chunk(finish="stop"), DONE)

    assert response.raw_finish_reason == "length"


@pytest.mark.parametrize(
    "bare",
    [
        {**HEAD, "choices": []},
        {**HEAD, "choices": None},
        {"choices": [], "prompt_filter_results": [{}], "id": "", "model": "", "object": ""},
        {**HEAD, "choices": [{"index": 0, "delta": None, "finish_reason": None}]},
        {**HEAD, "choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}}]},
        {**HEAD, "choices": [{}], "obfuscation": "xxxx"},
        {},
    ],
    ids=["no choices", "null choices", "Azure's first", "null delta", "no delta", "empty choice", "empty"],
)
def test_chunks_without_content_are_no_news(bare: dict[str, Any]) -> None:
    said = fed(bare, chunk({"content": "a"}), bare, STOP, bare, DONE)

    assert said[:-1] == [TextChunk("a")]
    assert isinstance(said[-1], Done)
    assert (said[-1].response.id, said[-1].response.model, said[-1].response.finish_reason) == (
        "c1",
        "m-1",
        "stop",
    )


@pytest.mark.parametrize(
    ("deltas", "native"),
    [
        ([{"reasoning_content": "a"}, {"reasoning_content": "b"}], {"field": "reasoning_content"}),
        ([{"reasoning": "a", "channel": "analysis"}, {"reasoning": "b"}], {"field": "reasoning"}),
        (
            [{"reasoning_content": "a", "reasoning": "a"}, {"reasoning_content": "b", "reasoning": "b"}],
            {"field": "reasoning_content"},
        ),
        (
            [
                {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "a", "format": "f"}]},
                {
                    "reasoning_details": [
                        {"type": "reasoning.text", "index": 0, "text": "b", "signature": None}
                    ]
                },
                {"reasoning_details": [{"type": "reasoning.text", "index": 0, "signature": "s="}]},
            ],
            {
                "reasoning_details": [
                    {"type": "reasoning.text", "index": 0, "text": "ab", "format": "f", "signature": "s="}
                ]
            },
        ),
        (
            [
                {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}]},
                {
                    "content": [
                        {"type": "thinking", "thinking": [{"type": "text", "text": "b"}], "signature": "s="}
                    ]
                },
            ],
            {
                "content": {
                    "type": "thinking",
                    "thinking": [{"type": "text", "text": "ab"}],
                    "signature": "s=",
                }
            },
        ),
    ],
    ids=["reasoning_content", "reasoning", "both fields", "reasoning_details", "content"],
)
def test_reasoning_is_read_from(deltas: list[dict[str, Any]], native: dict[str, Any]) -> None:
    said = fed(*map(chunk, deltas), chunk({"content": "so"}), STOP)

    assert said[:-1] == [ReasoningChunk("a"), ReasoningChunk("b"), TextChunk("so")]
    assert isinstance(said[-1], Done)
    assert said[-1].response.message.parts == [Reasoning("ab", native=Native(ORIGIN, native)), Text("so")]


def test_reasoning_that_comes_in_two_forms_is_shown_once_and_kept_in_both() -> None:
    details = [{"type": "reasoning.text", "index": 0, "text": "a"}]
    response = ended(chunk({"reasoning": "a", "reasoning_details": details}), STOP)

    [thought] = response.message.parts
    assert thought == Reasoning(
        "a", native=Native(ORIGIN, {"field": "reasoning", "reasoning_details": details})
    )


def test_sealed_details_of_two_calls_stay_two() -> None:
    sealed = [
        {"type": "reasoning.encrypted", "index": 0, "id": name, "data": name * 4} for name in ("a", "b")
    ]
    response = ended(*(chunk({"reasoning_details": [one]}) for one in sealed), STOP)

    [thought] = response.message.parts
    assert thought == Reasoning("", native=Native(ORIGIN, {"reasoning_details": sealed}))


def test_a_refusal_is_no_text() -> None:
    said = fed(chunk({"role": "assistant", "refusal": "I "}), chunk({"refusal": "won't."}), STOP)

    assert said[:-1] == [RefusalChunk("I "), RefusalChunk("won't.")]
    assert isinstance(said[-1], Done)
    assert (said[-1].response.refusal, said[-1].response.text) == ("I won't.", "")


def test_spoken_audio_joins_to_one_file_that_can_be_answered() -> None:
    pieces = [
        {"id": "au1", "transcript": "Hel"},
        {"data": "UklG"},
        {"data": "RgA"},
        {"data": "B", "transcript": "lo"},
        {"expires_at": 9},
    ]
    response = ended(*(chunk({"audio": piece}) for piece in pieces), STOP)

    [file] = response.files
    assert (file.data, file.mimetype, file.transcript) == (b"RIFF\0\1", "audio/wav", "Hello")
    assert file.native == Native(ORIGIN, {"audio_id": "au1"})


def test_audio_that_is_cut_is_a_cut_stream_like_any_other() -> None:
    with pytest.raises(StreamTruncated) as caught:
        fed(chunk({"audio": {"id": "au1", "data": "UklGRgA"}}))

    [file] = caught.value.partial.files
    assert file.data == b"RIFF\0"[:3]


def test_pictures_are_ready_when_they_come() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}
    said = fed(chunk({"content": "Here: "}), chunk({"images": [picture]}), STOP)

    assert isinstance(said[1], FileReady)
    assert isinstance(said[-1], Done)
    assert said[-1].response.files == [said[1].file]
    assert (said[1].file.mimetype, said[1].file.data) == ("image/png", b"\x89PNG")


def test_content_may_be_a_list_of_parts() -> None:
    said = fed(
        chunk({"content": [{"type": "text", "text": "Hel"}, "lo", {"type": "text", "text": ""}]}), STOP
    )

    assert said[:-1] == [TextChunk("Hel"), TextChunk("lo")]


def test_other_choices_are_counted_and_not_mixed_in() -> None:
    other = {**HEAD, "choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": None}]}
    response = ended(chunk({"content": "a"}), other, chunk({"content": "b"}), STOP, other, DONE)

    assert response.text == "ab"
    assert response.notices == (Notice("n", "the server sent 2 choices; the response is the first of them"),)


def test_every_choice_entry_of_one_chunk_is_decoded() -> None:
    entry = {"index": 0, "finish_reason": None}
    both = {**HEAD, "choices": [{**entry, "delta": {"content": "a"}}, {**entry, "delta": {"content": "b"}}]}

    assert fed(both, STOP)[:-1] == [TextChunk("a"), TextChunk("b")]


def test_cumulative_messages_beside_the_deltas_are_not_read_twice() -> None:
    def perplexity(piece: str, so_far: str, finish: str | None = None) -> dict[str, Any]:
        choice = {
            "index": 0,
            "delta": {"content": piece},
            "message": {"content": so_far},
            "finish_reason": finish,
        }
        return {**HEAD, "choices": [choice], "citations": ["https://a.example"]}

    response = ended(perplexity("a", "a"), perplexity("b", "ab", "stop"))

    assert response.text == "ab"
    assert response.raw is not None
    assert response.raw["citations"] == ["https://a.example"]


def test_log_probabilities_of_all_chunks_are_where_a_whole_answer_has_them() -> None:
    def likely(token: str, finish: str | None = None) -> dict[str, Any]:
        logprobs = {"content": [{"token": token, "logprob": -0.1}], "refusal": None}
        return {
            **HEAD,
            "choices": [
                {"index": 0, "delta": {"content": token}, "logprobs": logprobs, "finish_reason": finish}
            ],
        }

    response = ended(likely("a"), likely("b"), chunk(finish="stop"))

    assert response.raw is not None
    choices: Any = response.raw["choices"]
    assert [entry["token"] for entry in choices[0]["logprobs"]["content"]] == ["a", "b"]


def test_log_probabilities_of_a_refusal_are_there_too() -> None:
    def refusing(token: str, finish: str | None = None) -> dict[str, Any]:
        logprobs = {"content": None, "refusal": [{"token": token, "logprob": -0.1}]}
        choice: dict[str, Any] = {"index": 0, "delta": {"refusal": token}, "logprobs": logprobs}
        return {**HEAD, "choices": [{**choice, "finish_reason": finish}]}

    response = ended(refusing("I "), refusing("refuse."), chunk(finish="stop"))

    assert response.raw is not None
    choices: Any = response.raw["choices"]
    assert response.refusal == "I refuse."
    assert [entry["token"] for entry in choices[0]["logprobs"]["refusal"]] == ["I ", "refuse."]


def test_what_late_chunks_say_besides_is_kept() -> None:
    response = ended(
        chunk({"content": "a"}),
        chunk(finish="stop", timings={"predicted_ms": 3}),
        {**HEAD, "id": "stub", "choices": [], "moderation": {"flagged": False}},
        DONE,
    )

    assert response.raw is not None
    assert (response.raw["timings"], response.raw["moderation"]) == ({"predicted_ms": 3}, {"flagged": False})
    assert response.raw["id"] == response.id == "c1"


def test_the_deprecated_function_call_is_a_call() -> None:
    response = ended(
        chunk({"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": ""}}),
        chunk({"function_call": {"arguments": '{"a":'}}),
        chunk({"function_call": {"arguments": "1}"}}),
        chunk(finish="function_call"),
    )

    [call] = response.tool_calls
    assert (call.name, call.arguments, response.finish_reason) == ("add", {"a": 1}, "tool_calls")


def test_done_alone_is_no_answer() -> None:
    with pytest.raises(InvalidResponse, match="no choice"):
        fed(DONE)


def test_an_empty_turn_that_used_up_its_budget_is_an_answer() -> None:
    response = ended(chunk({"role": "assistant", "content": ""}), chunk(finish="length"), DONE)

    assert (response.text, response.finish_reason, response.message.parts) == ("", "length", [])


# -- whatever a server says

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_arguments = st.dictionaries(st.text(max_size=6), _json, max_size=3)
_said = st.text(st.characters(codec="utf-8"), max_size=40)


@st.composite
def turns(draw: st.DrawFn) -> dict[str, Any]:
    """A whole message."""
    calls = draw(st.lists(st.tuples(st.sampled_from(["add", "sub", "now"]), _arguments), max_size=4))
    message: dict[str, Any] = {"role": "assistant", "content": draw(_said), "reasoning_content": draw(_said)}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"t{at}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for at, (name, arguments) in enumerate(calls)
        ]
    return message


@st.composite
def pieces(draw: st.DrawFn, text: str) -> list[str]:
    at = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[start:end] for start, end in zip([0, *at], [*at, len(text)], strict=True)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A whole answer, and the same as chunks, its texts and arguments cut anywhere and its calls perhaps in
    turns.
    """
    message = draw(turns())
    finish = (
        "tool_calls"
        if message.get("tool_calls")
        else draw(st.sampled_from(["stop", "length", "content_filter"]))
    )
    usage = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
    chunks = [chunk({"role": "assistant", "content": ""})]
    chunks += [chunk({"reasoning_content": piece}) for piece in draw(pieces(message["reasoning_content"]))]
    chunks += [chunk({"content": piece}) for piece in draw(pieces(message["content"]))]
    fragments: list[list[dict[str, Any]]] = []
    for at, call in enumerate(message.get("tool_calls", [])):
        head = {"index": at, **call, "function": {"name": call["function"]["name"], "arguments": ""}}
        rest = draw(pieces(call["function"]["arguments"]))
        fragments.append([head, *({"index": at, "function": {"arguments": piece}} for piece in rest)])
    if draw(st.booleans()):
        chunks += [chunk({"tool_calls": [fragment]}) for of_one in fragments for fragment in of_one]
    else:
        chunks += [chunk({"tool_calls": [of_one[0]]}) for of_one in fragments]
        left = [of_one[1:] for of_one in fragments]
        while any(left):
            turn = draw(st.sampled_from([of_one for of_one in left if of_one]))
            chunks.append(chunk({"tool_calls": [turn.pop(0)]}))
    chunks += [chunk(finish=finish), {**HEAD, "choices": [], "usage": usage}]
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {**HEAD, "object": "chat.completion", "choices": [choice], "usage": usage}, chunks


@given(streams())
@settings(deadline=None)
def test_a_streamed_turn_is_the_turn_of_the_whole_answer(
    both: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    whole, chunks = both
    expected = decode(json.dumps(whole).encode(), origin=ORIGIN, dialect=Dialect(), ids=CallIds(Messages()))

    assert ended(*chunks, DONE).message == expected.message


@given(streams(), st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_cut_before_the_terminal_sign_is_an_end(
    both: tuple[dict[str, Any], list[dict[str, Any]]], data: st.DataObject
) -> None:
    _, chunks = both
    *before, finish, _ = [f"data: {json.dumps(one, ensure_ascii=False)}\n\n" for one in chunks]
    stream = "".join(before).encode() + finish.encode()[:-3]  # the finish chunk without its last brace
    cut = data.draw(st.integers(0, len(stream)))

    with pytest.raises(StreamTruncated) as caught:
        anyio.run(streamed, stream[:cut])

    whole = ended(*chunks)
    assert whole.text.startswith(caught.value.partial.text.rstrip("\ufffd"))
    assert whole.reasoning.startswith(caught.value.partial.reasoning.rstrip("\ufffd"))
    assert all(call.resolved for call in caught.value.partial.tool_calls)


async def streamed(stream: bytes) -> None:
    transport = FakeTransport().answer(stream, headers={"content-type": "text/event-stream"})
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    async for _ in client.stream(ChatRequest(Messages.from_user("Hello"))):
        pass


# fmt: off
_WORDS = [
    "id", "model", "choices", "index", "delta", "message", "finish_reason", "content", "role",
    "reasoning", "reasoning_details", "refusal", "tool_calls", "function", "custom", "name", "arguments",
    "input", "type", "text", "thinking", "usage", "prompt_tokens", "completion_tokens",
    "prompt_tokens_details", "x_groq", "audio", "data", "transcript", "images", "image_url", "url",
    "annotations", "url_citation", "start_index", "function_call", "logprobs", "error", "code",
]
# fmt: on
_ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "a", "stop", "error", "{}", "data:,"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_WORDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["index", "delta", "message", "finish_reason", "logprobs"]), _ODD),
        max_size=3,
    ),
    _ODD,
)
@settings(deadline=None, max_examples=300)
def test_odd_values_anywhere_are_lawful_turns_or_errors_of_ours(
    choices: list[dict[str, Any]], usage: Any
) -> None:
    odd = {**HEAD, "choices": choices, "usage": usage}
    try:
        said = fed(odd, odd, STOP, DONE)
    except ChatError:
        return
    assert isinstance(said[-1], Done)
    Messages([said[-1].response.message]).to_json()


@pytest.mark.parametrize("escape", [r"\ud83d\ude00", r"\uD83D\uDE00"])
def test_a_character_that_is_cut_between_its_halves_arrives_whole(escape: str) -> None:
    half = len(escape) // 2
    events = [
        json.dumps(chunk({"content": mark})).replace("?", part)
        for mark, part in (("a?", escape[:half]), ("?b", escape[half:]))
    ]
    said = fed(*events, STOP)

    assert said[:-1] == [TextChunk("a"), TextChunk("\U0001f600b")]


@pytest.mark.parametrize("half", [r"\ud83d", r"\ude00", r"\ud83d!", r"\ud83d\ud83d"])
def test_half_a_character_is_replaced_so_that_the_turn_can_be_stored_and_sent(half: str) -> None:
    said = fed(json.dumps(chunk({"content": "a?b"})).replace("?", half), STOP)

    assert isinstance(said[-1], Done)
    assert "\ufffd" in said[-1].response.text
    Messages([said[-1].response.message]).to_json()


def test_arguments_with_half_a_character_are_no_arguments() -> None:
    call = {"index": 0, "id": "t1", "function": {"name": "add", "arguments": '{"a":"\\ud83d"}'}}
    response = ended(chunk({"tool_calls": [call]}), chunk(finish="tool_calls"))

    assert response.tool_calls[0].failed
    Messages([response.message]).to_json()


@pytest.mark.parametrize(
    "usage", ['{"prompt_tokens":NaN}', '{"prompt_tokens":1e999}', '{"prompt_tokens":"many"}', "[]", "7"]
)
def test_usage_that_is_no_number_is_unknown(usage: str) -> None:
    response = ended(json.dumps(chunk({"content": "a"}, "stop", usage="?")).replace('"?"', usage))

    assert response.usage.input_tokens is None


def test_usage_in_digits_is_read() -> None:
    response = ended(chunk({"content": "a"}, "stop", usage={"prompt_tokens": "7"}))

    assert response.usage.input_tokens == 7


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_an_event_nested_without_end_cannot_be_read(deep: str) -> None:
    with pytest.raises((InvalidResponse, StreamTruncated)):
        fed(deep)


def test_chunks_that_differ_in_their_text_and_in_padding_are_not_parsed(parsed: list[str]) -> None:
    filters = {"hate": {"filtered": False, "severity": "safe"}}

    def padded(number: int, **delta: object) -> dict[str, Any]:
        beside = {"native_finish_reason": None, "content_filter_results": filters}
        choices = [{"index": 0, "delta": delta, **beside}]
        return {**HEAD, "created": number, "choices": choices, "obfuscation": "x" * number}

    said = fed(
        chunk({"role": "assistant", "content": ""}),
        *(padded(number, role="assistant", reasoning=f"r{number} ", content="") for number in range(10)),
        *(padded(number, content=f"c{number} ", refusal=None) for number in range(10)),
        chunk({"tool_calls": [{"index": 0, "id": "t1", "function": {"name": "add", "arguments": ""}}]}),
        *(
            padded(number, tool_calls=[{"index": 0, "function": {"arguments": text}}])
            for number, text in enumerate(['{"a"', ": ", "[1", ", 2", ', "3', '"]', "}"])
        ),
        chunk(finish="tool_calls"),
        DONE,
    )
    assert isinstance(said[-1], Done)
    response = said[-1].response
    assert response.reasoning == "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 "
    assert response.text == "c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 "
    assert [(call.id, call.arguments) for call in response.tool_calls] == [("t1", {"a": [1, 2, "3"]})]
    assert len(parsed) < 18  # of 31


def test_a_choice_whose_other_fields_count_is_parsed_and_read(parsed: list[str]) -> None:
    def beside(**fields: object) -> dict[str, Any]:
        return {**HEAD, "choices": [{"index": 0, "delta": {"content": "x"}, **fields}]}

    like = [beside() for _ in range(5)]
    used = {"prompt_tokens": 3, "completion_tokens": 4}
    said = fed(*like, beside(usage=used), *like, beside(native_finish_reason="length"), DONE)
    assert isinstance(said[-1], Done)
    response = said[-1].response
    assert (response.text, response.finish_reason) == ("x" * 12, "length")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 4)
    assert len(parsed) < 8
    with pytest.raises(ChatError, match="it broke"):
        fed(*like, beside(error={"message": "it broke"}))
