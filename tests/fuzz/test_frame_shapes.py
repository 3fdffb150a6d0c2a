"""Events that are read without parsing them: the same is shown, kept and raised as if each were parsed.

Recorded streams, and generated ones in which single events are changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from alike import (
    check_alike,
    claude,
    completions,
    gemini,
    ollama,
    responses,
    tagged_completions,
    tagged_ollama,
)
from budget import budget
from chat_core import Event
from chat_core.transport.sse_reader import SseReader
from hypothesis import given
from hypothesis import strategies as st

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
DECODERS: dict[str, tuple[Callable[[], Any], ...]] = {
    "chat-completions": (completions, tagged_completions),
    "openai-responses": (responses,),
    "claude-messages": (claude,),
    "gemini": (gemini,),
    "ollama": (ollama, tagged_ollama),
}

# -- recorded


@cache
def recorded(wire: str) -> list[list[Event]]:
    """The streams of a wire."""
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not beside the project")
    exchanges = [
        exchange
        for path in sorted(RECORDINGS.glob("*/*.json"))
        if not path.name.endswith(".expected.json")
        for exchange in json.loads(path.read_text()).get("exchanges", ())
    ]
    answers = [exchange["response"] for exchange in exchanges if exchange["wire"] == wire]
    return [events for answer in answers if answer.get("is_stream") for events in _streams(answer)]


def _streams(answer: dict[str, Any]) -> Iterator[list[Event]]:
    match answer["stream_format"]:
        case "sse":
            reader = SseReader(2**27)
            yield [*reader.feed(answer["body"].encode()), *reader.end()]
        case "ndjson":
            yield [Event("message", line) for line in answer["body"].split("\n") if line.strip()]
        case _:
            pass  # one document


@pytest.mark.parametrize("wire", DECODERS)
def test_every_recorded_stream_is_read_as_if_each_event_were_parsed(wire: str) -> None:
    for decoder in DECODERS[wire]:
        read = [check_alike(decoder, events) for events in recorded(wire)]
        assert sum(read) > 0


@pytest.mark.parametrize("wire", DECODERS)
def test_every_recorded_stream_ends_in_the_same_error_where_it_is_cut(wire: str) -> None:
    for decoder in DECODERS[wire]:
        for events in recorded(wire):
            for end in {len(events) // 3, len(events) // 2, len(events) - 1} - {0}:
                check_alike(decoder, events[:end])
                last = events[end - 1]
                check_alike(
                    decoder, [*events[: end - 1], last._replace(data=last.data[: len(last.data) // 2])]
                )


@pytest.mark.parametrize("wire", DECODERS)
@budget(60)
@given(data=st.data())
def test_a_recorded_stream_with_changed_events_is_read_as_if_each_were_parsed(
    wire: str, data: st.DataObject
) -> None:
    events = data.draw(st.sampled_from([events for events in recorded(wire) if len(events) > 8]))
    for decoder in DECODERS[wire]:
        check_alike(decoder, changed(events[:60], data))


# -- generated

HEAD = '"id":"c1","object":"chat.completion.chunk","created":NUMBER,"model":"m-1"'
TEMPLATES: dict[str, tuple[tuple[str, str], ...]] = {  # the type of the events, and their data
    "chat-completions": (
        ("message", "{" + HEAD + ',"choices":[{"index":0,"delta":{"content":TEXT},"finish_reason":null}]}'),
        (
            "message",
            '{"choices":[{"delta":{"content":TEXT,"role":"assistant"},"index":0,"logprobs":null}],'
            + HEAD
            + ',"obfuscation":STRING,"usage":null}',
        ),
        (
            "message",
            '{"p":STRING,"choices":[{"index":0,"delta":{"content":"","reasoning":TEXT},"finish_reason":null}]}',
        ),
        (
            "message",
            '{"choices":[{"index":0,"delta":{"reasoning_content":TEXT,"content":null,"tool_calls":null}}]}',
        ),
        (
            "message",
            '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":TEXT}}]}}],'
            + HEAD
            + "}",
        ),
        ("message", '{"choices":[{"index":NUMBER,"delta":{"content":TEXT}}],"usage":null}'),
    ),
    "openai-responses": (
        (
            "response.output_text.delta",
            '{"type":"response.output_text.delta","sequence_number":COUNT,"item_id":"msg_1","output_index":0,'
            '"content_index":0,"delta":TEXT,"logprobs":[],"obfuscation":STRING}',
        ),
        (
            "response.output_text.delta",
            '{"content_index":0,"delta":TEXT,"item_id":STRING,"output_index":0,"sequence_number":COUNT,'
            '"type":"response.output_text.delta"}',
        ),
        ("message", '{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":TEXT}'),
        (
            "response.function_call_arguments.delta",
            '{"type":"response.function_call_arguments.delta","item_id":"fc_1","output_index":1,'
            '"sequence_number":NUMBER,"delta":TEXT}',
        ),
        (
            "response.reasoning_summary_text.delta",
            '{"type":"response.reasoning_summary_text.delta","output_index":2,"summary_index":0,"delta":TEXT,'
            '"sequence_number":COUNT,"x":{"sequence_number":NUMBER}}',
        ),
    ),
    "claude-messages": (
        (
            "content_block_delta",
            '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":TEXT}PAD}',
        ),
        (
            "message",
            '{"delta":{"text":TEXT,"type":"text_delta"},"index":0,"type":"content_block_delta"}',
        ),
        (
            "content_block_delta",
            '{"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":TEXT}PAD}',
        ),
        (
            "content_block_delta",
            '{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":TEXT}PAD}',
        ),
    ),
    "gemini": (
        (
            "message",
            '{"candidates":[{"content":{"parts":[{"text":TEXT}],"role":"model"},"index":0}],'
            '"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":NUMBER,"totalTokenCount":NUMBER},'
            '"modelVersion":"m-1","responseId":"r1"}',
        ),
        (
            "message",
            '{"usageMetadata":{"totalTokenCount":NUMBER},"candidates":[{"content":{"parts":[{"text":TEXT}]}}],'
            '"modelVersion":"m-1","responseId":"r1"}',
        ),
        (
            "message",
            '{"candidates":[{"content":{"parts":[{"text":TEXT}],"role":"model"}}],"modelVersion":"m-1"}',
        ),
    ),
    "ollama": (
        (
            "message",
            '{"model":"m","created_at":STRING,"message":{"role":"assistant","content":TEXT},"done":false}',
        ),
        (
            "message",
            '{"model":"m","created_at":STRING,"message":{"role":"assistant","content":"","thinking":TEXT},'
            '"done":false,"done_reason":null}',
        ),
        ("message", '{"message":{"content":TEXT},"eval_count":NUMBER}'),
    ),
}


def _chat(delta: str) -> Event:
    return Event(
        "message", "{" + HEAD.replace("NUMBER", "1") + ',"choices":[{"index":0,"delta":' + delta + "}]}"
    )


def _typed(data: str) -> Event:
    return Event(json.loads(data)["type"], data)


BEGINNINGS: dict[str, tuple[Event, ...]] = {
    "chat-completions": (
        _chat('{"role":"assistant","content":""}'),
        _chat('{"tool_calls":[{"index":0,"id":"t1","function":{"name":"add","arguments":""}}]}'),
    ),
    "openai-responses": (
        _typed('{"type":"response.created","sequence_number":0,"response":{"id":"r1","model":"m"}}'),
        _typed(
            '{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1"}}'
        ),
        _typed(
            '{"type":"response.output_item.added","output_index":1,'
            '"item":{"type":"function_call","id":"fc_1","call_id":"t1","name":"add"}}'
        ),
    ),
    "claude-messages": (
        _typed('{"type":"message_start","message":{"id":"m1","model":"m","usage":{"input_tokens":1}}}'),
        _typed('{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}'),
        _typed('{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":""}}'),
        _typed(
            '{"type":"content_block_start","index":2,'
            '"content_block":{"type":"tool_use","id":"t1","name":"add","input":{}}}'
        ),
    ),
    "gemini": (),
    "ollama": (),
}
ENDS: dict[str, tuple[Event, ...]] = {
    "chat-completions": (
        Event("message", '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'),
        Event("message", '{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}'),
        Event("message", "[DONE]"),
    ),
    "openai-responses": (
        _typed('{"type":"response.completed","response":{"id":"r1","status":"completed","output":[]}}'),
    ),
    "claude-messages": (
        _typed('{"type":"content_block_stop","index":0}'),
        _typed('{"type":"content_block_stop","index":1}'),
        _typed('{"type":"content_block_stop","index":2}'),
        _typed('{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}'),
        _typed('{"type":"message_stop"}'),
    ),
    "gemini": (
        Event(
            "message",
            '{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}],"modelVersion":"m-1",'
            '"usageMetadata":{"candidatesTokenCount":9}}',
        ),
    ),
    "ollama": (Event("message", '{"model":"m","message":{"content":""},"done":true,"done_reason":"stop"}'),),
}

plain_texts = st.sampled_from(
    [
        *(
            "Hello",
            " world",
            ".",
            ",",
            ":",
            "{",
            "}",
            "[DONE]",
            "a" * 3000,
            "é",
            "日本",
            "🦙",
            "ok\u00a0",
            "\u200d",
        ),
        *(
            "assistant",
            "c1",
            "m-1",
            "content",
            "text",
            "delta",
            "index",
            "msg_1",
            "sequence_number",
            "text_delta",
        ),
        *(
            "<think>",
            "</think>",
            "<thi",
            "nk>",
            "0",
            "1",
            "null",
            '"',
            "\\",
            "\n",
            '","',
            '":"',
            "\t",
            "",
            "\x7f",
        ),
        *('{"a":', " 1}", '{"content":"x"}', "\ufffd", "�x"),
    ]
)
literals = st.one_of(  # strings as they stand in the data
    plain_texts.map(lambda text: json.dumps(text, ensure_ascii=False)),
    plain_texts.map(json.dumps),
    st.text(max_size=8).map(lambda text: json.dumps(text.encode("utf-8", "replace").decode())),
    st.sampled_from(
        [
            *(
                r'"\ud83e"',
                r'"x\ud83e"',
                r'"\udd99"',
                r'"\udd99 y"',
                r'"\ud83e\udd99"',
                r'"a\ud83eb"',
                r'"\\ud83e"',
            ),
            *(r'"\u0041b"', r'"a\/b"', r'"\"', r'"a\x"', r'"\u00e9"', '"a\x01b"', '"a"b"', '"a\nb"', '"\t"'),
            *("5", "null", "true", '["a"]', '{"a":"b"}', '"', ""),
        ]
    ),
)
strings = st.sampled_from(
    ['"aB3"', '""', '"xyz"', '"Hello"', '"a b"', '"é"', r'"a\u0041"', '"a\x01"', "5", "null"]
)
numbers = st.sampled_from(
    ["1", "2", "10", "123", "0", "-1", "1.0", "1e3", "05", "9" * 20, "true", "null", '"7"']
)
pads = st.sampled_from(["", " ", "      ", "\n", ',"extra":1', ',"extra":"Hello"'])
likely = st.integers(0, 9)


def filled(template: tuple[str, str], count: int, data: st.DataObject, odd: bool) -> Event:
    """An event of a template, with one text as most of a stream are, or with any where it is to be odd."""
    kind, text = template
    if odd:
        values = {"TEXT": data.draw(literals), "STRING": data.draw(strings), "PAD": data.draw(pads)}
        more = data.draw(st.sampled_from([str(count), str(count), data.draw(numbers)]))
        return Event(kind, _put(text, values | {"NUMBER": data.draw(numbers), "COUNT": more}))
    values = {
        "TEXT": json.dumps(data.draw(plain_texts), ensure_ascii=False),
        "STRING": f'"{count}x"',
        "PAD": " " * (count % 3),
        "NUMBER": str(
            count if "modelVersion" in text or "index" not in text.partition("NUMBER")[0][-9:] else 0
        ),
        "COUNT": str(count),
    }
    return Event(kind, _put(text, values))


def _put(text: str, values: dict[str, str]) -> str:
    return re.sub("|".join(values), lambda found: values[found[0]], text)


CHANGES = (
    "key",
    "number",
    "field",
    "twice",
    "space",
    "string",
    "type",
    "drop",
    "repeat",
    "swap",
    "cut",
    "other",
)
OTHERS = ("{}", "[DONE]", " ", '{"type":"ping"}', '{"error":{"message":"it broke"}}', "no JSON", '{"a"', "")


def changed(events: Sequence[Event], data: st.DataObject) -> list[Event]:
    """The events, a few of them changed."""
    events = list(events)
    for _ in range(data.draw(st.integers(0, 3))):
        if not events:
            break
        at = data.draw(st.integers(0, len(events) - 1))
        kind, text = events[at]
        match data.draw(st.sampled_from(CHANGES)):
            case "key":
                text = _change(text, r'"\w+"(?=\s*:)', ['"x"', '"text"', '"content"', '"index"'], data)
            case "number":
                text = _change(
                    text, r"(?<=:)-?\d+", ["0", "7", "1.0", "-0", "1e3", "null", '"7"', "12"], data
                )
            case "string":
                text = _change(
                    text, r'(?<=:)"[^"]*"', ['"x"', '""', r'"\u0078"', "null", "5", '"Hello"'], data
                )
            case "field":
                text = _change(
                    text, r"(?<=})|(?<={)", [',"x":1', '"x":1,', '"x":"Hello",', '"usage":{"a":1},'], data
                )
            case "twice":
                text = _change(text, r'"\w+":', ['~"Hello",~', "~1,~", "~null,~"], data)
            case "space":
                text = _change(text, r"[:,{}\[\]]", ["~ ", " ~", "~\n"], data)
            case "cut":
                text = text[: data.draw(st.integers(0, len(text)))]
            case "type":
                kind = data.draw(st.sampled_from(["message", "body", "error", "ping", "content_block_delta"]))
            case "drop":
                del events[at]
                continue
            case "repeat":
                events.insert(at, events[at])
                continue
            case "swap":
                other = data.draw(st.integers(0, len(events) - 1))
                events[at], events[other] = events[other], events[at]
                continue
            case _:
                text = data.draw(st.sampled_from(OTHERS))
                events.insert(at, Event(kind, text))
                continue
        events[at] = Event(kind, text)
    return events


def _change(text: str, pattern: str, replacements: list[str], data: st.DataObject) -> str:
    """Replace one of the matches. In the replacement, `~` is what matched."""
    places = list(re.finditer(pattern, text))
    if not places:
        return text
    found = data.draw(st.sampled_from(places))
    replacement = data.draw(st.sampled_from(replacements)).replace("~", found[0])
    return text[: found.start()] + replacement + text[found.end() :]


@pytest.mark.parametrize("wire", DECODERS)
@budget(300)
@given(data=st.data())
def test_a_generated_stream_is_read_as_if_each_event_were_parsed(wire: str, data: st.DataObject) -> None:
    events: list[Event] = []
    for _ in range(data.draw(st.integers(1, 3))):
        template = data.draw(st.sampled_from(TEMPLATES[wire]))
        for _ in range(data.draw(st.integers(1, 8))):
            events.append(filled(template, len(events) + 1, data, odd=data.draw(likely) == 0))
    for decoder in DECODERS[wire]:
        check_alike(decoder, [*BEGINNINGS[wire], *changed(events, data), *ENDS[wire]])
