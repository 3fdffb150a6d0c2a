"""What a check is: an async method of a suite, which runs on each backend and fails with a sentence."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NoReturn, TypeVar
from unittest import SkipTest

import anyio

from chat_core.testing.conformance.clock import Backend, installed_backends, run_on

_HOURS = 10 * 3600.0  # of the virtual clock; longer than any time limit
_SECONDS = 60.0  # of a real one


class ConformanceFailure(AssertionError):
    """What is wrong with an implementation. The message says what has to hold, and what came instead."""


class Suite:
    """The base of all suites. Methods named `test_…` are its checks, which pytest collects.

    `backends` are what each check runs on, asyncio and trio where that is installed. `virtual_clock` is to be
    False where the implementation works in threads or on real sockets. `absent` has what cannot be checked,
    by the name of a check or of a tape, each with the reason, which shows in the report.
    """

    absent: ClassVar[Mapping[str, str]] = {}

    def subject(self) -> object:
        """Return an object of what is tested: its module tells whose suite this is."""
        raise NotImplementedError(f"{type(self).__name__}.subject()")

    backends: ClassVar[tuple[Backend, ...] | None] = None
    virtual_clock: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a suite: its name, the suite that it belongs to, and what has to hold."""

    name: str
    suite: str
    sentence: str


S = TypeVar("S", bound=Suite)


def check(method: Callable[[S], Awaitable[None]]) -> Callable[[S], None]:
    """Make a check of an async method. The first paragraph of its docstring says what has to hold, and where
    that is mended.
    """
    sentence = " ".join((inspect.getdoc(method) or method.__name__).partition("\n\n")[0].split())

    def run(self: S) -> None:
        if (reason := self.absent.get(method.__name__)) is not None:
            skip(reason)
        for backend in self.backends or installed_backends():
            work = partial(_judged, partial(method, self), sentence, virtual=self.virtual_clock)
            run_on(backend, work, virtual=self.virtual_clock)

    run.__name__, run.__qualname__ = method.__name__, method.__qualname__
    run.__module__, run.__doc__ = method.__module__, method.__doc__
    suite = method.__qualname__.partition(".")[0]
    run.__dict__["check"] = Check(method.__name__, suite, sentence)
    return run


def checks_of(suite: type[Suite]) -> list[Check]:
    """Return the checks of a class of suites, in the order of the suites and of their text."""
    found: dict[str, Check] = {}
    for base in suite.__mro__:
        for name, value in vars(base).items():
            described = getattr(value, "check", None)
            if isinstance(described, Check) and name not in found:
                found[name] = described
    return list(found.values())


async def _judged(work: Callable[[], Awaitable[None]], sentence: str, *, virtual: bool) -> None:
    """Run a check once. Whatever it raises that is no verdict becomes one."""
    failure: ConformanceFailure | None = None
    cause: BaseException | None = None
    try:
        with anyio.fail_after(_HOURS if virtual else _SECONDS):
            await work()
    except ConformanceFailure as exc:
        failure = ConformanceFailure(f"{sentence}\n  {exc}")
    except TimeoutError as exc:
        failure, cause = ConformanceFailure(f"{sentence}\n  The client never came back."), exc
    except (SkipTest, KeyboardInterrupt):
        raise
    except Exception as exc:
        shown = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        failure, cause = ConformanceFailure(f"{sentence}\n  It raised {shown}"), exc
    if failure is not None:
        raise failure from cause


def fail(evidence: str) -> NoReturn:
    """End a check: `evidence` says what came instead of what has to hold."""
    raise ConformanceFailure(evidence)


def require(holds: object, evidence: str) -> None:
    """Go on where something holds, else end the check with the evidence."""
    if not holds:
        fail(evidence)


def require_equal(name: str, came: object, expected: object) -> None:
    """Go on where what came is what was expected."""
    require(came == expected, f"{name} is {_short(came)}; expected is {_short(expected)}.")


def skip(reason: str) -> NoReturn:
    """Leave a check out, for a reason: pytest and the command show it as skipped."""
    raise SkipTest(reason)


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 300 else f"{shown[:300]}…"
