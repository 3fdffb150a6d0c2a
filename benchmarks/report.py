"""The type of the typed answer; for those that have pydantic."""

from pydantic import BaseModel


class Finding(BaseModel):
    """What was found at one place."""

    name: str
    place: int
    certain: bool
    weight: float
    notes: list[str]


class Report(BaseModel):
    """A typed answer."""

    title: str
    findings: list[Finding]
