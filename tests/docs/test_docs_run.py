"""Every code block of the documentation runs.

The ```python blocks of one page are one program: they share their names, may `await` at the top level, and
run in an empty folder, in a process of their own. There `http://localhost:8000/v1` stands for a
LoopbackServer, keys are in the environment, and nothing beyond this machine can be reached. ```json and
```toml blocks must parse. A comment above a block says more:

    <!-- server: weather -->       from this block on, tests/docs/servers/weather.py answers, with its
    `answer(body)`
    <!-- not run: the reason -->   the block is left out, and the test run says why
    <!-- prints -->                this ```text block is exactly what the ```python block before it prints

`http://localhost:8001/v1` stands for a server of the Responses wire over WebSockets, which says what the same
script says.

One page by hand: `python tests/docs/test_docs_run.py docs/tools.md`.
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
import subprocess
import sys
import threading
import tomllib
import traceback
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest
from chat_core.testing.loopback import Answer, LoopbackServer
from chat_core.types.json_values import JsonObject

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVER = "http://localhost:8000/v1"
SOCKETS = "http://localhost:8001/v1"
TIME_LIMIT = 60
KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "CEREBRAS_API_KEY",
    "GROQ_API_KEY",
    "TOGETHER_API_KEY",
    "DEEPSEEK_API_KEY",
    "OPENROUTER_API_KEY",
    "XAI_API_KEY",
    "AI21_API_KEY",
    "HF_TOKEN",
)
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
    server: str | None = None
    prints: bool = False


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, with what the comments above them say."""
    said: dict[str, str] = {}
    said_at = 0
    lines = enumerate([*page.split("\n"), "the end"], start=1)
    for number, line in lines:
        if comment := _COMMENT.fullmatch(line):
            said[comment["word"]], said_at = comment["rest"] or "", number
            if (comment["word"] != "prints") != bool(comment["rest"]):
                raise PageError(
                    number, f"cannot read {line.strip()!r}; see the top of {HERE.name}/{Path(__file__).name}"
                )
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
            yield Block(number + 1, language, text, said.get("not run"), said.get("server"), "prints" in said)
            said = {}
        elif line.strip() and said:
            raise PageError(said_at, f"<!-- {list(said)[-1]} --> stands before no block")


_COMMENT = re.compile(r"\s*<!--\s*(?P<word>not run|server|prints)\b\s*(?::\s*(?P<rest>.*?)\s*)?-->\s*")
_FENCE = re.compile(r"(?P<indent>\s*)(?P<marks>`{3,}|~{3,})\s*(?P<language>[\w+-]*)[^`]*")


def run(path: Path) -> None:
    """Run the page at `path` as this process's program; leave with a report of the first thing that is wrong."""
    name, text = name_of(path), path.read_text(encoding="utf-8")
    switch = _Switch()
    with (
        _clean_place(),
        LoopbackServer(switch) as server,
        _sockets(switch, text) as sockets,
        asyncio.Runner() as runner,
    ):
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
    os.environ.update(dict.fromkeys(KEYS, "a-key-for-the-docs"))
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


def _run_blocks(page: str, name: str, program: ModuleType, runner: asyncio.Runner, switch: _Switch) -> None:
    printed: str | None = None
    for block in blocks(page):
        if block.prints:
            _compare(block, printed)
            printed = None
        if block.not_run is not None:
            printed = None
            continue
        if block.server is not None:
            switch.to(block)
        match block.language:
            case "python":
                printed = _run_block(block, name, program, runner)
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
    return out.getvalue()


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
    told = traceback.TracebackException.from_exception(exc)
    lines = [position for position, frame in enumerate(told.stack) if frame.filename == name]
    if isinstance(exc, SyntaxError) and exc.filename == name:
        at, told.stack = exc.lineno, traceback.StackSummary()
    elif lines:
        at, told.stack = (
            told.stack[lines[-1]].lineno,
            traceback.StackSummary.from_list(told.stack[lines[0] :]),
        )
    else:
        at = 1
    return f"{name}:{at}: {type(exc).__name__}: {exc}\n{''.join(told.format()).rstrip()}"


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
    return sorted(path.stem for path in (HERE / "servers").glob("*.py"))


def _load(name: str) -> Callable[[JsonObject], Answer]:
    answer: Callable[[JsonObject], Answer] = runpy.run_path(str(HERE / "servers" / f"{name}.py"))["answer"]
    return answer


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def failure_of(page: Path) -> str | None:
    """What is wrong with a page, found in a process of its own."""
    command = [sys.executable, "-P", "-X", "utf8", "-W", "error", __file__, str(page)]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"{name_of(page)}: still running after {TIME_LIMIT} s"
    return (
        (done.stderr or f"{name_of(page)}: the process left with {done.returncode}")
        if done.returncode
        else None
    )


def pages() -> list[Path]:
    return [
        *(path for path in (ROOT / "README.md", ROOT / "AGENTS.md") if path.exists()),
        *sorted(ROOT.glob("packages/*/README.md")),
        *sorted(ROOT.glob("docs/**/*.md")),
    ]


def blocks_of(page: Path) -> list[Block]:
    try:
        return list(blocks(page.read_text(encoding="utf-8")))
    except PageError:
        return []  # the page's own test says it


def label(page: Path) -> str:
    python = any(block.language == "python" and block.not_run is None for block in blocks_of(page))
    return name_of(page) if python else f"{name_of(page)} (no python)"


