"""What a router can do beside turns of a model and vectors, where all of its members can: rank documents,
decide, count tokens, and list models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from chat_core.provider import (
    DecisionProvider,
    ModelListProvider,
    Provider,
    RerankProvider,
    TokenCountProvider,
)
from chat_core.routing.group import Group
from chat_core.routing.trial import answer_of
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.request import ChatRequest

if TYPE_CHECKING:
    from chat_core.types.questions import DecisionResponse, Question
    from chat_core.types.request import ToolDefinition
    from chat_core.types.rerank import RerankResponse
    from chat_core.types.response import ModelInfo


class Reranks(Group):
    """What a router has whose members rank documents."""

    async def rerank(
        self, query: str, documents: Sequence[str], /, *, top_n: int | None = None
    ) -> RerankResponse:
        """Return the documents, best first, as whichever member answers ranks them; `top_n` limits how many.

        Scores of different models cannot be compared. Raises a `ChatError` after one pass over all members.
        """

        async def rank(client: Provider) -> RerankResponse:
            return await cast("RerankProvider", client).rerank(query, documents, top_n=top_n)

        run = await self._pass(ChatRequest(Messages()))
        response = await run.in_turn(partial(answer_of, rank))
        return replace(response, notices=(*response.notices, *run.notices)) if run.notices else response


class Decides(Group):
    """What a router has whose members make decisions."""

    async def decide(
        self, messages: Messages, questions: Mapping[str, Question], /
    ) -> DecisionResponse[float]:
        """Return an answer to each question, of whichever member answers. Raises a `ChatError` after one pass
        over all members.
        """

        async def decide(client: Provider) -> DecisionResponse[float]:
            return await cast("DecisionProvider", client).decide(messages, questions)

        run = await self._pass(ChatRequest(messages))
        response = await run.in_turn(partial(answer_of, decide))
        return replace(response, notices=(*response.notices, *run.notices)) if run.notices else response


class Counts(Group):
    """What a router has whose members count tokens."""

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return the input tokens of a request with these messages and tools, as the first member counts them
        that answers; each model counts differently.

        Members are tried in the order given, those whose circuit is open last. Circuits, latencies and the
        strategy learn nothing of it. Raises the last `ChatError` where none answers.
        """
        posts = sorted(self._posts.values(), key=lambda post: post.circuit.open_until is not None)
        last: ChatError | None = None
        for post in posts:
            try:
                return await cast("TokenCountProvider", post.member.client).count_tokens(messages, tools)
            except ChatError as error:
                if not (isinstance(error, ConfigurationError) or self._options.passes_on(error)):
                    raise
                last = error
        assert last is not None  # a router has members
        raise last


class ListsModels(Group):
    """What a router has whose members list models."""

    async def list_models(self) -> Sequence[ModelInfo]:
        """Return the models that the servers of all members offer, each id once. Raises a `ChatError` where
        one of them cannot be listed.
        """
        found: dict[str, ModelInfo] = {}
        for member in self._members:
            for model in await cast("ModelListProvider", member.client).list_models():
                found.setdefault(model.id, model)
        return list(found.values())
