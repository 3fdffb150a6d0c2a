"""What a turn costs, from the running totals in its frames."""

from __future__ import annotations

from dataclasses import replace

from chat_core import JsonObject, JsonValue, Usage
from chat_core.types.json_values import as_count, as_object

_COUNTS = ("promptTokenCount", "candidatesTokenCount", "toolUsePromptTokenCount", "thoughtsTokenCount")


class UsageMeter:
    """The usage of a turn, which may take several requests.

    Each frame of a stream has the total of its request so far, so the last one counts; but frames leave out
    counts. `tier` is the service tier that a header names, for where no frame does.
    """

    def __init__(self) -> None:
        self.latest: JsonObject = {}
        self.tier = ""
        self._earlier = Usage()

    def read(self, metadata: JsonValue) -> None:
        """Take the `usageMetadata` of a frame."""
        counts = as_object(metadata)
        if not counts:
            return
        leaves_out = len(counts) < len(self.latest) or not counts.keys() >= self.latest.keys()
        if leaves_out and not _adds_up(counts):
            self.latest.update(counts)
        else:
            self.latest = {**counts}

    def next_request(self) -> None:
        """Begin to count another request of the same turn: what it costs comes on top."""
        self._earlier += usage(self.latest)
        self.latest = {}

    def total(self) -> Usage:
        """Return what all requests of the turn have cost, with the last request's numbers as `raw`."""
        named: JsonObject = {"serviceTier": self.tier} if self.tier else {}
        return replace(self._earlier + usage(self.latest), raw={**named, **self.latest})


def usage(metadata: JsonObject) -> Usage:
    """Return the provider's numbers in the common convention: thoughts count as output, missing numbers are
    None.
    """
    output, thoughts = (
        as_count(metadata.get("candidatesTokenCount")),
        as_count(metadata.get("thoughtsTokenCount")),
    )
    return Usage(
        input_tokens=as_count(metadata.get("promptTokenCount")),
        output_tokens=None if output is None and thoughts is None else (output or 0) + (thoughts or 0),
        cache_read_tokens=as_count(metadata.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
        total_tokens=as_count(metadata.get("totalTokenCount")),
        raw=metadata,
    )


def _adds_up(counts: JsonObject) -> bool:
    """Return whether the counts make up the total: then what is left out is zero, else it is left out for
    once.
    """
    return as_count(counts.get("totalTokenCount")) == sum(as_count(counts.get(name)) or 0 for name in _COUNTS)
