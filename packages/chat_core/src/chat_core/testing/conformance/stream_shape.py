"""Which events of a recorded stream carry what: found by playing them one by one."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chat_core.testing.conformance.checks import require
from chat_core.testing.conformance.watched import OneEventEach, WatchedTransport
from chat_core.testing.tape.form import Burst, Exchange, joined_blocks
from chat_core.transport import Event
from chat_core.types.events import ReasoningChunk, TextChunk, ToolCallChunk

if TYPE_CHECKING:
    from chat_core.testing.conformance.provider_suite import ProviderSuite, Scenario


_LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonl", "text/plain")


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a stream, how many events had been read when a chunk of text, of reasoning or of a call came."""

    events: tuple[Event, ...]
    text_pieces: tuple[int, ...]
    reasoning_pieces: tuple[int, ...]
    call_pieces: tuple[int, ...]

    @staticmethod
    async def of(suite: ProviderSuite, name: str) -> Shape:
        """Play a scenario event by event. Fails where it has no streamed response."""
        exchanges = suite.scenario(name).streamed
        require(exchanges, f"{name}.tape has no streamed response: record one.")
        transport = WatchedTransport(exchanges[:1], OneEventEach())
        found: dict[type, list[int]] = {TextChunk: [], ReasoningChunk: [], ToolCallChunk: []}
        async with aclosing(suite.client(transport).stream(suite.request_for(name))) as stream:
            async for event in stream:
                if type(event) in found and transport.pieces_given not in found[type(event)]:
                    found[type(event)].append(transport.pieces_given)
        pieces = (tuple(found[kind]) for kind in (TextChunk, ReasoningChunk, ToolCallChunk))
        text, reasoning, call = pieces
        return Shape(events_of(exchanges[0]), text, reasoning, call)

    def bytes_up_to(self, count: int) -> int:
        """Return the size of the first `count` events."""
        return len(joined_blocks(self.events[:count]))


def events_of(exchange: Exchange) -> tuple[Event, ...]:
    """Return the events of a streamed exchange."""
    return tuple(event for burst in exchange.bursts or () for event in burst.events)


def event_count(scenario: Scenario) -> int:
    """Return how many events the stream of a scenario has."""
    return len(events_of(scenario.streamed[0])) if scenario.streamed else 0


def size_of(scenario: Scenario) -> int:
    """Return how many bytes the stream of a scenario plays as."""
    return len(joined_blocks(events_of(scenario.streamed[0]))) if scenario.streamed else 0


def as_lines(exchange: Exchange) -> Exchange | None:
    """Return the exchange with its stream as the lines of JSON that the server sent, by its content type;
    None where the stream came otherwise.
    """
    response = exchange.response
    kind = "" if response is None else response.headers.get("content-type", "").partition(";")[0].strip()
    events = events_of(exchange)
    if response is None or kind not in _LINES or any(event.type != "message" for event in events):
        return None
    body = "".join(f"{event.data}\n" for event in events).encode()
    return replace(exchange, response=replace(response, body=body), bursts=None)


def with_events(exchange: Exchange, events: list[Event]) -> Exchange:
    """Return an exchange with other events, each of which arrives alone."""
    return replace(exchange, bursts=[Burst(0.0, (event,)) for event in events])


def with_event_broken(scenario: Scenario, number: int) -> list[Exchange]:
    """Return a scenario's stream in which the data of one event are no JSON."""
    events = list(events_of(scenario.streamed[0]))
    events[number] = Event(events[number].type, "{not JSON")
    return [with_events(scenario.streamed[0], events)]
