"""How long a fuzz test runs: a number of examples by default, CHAT_FUZZ_SECONDS where that is set.

    CHAT_FUZZ_SECONDS=60 python -m pytest -n 0 tests/fuzz

runs each test for a minute, on other examples each time. What a failure shows is enough to run it again: the
seed, for CHAT_FUZZ_SEED, and each conversation as JSON for `Messages.from_json`. With CHAT_FUZZ_FIGURES set
to a file, each test that has a time adds a line to it: its name, and how many examples it ran.
"""

from __future__ import annotations

import functools
import os
import random
import time
from collections.abc import Callable
from typing import Any

from chat_core import Messages
from hypothesis import HealthCheck, Phase, currently_in_test_context, note, seed, settings

ROUND = 200  # examples between two looks at the clock


def budget(examples: int = 200) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator of a hypothesis test, to stand above `@given`: the test runs `examples` times, the
    same ones each time, or in rounds until CHAT_FUZZ_SECONDS have passed.
    """
    seconds = float(os.environ.get("CHAT_FUZZ_SECONDS") or 0)
    given_settings = settings(
        max_examples=ROUND if seconds else examples,
        deadline=None,
        derandomize=not seconds,
        database=None,
        print_blob=True,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        limited = given_settings(test)
        return _in_rounds(limited, seconds) if seconds else limited

    return decorate


def _in_rounds(test: Callable[..., None], seconds: float) -> Callable[..., None]:
    counter = _Counter.around(test)

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        first = os.environ.get("CHAT_FUZZ_SEED") or str(random.SystemRandom().randrange(10**9))
        ends, number = time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            number += 1
            name = first if number == 1 and ":" in first else f"{first}:{number}"
            try:
                seed(name)(test)(*args, **kwargs)
            except BaseException as error:
                error.add_note(f"to run it again: CHAT_FUZZ_SECONDS=1 CHAT_FUZZ_SEED={name}")
                raise
        _report(test.__name__, counter.count)

    return run


class _Counter:
    """How often a test ran its examples."""

    def __init__(self) -> None:
        self.count = 0

    @classmethod
    def around(cls, test: Any) -> _Counter:
        """Return a counter of the examples that a hypothesis test runs."""
        counter, inner = cls(), test.hypothesis.inner_test

        @functools.wraps(inner)
        def counted(*args: Any, **kwargs: Any) -> None:
            counter.count += 1
            inner(*args, **kwargs)

        test.hypothesis.inner_test = counted
        return counter


def _report(name: str, count: int) -> None:
    if path := os.environ.get("CHAT_FUZZ_FIGURES"):
        with open(path, "a") as file:
            file.write(f"{name} {count}\n")


class _Stored:
    """A conversation that is shown as what restores it."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def __repr__(self) -> str:
        return f"Messages.from_json({self._messages.to_json()!r})"


def show(messages: Messages, *beside: object) -> None:
    """Show a conversation, and what is beside it, where an example fails: the repr of native data hides
    them.
    """
    if currently_in_test_context():
        for value in (_Stored(messages), *beside):
            note(value)
