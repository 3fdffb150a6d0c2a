"""Run a page of the documentation: `python docs/run.py docs/tools.md`. It shows what each block prints.

The ```python blocks of one page are one program: they share their names, may `await` at the top level, and
run in an empty folder. A server on this machine plays the model: `http://localhost:8000/v1` stands for it,
and so do the addresses of vendors. No key is needed, and nothing beyond this machine is reached. ```json and
```toml blocks must parse. A comment above a block says more:

    <!-- server: weather -->       from this block on, tests/docs/servers/weather.py answers, with its
    `answer(body)`
    <!-- not run: the reason -->   the block is left out, and the test run says why
    <!-- needs: the_module -->     the block is left out where this module is not installed
    <!-- not live: the reason -->  the block runs here, but not in Pyodide: the site has no Run button for it
    <!-- prints -->                this ```text block is exactly what the ```python block before it prints

`http://localhost:8001/v1` stands for a server of the Responses wire over WebSockets, which says what the same
script says.
"""

from __future__ import annotations

import ast
import asyncio
import difflib
import inspect
import io
import json
import linecache
import os
import re
import runpy
import sys
import threading
import tomllib
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, chdir, contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from urllib.parse import urlsplit, urlunsplit

from chat_core import HttpTransport
from chat_core.testing.loopback import Answer, LoopbackServer
from chat_core.transport import EventStream, Request, Response
from chat_core.types.json_values import JsonObject

ROOT = Path(__file__).resolve().parent.parent
SERVERS = ROOT / "tests" / "docs" / "servers"
SERVER = "http://localhost:8000/v1"
SOCKETS = "http://localhost:8001/v1"
VENDORS = "OPENAI ANTHROPIC GEMINI GOOGLE CEREBRAS GROQ TOGETHER DEEPSEEK OPENROUTER XAI AI21 MISTRAL COHERE"
KEYS = [*(f"{vendor}_API_KEY" for vendor in VENDORS.split(" ")), "HF_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"]
OLLAMA_PORT = 11434
INSTALL = """What all pages need is installed by:
  python -m pip install -q -U pip && python -m pip install -q -r dev.txt --group dev"""
THIS_MACHINE = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", None)


