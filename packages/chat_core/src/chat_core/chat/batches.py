"""The batches of a chat: conversations, with the chat's tools, options and typed output."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import Generic, TypeAlias, cast

from typing_extensions import TypeVar

from chat_core.chat.conversation import conversation_of
from chat_core.chat.setup import Setup
from chat_core.provider import BatchProvider
from chat_core.types.batch import Answered, BatchItem, BatchJob, Refused, pairs_of
from chat_core.types.errors import ChatError, ConfigurationError, UnresolvedTool
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse

V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
Conversations: TypeAlias = Mapping[str, Messages | str] | Iterable[tuple[str, Messages | str]]


class ChatBatches(Generic[V_co]):
    """The batches of a chat. Middleware around turns does not see them: they run at the server."""

    def __init__(self, provider: BatchProvider, setup: Setup) -> None:
        self._provider = provider
        self._setup = setup

    async def submit(
        self, conversations: Conversations, /, *, options: ChatOptions | None = None
    ) -> BatchJob:
        """Start a batch of one turn of each conversation, by ids of your choice.

        Each turn is offered the chat's tools, and has its options and its output type. `options` hold before
        those of the chat. Raises `ConfigurationError` where functions choose the tools of each turn, and as
        `BatchProvider.submit` does.
        """
        setup = self._setup.with_options(options)
        if setup.tools.chosen_by_step:
            raise ConfigurationError(
                "a batch takes tools as a list: here a function chooses them turn by turn"
            )
        tools, schema = setup.tools.definitions, setup.output.schema if setup.output else None
        may_pause = setup.may_pause
        return await self._provider.submit(
            (id, ChatRequest(conversation_of(given, may_pause=may_pause), tools, setup.options, schema))
            for id, given in pairs_of(conversations)
        )

    async def status(self, job: BatchJob, /) -> BatchJob:
        """Return the job as it is now. Raises a `ChatError`."""
        return await self._provider.status(job)

    async def wait(
        self,
        job: BatchJob,
        /,
        *,
        poll: float = 60.0,
        timeout: float | None = None,
        progress: bool | Callable[[BatchJob], object] = False,
    ) -> BatchJob:
        """Return the job once it has finished, or as it is after `timeout` seconds. Raises a `ChatError`.

        `poll` is the first pause between two requests for the state, which grow up to ten minutes;
        `progress` shows a bar (the extra `chat-core[progress]`), or is called with the job. Cancelling the
        wait leaves the batch running.
        """
        return await self._provider.wait(job, poll=poll, timeout=timeout, progress=progress)

    async def cancel(self, job: BatchJob, /) -> BatchJob:
        """Stop what still runs, and return the job. Raises a `ChatError`."""
        return await self._provider.cancel(job)

    async def results(
        self, job: BatchJob, conversations: Mapping[str, Messages] | None = None, /
    ) -> AsyncGenerator[BatchItem[V_co]]:
        """Yield what became of each conversation, in any order, as it arrives. Iterate under `aclosing`.

        The turns are appended to `conversations`, where they are given. The calls of a turn are run, or wait
        for approval, by `chat.complete(messages)` on its conversation. With an output type such a turn is
        `Refused` with `UnresolvedTool`, and so is one that does not fit the type, with `OutputMismatch`,
        `OutputTruncated` or `OutputRefused`; `error.partial` is the turn. Raises as `BatchProvider.results`
        does.
        """
        async with aclosing(self._provider.results(job)) as items:
            async for item in items:
                if not isinstance(item, Answered):
                    yield item
                    continue
                if conversations is not None and item.id in conversations:
                    conversations[item.id].append(item.response.message)
                yield self._typed(item)

    def _typed(self, item: Answered) -> BatchItem[V_co]:
        output, response = self._setup.output, item.response
        if output is None:
            return cast("Answered[V_co]", item)
        try:
            if response.tool_calls:
                raise UnresolvedTool(tuple(response.tool_calls))
            return Answered(item.id, cast("V_co", output.typed(response)))
        except ChatError as error:
            error.partial = response
            return Refused(item.id, error)
