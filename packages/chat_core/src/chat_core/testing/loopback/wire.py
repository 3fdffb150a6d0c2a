"""What the wires of a loopback server share: the request that a turn responds to, and its pieces."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from chat_core.testing.loopback.reaction import Reaction, dump, json_reaction
from chat_core.testing.loopback.script import Call, Failure, Reply
from chat_core.types.json_values import JsonObject, JsonValue

SSE = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """A request for a turn; `number` counts the requests that the server received."""

    number: int
    model: str
    body: JsonObject
    stream: bool


@dataclass(frozen=True, slots=True)
class Wire:
    """How one wire writes a turn, whole and in the frames of a stream, and an error."""

    whole: Callable[[Reply, TurnRequest], JsonObject]
    frames: Callable[[Reply, TurnRequest], Iterator[bytes]]
    error: Callable[[Failure, int], JsonObject]
    content_type: str = SSE


def turn_reaction(wire: Wire, reply: Reply, request: TurnRequest) -> Reaction:
    """Return a turn as an HTTP response, whole or streamed, whichever the request wants."""
    if not request.stream:
        whole = json_reaction(200, wire.whole(reply, request))
        return Reaction(200, whole.headers, whole.pieces, False, reply.pause, reply.cut_after)
    headers = {"content-type": wire.content_type, "cache-control": "no-cache"}
    return Reaction(200, headers, list(wire.frames(reply, request)), True, reply.pause, reply.cut_after)


def error_reaction(wire: Wire, failure: Failure, number: int) -> Reaction:
    """Return an error as this wire writes it."""
    reaction = json_reaction(failure.status, wire.error(failure, number))
    if failure.retry_after is not None:
        reaction.headers["retry-after"] = f"{failure.retry_after:g}"
    return reaction


def sse_frame(value: JsonValue, event: str = "") -> bytes:
    """Return one server-sent event, with a name where the wire has them."""
    name = f"event: {event}\n".encode() if event else b""
    return b"%bdata: %b\n\n" % (name, dump(value))


def pieces(text: str, size: int) -> Iterator[str]:
    """Return a text in pieces of `size` characters."""
    return (text[at : at + size] for at in range(0, len(text), size))


def calls_of(reply: Reply, number: int, prefix: str = "call") -> Iterator[tuple[str, Call, str]]:
    """Yield the id of each call, the call, and its arguments as text. Ids that are made differ from request
    to request.
    """
    for position, call in enumerate(reply.calls, start=1):
        arguments = call.arguments if isinstance(call.arguments, str) else dump(dict(call.arguments)).decode()
        yield call.id or f"{prefix}_{number}_{position}", call, arguments


def as_value(arguments: str) -> JsonValue:
    """Return the arguments on a wire that has them as JSON; what is none goes out as the text that it is."""
    try:
        value: JsonValue = json.loads(arguments or "{}")
    except ValueError:
        return arguments
    return value


def finish_word(reply: Reply, words: Mapping[str, str]) -> str:
    """Return the wire's word for why the turn ended: a common one translated, any other as it is."""
    word = reply.finish_reason or default_finish(reply)
    return words.get(word, word)


def default_finish(reply: Reply) -> str:
    """Return why a turn ends where the reply does not say."""
    if reply.calls:
        return "tool_calls"
    return "refusal" if reply.refusal else "stop"


def joined_array(values: Iterable[JsonValue]) -> Iterator[bytes]:
    """Yield a JSON array in one piece for each value, the brackets with the first and the last."""
    listed = list(values)
    for at, value in enumerate(listed):
        start, end = b"[" if at == 0 else b",\r\n", b"]" if at == len(listed) - 1 else b""
        yield start + dump(value) + end
