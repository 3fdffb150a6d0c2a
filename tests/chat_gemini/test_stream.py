"""A streamed turn: its events, its end, and what happens where it is cut."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from chat_core import (
    Done,
    Event,
    Failed,
    FileReady,
    InvalidResponse,
    Messages,
    Origin,
    Overloaded,
    ReasoningChunk,
    StreamTruncated,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.testing import broken_laws
from chat_core.wire import CallIds
from chat_gemini.stream import GeminiStreamDecoder

HERE = Origin("gemini", "https://host/v1beta", "gemini-3.5-flash")


def chunk(*parts: object, reason: str | None = None, **beside: object) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0} | (
        {"finishReason": reason} if reason else {}
    )
    return {"candidates": [candidate], "responseId": "r1", "modelVersion": "m1", **beside}


def machine() -> GeminiStreamDecoder:
    return GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))


def events(*chunks: object) -> list[TurnEvent]:
    turn = machine()
    said = [event for each in chunks for event in turn.feed(Event("message", json.dumps(each)))]
    return [*said, turn.finish()]


def done(said: Sequence[TurnEvent]) -> Done:
    assert broken_laws(said) == []
    assert isinstance(said[-1], Done)
    return said[-1]


def test_a_turn_arrives_piece_by_piece() -> None:
    said = events(
        chunk({"text": "Hm", "thought": True}),
        chunk({"text": ".", "thought": True}),
        chunk({"text": "Hel"}),
        chunk({"text": "lo"}, {"text": ""}),
        chunk({"text": "", "thoughtSignature": "eA=="}, reason="STOP"),
    )
    assert said[:-1] == [ReasoningChunk("Hm"), ReasoningChunk("."), TextChunk("Hel"), TextChunk("lo")]
    response = done(said).response
    assert [part.type for part in response.message.parts] == ["reasoning", "text", "reasoning"]
    assert (response.reasoning, response.text, response.id, response.model) == ("Hm.", "Hello", "r1", "m1")
    sealed = response.message.parts[-1].native
    assert sealed is not None
    assert sealed.data == {"thoughtSignature": "eA=="}


def test_a_signed_piece_is_joined_with_nothing() -> None:
    response = done(
        events(
            chunk({"text": "a"}),
            chunk({"text": "b", "thoughtSignature": "Yg=="}),
            chunk({"text": "c", "thoughtSignature": "Yw=="}),
            chunk({"text": "d"}, reason="STOP"),
        )
    ).response
    assert [getattr(part, "text", None) for part in response.message.parts] == ["a", "b", "c", "d"]
    signatures = [part.native and part.native.data for part in response.message.parts]
    assert signatures == [None, {"thoughtSignature": "Yg=="}, {"thoughtSignature": "Yw=="}, None]


def test_calls_and_files_are_whole_when_they_come() -> None:
    said = events(
        chunk({"functionCall": {"id": "f1", "name": "add", "args": {"a": 1}}, "thoughtSignature": "eA=="}),
        chunk({"inlineData": {"mimeType": "image/png", "data": "eA=="}, "thought": True}),
        chunk({"inlineData": {"mimeType": "image/png", "data": "eQ=="}}),
        chunk({"functionCall": {"id": "f2", "name": "add", "args": {"a": 2}}}, reason="STOP"),
    )
    assert said[0] == ToolCallChunk("f1", "add", '{"a": 1}')
    assert [event.file.preview for event in said if isinstance(event, FileReady)] == [True, False]
    response = done(said).response
    assert [(call.id, call.arguments) for call in response.tool_calls] == [("f1", {"a": 1}), ("f2", {"a": 2})]
    assert response.finish_reason == "tool_calls"


def test_arguments_may_arrive_piece_by_piece() -> None:
    def more(path: str, **said: object) -> dict[str, Any]:
        return chunk({"functionCall": {"partialArgs": [{"jsonPath": path, **said}], "willContinue": True}})

    said = events(
        chunk({"functionCall": {"name": "cook", "willContinue": True}, "thoughtSignature": "eA=="}),
        more("$.dish", stringValue="Ris", willContinue=True),
        more("$.dish", stringValue="otto"),
        more("$.steps[0].text", stringValue="stir"),
        more("$.steps[0]['how long']", numberValue=1.5),
        more('$.steps[1]["te.xt"]', stringValue="serve"),
        more("$.hot", boolValue=True),
        more("$.sauce", nullValue="NULL_VALUE"),
        chunk({"functionCall": {}}),
        chunk(
            {"functionCall": {"name": "cook", "partialArgs": [{"jsonPath": "$.dish", "stringValue": "tea"}]}}
        ),
        chunk({"functionCall": {"name": "cook", "willContinue": True}}),
        chunk({"functionCall": {"name": "rest", "args": {"for": 3}}}, reason="STOP"),
    )
    dish = {
        "dish": "Risotto",
        "steps": [{"text": "stir", "how long": 1.5}, {"te.xt": "serve"}],
        "hot": True,
        "sauce": None,
    }
    calls = done(said).response.tool_calls
    assert [(call.name, call.arguments) for call in calls] == [
        ("cook", dish),
        ("cook", {"dish": "tea"}),
        ("cook", {}),
        ("rest", {"for": 3}),
    ]
    assert calls[0].native is not None
    assert calls[0].native.data == {"thoughtSignature": "eA=="}
    assert said[0] == ToolCallChunk(calls[0].id, "cook", "")


def test_a_call_that_is_still_open_when_the_turn_ends_never_runs() -> None:
    events_of_turn = events(
        chunk({"functionCall": {"name": "cook", "willContinue": True}}),
        chunk(
            {
                "functionCall": {
                    "partialArgs": [{"jsonPath": "$.dish", "stringValue": "tea"}],
                    "willContinue": True,
                }
            }
        ),
        chunk(reason="STOP"),
    )
    [call] = done(events_of_turn).response.tool_calls
    assert (call.arguments, type(call.status)) == ({"dish": "tea"}, Failed)


@pytest.mark.parametrize("path", ["$.a[9999999].b", "$.a[x]", "$.a.b.c"])
def test_a_piece_that_has_no_place_is_an_error(path: str) -> None:
    turn = machine()
    turn.feed(Event("message", json.dumps(chunk({"functionCall": {"name": "cook", "willContinue": True}}))))
    pieces = [{"jsonPath": "$.a", "numberValue": 1}, {"jsonPath": path, "stringValue": "x"}]
    with pytest.raises(InvalidResponse, match="arguments"):
        turn.feed(Event("message", json.dumps(chunk({"functionCall": {"partialArgs": pieces}}))))


def test_the_last_usage_counts_and_what_a_chunk_leaves_out_stays() -> None:
    def used(**counts: int) -> dict[str, Any]:
        return chunk(
            {"text": "x"}, usageMetadata={f"{name}TokenCount": count for name, count in counts.items()}
        )

    response = done(
        events(
            used(prompt=10, candidates=51, thoughts=5, total=66),
            used(prompt=10),
            used(prompt=10, candidates=22, toolUsePrompt=100, total=137),
            used(prompt=10, candidates=108, thoughts=5, toolUsePrompt=100, total=223),
            chunk({"text": "!"}, reason="STOP"),
        )
    ).response
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.reasoning_tokens) == (
        10,
        113,
        5,
    )
    assert response.usage.raw["toolUsePromptTokenCount"] == 100


def test_a_count_that_is_zero_at_the_end_is_left_out_there() -> None:
    first = {
        "promptTokenCount": 8,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 419,
        "totalTokenCount": 447,
    }
    last = {"promptTokenCount": 8, "candidatesTokenCount": 16, "totalTokenCount": 24}
    said = events(
        chunk({"text": "a"}, usageMetadata=first), chunk({"text": "b"}, reason="STOP", usageMetadata=last)
    )
    usage = done(said).response.usage
    assert (usage.output_tokens, usage.reasoning_tokens) == (16, None)


def test_what_comes_besides_the_content_is_kept_as_raw() -> None:
    grounded = {"groundingChunks": [{"web": {"uri": "https://a.example"}}]}
    first, last = chunk({"text": "a"}), chunk({"text": "b"}, reason="STOP")
    first["candidates"][0] |= {"urlContextMetadata": {"urlMetadata": []}, "groundingMetadata": grounded}
    last["candidates"][0] |= {"groundingMetadata": {}, "avgLogprobs": -0.5}
    raw = done(events(first, last)).response.raw
    assert raw == {
        "candidates": [
            {
                "finishReason": "STOP",
                "urlContextMetadata": {"urlMetadata": []},
                "groundingMetadata": grounded,
                "avgLogprobs": -0.5,
            }
        ],
        "responseId": "r1",
        "modelVersion": "m1",
    }


CODE = {"executableCode": {"code": "print(1)", "language": "PYTHON"}}
PRINTED = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}


def test_a_reason_in_the_middle_is_no_end() -> None:
    response = done(
        events(
            chunk({"text": "a"}),
            chunk(CODE, reason="STOP"),
            chunk(PRINTED),
            chunk({"text": "b"}, reason="STOP"),
        )
    ).response
    assert response.text == "ab"


@pytest.mark.parametrize("parts", [[], [{"text": ""}], [{"text": "", "thoughtSignature": "eA=="}]])
def test_a_chunk_that_says_nothing_after_the_end_leaves_it_the_end(parts: list[object]) -> None:
    response = done(
        events(chunk({"text": "a"}, reason="STOP"), chunk(*parts), {"usageMetadata": {"promptTokenCount": 3}})
    ).response
    assert (response.text, response.raw_finish_reason, response.usage.input_tokens) == ("a", "STOP", 3)


def test_of_several_candidates_the_one_that_began_first_is_the_turn() -> None:
    second = chunk({"text": "x"}, reason="MAX_TOKENS")
    second["candidates"][0]["index"] = 1
    said = events(
        chunk({"text": "a"}), second, chunk({"text": "b"}), second, chunk({"text": "c"}, reason="STOP")
    )
    response = done(said).response
    assert (response.text, response.raw_finish_reason) == ("abc", "STOP")
    assert [notice.message for notice in response.notices] == [
        "the server sent 2 candidates; the response is the first of them"
    ]


@pytest.mark.parametrize("arrived", [1, 2, 3, 4])
def test_cut_anywhere_before_its_last_reason_a_turn_raises_with_what_arrived(arrived: int) -> None:
    chunks = [
        chunk({"text": "a"}),
        chunk(CODE, reason="STOP"),
        chunk(PRINTED),
        chunk({"functionCall": {"name": "add", "args": {}}}),
        chunk({"text": "b"}, reason="STOP"),
    ]
    with pytest.raises(StreamTruncated) as cut:
        events(*chunks[:arrived])
    partial = cut.value.partial
    assert partial.message.interrupted
    assert partial.text == "a"
    assert len(partial.message.parts) == arrived
    assert all(isinstance(call.status, Failed) for call in partial.tool_calls)


def test_nothing_at_all_is_a_cut() -> None:
    with pytest.raises(StreamTruncated):
        machine().finish()


def test_half_an_event_is_a_cut_if_nothing_follows_and_an_error_if_something_does() -> None:
    turn = machine()
    turn.feed(Event("message", json.dumps(chunk({"text": "Hello"}))))
    assert not turn.feed(Event("message", '{"candidates": [{"content": {"par'))
    with pytest.raises(StreamTruncated) as cut:
        turn.finish()
    assert cut.value.partial.text == "Hello"
    with pytest.raises(InvalidResponse):
        turn.feed(Event("message", json.dumps(chunk(reason="STOP"))))


@pytest.mark.parametrize("data", ["nonsense", '{"a": 1} {', "3"])
def test_what_is_no_chunk_is_an_error(data: str) -> None:
    with pytest.raises(InvalidResponse):
        machine().feed(Event("message", data))


ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


@pytest.mark.parametrize("kind", ["message", "body"])
@pytest.mark.parametrize("frame", [ERROR, [ERROR]], ids=["object", "array"])
def test_an_error_among_the_chunks_raises(kind: str, frame: object) -> None:
    turn = machine()
    turn.feed(Event("message", json.dumps(chunk({"text": "Hel"}))))
    with pytest.raises(Overloaded, match="overloaded") as failure:
        turn.feed(Event(kind, json.dumps(frame, indent=1)))
    assert (failure.value.status, failure.value.retryable) == (200, True)


def test_a_server_that_streams_an_array_or_answers_whole_is_understood() -> None:
    chunks = [chunk({"text": "Hel"}), chunk({"text": "lo"}, reason="STOP")]
    turn = machine()
    said = [*turn.feed(Event("body", json.dumps(chunks))), turn.finish()]
    assert said[:-1] == [TextChunk("Hel"), TextChunk("lo")]
    assert done(said).response.text == "Hello"

    assert done(events(chunk({"text": "Hello"}, reason="STOP"))).response.text == "Hello"


def test_a_blocked_prompt_ends_the_turn() -> None:
    response = done(events({"promptFeedback": {"blockReason": "SAFETY"}})).response
    assert (response.finish_reason, response.raw_finish_reason) == ("content_filter", "SAFETY")


def test_a_gateways_last_word_is_no_chunk() -> None:
    turn = machine()
    turn.feed(Event("message", json.dumps(chunk({"text": "Hi"}, reason="STOP"))))
    turn.feed(Event("message", "[DONE]"))
    assert turn.finished
    assert turn.finish().response.text == "Hi"


def test_a_response_can_be_had_twice() -> None:
    turn = machine()
    turn.feed(Event("message", json.dumps(chunk({"functionCall": {"name": "add"}}, reason="STOP"))))
    one, two = turn.finish().response, turn.finish().response
    one.tool_calls[0].status = Failed("no")
    assert one.tool_calls[0].id == two.tool_calls[0].id
    assert two.tool_calls[0].status != one.tool_calls[0].status


def test_a_character_that_was_cut_between_two_events_is_whole() -> None:
    first, second = (
        json.dumps(chunk({"text": text}, reason=reason)).replace("?", half)
        for text, reason, half in (("hi ?", None, "\\ud83d"), ("?!", "STOP", "\\ude00"))
    )
    turn = machine()
    found = [*turn.feed(Event("message", first)), *turn.feed(Event("message", second))]
    assert found == [TextChunk("hi "), TextChunk("😀!")]
    assert turn.finish().response.text == "hi 😀!"


def test_usage_is_read_where_other_servers_put_it() -> None:
    last = chunk({"text": "a"}, reason="STOP")
    last["candidates"][0]["usageMetadata"] = {"promptTokenCount": 3, "totalTokenCount": 4}
    usage = done(events(last)).response.usage
    assert (usage.input_tokens, usage.total_tokens) == (3, 4)


def test_frames_in_an_envelope_are_read() -> None:
    """Google's Code Assist speaks this wire inside `response`."""
    found = events({"response": chunk({"text": "Hi"}), "traceId": "t"}, {"response": chunk(reason="STOP")})
    assert done(found).response.text == "Hi"


