"""A request for one model turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as a model sees it; `parameters` is a JSON schema of an object.

    `strict` makes the provider hold the model to the schema; None leaves that to the provider.
    """

    name: str
    description: str = ""
    parameters: JsonObject = field(default_factory=dict[str, JsonValue])
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The JSON schema that a turn's text has to satisfy; its root is an object."""

    name: str
    schema: JsonObject
    description: str | None = None


class Retry(Protocol):
    """The chat's retries, for a client whose turn takes several requests: the failed one is sent again."""

    async def __call__(self, action: Callable[[], Awaitable[T]], /) -> T:
        """Return the result of `action`, run again after a failure that may pass."""
        ...


async def once(action: Callable[[], Awaitable[T]], /) -> T:
    """Return the result of `action`, run once."""
    return await action()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One model turn.

    Encoders read it and change nothing. `retry` is for requests after the turn's first one.
    """

    messages: Messages
    tools: Sequence[ToolDefinition] = ()
    options: ChatOptions = ChatOptions()
    output: OutputSchema | None = None
    retry: Retry = field(default=once, repr=False, compare=False)
