"""A request for one model turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, cast, runtime_checkable

from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.memo import Memo
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.misuse import check_json, checked_text, kind_of
from chat_core.types.options import ChatOptions
from chat_core.types.slot_setters import slot_setters

if TYPE_CHECKING:
    from chat_core.types.errors import ChatError
    from chat_core.types.run import Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ToolDefinition(Memo):
    """A tool as a model sees it; `parameters` is a JSON schema of an object.

    `strict` makes the provider hold the model to the schema; None leaves that to the provider.
    """

    name: str
    description: str = ""
    parameters: JsonObject = field(default_factory=dict[str, JsonValue])
    strict: bool | None = None

    def __post_init__(self) -> None:
        """Raises `ConfigurationError` for a schema that JSON cannot hold."""
        check_json(self.parameters, f"tool {self.name}: its JSON schema")


@runtime_checkable
class HasDefinition(Protocol):
    """A tool, as an application has it."""

    @property
    def definition(self) -> ToolDefinition:
        """The tool as a model sees it."""
        ...


@dataclass(frozen=True, slots=True)
class OutputSchema(Memo):
    """The JSON schema that a turn's text has to satisfy; its root is an object."""

    name: str
    schema: JsonObject
    description: str | None = None

    def __post_init__(self) -> None:
        """Raises `ConfigurationError` for a schema that JSON cannot hold."""
        check_json(self.schema, f"the JSON schema {self.name!r} of the output")


class Retry(Protocol):
    """The chat's retries, for a client whose turn takes several requests: the failed one is sent again."""

    async def __call__(self, action: Callable[[], Awaitable[T]], /) -> T:
        """Return the result of `action`, run again after a failure that may pass."""
        ...


async def once(action: Callable[[], Awaitable[T]], /) -> T:
    """Return the result of `action`, run once."""
    return await action()


OnRetry: TypeAlias = "Callable[[ChatError, int, float], None]"


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One model turn.

    Encoders read it and change nothing. `retry` is for requests after the turn's first one.
    `on_retry` is called with each failure that is tried again, the number of the attempt, and the seconds
    until the next one. `run` is the `complete`, `resume` or `stream` of a chat that the turn belongs to,
    where it is of one.
    """

    messages: Messages
    tools: Sequence[ToolDefinition] = ()
    options: ChatOptions = ChatOptions()
    output: OutputSchema | None = None
    retry: Retry = field(default=once, repr=False, compare=False)
    run: Run | None = field(default=None, repr=False, compare=False)
    on_retry: OnRetry | None = field(default=None, repr=False, compare=False)

    def __init__(
        self,
        messages: Messages,
        tools: Sequence[ToolDefinition] = (),
        options: ChatOptions = ChatOptions(),
        output: OutputSchema | None = None,
        retry: Retry = once,
        run: Run | None = None,
        on_retry: OnRetry | None = None,
    ) -> None:
        _set_messages(self, messages)
        _set_tools(self, tools)
        _set_options(self, options)
        _set_output(self, output)
        _set_retry(self, retry)
        _set_run(self, run)
        _set_on_retry(self, on_retry)


_set_messages, _set_tools, _set_options, _set_output, *_other_setters = slot_setters(ChatRequest)
_set_retry, _set_run, _set_on_retry = _other_setters


AnyRequest: TypeAlias = ChatRequest | Messages | str
"""What a client takes for one turn: a request, a conversation, or the text of a user."""


def as_request(given: AnyRequest) -> ChatRequest:
    """Return the request that a client was given. Raises `ConfigurationError` for anything else."""
    return given if isinstance(given, ChatRequest) else ChatRequest(messages_of(given))


def messages_of(given: object) -> Messages:
    """Return the conversation; a text is a user's first message.

    Raises `ConfigurationError`, which tells what to write, for anything else.
    """
    if isinstance(given, Messages):
        return given
    if isinstance(given, str):
        return Messages.from_user(checked_text(given, "complete(...)", '"Hello"'))
    raise ConfigurationError(f"a conversation is Messages, not {kind_of(given)}: {_instead(given)}")


def _instead(given: object) -> str:
    if isinstance(given, Message):
        return "write Messages([message])"
    items = list(cast("Iterable[object]", given)) if isinstance(given, list | tuple) else [given]
    if items and all(isinstance(item, Message) for item in items):
        return "write Messages([...])"
    if items and all(isinstance(item, Mapping) for item in items):
        return "write messages_from_dicts([...]) for dictionaries with role and content"
    return 'write Messages.from_user("...")'
