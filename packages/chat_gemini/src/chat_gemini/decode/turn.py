"""A turn put together from frames.

A whole response is one frame, so that every field is read in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from typing import TypeAlias

from chat_core import (
    ChatResponse,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    Notice,
    Origin,
    ToolCall,
    Turn,
    TurnEvent,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.types.seal_turn import seal_turn
from chat_core.types.sealed import peek
from chat_core.wire import CallIds, fail_pending

from chat_gemini.decode.citations import cited
from chat_gemini.decode.ending import Ending, read_block, read_ending
from chat_gemini.decode.parts import PartAssembler, has_content, parts_of
from chat_gemini.decode.usage import UsageMeter

_READ_APART = frozenset({"candidates", "usageMetadata"})
_SPECIAL = frozenset({"promptFeedback", "error"})
# steps of Google's tools; what follows them is their result
_STEPS = frozenset({"executableCode", "toolCall"})
_OPEN, _UNKNOWN = Ending(), Turn()  # what a turn has before any frame

Continuation: TypeAlias = tuple[str, Callable[[str], Sequence[TurnEvent]]]


class TurnAssembler:
    """The first candidate of one turn, its parts in the order received.

    `is_whole` says whether the turn is whole as far as the frames show: the last one with content has a
    finish reason, and is not a step of one of Google's tools that has yet to run. `has_anything` says whether
    any frame was one of this wire.
    """

    def __init__(self, origin: Origin, ids: CallIds, names: Mapping[str, str] | None = None) -> None:
        self.is_whole: bool = False
        self.has_anything: bool = False
        self._parts = PartAssembler(origin, ids, names or {})
        self._usage = UsageMeter()
        self._ending = _OPEN
        self._turn = _UNKNOWN
        self._index: int | None = None  # of the candidate that began first
        self._others: set[int] = set()
        self._raw: JsonObject = {}
        self._candidate: JsonObject = {}
        self._groundings: list[JsonObject] = []  # of earlier requests for the turn
        self._plain_fields: Set[str] = frozenset()  # of a frame that has nothing new but its content

    def read_headers(self, headers: Mapping[str, str]) -> None:
        """Take the tier that served the turn, which stands in a header where the usage leaves it out.

        It is `response.usage.raw["serviceTier"]`. Facts: Google's SDK, November 2026.
        """
        self._usage.tier = headers.get("x-gemini-service-tier", "")

    def add(self, frame: JsonObject) -> list[TurnEvent]:
        """Take a frame, and return its events. Raises `InvalidResponse` where a part of it cannot be read."""
        candidates = _candidates(frame)
        candidate = self._choose(candidates)
        metadata = frame.get("usageMetadata") or (candidate or {}).get("usageMetadata")
        self._usage.read(metadata)
        self._describe(frame)
        self.has_anything = self.has_anything or bool(candidates) or "usageMetadata" in frame
        if "promptFeedback" in frame and (block := read_block(frame["promptFeedback"])) is not None:
            self._ending = block
            self.is_whole = self.has_anything = True
        return self._add_candidate(candidate) if candidate is not None else []

    def continuation_of_text(self, frame: JsonObject) -> Continuation | None:
        """Return the text of a frame that only goes on with a text of the turn, as nearly all of a stream do,
        and what appends such texts.

        Of its usage nothing is taken yet. For any other frame, None is returned: it is for `add`.
        """
        candidates = frame.get("candidates")
        if self.is_whole or not isinstance(candidates, list) or len(candidates) != 1:
            return None
        if not frame.keys() <= self._plain_fields or frame.get("modelVersion") != self._turn.model:
            return None
        text = _only_text(candidates[0], self._index)
        append = self._parts.appender() if text else None
        return (text, append) if append is not None else None

    def read_usage(self, frame: JsonObject) -> bool:
        """Take the usage of a frame. Return whether that of a frame with the same counts, whatever their
        numbers, would take its place.
        """
        counts = as_object(frame.get("usageMetadata"))
        self._usage.read(counts)
        return not counts or len(counts) == len(self._usage.latest)

    @property
    def continuation(self) -> str | None:
        """The token that requests the rest of the turn, where the server has interrupted it itself; else
        None.
        """
        token = as_text(self._candidate.get("continuationToken"))
        return token if token and self._ending.word == "CONTINUATION" else None

    def resume(self) -> None:
        """Go on with the frames of another request for the rest of the turn."""
        self._usage.next_request()
        self._candidate.pop("continuationToken", None)
        if grounding := as_object(self._candidate.get("groundingMetadata")):
            self._groundings.append(grounding)
        self._ending = _OPEN
        self.is_whole = False

    def response(self, notices: tuple[Notice, ...] = (), raw: JsonObject | None = None) -> ChatResponse:
        """Return the turn as far as it has come.

        Calls of a turn that broke off, or that are malformed, are `Failed`.
        """
        ending, turn = self._ending, self._turn
        parts = cited(self._parts.parts(), self._candidate, self._groundings)
        calls = [part for part in parts if isinstance(part, ToolCall)]
        if calls and ending.reason == "stop":
            ending = replace(ending, reason="tool_calls")
        if calls and ending.is_broken_off:
            fault = f"The turn ended with {ending.word}, so the call was not run. {ending.message or ''}"
            fail_pending(calls, fault.rstrip())
        if calls and ending.word is None:
            without = [call for call in calls if not call.arguments]
            fail_pending(without, "The turn ended without a finish reason before the arguments.")
        turn = Turn(ending.reason, ending.word, self._usage.total(), turn.model, turn.id)
        message = Message("model", parts, turn=turn)
        return ChatResponse(seal_turn(message), self._notices() + notices, raw or self._described())

    def finished(self, notices: tuple[Notice, ...] = (), raw: JsonObject | None = None) -> ChatResponse:
        """Return the whole turn.

        Raises a retryable `InvalidResponse`, which holds the turn, where the model made nothing but a
        mistake.
        """
        response = self.response(notices, raw)
        if self._ending.is_worth_a_retry and not peek(response.message):
            why = response.notices[0].message if response.notices else self._ending.word
            error = InvalidResponse(f"the model's turn is empty: {why}", response=response)
            error.retryable = True
            raise error
        return response

    def _choose(self, candidates: list[JsonObject]) -> JsonObject | None:
        """Return the candidate of a frame that this turn is made of, if it is there."""
        if len(candidates) == 1 and self._index in (None, index := _index(candidates[0])):
            self._index = index
            return candidates[0]
        if self._index is None and candidates:
            self._index = min(map(_index, candidates))
        chosen = next((candidate for candidate in candidates if _index(candidate) == self._index), None)
        if len(candidates) > (chosen is not None):
            self._others |= {_index(candidate) for candidate in candidates if candidate is not chosen}
        return chosen

    def _describe(self, frame: JsonObject) -> None:
        """Keep what a frame has besides content.

        The first and the last have most; those between repeat it.
        """
        turn = self._turn
        known = turn.id is not None and turn.model == frame.get("modelVersion")
        if known and frame.keys() <= self._raw.keys() | _READ_APART:
            return
        id = turn.id or as_text(frame.get("responseId")) or None
        model = as_text(frame.get("modelVersion")) or turn.model
        if id != turn.id or model != turn.model:
            self._turn = Turn(id=id, model=model)
        self._raw |= {name: value for name, value in frame.items() if name not in _READ_APART and value}
        if self._turn.id is not None:
            self._plain_fields = (self._raw.keys() | _READ_APART) - _SPECIAL

    def _add_candidate(self, candidate: JsonObject) -> list[TurnEvent]:
        self._keep(candidate)
        parts = parts_of(candidate)
        events = [event for part in parts for event in self._parts.add(part)]
        if "finishReason" in candidate and (ending := read_ending(candidate)) is not None:
            events += self._parts.close()
            self._end(ending, parts)
        elif self.is_whole and not self._ending.blocked and any(map(has_content, parts)):
            self.is_whole = False
        return events

    def _end(self, ending: Ending, parts: list[JsonObject]) -> None:
        """Take a finish reason.

        After a step of one of Google's tools it is not the end: the result is yet to come.
        """
        if ending.outweighs(self._ending):
            self._ending = ending
        is_step = ending.reason == "stop" and bool(parts) and bool(parts[-1].keys() & _STEPS)
        self.is_whole = self._ending.blocked or not is_step

    def _keep(self, candidate: JsonObject) -> None:
        """Keep what a candidate has besides content, the last of each field."""
        for name, value in candidate.items():
            if name == "content" or not value:
                continue
            if name == "groundingMetadata" and name in self._candidate and _has_no_sources(value):
                continue  # most frames have such a one, after one with sources
            self._candidate[name] = value

    def _described(self) -> JsonObject:
        raw = dict(self._raw)
        if self._candidate:
            raw["candidates"] = [self._candidate]
        if self._usage.latest:
            raw["usageMetadata"] = self._usage.latest
        return raw

    def _notices(self) -> tuple[Notice, ...]:
        notices: list[Notice] = []
        if self._others:
            count = 1 + len(self._others)
            notices.append(
                Notice("n", f"the server sent {count} candidates; the response is the first of them")
            )
        if (notice := self._ending.notice()) is not None:
            notices.append(notice)
        if self._index is None and not self._ending.blocked:
            notices.append(Notice("candidates", "the server answered without any candidate"))
        return tuple(notices)


def _candidates(frame: JsonObject) -> list[JsonObject]:
    """Return the candidates of a frame; some servers send a single one without a list."""
    found: JsonValue = frame.get("candidates")
    if isinstance(found, dict):
        return [found]
    return [candidate for candidate in as_list(found) if isinstance(candidate, dict)]


def _has_no_sources(grounding: JsonValue) -> bool:
    return not as_object(grounding).get("groundingChunks")


def _only_text(candidate: JsonValue, index: int | None) -> str:
    """Return the text of a candidate that has nothing else, and is the one with this index."""
    if not isinstance(candidate, dict) or candidate.get("index", 0) != index:
        return ""
    content = candidate.get("content")  # patterns of these objects would take four times as long
    if not isinstance(content, dict) or len(candidate) != 1 + (type(candidate.get("index")) is int):
        return ""
    parts = content.get("parts")
    part = parts[0] if isinstance(parts, list) and len(parts) == 1 else None
    text = part.get("text") if isinstance(part, dict) and len(part) == 1 else None
    return text if isinstance(text, str) else ""


def _index(candidate: JsonObject) -> int:
    return as_count(candidate.get("index")) or 0
