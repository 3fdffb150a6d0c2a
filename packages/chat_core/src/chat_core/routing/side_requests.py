"""What a router can do beside turns of a model and vectors, where all of its members can: rank documents,
count tokens, and list models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from chat_core.provider import ModelListProvider, RerankProvider, TokenCountProvider
from chat_core.routing.group import Group
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.request import ChatRequest

if TYPE_CHECKING:
    from chat_core.routing.trial import Trial
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

        async def start(trial: Trial) -> RerankResponse:
            client = cast("RerankProvider", trial.member.client)
            try:
                response = await client.rerank(query, documents, top_n=top_n)
            except BaseException as error:
                trial.ended(error)
                raise
            trial.arrived()
            trial.ended()
            return response

        run = await self._pass(ChatRequest(Messages()))
        response = await run.in_turn(start)
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
