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
        self._earlier: Usage | None = None

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
        latest = usage(self.latest)
        self._earlier = latest if self._earlier is None else self._earlier + latest
        self.latest = {}

    def total(self) -> Usage:
        """Return what all requests of the turn have cost, with the last request's numbers as `raw`."""
        raw: JsonObject = {"serviceTier": self.tier, **self.latest} if self.tier else {**self.latest}
        latest = usage(raw)
        return latest if self._earlier is None else replace(self._earlier + latest, raw=raw)


def usage(metadata: JsonObject) -> Usage:
    """Return the provider's numbers in the common convention: thoughts count as output, missing numbers are
    None.
    """
    output, thoughts = (
        as_count(metadata.get("candidatesTokenCount")),
        as_count(metadata.get("thoughtsTokenCount")),
    )
    return Usage(
        as_count(metadata.get("promptTokenCount")),
        None if output is None and thoughts is None else (output or 0) + (thoughts or 0),
        as_count(metadata.get("cachedContentTokenCount")),
        None,
        thoughts,
        as_count(metadata.get("totalTokenCount")),
        metadata,
    )


def _adds_up(counts: JsonObject) -> bool:
    """Return whether the counts make up the total: then what is left out is zero, else it is left out for
    once.
    """
    return as_count(counts.get("totalTokenCount")) == sum(as_count(counts.get(name)) or 0 for name in _COUNTS)
