"""Vectors in the order of the inputs, from every form of index and of number."""

from __future__ import annotations

import base64
from array import array
from typing import Any

import pytest
from chat_core import InvalidResponse
from chat_core.wire import check_count, embeddings_in_order, read_vector


def vectors(*items: Any) -> list[list[float]]:
    return [list(each.vector) for each in embeddings_in_order(list(items), len(items))]


@pytest.mark.parametrize("form", [int, float, str])
def test_any_readable_index_orders_them(form: type) -> None:
    items = [{"index": form(at), "embedding": [float(at)]} for at in (2, 0, 1)]

    assert vectors(*items) == [[0.0], [1.0], [2.0]]


def test_without_indexes_the_order_received_counts() -> None:
    assert vectors({"embedding": [1]}, {"embedding": [2]}) == [[1.0], [2.0]]


@pytest.mark.parametrize(
    "indexes", [(0, 0), (1, 2), (0, None), (0, "x"), (0.5, 1), (-1, 0), (0, True), (0, "9" * 99)]
)
def test_an_index_that_cannot_be_known_is_refused(indexes: tuple[Any, Any]) -> None:
    with pytest.raises(InvalidResponse, match="no order of 2 inputs"):
        vectors(*({"index": index, "embedding": [1]} for index in indexes))


def test_a_vector_for_each_input_is_demanded() -> None:
    with pytest.raises(InvalidResponse, match="1 embeddings came for 2 inputs"):
        embeddings_in_order([{"embedding": [1]}, "junk"], 2)
    check_count([1, 2], 2)


def test_numbers_come_as_json_or_as_base64_of_float32() -> None:
    packed = base64.b64encode(array("f", [0.5, -2]).tobytes()).decode()

    assert list(read_vector(packed)) == list(read_vector([0.5, -2])) == [0.5, -2.0]


@pytest.mark.parametrize("value", ["", [], "AAA", "%%%", ["x"], [None], [[1]], [10**400], None, {}, 5])
def test_what_is_no_vector_is_refused(value: Any) -> None:
    with pytest.raises(InvalidResponse):
        read_vector(value)
