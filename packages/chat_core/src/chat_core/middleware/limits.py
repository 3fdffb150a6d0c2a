"""Limits of one `complete`, `resume` or `stream`: requests, tokens, cost and tool calls."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from chat_core.middleware.prices import exact
from chat_core.provider import TokenCountProvider
from chat_core.types.errors import ConfigurationError, LimitExceeded
from chat_core.types.events import Done, TurnEvent
from chat_core.types.misuse import checked_count
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse
from chat_core.types.run import Run
from chat_core.types.tool_call import ToolCall

if TYPE_CHECKING:
    from chat_core.middleware.hooks import NextTurn, RunTool


@dataclass(slots=True)
class _Used:
    """What one run has used."""

    requests: int = 0
    tokens: int = 0
    cost: Decimal = field(default=Decimal(0))
    tool_calls: int = 0
    uncounted: int = 0
    unpriced: int = 0

    def add(self, response: ChatResponse) -> None:
        usage, cost = response.usage, response.cost
        if usage.input_tokens is None and usage.output_tokens is None:
            self.uncounted += 1
        self.tokens += (usage.input_tokens or 0) + (usage.output_tokens or 0)
        self.unpriced += cost is None
        self.cost += cost or 0


class Limits:
    """Middleware that ends a run with `LimitExceeded` before it goes over a limit.

    A run is one `complete`, `resume` or `stream`: the next one begins at nothing. What is refused is the next
    request, or the next tool call: a turn that has been paid for reaches the caller. A call that was refused
    can still run when the conversation goes on.
    """

    def __init__(
        self,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        cost: Decimal | str | float | None = None,
        tool_calls: int | None = None,
        count_first: bool = False,
    ) -> None:
        """Arguments:
            requests: model turns.
            tokens: input and output tokens of all turns, as the provider counts them.
            cost: US dollars; give a `CostTracker` after it, which knows the prices.
            tool_calls: calls that run.
            count_first: let the provider count the input tokens of each request before it is sent, which is a
                request of its own. Where the client cannot, nothing is counted first.

        Raises `ConfigurationError` for what is no limit. Tokens or costs that are not known end the run
        before the next request, since nothing tells how much is left.
        """
        self._requests = _limit(requests, "requests")
        self._tokens = _limit(tokens, "tokens")
        self._cost = None if cost is None else exact(cost, "Limits(cost=...)")
        self._tool_calls = _limit(tool_calls, "tool_calls")
        self._count_first = count_first

    async def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Yield the events of a turn.

        Raises `LimitExceeded` before it is sent, and `ConfigurationError` outside of a chat.
        """
        used = self._used(request.run)
        self._check(used)
        if self._count_first and self._tokens is not None:
            await self._check_input(used, request, self._tokens)
        used.requests += 1
        async with aclosing(next(request)) as events:
            async for event in events:
                if isinstance(event, Done):
                    used.add(event.response)
                yield event

    async def wrap_tool(self, call: ToolCall, run: RunTool, /) -> ToolCall:
        """Run a call. Raises `LimitExceeded` before it runs, and `ConfigurationError` outside of a chat."""
        used = self._used(run.run)
        if self._tool_calls is not None and used.tool_calls >= self._tool_calls:
            raise LimitExceeded("tool_calls", self._tool_calls, used.tool_calls)
        used.tool_calls += 1
        return await run(call)

    def _used(self, run: Run | None) -> _Used:
        if run is None:
            raise ConfigurationError("Limits(...) count in a chat: ChatBuilder().with_middleware(limits)")
        return cast("_Used", run.state.setdefault(self, _Used()))

    def _check(self, used: _Used) -> None:
        if self._requests is not None and used.requests >= self._requests:
            raise LimitExceeded("requests", self._requests, used.requests)
        if self._tokens is not None and (used.tokens >= self._tokens or used.uncounted):
            reason = "the provider sends no numbers" if used.uncounted else ""
            raise LimitExceeded("tokens", self._tokens, used.tokens, reason)
        if self._cost is not None and (used.cost >= self._cost or used.unpriced):
            reason = "the cost of a turn is not known" if used.unpriced else ""
            raise LimitExceeded("cost", self._cost, used.cost, reason)

    async def _check_input(self, used: _Used, request: ChatRequest, limit: int) -> None:
        provider = request.run.provider if request.run is not None else None
        if not isinstance(provider, TokenCountProvider):
            return
        tokens = await provider.count_tokens(request.messages, request.tools)
        if used.tokens + tokens > limit:
            reason = f"the next request has {tokens} input tokens"
            raise LimitExceeded("tokens", limit, used.tokens, reason)


def _limit(value: int | None, name: str) -> int | None:
    return None if value is None else checked_count(value, f"Limits({name}=...)", least=0)
