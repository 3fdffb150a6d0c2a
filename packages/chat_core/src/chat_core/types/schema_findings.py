"""What becomes of a JSON schema on its way to a server: findings by place, and a report of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Self, TypeAlias

from chat_core.types.errors import ConfigurationError

FindingKind: TypeAlias = Literal["refused", "dropped", "unenforced", "in_words", "changed"]
"""What becomes of a place of a schema.

"refused": it cannot be sent, or the server refuses it. "dropped": it is left out. "unenforced": it is sent,
but the server does not hold the model to it. "in_words": it became words, which the model reads. "changed":
it is held, and means something slightly different.
"""

KINDS: Final[tuple[FindingKind, ...]] = ("refused", "dropped", "unenforced", "in_words", "changed")
"""The worst first."""


class SchemaFault(NamedTuple):
    """A place of a schema that a wire cannot express: a JSON pointer, and why."""

    at: str
    reason: str

    def __str__(self) -> str:
        return f"{self.at}: {self.reason}"


class SchemaRefused(ConfigurationError):
    """A schema that a wire cannot express. `faults` has every place."""

    def __init__(self, message: str, faults: Sequence[SchemaFault]) -> None:
        super().__init__(message)
        self.faults: tuple[SchemaFault, ...] = tuple(faults)

    @classmethod
    def at(cls, about: str, faults: Sequence[SchemaFault]) -> Self:
        """Return the error that names the first eight places."""
        return cls(f"{about}: {'; '.join(map(str, faults[:8]))}", faults)


@dataclass(frozen=True, slots=True)
class SchemaFinding:
    """What becomes of one place of a schema: a JSON pointer, why, and what to do about it."""

    kind: FindingKind
    at: str
    message: str
    way_out: str = ""

    def __str__(self) -> str:
        way_out = f" -> {self.way_out}" if self.way_out else ""
        return f"{self.kind.replace('_', ' ')}: {self.at}: {self.message}{way_out}"


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """What a provider makes of one schema: of the output type, or of the parameters of a tool.

    Without findings the server holds the model to all of it.
    """

    provider: str
    model: str
    about: str
    findings: tuple[SchemaFinding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be sent."""
        return self.verdict != "refused"

    @property
    def verdict(self) -> FindingKind | Literal["held"]:
        """The kind of the worst finding, or "held" where there is none."""
        found = {finding.kind for finding in self.findings}
        for kind in KINDS:
            if kind in found:
                return kind
        return "held"

    def __str__(self) -> str:
        head = f"{self.provider} ({self.model}), {self.about}: {self.verdict.replace('_', ' ')}"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])