class PageError(Exception):
    """What is wrong with a page, at a line of it."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `line` is that of its first line of code, so that tracebacks tell the page's lines."""

    line: int
    language: str
    code: str
    not_run: str | None = None
    needs: str | None = None
    server: str | None = None
    prints: bool = False
    not_live: str | None = None

    @property
    def left_out(self) -> str | None:
        """Why the block is not run here, or None."""
        if self.needs is not None and not _is_installed(self.needs):
            return f"it needs {self.needs}, which is not installed"
        return self.not_run

    @property
    def is_live(self) -> bool:
        """Whether the site has a button that runs the block in the page; see tools/live_site.py."""
        return self.language == "python" and not (self.not_run or self.needs or self.not_live)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it is in
        return False


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, with what the comments above them say."""
    comments: dict[str, str] = {}
    commented_at = 0
    lines = enumerate([*page.split("\n"), "the end"], start=1)
    for number, line in lines:
        if comment := _COMMENT.fullmatch(line):
            comments[comment["word"]], commented_at = comment["rest"] or "", number
            if (comment["word"] != "prints") != bool(comment["rest"]):
                raise PageError(number, f"cannot read {line.strip()!r}; see the top of docs/run.py")
        elif fence := _FENCE.fullmatch(line):
            code = []
            for _, inner in lines:
                if re.fullmatch(rf"\s*{fence['marks'][0]}{{{len(fence['marks'])},}}\s*", inner):
                    break
                code.append(inner.removeprefix(fence["indent"]))
            else:
                raise PageError(number, "this block is not closed")
            text = "".join(f"{inner}\n" for inner in code)
            language = {"py": "python"}.get(fence["language"], fence["language"])
            not_run, needs, server, not_live = map(comments.get, ("not run", "needs", "server", "not live"))
            prints = "prints" in comments
            yield Block(number + 1, language, text, not_run, needs, server, prints, not_live)
            comments = {}
        elif line.strip() and comments:
            raise PageError(commented_at, f"<!-- {list(comments)[-1]} --> stands before no block")


_COMMENT = re.compile(
    r"\s*<!--\s*(?P<word>not run|not live|needs|server|prints)\b\s*(?::\s*(?P<rest>.*?)\s*)?-->\s*"
)
_FENCE = re.compile(r"(?P<indent>\s*)(?P<marks>`{3,}|~{3,})\s*(?P<language>[\w+-]*)[^`]*")


def run(path: Path) -> None:
    """Run the page at `path` as this process's program; leave with a report of the first thing that is
    wrong.
    """
    name, text = name_of(path), path.read_text(encoding="utf-8")
    switch = _Switch()
    with (
        _clean_place(),
        LoopbackServer(switch) as server,
        _sockets(switch, text) as sockets,
        asyncio.Runner() as runner,
    ):
        _lead_vendors_to(server.url)
        page = text.replace(SERVER, server.url).replace(SOCKETS, sockets)
        linecache.cache[name] = (len(page), None, page.splitlines(keepends=True), name)
        program = ModuleType("__main__")
        sys.modules["__main__"] = program  # where dataclasses and pydantic look names up
        sys.addaudithook(_stay_on_this_machine)
        try:
            _run_blocks(page, name, program, runner, switch)
        except PageError as exc:
            sys.exit(f"{name}:{exc.line}: {exc}")
        except BaseException as exc:  # also sys.exit() and a cancelled task end a page before its time
            sys.exit(_report(exc, name))


@contextmanager
def _clean_place() -> Iterator[None]:
    """An empty folder, and an environment with keys in it that open nothing."""
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL", "_HOST", "_TOKEN"))]:
        del os.environ[name]
    os.environ.update(dict.fromkeys(KEYS, "hf_a-key-for-the-docs"))
    with TemporaryDirectory() as folder, chdir(folder):
        yield


@contextmanager
def _sockets(script: Callable[[JsonObject], Answer], page: str) -> Iterator[str]:
    """A WebSocket server for a page that asks for one: each frame is answered with the events that the script
    streams.
    """
    if SOCKETS not in page:
        yield SOCKETS
        return
    from websockets.sync.server import ServerConnection, serve

    def handle(connection: ServerConnection) -> None:
        for frame in connection:
            answer = script({**json.loads(frame), "stream": True})
            # it is Raw on this wire
            for line in answer.body.decode().splitlines():  # type: ignore[union-attr]
                if line.startswith("data: "):
                    connection.send(line.removeprefix("data: "))

    with serve(handle, "127.0.0.1", 0, close_timeout=0.1) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


def _lead_vendors_to(server: str) -> None:
    """Send what clients send to their vendors to this server instead."""
    netloc = urlsplit(server).netloc
    send, stream = HttpTransport.send, HttpTransport.stream

    def redirected(request: Request) -> Request:
        url = urlsplit(request.url)
        if url.hostname in THIS_MACHINE and url.port != OLLAMA_PORT:
            return request
        return replace(request, url=urlunsplit(("http", netloc, url.path, url.query, "")))

    async def send_here(self: HttpTransport, request: Request, /) -> Response:
        return await send(self, redirected(request))

    def stream_here(self: HttpTransport, request: Request, /) -> AbstractAsyncContextManager[EventStream]:
        return stream(self, redirected(request))

    HttpTransport.send = send_here  # type: ignore[method-assign]
    HttpTransport.stream = stream_here  # type: ignore[method-assign, assignment]


def _run_blocks(page: str, name: str, program: ModuleType, runner: asyncio.Runner, switch: _Switch) -> None:
    printed: str | None = None
    has_run = True
    for block in blocks(page):
        if block.prints and has_run:
            _compare(block, printed)
            printed = None
        if block.left_out is not None:
            printed, has_run = None, False
            continue
        if block.server is not None:
            switch.to(block)
        match block.language:
            case "python":
                printed, has_run = _run_block(block, name, program, runner), True
            case "json":
                _parse(block, json.loads)
            case "toml":
                _parse(block, tomllib.loads)
            case _:
                pass


def _run_block(block: Block, name: str, program: ModuleType, runner: asyncio.Runner) -> str:
    """Run a block and return what it printed. One that awaits runs in the page's loop, others in none."""
    code = compile(
        "\n" * (block.line - 1) + block.code, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )
    with redirect_stdout(io.StringIO()) as out:
        ran = eval(code, vars(program))  # noqa: S307 (running what the page says is the point)
        if inspect.iscoroutine(ran):
            runner.run(ran)
    if printed := out.getvalue():
        print(f"-- {name}:{block.line}\n{printed}", flush=True)
    return printed


