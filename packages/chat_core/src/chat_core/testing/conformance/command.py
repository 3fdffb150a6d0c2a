"""`python -m chat_core.testing check chat_acme`: the suites of a package from outside, without pytest."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import SkipTest

from chat_core.testing.conformance.checks import Check, ConformanceFailure, Suite, checks_of
from chat_core.testing.conformance.find_suites import suite_of_tapes, suites_in_tests
from chat_core.testing.conformance.time_limit import time_limit
from chat_core.types.errors import ConfigurationError

_SECONDS = 120  # of real time that one check may take
_ABOUT = """\
Tell what is wrong with a provider package, offline. The suites are those that its tests inherit, in files
below the folder ./tests that import chat_core.testing.conformance; where there are none, or with --tapes,
those of which there are tapes, on the builder of the package's entry point.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the checks, print what fails, and return 1 where anything does."""
    parser = argparse.ArgumentParser("python -m chat_core.testing check", description=_ABOUT)
    parser.add_argument("package", help="the package to import, such as chat_acme")
    parser.add_argument(
        "--tests", type=Path, help="a file of tests, or a folder with some; ./tests by default"
    )
    parser.add_argument("--tapes", type=Path, help="a folder of tapes; then no tests are looked for")
    parser.add_argument("--base-url", help="with --tapes: an address, for a builder that knows none")
    parser.add_argument("--only", default="", help="run the checks alone that have this text in their name")
    parser.add_argument("-v", "--verbose", action="store_true", help="print all checks")
    options = parser.parse_args(arguments)
    options.package = options.package.replace("-", "_")  # chat-acme is what pip calls it
    logging.getLogger("chat_core").addHandler(logging.NullHandler())  # the checks provoke its warnings
    try:
        suites = _suites(options)
    except ConfigurationError as exc:
        print(exc, file=sys.stderr)
        return 2
    began = time.monotonic()
    outcomes = [
        outcome
        for suite in suites
        for check in checks_of(suite)
        if options.only in check.name and (outcome := _run(suite, check, verbose=options.verbose))
    ]
    counts = {word: outcomes.count(word) for word in ("passed", "failed", "skipped")}
    shown = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no checks"
    print(f"{options.package}: {shown} in {time.monotonic() - began:.1f} s")
    return 1 if counts["failed"] or not outcomes else 0


def _suites(options: argparse.Namespace) -> list[type[Suite]]:
    if options.tapes is not None:
        return [suite_of_tapes(options.package, options.tapes, options.base_url)]
    place = options.tests or Path("tests")
    found = suites_in_tests(options.package, [place]) if place.exists() else []
    if found:
        return found
    if options.tests is not None:
        raise ConfigurationError(f"{place} has no class that inherits suites and builds {options.package}")
    tapes = next((path for path in (Path("tests/tapes"), Path("tapes")) if path.is_dir()), None)
    if tapes is None:
        raise ConfigurationError(
            f"there are no tests of {options.package} below {place.resolve()}, and no tapes: "
            "say where with --tests or --tapes; docs/conformance.md has the form of both"
        )
    return [suite_of_tapes(options.package, tapes)]


def _run(suite: type[Suite], check: Check, *, verbose: bool) -> str:
    """Run a check, print it where it is of interest, and return what became of it."""
    name = f"{suite.__name__}.{check.name}"
    try:
        with time_limit(_SECONDS):
            getattr(suite(), check.name)()
    except SkipTest as skipped:
        if verbose:
            print(f"skipped {name}: {skipped}")
        return "skipped"
    except KeyboardInterrupt:
        raise
    except BaseException as exc:  # an exit, or a cancellation that got out, is the provider's
        failure = (
            exc if isinstance(exc, ConformanceFailure) else f"{check.sentence}\n  It raised {_shown(exc)}"
        )
        print(f"FAILED  {name}\n  {failure}", flush=True)
        return "failed"
    if verbose:
        print(f"passed  {name}")
    return "passed"


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
