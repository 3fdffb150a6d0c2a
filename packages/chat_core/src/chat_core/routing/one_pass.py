"""One pass over the members of a router: who is tried, what failed, and what it has cost."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from chat_core.routing.breaker import Circuit
from chat_core.routing.member import Member
from chat_core.routing.needs import TooLong
from chat_core.routing.passing import PassesOn, RejectedResponse
from chat_core.routing.trial import Trial
from chat_core.types.errors import (
    ChatError,
    ConfigurationError,
    ContextWindowExceeded,
    Overloaded,
    ProviderError,
)
from chat_core.types.message import Turn
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse, Notice
from chat_core.types.usage import Usage

T = TypeVar("T")
Start: TypeAlias = Callable[[Trial], Awaitable[T]]


@dataclass(slots=True, eq=False)
class Post:
    """A member's place in a router: its circuit, and the conversations that it found too long."""

    member: Member
    circuit: Circuit
    too_long: TooLong = field(default_factory=TooLong)


@dataclass(slots=True, eq=False)
class Pass:
    """One pass: each of `posts` is tried at most once, in order.

    `notices` tell what went otherwise than well, `spent` is what lost and failed requests cost, as far as
    their providers tell it.
    """

    request: ChatRequest
    posts: Sequence[Post]
    passes_on: PassesOn
    clock: Callable[[], float]
    notices: list[Notice] = field(default_factory=list[Notice])
    failures: list[ChatError] = field(default_factory=list[ChatError])
    spent: Usage = Usage()
    rejected: list[tuple[ChatResponse, Member]] = field(default_factory=list[tuple[ChatResponse, Member]])

    def trials(self) -> Iterator[Trial]:
        """Yield a trial for each member that is not to be left alone, begun as it is taken; where all are
        left alone, for the one that has been so longest.
        """
        tried, left_alone = False, list[Post]()
        for post in self.posts:
            if error := post.too_long.find(self.request):
                self.failures.append(error)
                self._note(post.member, f"was not tried: it found this conversation too long: {error}")
                continue
            attempt = post.circuit.admit(self.clock())
            if attempt is None:
                left_alone.append(post)
                continue
            tried = True
            for other in left_alone:
                self._note(other.member, "was not tried: it has failed of late")
            left_alone.clear()
            yield Trial(post.member, attempt, self.clock)
        if tried or not left_alone:
            return
        for post in sorted(left_alone, key=lambda post: post.circuit.open_until or 0.0):
            if attempt := post.circuit.admit(self.clock(), forced=True):
                yield Trial(post.member, attempt, self.clock)
                return
        self.failures.append(self._all_left_alone(left_alone))

    async def in_turn(self, start: Start[T]) -> T:
        """Return what the first member gives that does not fail. Raises the error of the pass."""
        for trial in self.trials():
            try:
                return await start(trial)
            except ChatError as error:
                self.failed(trial, error)
        raise self.error()

    def failed(self, trial: Trial, error: ChatError) -> None:
        """Note that a member has failed. Raises the error where no other is to be tried after it."""
        trial.ended(error)
        self.failures.append(error)
        self.count(error.partial)
        if not (isinstance(error, ConfigurationError | RejectedResponse) or self.passes_on(error)):
            raise self.error()
        member = trial.member
        if isinstance(error, ContextWindowExceeded):
            next(post for post in self.posts if post.member is member).too_long.add(self.request, error)
        self._note(member, f"failed: {type(error).__name__}: {error}")
        logging.getLogger("chat_core").info(
            "%s failed, the next one is tried: %s: %s", member.name, type(error).__name__, error
        )

    def lost(self, trial: Trial, response: ChatResponse | None) -> None:
        """Note that a hedged request has lost against another one."""
        if not trial.answered:
            trial.arrived()  # it takes at least as long
        self.count(response)
        cost = "its cost is counted" if response is not None else "cancelled, and what it cost is not known"
        self._note(trial.member, f"lost against another request: {cost}")

    def count(self, response: ChatResponse | None) -> None:
        """Count what a response has cost that is not returned."""
        if response is not None:
            self.spent += response.usage

    def error(self) -> ChatError:
        """Return the error of the whole pass: the last one, retryable where one of them is, after the
        shortest wait that any member wants.
        """
        error = next(
            (error for error in reversed(self.failures) if not isinstance(error, ConfigurationError)),
            self.failures[0],
        )
        retryable = [one for one in self.failures if one.retryable]
        for other in self.failures:
            if other is not error:
                error.add_note(f"another provider failed before: {type(other).__name__}: {other}")
        if retryable and isinstance(error, ProviderError):
            waits = [one.retry_after or 0.0 if isinstance(one, ProviderError) else 0.0 for one in retryable]
            error.retry_after = min(waits) or None
        error.retryable = bool(retryable)
        return error

    def finished(self, response: ChatResponse, member: Member) -> ChatResponse:
        """Return the response with its origin, with the notices of the pass, and with all that it cost."""
        turn = response.message.turn or Turn()
        spent = sum((one.usage for one, _ in self.rejected if one is not response), self.spent)
        usage = turn.usage if spent == Usage() else turn.usage + spent
        message = replace(response.message, turn=replace(turn, origin=member.origin, usage=usage))
        return replace(response, message=message, notices=(*response.notices, *self.notices))

    def _note(self, member: Member, text: str) -> None:
        self.notices.append(Notice("routing", f"{member.name} {text}"))

    def _all_left_alone(self, posts: Sequence[Post]) -> ChatError:
        soonest = min(post.circuit.open_until or 0.0 for post in posts)
        return Overloaded(
            f"all {len(posts)} providers have failed of late, and one is being tried just now",
            retryable=True,
            retry_after=max(0.0, soonest - self.clock()) or None,
        )
