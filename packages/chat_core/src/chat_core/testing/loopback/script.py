"""The script of a loopback server, and the requests that it received."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chat_core.types.json_values import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call.

    `arguments` as a str is sent as it is, JSON or not. Without an `id` the server makes one.
    """

    name: str
    arguments: Mapping[str, JsonValue] | str = field(default_factory=dict[str, JsonValue])
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One turn of the model, sent whole or streamed, whichever the request wants, on the request's wire.

    `finish_reason` is by default "tool_calls" with calls and "stop" without. On the other wires than Chat
    Completions the common words (stop, length, tool_calls, content_filter, refusal) become the wire's own;
    any other word is sent as it is. A `refusal` is an explanation on Claude's and Gemini's wires, and text on
    Ollama's, which have no words of refusal. `prompt_tokens` includes `cached_tokens`, and
    `completion_tokens` includes `reasoning_tokens`.

    A streamed turn has `chunk` characters in each event. The server waits `pause` seconds before each event,
    and hangs up after `cut_after` of them: those of Chat Completions begin with one that holds only the role,
    and end with `[DONE]`. A turn sent whole is one event. Raises `ValueError` for a `chunk` of less than one
    character.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    reasoning: str = ""
    refusal: str = ""
    finish_reason: str | None = None
    prompt_tokens: int = 10
    completion_tokens: int = 5
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    chunk: int = 8
    pause: float = 0.0
    cut_after: int | None = None

    def __post_init__(self) -> None:
        if self.chunk < 1:
            raise ValueError(f"Reply(chunk=...) is a number of characters, at least 1, not {self.chunk}")


@dataclass(frozen=True, slots=True)
class Failure:
    """An error instead of a turn: an HTTP status and the error body of the request's wire. `retry_after` is
    in seconds.
    """

    status: int
    message: str
    code: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Exactly these bytes instead of a turn.

    With `chunk` they go out in HTTP chunks of that size, each an event for `pause` and `cut_after`; without,
    in one piece with a Content-Length. Raises `ValueError` for a `chunk` of less than one byte.
    """

    body: bytes
    content_type: str = "text/event-stream"
    status: int = 200
    chunk: int | None = None
    pause: float = 0.0
    cut_after: int | None = None

    def __post_init__(self) -> None:
        if self.chunk is not None and self.chunk < 1:
            raise ValueError(f"Raw(chunk=...) is a number of bytes, at least 1, not {self.chunk}")


Answer: TypeAlias = Reply | Failure | Raw
Script: TypeAlias = Sequence[Answer] | Callable[[JsonObject], Answer]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came. Header names are lower case; `body` is empty where none came."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: JsonObject


class RanOut(Exception):
    pass


class InOrder:
    """A script of answers as a function: the next one at each call."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = tuple(answers)
        self._given = 0

    def __call__(self, body: JsonObject) -> Answer:
        self._given += 1
        if self._given > len(self._answers):
            raise RanOut(
                f"the script has run out: request {self._given} of {len(self._answers)} that it answers"
            )
        return self._answers[self._given - 1]