def left_out(page: Path) -> Iterator[str]:
    """Each block that does not run here, and why."""
    for block in blocks_of(page):
        if block.not_run is not None:
            yield f"{name_of(page)}:{block.line} is not run: {block.not_run}"
        elif block.language == "sh" and name_of(page) == "README.md":
            commands = [line for line in block.code.splitlines() if line and not line.startswith("#")]
            yield f"{name_of(page)}:{block.line} is run elsewhere: {'; '.join(commands)}"


@pytest.mark.parametrize("page", [pytest.param(page, id=label(page)) for page in pages()])
def test_a_page_runs(page: Path) -> None:
    if failure := failure_of(page):
        pytest.fail(failure, pytrace=False)


@pytest.mark.parametrize(
    "what", [pytest.param(what, id=what.split(" ")[0]) for page in pages() for what in left_out(page)]
)
def test_a_block_is_left_out(what: str) -> None:
    pytest.skip(what)


def test_the_sample_page_runs() -> None:
    assert failure_of(HERE / "sample.md") is None


def test_the_sample_page_is_read_block_by_block() -> None:
    found = list(blocks((HERE / "sample.md").read_text(encoding="utf-8")))
    assert [block.language for block in found] == [
        *("python", "text", "python", "python", "text", "python", "text", "python"),
        *("md", "sh", "json", "toml", ""),
    ]
    assert (found[0].line, found[0].code.splitlines()[0]) == (6, "import httpx")
    assert [block.prints for block in found].count(True) == 3
    assert found[3].code.startswith("async def main() -> None:\n    print(")
    assert found[5].server == "weather"
    assert found[7].not_run == "it needs a key"
    assert found[8].code.startswith("```python\nraise")


def test_a_block_that_is_left_out_is_named_with_its_reason(tmp_path: Path) -> None:
    assert list(left_out(HERE / "sample.md")) == ["tests/docs/sample.md:64 is not run: it needs a key"]
    (tmp_path / "README.md").write_text("```sh\n# first\npip install chat-core\nls\n```", encoding="utf-8")
    assert list(left_out(tmp_path / "README.md")) == [
        "README.md:2 is run elsewhere: pip install chat-core; ls"
    ]


def test_a_page_without_python_says_so_in_its_label(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("Only words.", encoding="utf-8")
    assert label(tmp_path / "page.md") == "page.md (no python)"
    assert label(HERE / "sample.md") == "tests/docs/sample.md"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (
            "a\n```python\nx = 1\n```\n```python\n1 / (x - 1)\n```",
            "page.md:6: ZeroDivisionError: division by zero",
        ),
        ("```python\nx = 1\ny =\n```", "page.md:3: SyntaxError: invalid syntax"),
        ("```python\nawait nothing\n```", "page.md:2: NameError: name 'nothing' is not defined"),
        ("```python\nimport sys\nsys.exit()\n```", "page.md:3: SystemExit"),
        ("```python\nimport warnings\nwarnings.warn('old')\n```", "page.md:3: UserWarning: old"),
        (
            "```python\nprint(1)\n```\n<!-- prints -->\n```text\n2\n```",
            "page.md:6: something else is printed\n",
        ),
        (
            "<!-- prints -->\n```text\n2\n```",
            "page.md:3: <!-- prints --> belongs above a ```text block that follows",
        ),
        ("```json\n{...}\n```", "page.md:2: this is no json: Expecting property name"),
        ("```toml\na = \n```", "page.md:2: this is no toml: Invalid value"),
        ("```python\nx = 1\n", "page.md:1: this block is not closed"),
        ("<!-- not run -->\n```python\n```", "page.md:1: cannot read '<!-- not run -->'"),
        (
            "<!-- not run: far away -->\n\nwords\n```python\n```",
            "page.md:1: <!-- not run --> stands before no block",
        ),
        ("```python\n```\n<!-- server: echo -->", "page.md:3: <!-- server --> stands before no block"),
        (
            "<!-- server: none -->\n```python\n```",
            "page.md:3: no server 'none' in tests/docs/servers; there are bedrock, claude, ",
        ),
        (
            "```python\nimport httpx\nhttpx.get('https://api.openai.com/v1/models')\n```",
            "page.md:3: RuntimeError: a page of the documentation may not reach 'api.openai.com'",
        ),
    ],
)
def test_a_page_with_a_mistake_says_where(tmp_path: Path, page: str, said: str) -> None:
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    assert (failure_of(tmp_path / "page.md") or "").startswith(said)


def test_a_traceback_begins_at_the_page_and_shows_its_lines(tmp_path: Path) -> None:
    page = "Words.\n\n```python\ndef half(n):\n    return n / 0\n```\n\n```python\nhalf(1)\n```\n"
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    failure = failure_of(tmp_path / "page.md") or ""
    assert [line.strip() for line in failure.splitlines() if "^" not in line] == [
        "page.md:5: ZeroDivisionError: division by zero",
        "Traceback (most recent call last):",
        'File "page.md", line 9, in <module>',
        "half(1)",
        'File "page.md", line 5, in half',
        "return n / 0",
        "ZeroDivisionError: division by zero",
    ]


def test_a_page_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```python\nopen('left.txt', 'w').close()\n```", encoding="utf-8")
    before = Path.cwd()
    assert failure_of(tmp_path / "page.md") is None
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]
    assert not (before / "left.txt").exists()


if __name__ == "__main__":
    run(Path(sys.argv[1]).resolve())
