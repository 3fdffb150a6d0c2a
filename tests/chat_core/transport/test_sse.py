"""Bytes in any slices become events, or an error that says what came instead."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
from chat_core.transport import Event, events_from_bursts
from chat_core.transport.sse import bursts_from_bytes
from chat_core.types.errors import InvalidResponse
from httpx_sse import EventSource
from hypothesis import given
from hypothesis import strategies as st

BOM = b"\xef\xbb\xbf"


def events(*slices: bytes, content_type: str = "text/event-stream", max_bytes: int = 1000) -> list[Event]:
    """The events of a body that arrives in `slices`."""

    async def body() -> AsyncGenerator[bytes]:
        for slice_ in slices:
            yield slice_

    async def collect() -> list[Event]:
        async with aclosing(
            events_from_bursts(bursts_from_bytes(body(), content_type=content_type, max_bytes=max_bytes))
        ) as found:
            return [event async for event in found]

    return asyncio.run(collect())


def bytewise(body: bytes) -> list[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("start", [b"", BOM, b"\n\n", BOM + b"\r\n"])
def test_every_line_end_and_start_gives_the_same_events_bytewise_or_whole(newline: str, start: bytes) -> None:
    text = ": hello\nevent: delta\ndata: a\ndata: b\nid: 7\nretry: 10\n\ndata: ü€😀\n\n: ping\n\ndata:c\n\n"
    body = start + text.replace("\n", newline).encode()

    expected = [Event("delta", "a\nb"), Event("message", "ü€😀"), Event("message", "c")]
    assert events(body) == expected
    assert events(*bytewise(body)) == expected


def test_the_last_event_needs_no_blank_line() -> None:
    assert events(b"data: 1\n\ndata: 2") == [Event("message", "1"), Event("message", "2")]
    assert events(b"data: 1\n\ndata: 2\n") == [Event("message", "1"), Event("message", "2")]
    assert events(b"data: 1\r\n\r\ndata: 2\r") == [Event("message", "1"), Event("message", "2")]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n\ndata: 2\n\n"])
def test_a_json_document_among_events_is_a_body_of_its_own(newline: str, end: str) -> None:
    """Google ends a stream that fails like this; as server-sent events it would be fields that nobody
    knows.
    """
    error = '{\n  "error": {\n    "code": 503\n  }\n}'
    body = f"data: 1\n\n{error}{end}".replace("\n", newline).encode()

    expected = [Event("message", "1"), Event("body", error), *([Event("message", "2")] if "2" in end else [])]
    assert events(body) == expected
    assert events(*bytewise(body)) == expected


def test_an_event_comes_out_with_the_byte_that_completes_it() -> None:
    async def first(slices: Sequence[bytes]) -> Event:
        async def body() -> AsyncGenerator[bytes]:
            for slice_ in slices:
                yield slice_
            raise AssertionError("waited for more")

        async with aclosing(
            events_from_bursts(bursts_from_bytes(body(), content_type="", max_bytes=1000))
        ) as found:
            return await anext(found)

    for body in (b"data: 1\n\n", b"data: 1\r\r", b"data: 1\r\n\r"):
        assert asyncio.run(first(bytewise(body))) == Event("message", "1")


def test_a_cut_stream_does_not_give_its_unfinished_event() -> None:
    async def body() -> AsyncGenerator[bytes]:
        yield b'data: {"a": 1}\n\ndata: {"b"'
        raise ConnectionError

    async def collect() -> None:
        async with aclosing(
            events_from_bursts(bursts_from_bytes(body(), content_type="", max_bytes=1000))
        ) as found:
            assert await anext(found) == Event("message", '{"a": 1}')
            with pytest.raises(ConnectionError):
                await anext(found)

    asyncio.run(collect())


def test_unicode_line_separators_stay_in_the_data() -> None:
    data = "a\u2028b\u2029c\x85d\x0be\x0cf"
    assert events(f"data: {data}\n\n".encode()) == [Event("message", data)]


def test_utf_8_is_read_whatever_the_charset_says_and_what_is_not_is_replaced() -> None:
    body = "data: ü\n\n".encode() + b"data: \xfc\n\n"
    assert events(body, content_type="text/event-stream; charset=iso-8859-1") == [
        Event("message", "ü"),
        Event("message", "\ufffd"),
    ]


def test_events_without_data_are_not_given() -> None:
    assert events(b"event: ping\n\nid: 1\n\n\n\ndata:\n\ndata: 1\n\n\n\n") == [Event("message", "1")]


def test_an_event_stream_that_calls_itself_something_else_is_read_all_the_same() -> None:
    assert events(b"data: 1\n\n", content_type="application/json") == [Event("message", "1")]
    assert events(b"data: 1\n\n", content_type="") == [Event("message", "1")]


def test_an_empty_body_has_no_events() -> None:
    assert events() == events(b"") == events(BOM) == events(b" \r\n", b"\n") == []


@pytest.mark.parametrize(
    "content_type", ["application/x-ndjson", "application/jsonl", "application/stream+json; charset=utf-8"]
)
def test_json_lines_are_one_event_a_line(content_type: str) -> None:
    body = '\n{"a": "x\u2028y\x85"}\r\n\r\n{"b": 2}\n\n{"c": 3}'.encode()

    expected = [
        Event("message", '{"a": "x\u2028y\x85"}'),
        Event("message", '{"b": 2}'),
        Event("message", '{"c": 3}'),
    ]
    assert events(body, content_type=content_type) == expected
    assert events(*bytewise(body), content_type=content_type) == expected


@pytest.mark.parametrize("document", ['{"error": {"message": "ü"}}', '[{"a": 1},\n{"b": 2}]'])
def test_a_json_document_is_one_body(document: str) -> None:
    for content_type in ("application/json", "text/event-stream", ""):
        assert events(*bytewise(BOM + document.encode()), content_type=content_type) == [
            Event("body", document)
        ]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b" <!doctype html><title>404</title>" + b"." * 300, "text/html; charset=utf-8"),
        (b"<html>", ""),
        (b"not found", "text/html"),
    ],
)
def test_a_web_page_is_refused_showing_its_start_and_asking_about_the_base_url(
    body: bytes, content_type: str
) -> None:
    for slices in ([body], bytewise(body)):
        with pytest.raises(InvalidResponse, match=r"expected an event stream.*base URL") as raised:
            events(*slices, content_type=content_type)
        assert repr(body.decode().strip()[:200]) in str(raised.value)
        assert content_type in str(raised.value)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"data: " + b"x" * 1001 + b"\n\n", "text/event-stream"),
        (b"data: 1\n\ndata: " + b"x" * 1001, "text/event-stream"),
        (b'{"a": 1}\n{"b": "' + b"x" * 1001, "application/x-ndjson"),
        (b'{"b": "' + b"x" * 1001 + b'"}\n', "application/x-ndjson"),
        (b"{" + b" " * 1001 + b"}", "application/json"),
        (b" " * 1001, "application/json"),
    ],
)
def test_what_is_larger_than_the_limit_is_refused_naming_the_limit(body: bytes, content_type: str) -> None:
    for slices in ([body], bytewise(body)):
        with pytest.raises(InvalidResponse, match=r"larger than 1,000 bytes; HttpTransport\(max_bytes=...\)"):
            events(*slices, content_type=content_type)


def test_the_limit_is_for_one_event_not_for_the_stream() -> None:
    body = b"".join(b"data: %s\n\n" % (b"x" * 900) for _ in range(10))
    assert len(events(body)) == len(events(*bytewise(body))) == 10
    body = b"".join(b'{"a": "%s"}\n' % (b"x" * 900) for _ in range(10))
    assert len(events(body, content_type="application/jsonl")) == 10


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/jsonl"])
def test_an_event_of_many_chunks_takes_no_more_than_proportional_time(
    content_type: str, check_linear: Any
) -> None:
    def prepare(size: int) -> Callable[[], object]:
        slices = [b'{"' if content_type == "application/jsonl" else b"data: "] + [b"x" * 64] * (size // 64)
        return lambda: events(*slices, content_type=content_type, max_bytes=2 * size)

    assert len(prepare(6400)()) == 1  # type: ignore[arg-type]  a list of events
    check_linear(prepare, 250_000, 4_000_000)


@pytest.mark.parametrize(
    "body",
    [
        "data: 1\n\ndata: 2\n\n",
        "data:  a blank before it\n\ndata: data: 2\n\n",
        "data: 1\n\ndata: \n\ndata: 3\n\n",
        "data: 1\n\n\ndata: 2\n\n",
        "data: 1\ndata: 2\n\ndata: 3\n\n",
        "data: 1\n\ndata:2\n\n",
        "data: 1\n\n: ping\n\ndata: 3\n\n",
        "data: 1\n\nevent: e\ndata: 2\n\n",
        "data: 1\n\ndata\n\ndata: 3\n\n",
    ],
)
def test_events_of_one_line_are_what_httpx_sse_makes_of_them(body: str) -> None:
    whole = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())
    assert events(body.encode()) == [
        Event(event.event, event.data) for event in EventSource(whole).iter_sse() if event.data
    ]


lines = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)
fields = st.one_of(
    lines.map("data: {}".format), lines.map("data:{}".format), lines.map(":{}".format), lines.map("id: "
        "{}".format),
    lines.map("event: {}".format), st.just("data"), st.just("retry: 5"), st.just(""), st.just(""),
)  # fmt: skip


@given(st.lists(st.tuples(fields, st.sampled_from(["\n", "\r", "\r\n"])), max_size=12), st.data())
def test_any_slicing_gives_what_httpx_sse_makes_of_the_whole(
    parts: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = "data: 0\n\n" + "".join(line + newline for line, newline in parts)
    body = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))

    whole = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body + b"\n\n")
    expected = [Event(event.event, event.data) for event in EventSource(whole).iter_sse() if event.data]
    assert events(*[body[i:j] for i, j in zip([0, *cuts], [*cuts, len(body)], strict=True)]) == expected


RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings"


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not beside the project")
def test_every_recorded_stream_is_read_as_httpx_sse_reads_it_at_any_slices() -> None:
    played = 0
    for path in sorted(RECORDINGS.glob("*/*.json")):
        text = path.read_text(encoding="utf-8")
        if path.name.endswith(".expected.json") or ("data: " not in text and "data:{" not in text):
            continue
        for exchange in json.loads(text)["exchanges"]:
            body = exchange["response"].get("body")
            if not isinstance(body, str) or not body.startswith(("data:", "event:", ":")):
                continue
            whole = httpx.Response(
                200, headers={"content-type": "text/event-stream"}, content=body.encode() + b"\n\n"
            )
            expected = [
                Event(event.event, event.data) for event in EventSource(whole).iter_sse() if event.data
            ]
            data = body.encode()
            for size in (len(data), 4096, 61):
                found = events(*[data[at : at + size] for at in range(0, len(data), size)], max_bytes=1 << 27)
                assert found == expected, path.name
            played += 1
    if not played:
        pytest.skip("no recorded stream is beside the project")


@pytest.mark.parametrize(
    "start", ["data: 1", "event: e\ndata: 1", ": ping\n\ndata: 1", "\n\ndata: 1", "data:1"]
)
def test_how_a_body_starts_decides_under_the_content_type_of_a_page(start: str) -> None:
    found = events(f"{start}\n\n".encode(), content_type="text/html; charset=utf-8")
    assert [event.data for event in found] == ["1"]


@pytest.mark.parametrize("page", ["<html>", "  <!doctype html>", "Not found", "Bad gateway: try later"])
def test_a_page_is_no_event_stream(page: str) -> None:
    with pytest.raises(InvalidResponse, match="expected an event stream"):
        events(page.encode(), content_type="text/html")
