"""Vectors through a router: only of one model, and of one length."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ConfigurationError,
    Embedding,
    EmbeddingsProvider,
    EmbeddingsResponse,
    File,
    Overloaded,
    StreamProvider,
    Usage,
)
from chat_core.middleware import ProviderWrapper, RedactingProvider, wrap
from chat_core.routing import Fallback, Member, Router

pytestmark = pytest.mark.anyio


@dataclass
class Embeds:
    """A client that makes vectors of `length` numbers, or is busy."""

    model: str
    length: int = 2
    embedding_batch: int | None = None
    busy: bool = False
    asked: list[Sequence[str]] = field(default_factory=list)

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        self.asked.append(inputs)
        if self.busy:
            raise Overloaded("busy", retryable=True)
        vectors = tuple(Embedding(array("d", [0.5] * self.length)) for _ in inputs)
        return EmbeddingsResponse(vectors, Usage(input_tokens=1), self.model)

    async def aclose(self) -> None: ...


async def test_vectors_of_one_model_come_from_whoever_answers() -> None:
    first, second = Embeds("e", busy=True, embedding_batch=5), Embeds("e", embedding_batch=2)
    router = Fallback([first, second])
    assert isinstance(router, EmbeddingsProvider)
    assert not isinstance(router, StreamProvider)
    response = await ChatBuilder().with_model(router).build().embed(["a", "b", "c"])
    assert (len(response.embeddings), second.asked) == (3, [["a", "b"], ["c"]])
    assert "e failed: Overloaded: busy" in response.notices[0].message


@dataclass
class EmbedsImages(Embeds):
    embedding_inputs: frozenset[str] = frozenset({"text", "image"})


async def test_a_router_embeds_what_all_of_its_members_do() -> None:
    image = File.from_bytes(b"\x89PNG", "image/png")
    both = Fallback([EmbedsImages("e"), EmbedsImages("e")])
    response = await ChatBuilder().with_model(both).build().embed(["a", image])
    assert len(response.embeddings) == 2
    one = Fallback([EmbedsImages("e"), Embeds("e")])
    with pytest.raises(ConfigurationError, match="makes vectors of text, not of image"):
        await ChatBuilder().with_model(one).build().embed([image])


async def test_a_wrapped_client_embeds_what_the_one_within_does() -> None:
    image = File.from_bytes(b"\x89PNG", "image/png")
    for client in (wrap(EmbedsImages("e"), ProviderWrapper), wrap(EmbedsImages("e"), RedactingProvider)):
        response = await ChatBuilder().with_model(client).build().embed(["a", image])
        assert len(response.embeddings) == 2


async def test_vectors_of_different_models_are_refused_before_anything_is_sent() -> None:
    first, second = Embeds("small"), Embeds("large")
    with pytest.raises(ConfigurationError, match="large, small; where they are one model"):
        await Router([first, second]).embed(["a"])
    assert first.asked == second.asked == []
    names: Any = [Member(first, embeddings="small"), Member(second, embeddings="small")]
    assert (await Router(names).embed(["a"])).model == "small"


async def test_vectors_of_different_lengths_are_refused() -> None:
    router = Router([Embeds("e"), Embeds("e", length=3)], "round_robin")
    await router.embed(["a"])
    with pytest.raises(ConfigurationError, match=r"different lengths.*e 2, e 3; .*dimensions"):
        await router.embed(["a"])
