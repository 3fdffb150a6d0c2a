"""Going on with a conversation that has become longer than the model can read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from chat_core.middleware.history import History
from chat_core.types.errors import ConfigurationError, ContextWindowExceeded
from chat_core.types.events import Done
from chat_core.types.messages import Messages
from chat_core.types.misuse import kind_of
from chat_core.types.response import Notice

if TYPE_CHECKING:
    from chat_core.middleware.hooks import NextTurn
    from chat_core.types.events import TurnEvent
    from chat_core.types.json_values import JsonValue
    from chat_core.types.message import Message
    from chat_core.types.request import ChatRequest

Summarize: TypeAlias = Callable[[str], Awaitable[str]]
"""Returns a summary of the text of a conversation, by a model say."""

_NAME = "compaction"
_SUMMARY = "A summary of the conversation so far, whose messages are left out:"


@dataclass(frozen=True, slots=True)
class _Cut:
    """How many messages after the first instructions are left out, and what stands in their place."""

    until: int = 0
    summary: str | None = None

    @staticmethod
    def stored_in(messages: Messages) -> _Cut:
        match messages.metadata.get(_NAME):
            case {"until": int(until), "summary": str() | None as summary}:
                return _Cut(until, summary)
            case _:
                return _Cut()

    def store(self, messages: Messages) -> None:
        value: dict[str, JsonValue] = {"until": self.until, "summary": self.summary}
        messages.set_metadata(_NAME, value)


class Compaction:
    """Middleware that answers `ContextWindowExceeded` with a shorter request, until it fits.

    Each time about half of what is sent is left out: the oldest exchanges, then the first steps of the last
    one. The conversation itself stays whole; what is left out is noted in its metadata, so that later calls
    begin there. With `summarize` a summary takes the place of what is left out.
    """

    def __init__(self, summarize: Summarize | None = None) -> None:
        """`summarize` is an async function of a text. Raises `ConfigurationError` for anything else."""
        if summarize is not None and not callable(summarize):
            raise ConfigurationError(
                f"Compaction(summarize) takes an async function of a text, not {kind_of(summarize)}"
            )
        self._summarize = summarize

    async def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Yield the events of the turn that fits. Raises `ContextWindowExceeded` where nothing can be left
        out any more.
        """
        conversation = request.messages if request.run is None else request.run.messages
        history, cut = History.of(request.messages), _Cut.stored_in(conversation)
        while True:
            sent = request
            if cut.until:
                sent = replace(request, messages=history.without(cut.until, _with_heading(cut.summary)))
            began = False
            try:
                async with aclosing(next(sent)) as events:
                    async for event in events:
                        began = True
                        yield _noticed(event, cut)
                return
            except ContextWindowExceeded:
                until = None if began else _further(history, cut.until)
                if until is None:
                    raise
            cut = _Cut(until, await self._summary(history, cut, until))
            cut.store(conversation)

    async def _summary(self, history: History, cut: _Cut, until: int) -> str | None:
        if self._summarize is None:
            return None
        earlier = [] if cut.summary is None else [_with_heading(cut.summary) or ""]
        text = "\n\n".join([*earlier, *_lines(history.dropped(cut.until, until))])
        try:
            return await self._summarize(text)
        except ContextWindowExceeded:  # too long for the summary too: what was summed up before is kept
            return cut.summary


def _further(history: History, until: int) -> int | None:
    """Return a cut that leaves about half of what was sent, or None where there is none."""
    cuts = [cut for cut in history.cuts() if cut > until]
    middle = until + (len(history.body) - until) / 2
    return min(cuts, key=lambda cut: abs(cut - middle), default=None)


def _with_heading(summary: str | None) -> str | None:
    return None if summary is None else f"{_SUMMARY}\n\n{summary}"


def _lines(messages: Sequence[Message]) -> list[str]:
    """Return messages as text, which any model can read: roles, texts, calls and their outcomes."""
    lines: list[str] = []
    for message in messages:
        if text := message.text:
            lines.append(f"{message.role}: {text}")
        lines += [
            f"{call.name}({call.arguments_as_text()}): {call.outcome() if call.resolved else 'open'}"
            for call in message.tool_calls
        ]
    return lines


def _noticed(event: TurnEvent, cut: _Cut) -> TurnEvent:
    if not cut.until or not isinstance(event, Done):
        return event
    how = "without a summary" if cut.summary is None else "with a summary in their place"
    notice = Notice(_NAME, f"the oldest {cut.until} messages were left out, {how}")
    response = event.response
    return Done(replace(response, notices=(*response.notices, notice)))
