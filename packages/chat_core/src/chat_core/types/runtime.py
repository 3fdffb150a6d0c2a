"""Where Python runs: a process with threads, or JavaScript's event loop; and functions that block."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

IN_PYODIDE: bool = sys.platform == "emscripten"
"""Whether this is Pyodide: there are no threads and no sockets, and what blocks, blocks the event loop."""


async def run_blocking(function: Callable[[], T]) -> T:
    """Return what `function` returns, called in a thread where there are any.

    A caller that is cancelled does not wait for it. The thread counts towards no limit: tools that run in
    threads may have taken all of anyio's.
    """
    if IN_PYODIDE:
        return function()
    from anyio import CapacityLimiter, to_thread  # here: few programs need it

    return await to_thread.run_sync(function, abandon_on_cancel=True, limiter=CapacityLimiter(1))
