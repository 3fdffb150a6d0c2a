"""What the repr of a chat, and of its builder, shows: what is not at its default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from chat_core.tools.scoped import execute_always
from chat_core.types.retry_policy import RetryPolicy
from chat_core.types.short_repr import Abbreviation, Values, changed_fields

if TYPE_CHECKING:
    from chat_core.chat.setup import Setup
    from chat_core.chat.structured import OutputType
    from chat_core.chat.toolbox import AnyCollection
    from chat_core.types.options import ChatOptions


def shown_setup(setup: Setup) -> Values:
    """Yield what a chat shows beside its client."""
    box = setup.tools
    if box.collections:
        yield from shown_collections(box.collections)
    else:
        yield from _shown_tools((Abbreviation(tool.name), strategy) for tool, strategy in box.tools.values())
    yield from shown_settings(setup.options, setup.output, setup.max_steps, setup.retry)
    if setup.output_retries:
        yield "output_retries", setup.output_retries
    if setup.checkpoint is not None:
        yield "checkpoint", Abbreviation(getattr(setup.checkpoint, "__qualname__", "…"))
    if setup.hooks is not None:
        yield "middleware", [Abbreviation(name) for name in setup.hooks.names]
    if setup.tools.key is not None:
        yield "approval_key", setup.tools.key


def shown_collections(collections: Iterable[AnyCollection]) -> Values:
    """Yield the names of tools, and of functions that choose tools: those that always run, and those that a
    strategy decides about.
    """
    yield from _shown_tools(
        (Abbreviation(name), each.strategy) for each in collections for name in _names(each.tools)
    )


def _names(tools: object) -> Iterator[str]:
    if callable(tools):
        yield f"{getattr(tools, '__name__', 'function')}(step)"
        return
    for tool in cast("Iterable[object]", tools):
        yield str(getattr(tool, "name", tool))


def _shown_tools(tools: Iterable[tuple[Abbreviation, object]]) -> Values:
    always: list[object] = []
    scoped: list[object] = []
    for name, strategy in tools:
        (always if strategy is execute_always else scoped).append(name)
    if always:
        yield "tools", always
    if scoped:
        yield "scoped_tools", scoped


def shown_settings(
    options: ChatOptions, output: OutputType[object] | None, max_steps: int, retry: RetryPolicy
) -> Values:
    """Yield the settings that differ from their defaults."""
    if changed := dict(changed_fields(options)):
        yield "options", changed
    if output is not None:
        yield "output", Abbreviation(output.name)
    if max_steps != 20:
        yield "max_steps", max_steps
    if retry != RetryPolicy():
        yield "retry", retry
