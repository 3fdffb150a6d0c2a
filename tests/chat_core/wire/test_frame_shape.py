"""Texts out of events that are like those before them; what is not certain is left to the parser."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from chat_core import Event, InvalidResponse, TextChunk, TurnEvent
from chat_core.types.json_values import as_text
from chat_core.wire import FrameReader, FrameShape, frame_shape


def event(data: str, type: str = "message") -> Event:
    return Event(type, data)


def append(text: str) -> Sequence[TurnEvent]:
    return (TextChunk(text),)


def learned(*data: str, text: str = "Hello", varying: Sequence[str] = ()) -> FrameShape:
    """A shape that has learned these events; the text of the first is "Hello", that of the others `text`."""
    shape = FrameShape(varying)
    for at, one in enumerate(data):
        shape.learn(event(one), text if at else "Hello", append)
    return shape


def read(shape: FrameShape, data: str, type: str = "message") -> str | None:
    """The text that is read without parsing, or None."""
    events = shape.read(event(data, type))
    if events is None:
        return None
    [chunk] = events
    assert isinstance(chunk, TextChunk)
    return chunk.text


def test_from_the_second_event_on_the_text_is_cut_out() -> None:
    shape = FrameShape()
    assert shape.read(event('{"text":"Hello","done":false}')) is None

    shape.learn(event('{"text":"Hello","done":false}'), "Hello", append)
    assert read(shape, '{"text":" world","done":false}') == " world"
    assert shape.last == '{"text":" world","done":false}'


@pytest.mark.parametrize(
    "data",
    [
        '{"text":" world","done":true}',
        '{"text":" world", "done":false}',
        '{ "text":" world","done":false}',
        '{"text":" world","done":false,"more":1}',
        '{"text":" world","done":false} ,',
        '{"text":" world","done":false',
        '{"text":" world","text":"x","done":false}',
        '{"text":"a"b","done":false}',
        '{"text":"","done":false}',
        '{"text":5,"done":false}',
        '{"text":null,"done":false}',
        '{"Text":" world","done":false}',
        "[DONE]",
        "",
        " ",
    ],
)
def test_what_differs_in_more_than_the_text_has_to_be_parsed(data: str) -> None:
    assert read(learned('{"text":"Hello","done":false}'), data) is None


def test_an_event_of_another_type_has_to_be_parsed() -> None:
    shape = learned('{"text":"Hello"}')
    assert read(shape, '{"text":"x"}', "error") is None
    assert read(shape, '{"text":"x"}') == "x"


@pytest.mark.parametrize(
    "text",
    ["\n", '"', "\\", "\\n", "é", "日本", "🦙", "\x7f", "\u2028", "a\u200db", "\x00", "/", '{"a": "}'],
)
@pytest.mark.parametrize("is_ascii", [True, False])
def test_escapes_are_read_as_the_parser_reads_them(text: str, is_ascii: bool) -> None:
    data = json.dumps({"text": text, "end": 1}, ensure_ascii=is_ascii)
    assert read(learned('{"text": "Hello", "end": 1}'), data) == text


@pytest.mark.parametrize(
    "literal",
    [
        *(r"\ud83e", r"\udd99", r"x\ud83e", r"\udd99x", r"\ud83e\ud83e", r"\x", r"\u12", "\\"),
        *("a\x01b", "a\nb", "\t", "\ud83e", "a\\\x01", r'a\n"b', r'"\n', r'\n",'),
    ],
)
def test_half_a_character_and_what_is_no_string_have_to_be_parsed(literal: str) -> None:
    assert read(learned('{"text":"Hello"}'), f'{{"text":"{literal}"}}') is None


def test_a_text_may_be_as_long_as_it_likes() -> None:
    text = "a long text, " * 100_000
    assert read(learned('{"text":"Hello"}'), json.dumps({"text": text}).replace(": ", ":")) == text


@pytest.mark.parametrize("text", ["role", "assistant", '","', '":"'])
def test_a_text_that_stands_elsewhere_too_is_not_learned_but_read(text: str) -> None:
    data = f'{{"role":"assistant","text":{json.dumps(text)}}}'
    shape = FrameShape()
    shape.learn(event(data), text, append)
    if text in ("role", "assistant"):
        assert read(shape, '{"role":"assistant","text":"x"}') is None

    shape.learn(event('{"role":"assistant","text":"Hello"}'), "Hello", append)
    assert read(shape, data) == text


def test_two_quotation_marks_around_punctuation_are_not_taken_for_the_text() -> None:
    shape = FrameShape()
    shape.learn(event('{"text":":"}'), ":", append)
    assert read(shape, '{"text"no JSON":"}') is None


def test_a_text_that_another_field_has_in_escapes_is_not_learned() -> None:
    """`a` may be the value of either field."""
    shape = FrameShape()
    shape.learn(event(r'{"id":"a","text":"\u0061"}'), "a", append)
    assert read(shape, r'{"id":"b","text":"\u0061"}') is None


def test_a_text_in_escapes_that_another_field_has_without_is_not_learned() -> None:
    shape = FrameShape()
    shape.learn(event(r'{"id":"é","text":"\u00e9"}'), "é", append)
    assert read(shape, r'{"id":"é","text":"x"}') is None


@pytest.mark.parametrize("literal", [r"\n\"\\", r"{\"a\":", r"\u00e9", r"\u65e5\n"])
def test_a_text_with_escapes_can_be_learned(literal: str) -> None:
    data = f'{{"text":"{literal}","end":1}}'
    shape = FrameShape()
    shape.learn(event(data), as_text(json.loads(data)["text"]), append)
    assert read(shape, '{"text":"x","end":1}') == "x"


def test_what_stands_for_unreadable_characters_is_not_learned() -> None:
    shape = FrameShape()
    shape.learn(event('{"text":"\ufffd"}'), "\ufffd", append)
    assert read(shape, '{"text":"x"}') is None


def test_spaces_before_the_last_brackets_may_differ_as_anthropic_pads_with_them() -> None:
    shape = learned('{"delta":{"text":"Hello"}     }')
    assert read(shape, '{"delta":{"text":"x"}}') == "x"
    assert read(shape, '{"delta":{"text":"x"}  } ') == "x"
    assert read(shape, '{"delta":{"text":"x"},}') is None
    assert read(shape, '{"delta":{"text":"x"}') is None
    assert read(shape, '{"delta":{"text":"x"}\n}') is None


# -- values that may differ


def test_fields_that_may_vary_are_found_by_two_events_that_differ_in_them() -> None:
    shape = learned(
        '{"time":1,"text":"Hello","pad":"aB"}',
        '{"time":20,"text":"x","pad":""}',
        text="x",
        varying=("time", "pad"),
    )
    assert read(shape, '{"time":30,"text":" world","pad":"Qa-z"}') == " world"
    assert read(shape, '{"time":1.5,"text":" world","pad":"Qa"}') is None
    assert read(shape, '{"time":"1","text":" world","pad":"Qa"}') is None
    assert read(shape, '{"time":05,"text":" world","pad":"Qa"}') is None
    assert read(shape, '{"time":1,"text":" world","pad":"a\\"b"}') is None
    assert read(shape, '{"time":1,"text":" world","pad":"a"b"}') is None
    assert read(shape, '{"time":1,"text":" world","pad":"\x01"}') is None
    assert read(shape, '{"time":1,"text":" world","pad":5}') is None
    assert read(shape, '{"time":1,"text":" world","pad":"Qa","more":1}') is None


FORMS = (  # with padding at every place, and a number that counts or none
    '{"text":TEXT,"pad":PAD}',
    '{"pad":PAD,"text":TEXT}',
    '{"pad":PAD,"text":TEXT,"more":PAD}',
    '{"n":NUMBER,"text":TEXT,"pad":PAD,"x":{}}',
    '{"pad":PAD,"n":NUMBER,"x":[],"text":TEXT}',
    '{"text":TEXT,"n":NUMBER,"pad":PAD}',
    '{"n":NUMBER,"text":TEXT}',
    '{"text":TEXT,"n":NUMBER}',
)


@pytest.mark.parametrize("form", FORMS)
def test_padding_may_differ_from_the_second_event_on(form: str) -> None:
    def written(number: object, text: str, pad: str = "aB3") -> str:
        return form.replace("NUMBER", str(number)).replace("PAD", f'"{pad}"').replace("TEXT", f'"{text}"')

    shape = FrameShape(counted="n", padding=("pad", "more"))
    number = 7 if "NUMBER" in form else None
    shape.learn(event(written(7, "Hello", "x")), "Hello", append, number)
    for at, pad in enumerate(["", "Qa7", "a-b c", "é", "{}", ":,"], start=8):
        assert read(shape, written(at, f"text {at}", pad)) == f"text {at}"
        assert shape.number == (at if number else 0)
        for following in (at + 1, at + 2):
            assert read(shape, written(following, "y", pad)) == "y"
            assert shape.number == (following if number else 0)
        assert read(shape, written(at + 9, r"\"\n\u00e9{", pad)) == '"\né{'
        for odd in ('a"b', r"\ud83e", r"a\x", "a\x01", "", "a\\n\\"):
            assert read(shape, written(at + 1, odd, pad)) is None
    if "PAD" in form:
        for odd in ('a"b', r"a\"b", "a\x01", "\ud83e"):
            assert read(shape, written(20, "x", odd)) is None
        assert read(shape, written(20, "x").replace('"aB3"', "5")) is None
    if number:
        for odd in ("null", "1.5", '"7"', "08", ""):
            assert read(shape, written(odd, "x")) is None
    for more in (" ", "}", "\n", ","):
        assert read(shape, written(21, "x") + more) is None or more == " "
        assert read(shape, more + written(21, "x")) is None
    assert read(shape, written(21, "x"), "error") is None
    assert read(shape, written(21, "y")) == "y"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"text":"Hello","index":0}', '{"text":"x","index":1}'),
        ('{"text":"Hello","pad":"a"}', '{"text":"x","pad":5}'),
        ('{"text":"Hello","pad":true}', '{"text":"x","pad":false}'),
        ('{"text":"Hello","pad":-1}', '{"text":"x","pad":-2}'),
        ('{"text":"Hello","pad":["a"]}', '{"text":"x","pad":["b"]}'),
        ('{"text":"Hello","pad":1}', '{"text":"x","Pad":1}'),
        (r'{"text":"Hello","pad":"a","id":"\n"}', r'{"text":"x","pad":"b","id":"\n"}'),
    ],
)
def test_no_other_value_may_differ(one: str, other: str) -> None:
    shape = learned(one, other, text="x", varying=("pad",))
    assert read(shape, one.replace("Hello", "y")) is None


def test_after_two_events_that_have_nothing_in_common_the_second_counts() -> None:
    shape = learned('{"text":"Hello","index":0}', '{"text":"x","index":1}', text="x")
    assert read(shape, '{"text":"y","index":1}') == "y"


def counted(number: object, text: str) -> str:
    return f'{{"n":{number},"text":{json.dumps(text)}}}'


def test_a_number_that_counts_up_comes_with_each_text() -> None:
    shape = FrameShape(counted="n")
    shape.learn(event(counted(1, "Hello")), "Hello", append, 1)
    for number in (30, 31, 31, 32, 33, 320, 33, 9, 10):
        assert read(shape, counted(number, "y")) == "y"
        assert shape.number == number
    for odd in (10**20, 2.5, "011", '"12"', "null", "1 1", "-1", "１１"):
        assert read(shape, counted(odd, "y")) is None


def test_what_follows_a_number_is_that_of_the_event_that_was_learned_last() -> None:
    shape = FrameShape(counted="n")
    shape.learn(event('{"n":1,"x":1,"text":"Hello"}'), "Hello", append, 1)
    assert read(shape, '{"n":2,"x":1,"text":"y"}') == "y"
    shape.learn(event('{"n":2,"text":"Hello"}'), "Hello", append, 2)
    assert read(shape, '{"n":3,"x":1,"text":"y"}') is None
    assert read(shape, '{"n":3,"text":"y"}') == "y"


@pytest.mark.parametrize(
    "data",
    [
        '{"n":"1","text":"Hello"}',
        '{"n":1.0,"text":"Hello"}',
        '{"n":-1,"text":"Hello"}',
        '{"text":"Hello"}',
        '{"n":1,"text":"Hello","x":{"n":1}}',
        '{"n":1,"text":"Hello","x":"n"}',
        '{"text":"Hello","\\u006e":1}',
    ],
)
def test_an_event_whose_number_is_not_found_for_certain_is_not_learned(data: str) -> None:
    shape = FrameShape(counted="n")
    shape.learn(event(data), "Hello", append, 1)
    assert read(shape, data.replace("Hello", "y")) is None


def test_a_field_that_the_decoder_does_not_count_is_one_as_any_other() -> None:
    shape = FrameShape(counted="n")
    shape.learn(event('{"n":"1","text":"Hello"}'), "Hello", append)
    assert read(shape, '{"n":"1","text":"y"}') == "y"
    assert read(shape, '{"n":"2","text":"y"}') is None


# -- what is parsed in between


def test_nothing_is_read_after_an_event_that_was_parsed_until_one_is_learned() -> None:
    shape = learned('{"text":"Hello"}')
    shape.pause()
    assert read(shape, '{"text":"x"}') is None

    shape.learn(event('{"text":"x"}'), "x", lambda text: (TextChunk(text.upper()),))
    assert read(shape, '{"text":"y"}') == "Y"


def test_what_the_decoder_does_not_take_has_to_be_parsed() -> None:
    shape = FrameShape()
    shape.learn(event('{"text":"Hello"}'), "Hello", lambda text: None)
    assert shape.read(event('{"text":"x"}')) is None


def test_streams_whose_events_are_never_alike_cost_little_more(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    original = frame_shape.form_of

    def form(event: Event, text: str, names: Sequence[str], counted: str) -> object:
        tried.append(text)
        return original(event, text, names, counted)

    monkeypatch.setattr(frame_shape, "form_of", form)
    shape = FrameShape()
    for number in range(1000):
        shape.pause()
        shape.learn(event(f'{{"index":{number},"text":"text {number}"}}'), f"text {number}", append)
    assert len(tried) < 16 + 1000 / 8 + 1

    for _ in range(10):
        shape.learn(event('{"index":0,"text":"x"}'), "x", append)
    assert read(shape, '{"index":0,"text":"y"}') == "y"


# -- with a reader


def test_an_error_quotes_the_last_event_also_where_it_was_not_parsed() -> None:
    frames = FrameReader("a frame")
    frames.read(event('{"text":"Hello"}'))
    frames.learn(event('{"text":"Hello"}'), "Hello", append)
    assert read(frames.shape, '{"text":"the last"}') == "the last"
    assert "the last" in frames.quote_last()

    assert frames.read(event("[DONE]")) is None
    assert "the last" in frames.quote_last()
    frames.read(event('{"other":1}'))
    assert frames.quote_last() == repr('{"other":1}')


def test_an_event_after_a_cut_one_is_not_read_as_if_nothing_had_happened() -> None:
    frames = FrameReader("a frame")
    frames.read(event('{"text":"Hello"}'))
    frames.learn(event('{"text":"Hello"}'), "Hello", append)
    assert frames.read(event('{"text":"cut')) is None

    assert read(frames.shape, '{"text":"x"}') is None
    with pytest.raises(InvalidResponse, match="cut"):
        frames.read(event('{"text":"x"}'))


def test_a_character_in_two_events_is_put_together_between_events_that_are_alike() -> None:
    frames = FrameReader("a frame")
    texts: list[str] = []
    for literal in ("Hello", " a ", r"x\ud83e", " b ", r"\udd99 y", "c", r"d\n"):
        one = event(f'{{"text":"{literal}"}}')
        found = read(frames.shape, one.data)
        if found is None:
            frame = frames.read(one)
            assert frame is not None
            found = as_text(frame["text"])
            frames.learn(one, found, append)
        texts.append(found)
    assert texts == ["Hello", " a ", "x", " b ", "🦙 y", "c", "d\n"]
