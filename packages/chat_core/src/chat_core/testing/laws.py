"""The laws of a turn, as a check on the events of any provider."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from chat_core.types.call_status import Pending
from chat_core.types.events import (
    Done,
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)


def broken_laws(events: Iterable[TurnEvent]) -> list[str]:
    """Return what is wrong with the events of one `StreamProvider.stream` call; empty for a lawful turn.

    A turn ends in exactly one `Done`, and its response holds what the chunks held: text, reasoning, refusal,
    files, and per call the arguments. Calls have ids that are not empty and differ. A call that can run has
    arguments from a turn that did not stop for length.
    """
    return list(_broken(list(events)))


def _broken(events: list[TurnEvent]) -> Iterator[str]:
    ends = [event for event in events if isinstance(event, Done)]
    if len(ends) != 1:
        yield f"a turn ends in exactly one Done; here are {len(ends)}"
        return
    if not isinstance(events[-1], Done):
        yield f"after Done comes {events[-1]!r}"
    response = ends[0].response
    texts = {
        "text": ("".join(event.text for event in events if isinstance(event, TextChunk)), response.text),
        "reasoning": (
            "".join(event.text for event in events if isinstance(event, ReasoningChunk)),
            response.reasoning,
        ),
        "refusal": (
            "".join(event.text for event in events if isinstance(event, RefusalChunk)),
            response.refusal or "",
        ),
    }
    for name, (chunks, whole) in texts.items():
        if chunks != whole:
            yield f"the {name} chunks say {chunks[:80]!r}, the response says {whole[:80]!r}"
    files = [event.file for event in events if isinstance(event, FileReady) and not event.file.preview]
    if [file for file in response.files if file in files] != files:
        yield f"{len(files)} files were ready, the response has {len(response.files)}"
    yield from _broken_calls(events, ends[0])


def _broken_calls(events: list[TurnEvent], done: Done) -> Iterator[str]:
    arguments: defaultdict[str, str] = defaultdict(str)
    for event in events:
        if isinstance(event, ToolCallChunk):
            arguments[event.id] += event.arguments
    calls = {call.id: call for call in done.response.tool_calls}
    if len(calls) != len(done.response.tool_calls) or "" in calls:
        ids = [call.id for call in done.response.tool_calls]
        yield f"the ids of calls are to differ and not to be empty: {ids}"
    for id in arguments.keys() - calls.keys():
        yield f"chunks of call {id!r}, which the response does not have"
    for call in calls.values():
        if call.arguments_text is not None and arguments[call.id] != call.arguments_text:
            chunks, whole = arguments[call.id][:80], call.arguments_text[:80]
            yield f"the chunks of call {call.id} say {chunks!r}, the call says {whole!r}"
        if not isinstance(call.status, Pending) and not call.resolved:
            yield f"call {call.id} comes from the provider as {call.status.type}"
