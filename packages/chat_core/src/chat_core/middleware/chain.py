"""Middleware in the order in which it was given: the first is outermost."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, cast

from chat_core.middleware.hooks import Middleware, ToolMiddleware, TurnMiddleware
from chat_core.types.errors import ConfigurationError
from chat_core.types.events import TurnEvent
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.request import ChatRequest
from chat_core.types.retry_policy import RetryPolicy

Source: TypeAlias = Callable[[ChatRequest, RetryPolicy], AsyncGenerator[TurnEvent]]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The middleware of a chat."""

    turns: tuple[TurnMiddleware, ...] = ()
    tools: tuple[ToolMiddleware, ...] = ()
    names: tuple[str, ...] = ()

    def adding(self, middleware: Iterable[Middleware]) -> Hooks:
        """Return these with more inside them.

        Raises `ConfigurationError` for what is no middleware.
        """
        turns, tools, names = list(self.turns), list(self.tools), list(self.names)
        for one in middleware:
            turn, tool = _kinds(one)
            turns += [turn] if turn else []
            tools += [tool] if tool else []
            names.append(name_of(one))
        return Hooks(tuple(turns), tuple(tools), tuple(names))

    def adding_tools(self, middleware: Iterable[ToolMiddleware]) -> Hooks:
        """Return these with more around tool calls, inside them. Raises as `adding`."""
        given = tuple(middleware)
        for one in given:
            if not callable(one):
                raise ConfigurationError(_mistake("with_tool_middleware", one))
        return Hooks(self.turns, (*self.tools, *given), (*self.names, *map(name_of, given)))

    def around(self, source: Source) -> Source:
        """Return the source of turns with the middleware around it."""
        return partial(_events, self.turns, source) if self.turns else source


def name_of(middleware: object) -> str:
    """Return how a middleware is called in errors and reprs."""
    return getattr(middleware, "__qualname__", None) or type(middleware).__name__


def _kinds(given: object) -> tuple[TurnMiddleware | None, ToolMiddleware | None]:
    """Return what a middleware has around turns, and what around tool calls."""
    if not isinstance(given, type):
        turn, tool = getattr(given, "wrap_turn", None), getattr(given, "wrap_tool", None)
        if turn is not None or tool is not None:
            return turn, tool
        if callable(given):
            waits = _is_coroutine_function(given)
            return (None, cast("ToolMiddleware", given)) if waits else (cast("TurnMiddleware", given), None)
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
        async with aclosing(enter(0, request)) as events:
            async for event in events:
                yield event
    finally:
        async with AsyncExitStack() as stack:
            for events in reversed(opened):
                stack.push_async_callback(events.aclose)


def _checked(hook: TurnMiddleware, returned: object) -> AsyncGenerator[TurnEvent]:
    if hasattr(returned, "__anext__") and hasattr(returned, "aclose"):
        return cast("AsyncGenerator[TurnEvent]", returned)
    if inspect.iscoroutine(returned):
        returned.close()
    raise ConfigurationError(
        f"middleware {name_of(hook)} returned {kind_of(returned)}, not an async generator: "
        "it yields the events of next(request)"
    )
