"""The workflow as a later version may have it: each change of what it asks Temporal for is behind a patch."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from chat_temporal.names import CHECK
    from chat_temporal.values import Progress, Start, Step
    from chat_temporal.workflow import ConversationWorkflow


@workflow.defn(name="chat-conversation")
class Changed(ConversationWorkflow):
    """One more activity after each step, in conversations that have begun with this version."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> str:
        return await super().run(start)

    async def _advance(self) -> Progress:
        progress = await super()._advance()
        if workflow.patched("one-more-check"):
            await self._check_once_more(progress)
        return progress

    async def _check_once_more(self, progress: Progress) -> None:
        await workflow.execute_activity(
            CHECK, Step(progress.state), start_to_close_timeout=timedelta(seconds=10)
        )


@workflow.defn(name="chat-conversation")
class Unpatched(Changed):
    """The same, without a patch: conversations that run already cannot go on with it."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> str:
        return await super().run(start)

    async def _advance(self) -> Progress:
        progress = await ConversationWorkflow._advance(self)
        await self._check_once_more(progress)
        return progress
