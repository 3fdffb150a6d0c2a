"""The span of a request for embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from chat_core import (
    ChatBuilder,
    Embedding,
    EmbeddingsResponse,
    InvalidRequest,
    Overloaded,
    RetryPolicy,
    Usage,
)
from chat_core.testing import ScriptedProvider
from opentelemetry.trace import SpanKind, StatusCode

from .conftest import Recorded, attributes

pytestmark = pytest.mark.anyio
TARGET = {
    "gen_ai.operation.name": "embeddings",
    "gen_ai.provider.name": "vectors",
    "gen_ai.request.model": "scripted",
}


class Vectors(ScriptedProvider):
    embedding_batch = 2

    def __init__(self, *failures: Exception) -> None:
        super().__init__([])
        self.failures = list(failures)

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        if self.failures:
            raise self.failures.pop()
        return EmbeddingsResponse([Embedding([0.5]) for _ in inputs], Usage(input_tokens=4), "vectors-2")


async def test_each_request_is_a_span_with_its_retries(recorded: Recorded) -> None:
    busy = Overloaded("busy", retryable=True)
    chat = ChatBuilder().with_model(Vectors(busy)).with_retry(RetryPolicy(base_delay=0))

    await chat.with_telemetry(**recorded.given).build().embed(["a", "b", "c"], concurrency=1)

    assert [(span.name, span.kind) for span in recorded.spans] == [
        ("embeddings scripted", SpanKind.CLIENT)
    ] * 2
    assert [[event.name for event in span.events] for span in recorded.spans] == [["chat.retry"], []]
    found = {**TARGET, "gen_ai.response.model": "vectors-2"}
    assert attributes(recorded.spans[0]) == {**found, "gen_ai.usage.input_tokens": 4}
    assert [point for point, _ in recorded.points("gen_ai.client.operation.duration")] == [found]
    [(counted, total)] = recorded.points("gen_ai.client.inference.usage.input_tokens")
    assert (counted, total) == ({**found, "gen_ai.token.modality": "unknown"}, 8)


async def test_a_failure_is_on_the_span(recorded: Recorded) -> None:
    chat = ChatBuilder().with_model(Vectors(InvalidRequest("no", code="bad_input")))

    with pytest.raises(InvalidRequest):
        await chat.with_telemetry(**recorded.given).build().embed("a")

    [span] = recorded.spans
    assert (span.status.status_code, attributes(span)) == (
        StatusCode.ERROR,
        {**TARGET, "error.type": "bad_input"},
    )


async def test_without_an_sdk_nothing_is_between(recorded: Recorded) -> None:
    response = await ChatBuilder().with_model(Vectors()).with_telemetry().build().embed("a")

    assert len(response.embeddings) == 1
    assert recorded.spans == []
