"""Middleware in the order in which it was given: the first is outermost."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, cast

from chat_core.middleware.hooks import (
    Middleware,
    Observer,
    RunMiddleware,
    RunSource,
    SendEmbeddings,
    ToolMiddleware,
    TurnMiddleware,
)
from chat_core.provider import Provider
from chat_core.tools.pause import ChatEvent, Paused
from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.errors import ConfigurationError
from chat_core.types.events import TurnEvent
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse
from chat_core.types.retry_policy import RetryPolicy
from chat_core.types.run import Run

Source: TypeAlias = Callable[[ChatRequest, RetryPolicy], AsyncGenerator[TurnEvent]]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The middleware of a chat."""

    turns: tuple[TurnMiddleware, ...] = ()
    tools: tuple[ToolMiddleware, ...] = ()
    names: tuple[str, ...] = ()
    runs: tuple[RunMiddleware, ...] = ()
    embeddings: tuple[Observer, ...] = ()

    @property
    def unobserved(self) -> Hooks | None:
        """The same without observers, which are outside all others; None where there are no others."""
        count = len(self.embeddings)
        hooks = Hooks(self.turns[count:], self.tools[count:], self.names[count:], self.runs[count:])
        return hooks if hooks.names else None

    @property
    def is_recorded(self) -> bool:
        """Whether what observers see is recorded."""
        return any(observer.records for observer in self.embeddings)

    def adding(self, middleware: Iterable[Middleware]) -> Hooks:
        """Return these with more inside them.

        Raises `ConfigurationError` for what is no middleware.
        """
        turns, tools, names, runs = list(self.turns), list(self.tools), list(self.names), list(self.runs)
        for one in middleware:
            turn, tool, run = _kinds(one)
            turns += [turn] if turn else []
            tools += [tool] if tool else []
            runs += [run] if run else []
            names.append(name_of(one))
        return Hooks(tuple(turns), tuple(tools), tuple(names), tuple(runs), self.embeddings)

    def inside(self, observer: Observer) -> Hooks:
        """Return these with an observer of everything outside them."""
        return Hooks(
            (observer.wrap_turn, *self.turns),
            (observer.wrap_tool, *self.tools),
            (name_of(observer), *self.names),
            (observer.wrap_run, *self.runs),
            (observer, *self.embeddings),
        )

    def adding_tools(self, middleware: Iterable[ToolMiddleware]) -> Hooks:
        """Return these with more around tool calls, inside them. Raises as `adding`."""
        given = tuple(middleware)
        for one in given:
            if not callable(one):
                raise ConfigurationError(_mistake("with_tool_middleware", one))
        return Hooks(
            self.turns, (*self.tools, *given), (*self.names, *map(name_of, given)), self.runs, self.embeddings
        )

    def around(self, source: Source) -> Source:
        """Return the source of turns with the middleware around it."""
        return partial(_events, self.turns, source) if self.turns else source

    async def around_run(
        self, run: Run, events: RunSource, save: Callable[[], Awaitable[None]]
    ) -> AsyncGenerator[ChatEvent[ChatResponse]]:
        """Yield the events of a call through the middleware around it.

        What that notes in the conversation at a pause is stored, by `save`, before the pause is shown.
        """
        for hook in reversed(self.runs):
            events = partial(_call_run, hook, events)
        async with aclosing(events(run)) as stream:
            async for event in stream:
                if isinstance(event, Paused):
                    await save()
                yield event

    async def around_embeddings(self, provider: Provider, send: SendEmbeddings) -> EmbeddingsResponse:
        """Return the response of a request for embeddings, which observers see with its retries."""
        for observer in reversed(self.embeddings):
            send = partial(observer.wrap_embeddings, provider, send)
        return await send(None)


def _call_run(hook: RunMiddleware, next: RunSource, run: Run) -> AsyncGenerator[ChatEvent[ChatResponse]]:
    return hook(run, next)


def name_of(middleware: object) -> str:
    """Return how a middleware is called in errors and reprs."""
    return getattr(middleware, "__qualname__", None) or type(middleware).__name__


def _kinds(given: object) -> tuple[TurnMiddleware | None, ToolMiddleware | None, RunMiddleware | None]:
    """Return what a middleware has around turns, around tool calls, and around the whole."""
    if not isinstance(given, type):
        turn, tool = getattr(given, "wrap_turn", None), getattr(given, "wrap_tool", None)
        run = getattr(given, "wrap_run", None)
        if turn is not None or tool is not None or run is not None:
            return turn, tool, run
        if callable(given):
            waits = _is_coroutine_function(given)
            if waits:
                return None, cast("ToolMiddleware", given), None
            return cast("TurnMiddleware", given), None, None
    raise ConfigurationError(_mistake("with_middleware", given))


def _is_coroutine_function(given: Callable[..., object]) -> bool:
    while isinstance(given, partial):
        given = cast("partial[object]", given).func
    method = getattr(type(given), "__call__", None)  # noqa: B004  the method itself is wanted
    return inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(method)


def _mistake(method: str, given: object) -> str:
    if isinstance(given, type):
        instead = f"write {given.__name__}(...)"
    elif is_a(given, list, tuple):
        instead = f"write {method}(*[...])"
    else:
        instead = "write async def wrap(request, next), which yields the events of next(request)"
        if method == "with_tool_middleware":
            instead = "write async def wrap(call, run), which returns await run(call)"
    return f"{method}(...) takes functions and objects that wrap, not {kind_of(given)}: {instead}"


async def _events(
    hooks: tuple[TurnMiddleware, ...], source: Source, request: ChatRequest, policy: RetryPolicy
) -> AsyncGenerator[TurnEvent]:
    """Yield one turn, through all middleware. At its end all generators of the turn are closed, also those
    that a middleware leaves open; the outermost first.
    """
    opened: list[AsyncGenerator[TurnEvent]] = []

    def enter(at: int, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        if at == len(hooks):
            events = source(request, policy)
        else:
            events = _checked(hooks[at], hooks[at](request, partial(enter, at + 1)))
        opened.append(events)
        return events

    try:
        async for event in enter(0, request):
            yield event
    finally:
        await _close(opened)


async def _close(opened: Sequence[AsyncGenerator[TurnEvent]]) -> None:
    for at, events in enumerate(opened):
        try:
            await events.aclose()
        except BaseException:
            await _close(opened[at + 1 :])
            raise


def _checked(hook: TurnMiddleware, returned: object) -> AsyncGenerator[TurnEvent]:
    if hasattr(returned, "__anext__") and hasattr(returned, "aclose"):
        return cast("AsyncGenerator[TurnEvent]", returned)
    if inspect.iscoroutine(returned):
        returned.close()
    raise ConfigurationError(
        f"middleware {name_of(hook)} returned {kind_of(returned)}, not an async generator: "
        "it yields the events of next(request)"
    )