def _compare(block: Block, printed: str | None) -> None:
    if printed is None or block.language != "text":
        raise PageError(
            block.line,
            "<!-- prints --> belongs above a ```text block that follows a ```python block that runs",
        )
    if printed != block.code:
        expected, got = block.code.splitlines(), printed.splitlines()
        difference = "\n".join(difflib.unified_diff(expected, got, "the page", "printed", lineterm="", n=99))
        raise PageError(block.line, f"something else is printed\n{difference}")


def _parse(block: Block, parse: Callable[[str], object]) -> None:
    try:
        parse(block.code)
    except ValueError as exc:
        raise PageError(
            block.line, f"this is no {block.language}: {exc} (line 1 is line {block.line})"
        ) from exc


def _report(exc: BaseException, name: str) -> str:
    """The traceback, from the page's first line in it; and before it, the innermost line of the page."""
    trace = traceback.TracebackException.from_exception(exc)
    lines = [position for position, frame in enumerate(trace.stack) if frame.filename == name]
    if isinstance(exc, SyntaxError) and exc.filename == name:
        at, trace.stack = exc.lineno, traceback.StackSummary()
    elif lines:
        at, trace.stack = (
            trace.stack[lines[-1]].lineno,
            traceback.StackSummary.from_list(trace.stack[lines[0] :]),
        )
    else:
        at = 1
    report = f"{name}:{at}: {type(exc).__name__}: {exc}\n{''.join(trace.format()).rstrip()}"
    return f"{report}\n\n{INSTALL}" if isinstance(exc, ModuleNotFoundError) else report


def _stay_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    match event, arguments:
        case ("socket.connect", (_, (host, *_))) | ("socket.getaddrinfo", (host, *_)):
            host = host.decode() if isinstance(host, bytes) else host
            if host not in THIS_MACHINE:
                raise RuntimeError(
                    f"a page of the documentation may not reach {host!r}; give it base URL {SERVER}"
                )


class _Switch:
    """The script function of a page's server, which is another one from block to block."""

    def __init__(self) -> None:
        self._loaded = {"echo": _load("echo")}
        self._answer = self._loaded["echo"]

    def __call__(self, body: JsonObject) -> Answer:
        return self._answer(body)

    def to(self, block: Block) -> None:
        name = block.server
        if name not in servers():
            raise PageError(
                block.line, f"no server {name!r} in tests/docs/servers; there are {', '.join(servers())}"
            )
        self._answer = self._loaded[name] = self._loaded.get(name) or _load(name)


def servers() -> list[str]:
    return sorted(path.stem for path in SERVERS.glob("*.py"))


def _load(name: str) -> Callable[[JsonObject], Answer]:
    answer: Callable[[JsonObject], Answer] = runpy.run_path(str(SERVERS / f"{name}.py"))["answer"]
    return answer


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit("python docs/run.py PAGE, such as docs/tools.md")
    run(Path(sys.argv[1]).resolve())
