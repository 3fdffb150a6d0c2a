"""A rate that a provider allows, kept by all who share the limiter: who comes first goes first."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

import anyio

from chat_core.middleware.provider_wrapper import ProviderWrapper, wrap
from chat_core.middleware.rate_headers import rate_state
from chat_core.provider import ChatModel, Provider
from chat_core.types.errors import ConfigurationError, ProviderError, RateLimited
from chat_core.types.events import Done, TurnEvent
from chat_core.types.misuse import checked_count
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from chat_core.provider import EmbeddingsProvider, RerankProvider
    from chat_core.types.embeddings import EmbeddingsResponse
    from chat_core.types.request import ChatRequest
    from chat_core.types.rerank import RerankResponse
    from chat_core.types.response import ChatResponse

P = TypeVar("P", bound=Provider)
_AT_ONCE = 0.005  # of what a minute allows may go at once after a rest, so that a minute is kept within 1 %
_CHARACTERS = 4  # of text, for one token
_EXACT = 1e-6


@dataclass(slots=True)
class _Bucket:
    """What may go, refilled at an even rate. It may be in debt: what goes is known afterwards."""

    per_minute: float
    level: float = field(init=False)
    _at: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.level = self.capacity

    @property
    def capacity(self) -> float:
        return max(1.0, self.per_minute * _AT_ONCE)

    def delay(self, amount: float, now: float) -> float:
        """Return the seconds until this amount may go; more than the bucket holds goes when it is full."""
        if self._at is not None:
            passed = max(0.0, now - self._at)
            self.level = min(self.capacity, self.level + passed * self.per_minute / 60)
        self._at = now
        missing = min(amount, self.capacity) - self.level
        return missing * 60 / self.per_minute if missing > _EXACT else 0.0


class RateLimiter:
    """Keeps what is sent within a rate: `client = RateLimiter(requests_per_minute=600).around(client)`.

    Every attempt counts, retries too. One limiter may be around many clients, which then share the rate; who
    waits first is sent first. Requests are spread evenly over the minute. Where a server says that nothing is
    left (a 429, or `observe` of its headers), all wait until it says there is.
    """

    def __init__(
        self,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        max_concurrent: int | None = None,
        estimate: Callable[[ChatRequest], int] | None = None,
        max_wait: float = 600.0,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        """Arguments:
            requests_per_minute: requests that may be sent in a minute.
            tokens_per_minute: input and output tokens. What a request takes is estimated before it is sent,
                and corrected by its usage.
            max_concurrent: requests that may be under way at once.
            estimate: returns the tokens of a request. Default: a quarter of its characters, and its
                `max_tokens` or else the average output so far.
            max_wait: seconds that whoever is first in line waits at most; else it is refused with
                `RateLimited`.
            clock: returns the time in seconds, as `anyio.sleep` counts them.

        Raises `ConfigurationError` for what is no rate.
        """
        self._requests = _bucket(requests_per_minute, "requests_per_minute")
        self._tokens = _bucket(tokens_per_minute, "tokens_per_minute")
        self._max_concurrent = max_concurrent
        if max_concurrent is not None:
            checked_count(max_concurrent, "RateLimiter(max_concurrent=...)", least=1)
        self._estimate = estimate or self._rough
        self._max_wait = max_wait
        self._clock = clock
        self._not_before = float("-inf")
        self._inside = 0
        self._turnstile: anyio.Lock | None = None
        self._slots: anyio.Semaphore | None = None
        self._outputs = self._answers = 0

    def around(self, client: P) -> P:
        """Return the client with the limiter around it."""
        return wrap(client, partial(_LimitedClient, limiter=self))

    def observe(self, status: int, headers: Mapping[str, str], /) -> None:
        """Take note of a response's headers: where nothing is left, wait until there is.

        `ObservedTransport(transport, limiter.observe)` calls it with those of each response. `x-ratelimit-*`,
        `anthropic-ratelimit-*` and `retry-after` are read.
        """
        state = rate_state(status, headers)
        if state.wait > 0:
            self._not_before = max(self._not_before, self._clock() + state.wait)
        for bucket, left in ((self._requests, state.requests), (self._tokens, state.tokens)):
            if bucket is not None and left is not None:
                bucket.level = min(bucket.level, left)

    @asynccontextmanager
    async def permit(self, tokens: int = 0) -> AsyncGenerator[Permit]:
        """Wait until a request with so many tokens may be sent; inside the block it is under way.

        Raises `RateLimited` where that takes longer than `max_wait`.
        """
        self._inside += 1
        try:
            slots = await self._wait_in_line(tokens)
            permit = Permit(self, tokens)
            try:
                yield permit
            finally:
                permit.correct()
                if slots is not None:
                    slots.release()
        finally:
            self._inside -= 1

    async def _wait_in_line(self, tokens: int) -> anyio.Semaphore | None:
        if self._inside == 1:  # locks belong to one event loop: with nobody inside they are made anew
            self._turnstile = anyio.Lock()
            self._slots = anyio.Semaphore(self._max_concurrent) if self._max_concurrent else None
        turnstile, slots = self._turnstile, self._slots
        assert turnstile is not None
        async with turnstile:  # it lets them through in the order in which they came
            if slots is not None:
                await slots.acquire()
            try:
                while (delay := self._delay(tokens)) > 0:
                    self._refuse_long(delay)
                    await anyio.sleep(delay)
            except BaseException:
                if slots is not None:
                    slots.release()
                raise
            for bucket, amount in ((self._requests, 1), (self._tokens, tokens)):
                if bucket is not None:
                    bucket.level -= amount
        return slots

    def _delay(self, tokens: int) -> float:
        now = self._clock()
        delay = max(0.0, self._not_before - now)
        for bucket, amount in ((self._requests, 1), (self._tokens, tokens)):
            if bucket is not None:
                delay = max(delay, bucket.delay(amount, now))
        return delay

    def _refuse_long(self, delay: float) -> None:
        if delay > self._max_wait:
            raise RateLimited(
                f"the next request may be sent in {delay:.0f} s, and RateLimiter(max_wait=...) is "
                f"{self._max_wait:g} s",
                retry_after=delay,
            )

    def tokens_of(self, request: ChatRequest) -> int:
        """Return the tokens that a request is expected to take; 0 where they are not limited."""
        return self._estimate(request) if self._tokens is not None else 0

    def _rough(self, request: ChatRequest) -> int:
        characters = sum(len(message.text) for message in request.messages)
        output = request.options.max_tokens
        if output is None:
            output = self._outputs // self._answers if self._answers else 0
        return characters // _CHARACTERS + output

    def correct(self, expected: int, usage: Usage | None, retry_after: float | None) -> None:
        """Put what a request took in the place of what was expected, where it is known."""
        if retry_after is not None:
            self._not_before = max(self._not_before, self._clock() + retry_after)
        if usage is None or (usage.input_tokens is None and usage.output_tokens is None):
            return
        taken = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        self._outputs += usage.output_tokens or 0
        self._answers += 1
        if self._tokens is not None:
            self._tokens.level += expected - taken


@dataclass(slots=True, eq=False)
class Permit:
    """A request that is under way. `usage` is what it took, where it is known."""

    _limiter: RateLimiter
    _expected: int
    usage: Usage | None = None
    retry_after: float | None = None

    def failed(self, error: ProviderError) -> None:
        """Take note of an error: one of rates tells how long all have to wait."""
        if isinstance(error, RateLimited):
            self.retry_after = error.retry_after
        if error.partial is None:
            self.usage = Usage(0, 0)  # a refused request takes no tokens

    def correct(self) -> None:
        """Tell the limiter what the request took."""
        self._limiter.correct(self._expected, self.usage, self.retry_after)


class _LimitedClient(ProviderWrapper[ChatModel]):
    def __init__(self, inner: Provider, limiter: RateLimiter) -> None:
        super().__init__(cast("ChatModel", inner))  # it has what `inner` has, and no more
        self._limiter = limiter

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """Return one model turn, when it may be sent."""
        async with self._limiter.permit(self._limiter.tokens_of(request)) as permit:
            try:
                response = await self.inner.complete(request)
            except ProviderError as error:
                permit.failed(error)
                raise
            permit.usage = response.usage
            return response

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield a turn as it arrives, when it may be sent."""
        async with self._limiter.permit(self._limiter.tokens_of(request)) as permit:
            try:
                async with aclosing(self.inner.stream(request)) as events:
                    async for event in events:
                        if isinstance(event, Done):
                            permit.usage = event.response.usage
                        yield event
            except ProviderError as error:
                permit.failed(error)
                raise

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """Return one vector per input, when the request may be sent."""
        inner = cast("EmbeddingsProvider", self.inner)  # else this method is not there
        async with self._limiter.permit(sum(map(len, inputs)) // _CHARACTERS) as permit:
            try:
                response = await inner.embed(inputs)
            except ProviderError as error:
                permit.failed(error)
                raise
            permit.usage = response.usage
            return response

    async def rerank(
        self, query: str, documents: Sequence[str], /, *, top_n: int | None = None
    ) -> RerankResponse:
        """Return the documents, best first, when the request may be sent."""
        inner = cast("RerankProvider", self.inner)  # else this method is not there
        tokens = (len(query) * len(documents) + sum(map(len, documents))) // _CHARACTERS
        async with self._limiter.permit(tokens) as permit:
            try:
                response = await inner.rerank(query, documents, top_n=top_n)
            except ProviderError as error:
                permit.failed(error)
                raise
            permit.usage = response.usage
            return response


def _bucket(per_minute: float | None, name: str) -> _Bucket | None:
    if per_minute is None:
        return None
    if not 0 < per_minute < float("inf"):
        raise ConfigurationError(f"RateLimiter({name}={per_minute!r}): a number above 0")
    return _Bucket(per_minute)
