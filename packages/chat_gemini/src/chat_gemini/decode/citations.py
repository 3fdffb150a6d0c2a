"""What a turn is grounded in, as citations on the texts that it supports."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from chat_core import Citation, JsonObject, Part, Text
from chat_core.types.json_values import as_count, as_list, as_object, as_text


def cited(parts: list[Part], candidate: JsonObject, earlier: Sequence[JsonObject] = ()) -> list[Part]:
    """Return the parts, their texts with the citations of the candidate's metadata, and of the grounding that
    `earlier` requests of the same turn came with.

    Offsets on the wire are UTF-8 bytes into all the visible text; on a text they are characters of it. A
    citation that has no place of its own is put on the last text.
    """
    grounding, recitation = candidate.get("groundingMetadata"), candidate.get("citationMetadata")
    if not grounding and not recitation and not earlier:
        return parts
    claims = [
        *(claim for one in earlier if one is not grounding for claim in _grounded(one)),
        *_grounded(as_object(grounding)),
        *_recited(as_object(recitation)),
    ]
    texts = [part.text for part in parts if isinstance(part, Text)]
    if not claims or not texts:
        return parts
    placed: list[list[Citation]] = [[] for _ in texts]
    places = _Places(texts, claims)
    for claim in claims:
        at, citation = places.place(claim)
        placed[at].append(citation)
    having = iter(placed)
    return [
        replace(part, citations=tuple(next(having))) if isinstance(part, Text) else part for part in parts
    ]


@dataclass(frozen=True, slots=True)
class _Claim:
    citation: Citation
    start: int | None = None  # bytes
    end: int | None = None


def _grounded(metadata: JsonObject) -> Iterator[_Claim]:
    chunks = [as_object(chunk) for chunk in as_list(metadata.get("groundingChunks"))]
    used: set[int] = set()
    for support in map(as_object, as_list(metadata.get("groundingSupports"))):
        segment = as_object(support.get("segment"))
        start, end = as_count(segment.get("startIndex")) or 0, as_count(segment.get("endIndex"))
        for index in map(as_count, as_list(support.get("groundingChunkIndices"))):
            if index is not None and 0 <= index < len(chunks):
                used.add(index)
                citation = replace(_source(chunks[index]), quote=as_text(segment.get("text")) or None)
                yield _Claim(citation, start, end)
    for index, chunk in enumerate(chunks):
        if index not in used:
            yield _Claim(_source(chunk))


def _source(chunk: JsonObject) -> Citation:
    [inner] = [as_object(value) for value in chunk.values() if isinstance(value, dict)][:1] or [{}]
    url = as_text(inner.get("uri")) or as_text(inner.get("sourceUri")) or None
    return Citation(url, as_text(inner.get("title")) or None, as_text(inner.get("text")) or None, raw=chunk)


def _recited(metadata: JsonObject) -> Iterator[_Claim]:
    for source in map(
        as_object, as_list(metadata.get("citationSources")) + as_list(metadata.get("citations"))
    ):
        citation = Citation(
            as_text(source.get("uri")) or None, as_text(source.get("title")) or None, raw=source
        )
        end = as_count(source.get("endIndex"))
        yield _Claim(citation, None if end is None else as_count(source.get("startIndex")) or 0, end)


class _Places:
    """Where claims stand in the texts of a turn. The texts are walked once for all claims."""

    def __init__(self, texts: list[str], claims: list[_Claim]) -> None:
        self._texts = texts
        self._whole = "".join(texts)
        self._starts = list(accumulate(map(len, texts), initial=0))[:-1]
        offsets = {offset for claim in claims for offset in (claim.start, claim.end) if offset is not None}
        self._characters = _characters(self._whole.encode(), sorted(offsets))

    def place(self, claim: _Claim) -> tuple[int, Citation]:
        """Return the index of the text that a claim is about, and its citation with the characters of that
        text.
        """
        last = len(self._texts) - 1
        if claim.start is None or claim.end is None:
            return last, claim.citation
        start = self._characters[claim.start]
        end = max(start, self._characters[claim.end])
        quote = claim.citation.quote
        if quote and self._whole[start:end] != quote:
            # offsets into a part of the wire, which may have been one of several
            if (start := self._whole.find(quote)) < 0:
                return last, claim.citation
            end = start + len(quote)
        at = bisect_right(self._starts, start) - 1
        before = self._starts[at]
        end_in_text = min(end - before, len(self._texts[at]))
        return at, replace(claim.citation, start=start - before, end=end_in_text)


def _characters(encoded: bytes, offsets: list[int]) -> dict[int, int]:
    """Return the number of characters before each offset in bytes. `offsets` are sorted."""
    characters: dict[int, int] = {}
    at = count = 0
    for offset in offsets:
        boundary = max(0, min(offset, len(encoded)))
        while boundary < len(encoded) and encoded[boundary] & 0xC0 == 0x80:
            boundary -= 1  # inside a character
        count += len(encoded[at:boundary].decode())
        at = boundary
        characters[offset] = count
    return characters
