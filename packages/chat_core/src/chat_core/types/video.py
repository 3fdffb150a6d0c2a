"""Videos that a model makes: a job at the server, as data that any process can go on with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.response import Notice
from chat_core.types.short_repr import ShortRepr, Shown, Values

VideoState: TypeAlias = Literal["running", "done", "failed"]
"""How far a video is. Any but "running" is final."""


@dataclass(frozen=True, slots=True, repr=False)
class VideoJob(Shown):
    """A video that is being made, as plain data: store `to_json()`, and any process continues with
    `from_json(...)`.

    It holds no key, no prompt and no video. `id` is the server's, `raw_state` its word, and `error` why the
    video failed.
    """

    provider: str
    base_url: str
    model: str
    id: str
    submitted_at: datetime
    state: VideoState = "running"
    raw_state: str = ""
    error: str | None = None
    version: Literal[1] = 1

    @property
    def finished(self) -> bool:
        """Whether nothing is being made any more."""
        return self.state != "running"

    def to_json(self) -> str:
        """Return the job as JSON."""
        from pydantic import TypeAdapter

        return TypeAdapter(VideoJob).dump_json(self).decode()

    @staticmethod
    def from_json(data: str | bytes) -> VideoJob:
        """Return the job of `to_json`. Raises `ConfigurationError`, which names the place, for other data."""
        from pydantic import TypeAdapter, ValidationError

        from chat_core.types.pydantic_faults import faults_of

        try:
            return TypeAdapter(VideoJob).validate_json(data)
        except ValidationError as exc:
            raise ConfigurationError(f"not a video job: {faults_of(exc)}") from exc

    def _shown(self) -> Values:
        yield "provider", self.provider
        yield "model", self.model
        yield "id", self.id
        yield "state", self.state


@dataclass(frozen=True, slots=True, repr=False)
class Videos(ShortRepr):
    """The videos of a finished job, as bytes or by URL, and what the server sent in `raw`.

    A notice says that some were left out, by a filter of the server's.
    """

    files: tuple[File, ...]
    notices: tuple[Notice, ...] = ()
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)
