"""What the user has said and no turn has come of yet: another connection is sent it again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TypeAlias

from chat_core.realtime.inputs import AudioInput, Clear, Commit

SpeechInput: TypeAlias = AudioInput | Commit | Clear

_MOST = 1 << 22  # bytes that are kept of one turn: 87 s at 24,000 samples a second
_SILENCE = 2  # seconds that are kept while a server that listens hears no speech


@dataclass(slots=True)
class Speech:
    """The speech of the present turn, oldest first; more than 4 MiB, or 2 s of silence, are not kept.

    `unsent` counts those at the end that the present connection has not been sent. `is_heard` says whether
    a server that listens has heard the beginning of a turn, and not yet its end.
    """

    rate: int
    server_listens: bool = True
    is_heard: bool = False
    unsent: int = 0
    _inputs: deque[AudioInput | Commit] = field(default_factory=deque[AudioInput | Commit])
    _size: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the user is in the middle of a turn."""
        return self.is_heard if self.server_listens else bool(self._inputs)

    def add(self, given: SpeechInput, *, sent: bool) -> None:
        """Note what the user said, or that it is to be forgotten."""
        if isinstance(given, Clear):
            self._clear()
            return
        self._inputs.append(given)
        self.unsent += not sent
        self._size += len(given.data) if isinstance(given, AudioInput) else 0
        limit = _MOST if self.is_open else _SILENCE * self.rate * 2
        while self._size > limit and len(self._inputs) > 1:
            self._drop_first()

    def turn_ended(self) -> None:
        """Forget the turn that the server has now: up to the first `Commit`, or all without one."""
        self.is_heard = False
        if not any(isinstance(given, Commit) for given in self._inputs):
            self._clear()
            return
        while not isinstance(self._drop_first(), Commit):
            pass

    def begin_again(self) -> None:
        """Note that another connection has been sent nothing yet."""
        self.unsent = len(self._inputs)

    def next_unsent(self) -> AudioInput | Commit:
        """Return what is to be sent next, and count it as sent."""
        self.unsent -= 1
        return self._inputs[len(self._inputs) - self.unsent - 1]

    def _drop_first(self) -> AudioInput | Commit:
        first = self._inputs.popleft()
        self.unsent = min(self.unsent, len(self._inputs))
        self._size -= len(first.data) if isinstance(first, AudioInput) else 0
        return first

    def _clear(self) -> None:
        self._inputs.clear()
        self._size = self.unsent = 0
