"""The body of a rerank request, and the documents that come back."""

from __future__ import annotations

import pytest
from chat_core import ConfigurationError, InvalidResponse, RerankResult
from chat_core.wire import ranked_documents, rerank_body


def test_the_limit_is_named_as_the_server_names_it_and_left_out_where_there_is_none() -> None:
    common = {"model": "m", "query": "q", "documents": ["a"]}
    assert rerank_body("q", ("a",), model="m", top_n=None) == common
    assert rerank_body("q", ("a",), model="m", top_n=1, limit_field="top_k") == {**common, "top_k": 1}


def test_an_empty_query_and_a_limit_below_one_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="a query that is not empty"):
        rerank_body(" \n", ["a"], model="m", top_n=None)
    with pytest.raises(ConfigurationError, match=r"top_n=0\): at least 1"):
        rerank_body("q", ["a"], model="m", top_n=0)


def test_documents_come_best_first_and_in_the_servers_order_where_scores_are_equal() -> None:
    items = [
        {"index": 2, "score": 0.1},
        {"index": 1, "relevance_score": 0.9, "document": {"text": "b"}},
        {"index": 0, "relevance_score": 0.1},
    ]
    assert ranked_documents([*items], ["a", "b", "c"]) == (
        RerankResult(1, 0.9, "b"),
        RerankResult(2, 0.1, "c"),
        RerankResult(0, 0.1, "a"),
    )


@pytest.mark.parametrize(
    "item",
    [
        {"index": 1, "score": 1},
        {"index": -1, "score": 1},
        {"score": 1},
        {"index": 0},
        {"index": 0, "score": True},
        5,
    ],
)
def test_an_item_without_index_or_score_is_an_error(item: object) -> None:
    with pytest.raises(InvalidResponse, match="a ranked document"):
        ranked_documents([item], ["a"])  # type: ignore[list-item]  # what a server may send
