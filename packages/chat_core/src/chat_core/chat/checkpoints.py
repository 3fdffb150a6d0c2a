"""Storing a conversation while it goes on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

import anyio

from chat_core.types.describe import describe_exception
from chat_core.types.messages import Messages

Checkpoint: TypeAlias = Callable[[Messages], object]


class Checkpoints:
    """Saves of one conversation: one at a time, none for what is stored already, and shielded from
    cancellation.

    Whoever cancels waits for a save that has begun: half a save would be worse than a late one.
    """

    def __init__(self, checkpoint: Checkpoint | None, messages: Messages) -> None:
        self._checkpoint = checkpoint
        self._messages = messages
        self._saved: int | None = None
        self._failed = False

    @cached_property
    def _one_at_a_time(self) -> anyio.Lock:
        return anyio.Lock()

    async def save(self) -> None:
        """Store the conversation as it is, unless it has not changed since the last save.

        What the checkpoint raises comes through.
        """
        if self._checkpoint is None:
            return
        with anyio.CancelScope(shield=True):
            async with self._one_at_a_time:
                await self._save(self._checkpoint)

    async def save_on_the_way_out(self, error: BaseException) -> None:
        """Store what is known when a call fails, is cancelled or left.

        Failures are noted on `error`, which goes on.
        """
        if self._failed:
            return  # this is why the call ends
        try:
            await self.save()
        except Exception as exc:
            import logging

            error.add_note(f"the checkpoint failed on the way out: {describe_exception(exc)}")
            logging.getLogger("chat_core").warning(
                "a checkpoint failed on the way out: %s", describe_exception(exc)
            )

    async def _save(self, checkpoint: Checkpoint) -> None:
        revision = self._messages.revision
        if revision == self._saved:
            return
        try:
            if inspect.isawaitable(saving := checkpoint(self._messages)):
                await saving
        except BaseException:
            self._failed = True
            raise
        self._failed = False
        self._saved = revision
