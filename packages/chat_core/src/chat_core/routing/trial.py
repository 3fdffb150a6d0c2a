"""One try of one member: what is counted while it is at it, and what its circuit learns of its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import anyio

from chat_core.routing.breaker import Attempt
from chat_core.routing.member import Member
from chat_core.routing.passing import RejectedResponse, tells_of_health
from chat_core.types.errors import ChatError
from chat_core.types.events import TurnEvent

if TYPE_CHECKING:
    from chat_core.provider import CompletionProvider, Provider, StreamProvider
    from chat_core.routing.one_pass import Pass
    from chat_core.types.request import ChatRequest
    from chat_core.types.response import ChatResponse

E = TypeVar("E")
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Trial:
    """One request to one member, from `clock`'s now on. `ended` is called at its end, once or more often."""

    member: Member
    attempt: Attempt
    clock: Callable[[], float]
    began: float = field(init=False)
    answered: bool = False
    over: bool = False

    def __post_init__(self) -> None:
        self.began = self.clock()
        self.member.in_flight += 1

    def arrived(self) -> None:
        """Count the latency: the first event is here, or the whole response."""
        self.answered = True
        self.member.took(self.clock() - self.began)

    def ended(self, error: BaseException | None = None) -> None:
        """Tell the circuit how it ended. Whoever leaves or cancels tells nothing about the member, once it
        has answered that it is well.
        """
        if self.over:
            return
        self.over = True
        self.member.in_flight -= 1
        if isinstance(error, ChatError):
            if tells_of_health(error):
                self.attempt.failed(self.clock(), error)
            else:
                self.attempt.abandoned()
        elif error is None or self.answered:
            self.attempt.succeeded()
        else:
            self.attempt.abandoned()


async def complete_with(
    run: Pass, reject: Callable[[ChatResponse], bool] | None, trial: Trial
) -> tuple[ChatResponse, Member]:
    """Return the response of a member. Raises `RejectedResponse` for one that is not good enough."""
    try:
        response = await cast("CompletionProvider", trial.member.client).complete(run.request)
    except BaseException as error:
        trial.ended(error)
        raise
    trial.arrived()
    trial.ended()
    if reject is not None and reject(response):
        run.rejected.append((response, trial.member))
        raise RejectedResponse(f"its response was rejected ({response.finish_reason})")
    return response, trial.member


async def answer_of(action: Callable[[Provider], Awaitable[T]], trial: Trial) -> T:
    """Return what an action on the client of a member gives, such as a rank or a transcription."""
    try:
        answer = await action(trial.member.client)
    except BaseException as error:
        trial.ended(error)
        raise
    trial.arrived()
    trial.ended()
    return answer


@dataclass(frozen=True, slots=True, eq=False)
class OpenStream(Generic[E]):
    """A stream whose first event is here: None where it ended without one."""

    trial: Trial
    events: AsyncGenerator[E]
    first: E | None

    async def rest(self) -> AsyncGenerator[E]:
        """Yield all events, the first one too; from here on a failure is the caller's."""
        try:
            async with aclosing(self.events) as events:
                if self.first is not None:
                    yield self.first
                async for event in events:
                    yield event
        except BaseException as error:
            self.trial.ended(error)
            raise
        self.trial.ended()

    async def aclose(self) -> None:
        """Close the stream of a member that has lost, also where it is cancelled meanwhile."""
        with anyio.CancelScope(shield=True):
            await self.events.aclose()
        self.trial.ended(GeneratorExit())


async def open_stream(request: ChatRequest, trial: Trial) -> OpenStream[TurnEvent]:
    """Return the turn of a member as soon as its first event is here. Raises what it raises before that."""
    return await open_events(lambda client: cast("StreamProvider", client).stream(request), trial)


async def open_events(start: Callable[[Provider], AsyncGenerator[E]], trial: Trial) -> OpenStream[E]:
    """Return a stream of a member as soon as its first event is here. Raises what it raises before that."""
    events = start(trial.member.client)
    try:
        first = await anext(events, None)
    except BaseException as error:
        trial.ended(error)
        with anyio.CancelScope(shield=True):
            await events.aclose()
        raise
    trial.arrived()
    return OpenStream(trial, events, first)
