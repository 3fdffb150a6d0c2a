"""What a user sends while the model answers."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from typing import Literal, TypeAlias, TypeVar

import anyio

from chat_core.chat.interrupt import Interrupt
from chat_core.types.errors import ConfigurationError
from chat_core.types.message import Message, parts_of
from chat_core.types.parts import Part, ToolCall, as_part
from chat_core.types.short_repr import Shown, Values

E = TypeVar("E")

InputOutcome: TypeAlias = Literal["delivered", "ended", "paused", "cancelled", "failed", "left"]
"""What became of an input. It is a message of the conversation where it was delivered, and only then.

Why not: "ended", the answer was complete before it; "paused", calls wait for a decision first; "cancelled",
`cancel()` was called; "failed", the stream has raised an error; "left", its block was left.
"""


class SentInput(Shown):
    """One input: its id, the user's message that it makes, and what became of it."""

    def __init__(self, id: str, message: Message, outcome: InputOutcome | None = None) -> None:
        self.id = id
        self.message = message
        self._outcome: InputOutcome | None = outcome
        self._settled: anyio.Event | None = None

    @property
    def outcome(self) -> InputOutcome | None:
        """What became of it; None while it waits."""
        return self._outcome

    async def wait(self) -> InputOutcome:
        """Return what became of it, once that is known.

        The stream goes on only while another task iterates it, so the task that iterates does not wait here.
        """
        while self._outcome is None:
            if self._settled is None:
                self._settled = anyio.Event()
            await self._settled.wait()
        return self._outcome

    def settle(self, outcome: InputOutcome) -> None:
        """Note what became of it, once."""
        if self._outcome is None:
            self._outcome = outcome
            if self._settled is not None:
                self._settled.set()

    def _shown(self) -> Values:
        yield "id", self.id
        yield "outcome", self.outcome


class SentInputs:
    """The inputs of one stream or session by their ids: one that is sent twice counts once."""

    def __init__(self) -> None:
        self._by_id: dict[str, SentInput] = {}

    def find(self, id: object, message: Message) -> SentInput | None:
        """Return the input that was sent with this id.

        Raises `ConfigurationError` for an id that is no text, and for one that another message was sent with.
        """
        if id is None:
            return None
        if not isinstance(id, str) or not id:
            raise ConfigurationError(f'the id of an input is a text, such as id="7", not {id!r}')
        sent = self._by_id.get(id)
        if sent is not None and sent.message != message:
            raise ConfigurationError(
                f"an input with id {id!r} was sent with other content: choose another id"
            )
        return sent

    def add(self, id: str | None, message: Message, outcome: InputOutcome | None = None) -> SentInput:
        """Return a new input; one without an id is given one."""
        sent = SentInput(id or f"input_{os.urandom(8).hex()}", message, outcome)
        if id is not None:  # an id that was made here is not known outside, and cannot be sent again
            self._by_id[id] = sent
        return sent


class Inputs:
    """The inputs of one stream that wait, and whether the stream is to stop.

    state  | what comes   | what happens
    -------|--------------|--------------------------------------------------------------------
    open   | an input     | it waits; the turn that is under way is ended
    open   | `cancel`     | the turn or the pass over tools that is under way is ended
    open   | `take`       | what waits is delivered
    open   | `end`        | what waits is not delivered; closed
    closed | an input     | it is not delivered, for the reason that the stream has ended with
    """

    def __init__(self) -> None:
        self.is_cancelled: bool = False
        self._sent = SentInputs()
        self._waiting: list[SentInput] = []
        self._end: InputOutcome | None = None
        self._turn = Interrupt()
        self._tools = Interrupt()
        self._is_whole = False  # the turn has sent its `Done`

    def prepare(self, parts: Sequence[Part | str], id: str | None) -> tuple[SentInput, bool]:
        """Return an input for `put`, and whether it is new. It may be called by any thread.

        Raises `ConfigurationError` for what is no part of a user's message.
        """
        message = _user_message(parts)
        if (sent := self._sent.find(id, message)) is not None:
            return sent, False
        return self._sent.add(id, message, self._end), self._end is None

    def put(self, sent: SentInput) -> None:
        """Take a new input, and end the turn that is under way."""
        if self._end is None:
            self._waiting.append(sent)
            self._interrupt_turn()
        else:
            sent.settle(self._end)

    def cancel(self) -> None:
        """Stop the stream."""
        if self._end is None:
            self.is_cancelled = True
            self._interrupt_turn()
            self._tools.call()

    @property
    def are_waiting(self) -> bool:
        """Whether any input waits."""
        return bool(self._waiting)

    @property
    def interrupts(self) -> bool:
        """Whether what is under way is to end."""
        return bool(self._waiting) or self.is_cancelled

    def take(self) -> list[SentInput]:
        """Return the inputs that wait, in the order in which they were sent; they count as delivered."""
        taken, self._waiting = self._waiting, []
        for sent in taken:
            sent.settle("delivered")
        return taken

    def end(self, outcome: InputOutcome) -> None:
        """Deliver nothing more, for this reason."""
        if self._end is None:
            self._end = outcome
            for sent in self._waiting:
                sent.settle(outcome)
            self._waiting.clear()

    def during_turn(self, events: AsyncGenerator[E]) -> AsyncGenerator[E]:
        """Yield the events of a model's turn until an input or `cancel` ends it, unless it is whole."""
        self._is_whole = False
        self._turn.wanted = self.interrupts
        return self._turn.pass_on(events)

    def keep_turn(self) -> None:
        """Note that the turn is whole, so that nothing ends it any more."""
        self._is_whole = True
        self._turn.wanted = False

    def during_tools(self, events: AsyncGenerator[E]) -> AsyncGenerator[E]:
        """Yield what tools report until `cancel` ends the pass. An input waits for the tools that run."""
        return self._tools.pass_on(events, shields=True)

    def _interrupt_turn(self) -> None:
        if not self._is_whole:
            self._turn.call()


NO_INPUTS = Inputs()
"""For a call that takes no inputs."""
NO_INPUTS.end("ended")


def _user_message(parts: Sequence[Part | str]) -> Message:
    if not parts:
        raise ConfigurationError(
            'send(...) without parts: pass a text or a File, such as send("Stop there.")'
        )
    message = Message("user", [as_part(part) for part in parts])
    for part in parts_of(message):
        if isinstance(part, ToolCall):
            raise ConfigurationError(
                "a tool call is no input: decide it by call.approve(), call.reject(reason) or "
                "call.complete(result), and resume"
            )
    return message
