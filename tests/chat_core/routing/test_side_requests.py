"""Ranks, counts of tokens and lists of models through a router: where all of its members have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatError,
    ConfigurationError,
    InvalidRequest,
    LimitExceeded,
    Messages,
    ModelInfo,
    ModelListProvider,
    Overloaded,
    RerankProvider,
    TokenCountProvider,
)
from chat_core.middleware import Limits
from chat_core.routing import Breaker, Fallback, Router
from chat_core.testing import ScriptedProvider
from chat_core.types.rerank import RerankResponse, RerankResult

pytestmark = pytest.mark.anyio


class Able(ScriptedProvider):
    """A client that ranks, counts and lists, or fails at it."""

    def __init__(self, model: str, error: ChatError | None = None, lines: Sequence[Any] = ()) -> None:
        super().__init__(lines, model=model)
        self.error = error
        self.counted: list[int] = []

    def check(self) -> None:
        if self.error is not None:
            raise self.error

    async def rerank(
        self, query: str, documents: Sequence[str], /, *, top_n: int | None = None
    ) -> RerankResponse:
        self.check()
        ranked = [RerankResult(at, 1.0 - at, text) for at, text in enumerate(documents)]
        return RerankResponse(tuple(ranked[:top_n]), model=self.model)

    async def count_tokens(self, messages: Messages, tools: Sequence[Any] = ()) -> int:
        self.counted.append(len(tools))
        self.check()
        return 100 * len(messages)

    async def list_models(self) -> Sequence[ModelInfo]:
        self.check()
        return [ModelInfo("shared"), ModelInfo(self.model)]


def busy() -> ChatError:
    return Overloaded("busy", status=503, retryable=True)


async def test_documents_are_ranked_by_whoever_answers() -> None:
    chat = ChatBuilder().with_model(Fallback([Able("a", busy()), Able("b")])).build()
    response = await chat.rerank("q", ["x", "y"], top_n=1)

    assert (response.model, [one.document for one in response.results]) == ("b", ["x"])
    assert response.notices[0].message.startswith("a failed: Overloaded: busy")
    with pytest.raises(InvalidRequest):
        await Router([Able("a", InvalidRequest("no", status=400)), Able("b")]).rerank("q", ["x"])


async def test_tokens_are_counted_by_the_first_that_answers_and_circuits_stay_as_they_are() -> None:
    first, second = Able("a", busy(), ["Hi"]), Able("b")
    router = Fallback([first, second], breaker=Breaker(failures=1))

    assert await router.count_tokens(Messages.from_user("Hello")) == 100
    assert (first.counted, second.counted) == ([0], [0])
    chat = ChatBuilder().with_model(router).build()
    assert (await chat.complete("Hello")).text == "Hi"  # the first one is still tried first


async def test_who_has_failed_of_late_counts_last() -> None:
    first, second = Able("a", lines=[busy()]), Able("b", lines=["Hi"])
    router = Fallback([first, second], breaker=Breaker(failures=1))
    await ChatBuilder().with_model(router).build().complete("Hello")

    await router.count_tokens(Messages.from_user("Hello"))

    assert (first.counted, second.counted) == ([], [0])


async def test_where_no_member_counts_the_error_is_raised_and_a_wrong_request_at_once() -> None:
    with pytest.raises(AuthenticationError):
        await Router([Able("a", busy()), Able("b", AuthenticationError("key", status=401))]).count_tokens(
            Messages.from_user("Hello")
        )
    wrong, other = Able("a", InvalidRequest("no", status=400)), Able("b")
    with pytest.raises(InvalidRequest):
        await Router([wrong, other]).count_tokens(Messages.from_user("Hello"))
    assert other.counted == []


async def test_limits_count_first_through_a_router() -> None:
    router = Router([Able("a", lines=["Hi"]), Able("b")])
    limits = Limits(tokens=50, count_first=True)

    with pytest.raises(LimitExceeded, match="the next request has 100 input tokens"):
        await ChatBuilder().with_model(router).with_middleware(limits).build().complete("Hello")


async def test_the_models_are_those_of_all_servers_each_once() -> None:
    assert [model.id for model in await Router([Able("a"), Able("b")]).list_models()] == ["shared", "a", "b"]
    with pytest.raises(Overloaded):
        await Router([Able("a"), Able("b", busy())]).list_models()


async def test_what_one_member_lacks_the_router_lacks() -> None:
    router: Any = Router([Able("a"), ScriptedProvider(["Hi"])])

    for capability in (RerankProvider, TokenCountProvider, ModelListProvider):
        assert not isinstance(router, capability)
    with pytest.raises(ConfigurationError, match="does not rank documents"):
        await ChatBuilder().with_model(router).build().rerank("q", ["x"])
