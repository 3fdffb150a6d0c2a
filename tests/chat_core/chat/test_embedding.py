"""Embeddings of many inputs: several requests at once, one failure, progress, and what a client can embed."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import anyio
import numpy as np
import pytest
from chat_core import (
    ChatBuilder,
    ConfigurationError,
    Embedding,
    EmbeddingInput,
    EmbeddingsResponse,
    File,
    Overloaded,
    RetryPolicy,
    Usage,
)
from chat_core.sync import SyncChat
from chat_core.types.embeddings import input_kinds

pytestmark = pytest.mark.anyio
PNG = File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
NO_RETRY = RetryPolicy(max_retries=0)


class Embedder:
    """A client of texts: each vector is the number in the text. It counts how many requests are under way."""

    model = "m"

    def __init__(self, batch: int | None = 2, fail: str | None = None) -> None:
        self.embedding_batch = batch
        self.fail = fail
        self.under_way = self.most = 0
        self.sent: list[list[Any]] = []
        self.cancelled = 0

    async def aclose(self) -> None:
        pass

    async def embed(self, inputs: Sequence[Any], /) -> EmbeddingsResponse:
        self.sent.append(list(inputs))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for _ in range(3 if self.fail in inputs else 10):
                await anyio.lowlevel.checkpoint()
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        if self.fail in inputs:
            raise Overloaded("full", status=529)
        vectors = [
            Embedding(array("f", [float(number) if str(number).isdigit() else 0.0])) for number in inputs
        ]
        return EmbeddingsResponse(tuple(vectors), Usage(input_tokens=len(inputs)), "m")


class MediaEmbedder(Embedder):
    """A client of texts and images, alone or together."""

    embedding_inputs = frozenset({"text", "image", "mixed"})

    async def embed(self, inputs: Sequence[EmbeddingInput], /) -> EmbeddingsResponse:
        return await super().embed(inputs)


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


async def test_batches_go_at_once_up_to_the_bound_and_vectors_keep_their_order() -> None:
    client = Embedder()
    response = await ChatBuilder().with_model(client).build().embed(numbers(15), concurrency=3)
    assert [embedding.vector[0] for embedding in response.embeddings] == list(range(15))
    assert response.usage.input_tokens == 15
    assert client.most == 3
    assert len(client.sent) == 8


async def test_with_a_concurrency_of_one_they_go_one_after_the_other() -> None:
    client = Embedder()
    await ChatBuilder().with_model(client).build().embed(numbers(6), concurrency=1)
    assert client.most == 1
    assert client.sent == [["0", "1"], ["2", "3"], ["4", "5"]]


async def test_one_failure_cancels_the_others_and_is_raised_as_it_is_with_what_was_spent() -> None:
    client = Embedder(fail="6")
    chat = ChatBuilder().with_model(client).with_retry(NO_RETRY).build()
    with pytest.raises(Overloaded) as raised:
        await chat.embed(numbers(100), concurrency=3)
    assert client.under_way == 0
    assert client.cancelled == 2
    assert raised.value.usage.input_tokens == 6  # of the three requests before
    assert len(client.sent) < 10


async def test_cancelling_leaves_nothing_under_way() -> None:
    client = Embedder()
    chat = ChatBuilder().with_model(client).build()
    async with anyio.create_task_group() as group:
        group.start_soon(chat.embed, numbers(50))
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        assert client.under_way == 4
        group.cancel_scope.cancel()
    assert client.under_way == 0


async def test_progress_is_counted_by_inputs() -> None:
    told: list[tuple[int, int]] = []
    chat = ChatBuilder().with_model(Embedder()).build()
    await chat.embed(numbers(5), concurrency=1, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]


async def test_a_progress_function_that_fails_ends_the_call() -> None:
    client = Embedder()

    def fail(done: int, total: int) -> None:
        if done:
            raise ValueError("no terminal")

    with pytest.raises(ValueError, match="no terminal"):
        await ChatBuilder().with_model(client).build().embed(numbers(9), progress=fail)
    assert client.under_way == 0


async def test_a_bar_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    await ChatBuilder().with_model(Embedder()).build().embed(numbers(5), progress=True)
    assert "5/5" in capsys.readouterr().err


async def test_a_client_of_texts_refuses_other_inputs_before_anything_is_sent() -> None:
    client = Embedder()
    chat = ChatBuilder().with_model(client).build()
    for given, kind in ((PNG, "image"), ([1, 2], "tokens"), (["a", PNG], "image, mixed")):
        with pytest.raises(ConfigurationError, match=f"Embedder with m makes vectors of text, not of {kind}"):
            await chat.embed(["a", given])  # type: ignore[list-item]  # a mistake of a caller without a checker
    assert client.sent == []


async def test_a_client_of_images_takes_them_alone_and_with_texts() -> None:
    client = MediaEmbedder(batch=None)
    chat = ChatBuilder().with_model(client).build()
    response = await chat.embed(["a", PNG, ["a caption", PNG]])
    assert client.sent == [["a", PNG, ["a caption", PNG]]]
    assert len(response.embeddings) == 3
    await chat.embed(PNG)
    assert client.sent[1] == [PNG]
    with pytest.raises(ConfigurationError, match="not of tokens"):
        await chat.embed([[1, 2]])


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ([], "at least one text, and none of them empty"),
        ("", "at least one text, and none of them empty"),
        (["a", ""], "at least one text, and none of them empty"),
        ([1, 2, 3], r"a list in the list: embed\(\[\[1, 2, 3\]\]\)"),
        (b"png", "takes a text, a File or a list of them, not a bytes"),
        ([b"png"], r"not bytes: File.from_bytes\(data, 'image/png'\)"),
        ([["a", 1]], "not an int"),
        ([[]], "not an empty list"),
        ([None], "not None"),
        (7, "not an int"),
    ],
)
async def test_what_cannot_be_embedded_is_refused(inputs: Any, sentence: str) -> None:
    client = MediaEmbedder()
    with pytest.raises(ConfigurationError, match=sentence):
        await ChatBuilder().with_model(client).build().embed(inputs)
    assert client.sent == []


async def test_a_concurrency_below_one_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 1"):
        await ChatBuilder().with_model(Embedder()).build().embed("1", concurrency=0)


def test_the_kinds_of_an_input_are_known() -> None:
    assert input_kinds("a") == {"text"}
    assert input_kinds([1, 2]) == {"tokens"}
    assert input_kinds(["a", PNG]) == {"text", "image", "mixed"}
    assert input_kinds(("a", "b")) == {"text", "mixed"}


def test_a_matrix_is_one_block_that_numpy_reads_without_a_copy() -> None:
    vectors = (Embedding(array("f", [1, 2])), Embedding(array("f", [3, 4])))
    block = EmbeddingsResponse(vectors).matrix()
    read = np.asarray(block)
    assert read.dtype == np.float32
    assert read.tolist() == [[1, 2], [3, 4]]
    assert np.shares_memory(read, np.frombuffer(block.obj, np.float32))  # type: ignore[call-overload]  # bytes
    wide = np.asarray(EmbeddingsResponse((*vectors, Embedding(array("d", [5, 6])))).matrix())
    assert wide.dtype == np.float64
    assert wide[2].tolist() == [5, 6]


@pytest.mark.parametrize("lengths", [(), (1, 2)])
def test_a_matrix_needs_vectors_of_one_length(lengths: tuple[int, ...]) -> None:
    vectors = tuple(Embedding(array("f", [0.0] * length)) for length in lengths)
    with pytest.raises(ConfigurationError, match="vectors of one length"):
        EmbeddingsResponse(vectors).matrix()


def test_synchronous_code_has_the_same() -> None:
    told: list[int] = []
    client = MediaEmbedder()
    with SyncChat(ChatBuilder().with_model(client).build()) as chat:
        response = chat.embed(["1", PNG, "2"], concurrency=2, progress=lambda done, _: told.append(done))
    assert len(response.embeddings) == 3
    assert told[-1] == 3