def test_a_stream_is_complete_once_it_has_its_finish_reason() -> None:
    turn = machine()
    states = []
    for each in (
        chunk({"text": "a"}),
        chunk(CODE, reason="STOP"),
        chunk(PRINTED),
        chunk({"text": "b"}, reason="STOP"),
    ):
        turn.feed(Event("message", json.dumps(each)))
        states.append(turn.complete)
    assert states == [False, False, False, True]
    assert not turn.finished


def counted(text: str, output: int, **more: object) -> dict[str, Any]:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": output, "totalTokenCount": 5 + output}
    return chunk({"text": text}, usageMetadata=usage, **more)


def test_the_counts_of_frames_that_are_not_parsed_are_kept(parsed: list[str]) -> None:
    frames = [counted(f" {number}", number) for number in range(1, 21)]
    cut = machine()
    for frame in frames:
        cut.feed(Event("message", json.dumps(frame)))
    assert len(parsed) == 3  # the first has the model's name; two tell how the others look
    with pytest.raises(StreamTruncated, match=r'"totalTokenCount": 25') as caught:
        cut.finish()
    partial = caught.value.partial
    assert partial is not None
    assert (partial.usage.output_tokens, partial.usage.total_tokens) == (20, 25)

    response = done(events(*frames, chunk({"text": "."}, reason="STOP"))).response
    assert response.text == "".join(f" {number}" for number in range(1, 21)) + "."
    assert (response.usage.input_tokens, response.usage.output_tokens) == (5, 20)


def test_counts_that_a_later_frame_leaves_out_are_those_of_the_frame_before_it() -> None:
    rest = chunk({"text": "."}, usageMetadata={"totalTokenCount": 99, "thoughtsTokenCount": 1}, reason="STOP")
    response = done(events(*(counted("x", number) for number in range(1, 9)), rest)).response
    assert response.raw["usageMetadata"] == {
        "promptTokenCount": 5,
        "candidatesTokenCount": 8,
        "totalTokenCount": 99,
        "thoughtsTokenCount": 1,
    }


def test_what_the_requests_of_an_interrupted_turn_cost_is_added_once() -> None:
    turn = machine()
    first = [counted("x", number) for number in range(1, 7)]
    for frame in first:
        turn.feed(Event("message", json.dumps(frame)))
    turn.resume()
    for frame in [*first, counted("x", 7, reason="STOP")]:
        turn.feed(Event("message", json.dumps(frame)))
    usage = turn.finish().response.usage
    assert (usage.input_tokens, usage.output_tokens) == (10, 13)
