"""The processes of a run: the server, and one for each library."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from packaging.requirements import Requirement

from benchmarks.contenders import IMPORTS, Library
from benchmarks.scenarios import Measured

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONDONTWRITEBYTECODE": "",  # else each import compiles what is not compiled yet
    "no_proxy": "127.0.0.1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it downloads its price list on import
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
}
TIMED_IMPORT = """
import time
start = time.perf_counter(), time.process_time()
{imports}
print(time.process_time() - start[1], time.perf_counter() - start[0])
"""


class Failed(Exception):
    """A contender did not do the work."""


class Worker:
    """A library's process, which ends with the stack."""

    def __init__(self, library: Library, server: str, stack: ExitStack) -> None:
        self.library = library
        paths = [stack.enter_context(only(library.alone))] if library.alone else None
        self.process = spawn(stack, "benchmarks.worker", library.name, server, paths=paths)
        read_line(self.process)  # its imports are done, and disturb nobody's measurement

    def ask(self, **line: Any) -> dict[str, Any]:
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps(line).encode() + b"\n")
            answer: dict[str, Any] = json.loads(read_line(self.process))
        except (BrokenPipeError, ValueError) as exc:
            raise Failed("its process died; why stands above") from exc
        if "error" in answer:
            raise Failed(answer["error"])
        return answer


def timed_import(module: str) -> Measured:
    """Import a library in a fresh process. The interpreter's own start is not counted."""
    code = TIMED_IMPORT.format(imports=IMPORTS[module])
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(done.stderr.strip().splitlines()[-1])
    cpu, wall = done.stdout.split()[-2:]
    return Measured(float(cpu), float(wall))


def start_server(stack: ExitStack) -> str:
    """The URL of a server that lives as long as the stack."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # for thousands of connections, here and there
    server = spawn(stack, "benchmarks.server")
    stack.callback(server.kill)
    return f"http://127.0.0.1:{read_line(server)}"


@contextmanager
def only(distribution: str) -> Iterator[str]:
    """A folder to import from, like the one of an environment in which pip has installed this distribution
    alone: it has links to its files and those of what it requires.
    """
    waiting, found = [distribution], set[str]()
    with TemporaryDirectory() as folder:
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            installed = metadata.distribution(name)
            tops = {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}
            for top in tops:
                Path(folder, top).symlink_to(Path(str(installed.locate_file(top))).absolute())
            requirements = map(Requirement, installed.requires or ())
            waiting += [
                each.name for each in requirements if not each.marker or each.marker.evaluate({"extra": ""})
            ]
        yield folder


def spawn(
    stack: ExitStack, module: str, *arguments: str, paths: Sequence[str] | None = None
) -> subprocess.Popen[bytes]:
    """Run a module of ours; with `paths`, these stand in place of the environment's packages.

    Leaving the stack closes its stdin and waits for it.
    """
    isolated = [] if paths is None else ["-S"]
    return stack.enter_context(
        subprocess.Popen(
            [sys.executable, *isolated, "-m", module, *arguments],
            cwd=ROOT,
            env=ENVIRONMENT if paths is None else {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # with nothing buffered, closing a dead process's stdin does not raise
        )
    )


def read_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    return process.stdout.readline().decode().strip()
