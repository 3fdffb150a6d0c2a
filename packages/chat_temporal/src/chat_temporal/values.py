"""What goes between a workflow and its activities: plain data, which Temporal stores as JSON.

`state` is a conversation as `Messages.to_json` writes it. The workflow keeps it and never looks into it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = dict[str, object]
else:
    Json = dict[str, Any]  # Temporal reads what it loads by these annotations, and knows no `object`


@dataclass
class Start:
    """What a conversation begins with, or goes on with after its history was cut.

    `texts` are texts of the user. `state` is a conversation as `Messages.to_json` writes it; with `go_on` the
    model goes on with it at once, else it waits for what comes. With `once` the workflow ends with its first
    answer, or with an error; without, it goes on until it is closed. A turn is tried `turn_attempts` times,
    where its error is one that may pass. A worker counts as lost after `heartbeat_timeout`; all times are in
    seconds. Where the history has `most_events`, the workflow goes on as a new run with a short one.
    """

    texts: list[str] = field(default_factory=list[str])
    state: str | None = None
    once: bool = False
    turn_attempts: int = 10
    turn_timeout: float = 600.0
    tool_timeout: float = 600.0
    heartbeat_timeout: float = 30.0
    most_events: int = 4000
    view: View | None = None
    go_on: bool = False


@dataclass
class Step:
    """What a model turn goes on from.

    `outcomes` are calls that have run, each stored as a conversation of its own; `unknown` the ids of calls
    whose worker was lost; `decisions` a JSON list, as `decisions_from_json` reads it.
    """

    state: str | None
    texts: list[str] = field(default_factory=list[str])
    outcomes: list[str] = field(default_factory=list[str])
    unknown: list[str] = field(default_factory=list[str])
    decisions: list[Json] = field(default_factory=list[Json])

    def before(self, later: Step) -> Step:
        """Return both as one step: what this one is, and then what has come since."""
        return Step(
            self.state,
            self.texts + later.texts,
            self.outcomes + later.outcomes,
            self.unknown + later.unknown,
            self.decisions + later.decisions,
        )


@dataclass
class Progress:
    """What a step came to: calls to run now, or a conversation that waits or has its answer."""

    state: str
    run: list[str]
    waiting: list[Json]
    wake: str | None
    answer: str | None


@dataclass
class View:
    """How a conversation stands: the state of `Conversation.view`.

    `waiting` are the calls that somebody has to decide about, or that wait for their time or for a result,
    each with `id`, `name`, `arguments`, `status`, `digest`; `wake` is when the first of them runs by itself.
    `answer` is the model's last one. `error` is why the last turn failed; the next `say` or `go_on` tries
    again.
    """

    waiting: list[Json] = field(default_factory=list[Json])
    answer: str | None = None
    wake: str | None = None
    working: bool = False
    error: str | None = None
