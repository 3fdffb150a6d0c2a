"""Run the code blocks of a page in Pyodide. A scripted model of `chat_core.testing` answers every request.

The blocks of a page are one program: they share their names, and may `await` at the top level.
"""

from __future__ import annotations

import ast
import inspect
import json
import linecache
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import TextIOBase
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import urlsplit

from chat_core.testing import LoopbackServer
from chat_core.testing.loopback import server as loopback_server
from chat_core.testing.loopback.http import React
from chat_core.types.json_values import JsonObject

SERVERS = Path("/servers")  # the scripts of tests/docs/servers
PORT = 8000
OLLAMA_PORT = 11434


class Page:
    """One program, and the model that it talks to. `environment` has keys that open nothing."""

    def __init__(self, environment: dict[str, str]) -> None:
        os.environ.update(environment)
        self._program = ModuleType("__main__")
        sys.modules["__main__"] = self._program  # where dataclasses and pydantic look names up
        self._answers: dict[str, Callable[[JsonObject], Any]] = {}
        self._server = LoopbackServer(lambda body: self._answer(body), port=PORT)
        self._server.__enter__()
        self.answer_as("echo")

    def answer_as(self, name: str) -> None:
        """Have the script of this name answer from now on. A script that answered before goes on."""
        if name not in self._answers:
            self._answers[name] = runpy.run_path(str(SERVERS / f"{name}.py"))["answer"]
        self._answer = self._answers[name]

    async def run(
        self, name: str, code: str, show: Callable[[str], object], show_error: Callable[[str], object]
    ) -> str:
        """Run a block, and show what it prints. Return the traceback of what it raises, or ""."""
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        with redirect_stdout(_Shown(show)), redirect_stderr(_Shown(show_error)):
            try:
                program = ast.fix_missing_locations(_AwaitsInsteadOfRunning().visit(ast.parse(code, name)))
                flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
                compiled = compile(program, name, "exec", flags, dont_inherit=True)
                ran = eval(compiled, vars(self._program))  # noqa: S307 (running what the page says is the point)
                if inspect.iscoroutine(ran):
                    await ran
            except BaseException as exc:  # also SystemExit and a cancelled task are shown
                return _report(exc, name)
        return ""


class _Listener:
    """Stands for the socket of a `LoopbackServer`: `respond` finds it by its port."""

    running: ClassVar[dict[int, React]] = {}
    _ports = count(49152)

    def __init__(self, answering: React, port: int = 0) -> None:
        self.port = port or next(self._ports)
        self._answering = answering

    def start(self) -> None:
        self.running[self.port] = self._answering

    def close(self) -> None:
        self.running.pop(self.port, None)


loopback_server.Listener = _Listener  # type: ignore[assignment, misc]


def respond(method: str, url: str, headers: str, body: Any) -> list[Any] | None:
    """Return the response to a request of `fetch`, or None where nothing listens at the address.

    Vendors are answered by the model of the page. `headers` are a JSON object. The response is status,
    headers, pieces of the body, the seconds before each piece, and the number of pieces after which it is
    cut, or None.
    """
    address = urlsplit(url)
    is_here = address.hostname in ("localhost", "127.0.0.1") and address.port != OLLAMA_PORT
    answering = _Listener.running.get((address.port or 80) if is_here else PORT)
    if answering is None:
        return None
    path = f"{address.path}?{address.query}" if address.query else address.path
    lower = {name.lower(): value for name, value in json.loads(headers).items()}
    reaction = answering(method, path, lower, body.to_bytes())
    pieces = list(reaction.pieces)
    return [reaction.status, list(reaction.headers.items()), pieces, reaction.pause, reaction.cut_after]


class _AwaitsInsteadOfRunning(ast.NodeTransformer):
    """`asyncio.run(main())` at the top level awaits `main()`: in Pyodide a loop runs already."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Attribute(ast.Name("asyncio"), "run"), args=[coroutine]):
                return ast.copy_location(ast.Await(coroutine), node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        return node


class _Shown(TextIOBase):
    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        self._show(text)
        return len(text)


def _report(exc: BaseException, name: str) -> str:
    """Return the traceback without the frames of this program."""
    trace = traceback.TracebackException.from_exception(exc)
    lines = [position for position, frame in enumerate(trace.stack) if frame.filename == name]
    trace.stack = traceback.StackSummary.from_list(trace.stack[lines[0] :] if lines else [])
    return "".join(trace.format())
