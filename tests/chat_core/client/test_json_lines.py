"""Lines of JSON as results of a batch: each is read as it comes, up to the limit of the transport."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_core import Answered, BatchItem, HttpTransport, InvalidResponse, JsonObject
from chat_core.testing import LoopbackServer, Raw

pytestmark = pytest.mark.anyio


def line(id: str, text: str) -> bytes:
    message = {"id": "msg_1", "role": "assistant", "stop_reason": "end_turn"}
    content = [{"type": "text", "text": text}]
    result = {"type": "succeeded", "message": {**message, "content": content}}
    return json.dumps({"custom_id": id, "result": result}).encode() + b"\n"


async def results(lines: list[bytes], transport: HttpTransport) -> tuple[list[BatchItem], Exception | None]:
    """Return the results that were read, and what ended it."""

    def respond(body: JsonObject) -> Raw:
        if body.get("results") is True:
            return Raw(b"".join(lines), "application/x-jsonl", chunk=65536)
        return Raw(json.dumps({"id": "b1", "processing_status": "ended"}).encode(), "application/json")

    items: list[Any] = []
    with LoopbackServer(respond) as server:
        builder = ClaudeBuilder().with_base_url(server.url).with_model("m").with_transport(transport)
        async with builder.build() as client:
            job = await client.batches.submit({"small": "Hello?", "large": "Hello?"})
            async with aclosing(client.batches.results(job)) as found:
                try:
                    async for item in found:
                        items += [item]
                except InvalidResponse as error:
                    return items, error
    return items, None


async def test_a_line_over_the_limit_is_an_error_that_says_how_to_raise_it_after_the_results_before_it() -> (
    None
):
    lines = [line("small", "Yes."), line("large", "y" * 300_000)]

    items, error = await results(lines, HttpTransport(max_bytes=200_000))

    assert [item.id for item in items] == ["small"]
    assert str(error) == (
        "an event is larger than 200,000 bytes; HttpTransport(max_bytes=...) raises the limit"
    )


async def test_a_line_without_an_end_is_given_up_at_the_limit() -> None:
    endless = b'{"custom_id": "large", "result": "' + b"y" * 3_000_000

    items, error = await results([line("small", "Yes."), endless], HttpTransport(max_bytes=200_000))

    assert [item.id for item in items] == ["small"]
    assert "an event is larger than 200,000 bytes" in str(error)


async def test_the_limit_is_of_a_line_and_not_of_all_of_them() -> None:
    lines = [line("small", "y" * 150_000), line("large", "z" * 150_000)]

    items, error = await results(lines, HttpTransport(max_bytes=200_000))

    assert ([item.id for item in items], error) == (["small", "large"], None)


async def test_a_line_of_64_megabytes_which_servers_write_is_read_with_the_default() -> None:
    text = "y" * 64_000_000

    items, error = await results([line("small", "Yes."), line("large", text)], HttpTransport())

    assert error is None
    assert isinstance(items[1], Answered)
    assert len(items[1].response.text) == len(text)
