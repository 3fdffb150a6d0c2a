"""What middleware is: functions around a model turn and around a tool call, or objects that have them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from chat_core.provider import Provider
    from chat_core.tools.pause import ChatEvent
    from chat_core.tools.scoped import AnyTool
    from chat_core.types.embeddings import EmbeddingsResponse
    from chat_core.types.events import TurnEvent
    from chat_core.types.request import ChatRequest, OnRetry
    from chat_core.types.response import ChatResponse
    from chat_core.types.run import Run
    from chat_core.types.tool_call import ToolCall

NextTurn: TypeAlias = "Callable[[ChatRequest], AsyncGenerator[TurnEvent]]"
"""The rest of a turn: the middleware further in, the retries, and the client. It ends with one `Done`."""

RunSource: TypeAlias = "Callable[[Run], AsyncGenerator[ChatEvent[ChatResponse]]]"
"""The rest of a call: the middleware further in, then turns and tools. It ends with `Done` or `Paused`."""


class TurnMiddleware(Protocol):
    """A function around one model turn, its retries included.

    It serves `complete` and `stream`: a turn that arrives whole is a generator of its `Done` alone.
    """

    def __call__(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Yield the events of a turn, ending with exactly one `Done`: those of `next(request)`, as they
        arrive.

        What it raises goes to the caller. Closing the generator closes those that `next` has returned. It
        holds no cancel scope and no task group across a yield.
        """
        ...


class RunTool(Protocol):
    """Runs one tool call, once: the middleware further in, then the tool itself."""

    @property
    def run(self) -> Run:
        """The `complete`, `resume` or `stream` that the call belongs to."""
        ...

    @property
    def tool(self) -> AnyTool:
        """The tool of the call."""
        ...

    async def __call__(self, call: ToolCall, /) -> ToolCall:
        """Run the call, and return it with its outcome: what the tool raises is `Failed`.

        Raises `ConfigurationError` for a second time, and for another call than the one that it is for.
        """
        ...


class ToolMiddleware(Protocol):
    """A function around one tool call that may run: decided about, and with arguments that fit."""

    async def __call__(self, call: ToolCall, run: RunTool, /) -> ToolCall:
        """Return the call with its outcome: `await run(call)`, or the call with another status.

        Arguments that it changes are checked once more before the tool runs. What it raises goes to the
        caller, when the calls beside this one have ended; a call that was not run can then still run.
        """
        ...


class WrapsTurns(Protocol):
    """An object with middleware around model turns."""

    def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Do what a `TurnMiddleware` does."""
        ...


class WrapsTools(Protocol):
    """An object with middleware around tool calls."""

    async def wrap_tool(self, call: ToolCall, run: RunTool, /) -> ToolCall:
        """Do what a `ToolMiddleware` does."""
        ...


SendEmbeddings: TypeAlias = "Callable[[OnRetry | None], Awaitable[EmbeddingsResponse]]"
"""Sends one request for embeddings, again where that may help."""


class RunMiddleware(Protocol):
    """A function around a whole `complete`, `resume` or `stream`."""

    def __call__(self, run: Run, next: RunSource, /) -> AsyncGenerator[ChatEvent[ChatResponse]]:
        """Yield the events of `next(run)` as they arrive, ending with `Done` or `Paused`.

        What it raises goes to the caller. It iterates `next(run)` under `aclosing`, and holds no cancel scope
        and no task group across a yield.
        """
        ...


class WrapsRuns(Protocol):
    """An object with middleware around calls of a chat."""

    def wrap_run(self, run: Run, next: RunSource, /) -> AsyncGenerator[ChatEvent[ChatResponse]]:
        """Do what a `RunMiddleware` does."""
        ...


class Observer(WrapsRuns, WrapsTurns, WrapsTools, Protocol):
    """An object around everything that a chat sends and runs, embeddings too."""

    @property
    def records(self) -> bool:
        """Whether what it sees is recorded. Where not, a call skips it."""
        ...

    async def wrap_embeddings(
        self, provider: Provider, send: SendEmbeddings, on_retry: OnRetry | None, /
    ) -> EmbeddingsResponse:
        """Return what `send(on_retry)` returns: one request, with a call of `on_retry` for each retry."""
        ...


Middleware: TypeAlias = TurnMiddleware | ToolMiddleware | WrapsTurns | WrapsTools | WrapsRuns
"""What `with_middleware` takes. An object may wrap calls of the chat, turns and tool calls."""
