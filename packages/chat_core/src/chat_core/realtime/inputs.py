"""What a session sends: the values that a codec encodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.message import Message
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.parts import Opaque, Text
from chat_core.types.tool_call import ToolCall


@dataclass(frozen=True, slots=True)
class History:
    """The turns before this connection: user's and model's messages in order.

    They are sent once the session is ready, and no response is requested. Calls that are not resolved are
    left out; they come later, as `ToolResults` with `earlier`.
    """

    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A user's texts and files. `ends_turn` says whether the model is to answer them.

    Where responses are requested, `Respond` follows then by itself.
    """

    message: Message
    ends_turn: bool = True


@dataclass(frozen=True, slots=True)
class AudioInput:
    """More of the user's speech, in the form that the session was set up with."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Commit:
    """The end of what the user says, where no server listens for it."""


@dataclass(frozen=True, slots=True)
class Clear:
    """Speech that was sent and not committed is to be forgotten."""


@dataclass(frozen=True, slots=True)
class Respond:
    """A response is wanted. With `apart` it is not part of the conversation."""

    instructions: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The model is to stop; `played_ms` of its last piece of speech was heard, None where unknown."""

    played_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ToolResults:
    """Resolved calls, to be answered together.

    `earlier` says that they were made over an earlier connection: where the server does not know them any
    more, the calls are sent with their results.
    """

    calls: Sequence[ToolCall]
    earlier: bool = False


RealtimeInput: TypeAlias = (
    History | UserMessage | AudioInput | Commit | Clear | Respond | Interrupt | ToolResults
)


def user_input(content: str | File | Opaque, respond: bool | None) -> UserMessage:
    """Return a text, a file or a block of the provider's own as a message of the user's.

    Where `respond` does not say it, a text and a recording end the turn. Raises `ConfigurationError` for
    anything else.
    """
    ends_turn = isinstance(content, str)
    if isinstance(content, str):
        message = Message("user", [Text(content)])
    elif is_a(content, File, Opaque):
        message = Message("user", [content])
        ends_turn = isinstance(content, File) and content.kind == "audio"
    else:
        raise ConfigurationError(f"a session sends a text, a File or bytes of speech, not {kind_of(content)}")
    return UserMessage(message, ends_turn if respond is None else respond)
