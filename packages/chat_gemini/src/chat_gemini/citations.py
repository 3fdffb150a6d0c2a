"""What a turn is grounded in, as citations on the texts that it supports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from chat_core import Citation, JsonObject, Part, Text
from chat_core.types.json_values import as_count, as_list, as_object, as_text


def cited(parts: list[Part], candidate: JsonObject) -> list[Part]:
    """The parts, their texts with the citations of the candidate's metadata. Offsets on the wire are UTF-8 bytes into all the
    visible text; on a text they are characters of it. What has no place of its own is put on the last text."""
    found = [
        *_grounded(as_object(candidate.get("groundingMetadata"))),
        *_recited(as_object(candidate.get("citationMetadata"))),
    ]
    texts = [part for part in parts if isinstance(part, Text)]
    if not found or not texts:
        return parts
    placed: list[list[Citation]] = [[] for _ in texts]
    whole = "".join(text.text for text in texts)
    for claim in found:
        at, citation = _placed(claim, texts, whole)
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


def _placed(claim: _Claim, texts: list[Text], whole: str) -> tuple[int, Citation]:
    """The text that a claim is about, and its citation with the characters of it."""
    last = len(texts) - 1
    if claim.start is None or claim.end is None:
        return last, claim.citation
    encoded = whole.encode()
    start = len(encoded[: claim.start].decode("utf-8", "ignore"))
    end = start + len(encoded[claim.start : claim.end].decode("utf-8", "ignore"))
    quote = claim.citation.quote
    if (
        quote and whole[start:end] != quote
    ):  # offsets into a part of the wire, which may have been one of several
        if (start := whole.find(quote)) < 0:
            return last, claim.citation
        end = start + len(quote)
    before = 0
    for at, text in enumerate(texts):
        size = len(text.text)
        if start < before + size or at == last:
            return at, replace(claim.citation, start=start - before, end=min(end - before, size))
        before += size
    return last, claim.citation
