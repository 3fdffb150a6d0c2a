"""Who may import whom, and which file may do what. ROOMS is chat_core, WIRE any provider package.

The files are read, not imported: a package is held to the rules by lying in packages/. Each rule says where
the house is not kept, and stands in BROKEN with a small house that is not.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import pytest

PACKAGES = Path(__file__).resolve().parent.parent.parent / "packages"

# chat_core's rooms, and what a module in each may import: its own room, and the rooms and modules named here.
ROOMS: Mapping[str, tuple[str, ...]] = {
    "types": (),  # values: what is said, stored, requested and answered
    "wire": ("types",),  # the pure kit for encoding and decoding
    "transport": ("types",),  # the seam to the network, and what implements it
    "client": ("types", "wire", "transport"),  # the kit for clients
    "new": ("types",),  # the command that writes a provider package
    "entry_points": ("types", "provider"),  # a client of an installed package
    "lint": ("types", "provider", "entry_points"),  # a program that checks schemas
    "provider": ("types",),  # the protocols between the engine and clients
    "tools": ("types", "provider"),  # functions a model may call, and who decides about calls
    "chat": ("types", "provider", "tools", "middleware", "realtime"),  # the engine
    "tokens": ("types",),  # estimates of tokens, and what a model can read
    "middleware": ("types", "provider", "tools", "tokens"),  # around a model turn, a tool call, a provider
    "routing": ("types", "provider"),
    "realtime": ("types", "provider", "tools", "chat", "transport"),
    "sync": ("types", "provider", "tools", "chat"),
}
# what only one wire says: names of its events and of its fields
WORDS_OF_WIRES = re.compile(
    r"response\.(?:create|completed|output_)|previous_response|content_block_(?:start|delta|stop)|functionCall|toolUse\b"
)
ENGINE = ("tools", "chat", "sync", "middleware", "routing")
FOR_PROVIDERS = ("transport", "client", "wire")  # which the engine does not see

WIRE = (
    ("wire",),
    ("encode", "decode"),
    ("stream",),
    ("client",),
    ("builder",),
)  # a file imports what stands before it
PURE = (
    "wire",
    "encode",
    "decode",
    "stream",
)  # these, and whatever they are made of, neither wait nor look at a clock
SHARED_WIRES = ("chat_completions", "chat_responses")  # the provider packages that others may build on
ENGINES = ("chat_temporal",)  # packages that run chats: they know the engine, and no provider
SHARED_ROOMS = ("chat_openai.realtime",)  # and what of a provider others may build on, where it is installed

HTTP = ("aiohttp", "httpx", "httpx2", "httpx_sse", "httpcore", "httpcore2", "h11", "websockets")
CLOCKS = (
    "time",
    "asyncio",
    "anyio",
    "trio",
    "threading",
    "socket",
    "chat_core.client.deadlines",
    "chat_core.client.exchange",
)
SEAM = ("Transport", "Request", "EventStream", "HttpTransport", "WebSocketTransport")
ENVIRONMENT = (
    "environ",
    "environb",
    "getenv",
    "getenvb",
    "getproxies",
    "getproxies_environment",
    "proxy_bypass",
)
OF_PYODIDE = ("js", "pyodide")  # there with Python itself, in the browser
DISTRIBUTIONS = {  # where the name is not the module's
    "pydantic_core": "pydantic",
    "google": "google-auth",
    "google.ai": "google-ai-generativelanguage",
    "google.protobuf": "protobuf",
    "google.rpc": "googleapis-common-protos",
    "grpc": "grpcio",
    "opentelemetry": "opentelemetry-api",
}


@dataclass(frozen=True, slots=True)
class Import:
    """`target` is the module that defines the name, also where another one passes it on; `said` is the module
    in the statement.
    """

    line: int
    said: str
    target: str
    name: str | None
    for_annotations: bool


# an import: its line, the module it names, the name it takes, the name it gives, and whether it is for
# annotations only
Statement: TypeAlias = tuple[int, str, str | None, str, bool]


@dataclass(frozen=True, eq=False)
class Module:
    """A file. `within` is its name inside its package, empty for the package itself."""

    name: str
    tree: ast.Module
    house: House = field(repr=False)

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def within(self) -> str:
        return self.name.partition(".")[2]

    @property
    def file(self) -> str:
        return self.name.rpartition(".")[2] if self.within else "__init__"

    @cached_property
    def statements(self) -> list[Statement]:
        return list(_statements(self))

    @cached_property
    def imports(self) -> list[Import]:
        return [
            Import(line, said, self.house.definer(said, name), name, for_annotations)
            for line, said, name, _, for_annotations in self.statements
        ]

    def has(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


class House:
    """All modules of all packages, by name."""

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self.modules: dict[str, Module] = {}
        for source in sorted(packages.glob("*/src")):
            for path in sorted(source.rglob("*.py")):
                parts = path.relative_to(source).with_suffix("").parts
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                self.modules[name] = Module(name, ast.parse(path.read_text(), str(path)), self)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.modules.values())

    @property
    def core(self) -> Iterator[Module]:
        return (module for module in self if module.package == "chat_core")

    @property
    def providers(self) -> Iterator[Module]:
        return (module for module in self if module.package not in ("chat_core", *ENGINES))

    def definer(self, said: str, name: str | None, passed: frozenset[str] = frozenset()) -> str:
        """The module that `from said import name` is about: where the name comes from, if `said` only passes
        it on.
        """
        if name and f"{said}.{name}" in self.modules:
            return f"{said}.{name}"
        if name and said in self.modules:
            for _, passed_on, original, known_as, _ in self.modules[said].statements:
                if known_as == name and passed_on not in passed:
                    return self.definer(passed_on, original, passed | {said})
        return said

    def reach(self, module: Module) -> dict[str, Import]:
        """The modules of its package that a module is made of, each with the import that leads there."""
        reached: dict[str, Import] = {}
        waiting = [(step, step) for step in module.imports]
        while waiting:
            first, step = waiting.pop()
            target = self.modules.get(step.target)
            if (
                target
                and target.package == module.package
                and target.name not in reached
                and not step.for_annotations
            ):
                reached[target.name] = first
                waiting += [(first, further) for further in target.imports]
        return reached


def _statements(module: Module) -> Iterator[Statement]:
    hidden = {
        node
        for test in module.has(ast.If)
        if isinstance(test, ast.If)
        for part in _hidden(test)
        for node in ast.walk(part)
    }
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names):
                for alias in names:
                    yield node.lineno, alias.name, None, alias.asname or alias.name, node in hidden
            case ast.ImportFrom(said, names, level):
                for alias in names:
                    yield (
                        node.lineno,
                        _absolute(module, said, level or 0),
                        alias.name,
                        alias.asname or alias.name,
                        node in hidden,
                    )
            case ast.Call(
                ast.Name("import_module") | ast.Attribute(attr="import_module"),
                [ast.Constant(str() as said), *_],
            ):
                yield node.lineno, said, None, said, node in hidden
            case _:
                pass


def _hidden(test: ast.If) -> list[ast.stmt]:
    match test.test:
        case ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return test.body
        case ast.UnaryOp(ast.Not(), ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return test.orelse
        case _:
            return []


def _absolute(module: Module, said: str | None, level: int) -> str:
    if not level:
        return said or ""
    is_package = (
        any(other.startswith(module.name + ".") for other in module.house.modules) or not module.within
    )
    parts = module.name.split(".")
    parts = parts[: len(parts) - level + is_package]
    return ".".join([*parts, *([said] if said else [])])


def inside(name: str, *packages: str) -> bool:
    """Whether a module is one of these, or in one of them."""
    return any(name == package or name.startswith(package + ".") for package in packages)


Rule: TypeAlias = Callable[[House], Iterator[str]]


def core_is_built_in_rooms(house: House) -> Iterator[str]:
    """A module of chat_core lies in a room and imports only what ROOMS allows it.

    TYPE_CHECKING may name any type.
    """
    for module in house.core:
        room = module.within.partition(".")[0]
        if room in ("", "testing"):
            continue  # the package shows everything, and `testing` may use everything
        if room not in ROOMS:
            yield f"{module.name}: is in no room"
            continue
        for step in module.imports:
            if not inside(step.target, "chat_core") or step.for_annotations:
                continue
            target = step.target.removeprefix("chat_core.")
            if step.said == "chat_core":
                yield f"{module.name}:{step.line}: imports from chat_core itself: name the module"
            elif not inside(target, room, *ROOMS[room]):
                yield f"{module.name}:{step.line}: {room} imports {target}"


def a_room_is_not_entered_in_a_circle(house: House) -> Iterator[str]:
    """No module of chat_core is made of itself."""
    for module in house.core:
        if module.within and module.name in (reached := house.reach(module)):
            yield f"{module.name}:{reached[module.name].line}: imports itself in a circle"


def core_names_no_vendor(house: House) -> Iterator[str]:
    """No module of chat_core but `testing` names a vendor's event or field: those stand in the provider
    packages.
    """
    for module in house.core:
        if inside(module.within, "testing"):
            continue
        for node in module.has(ast.Constant):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and WORDS_OF_WIRES.search(node.value)
            ):
                yield f"{module.name}:{node.lineno}: says {node.value[:60]!r}"


def the_engine_sees_no_network_and_no_wire(house: House) -> Iterator[str]:
    """The engine imports neither the seam nor what implements it, and chat_core no provider package, not even
    for annotations.
    """
    roots = {module.package for module in house.providers}
    for module in house.core:
        for step in module.imports:
            if inside(step.target, *roots):
                yield f"{module.name}:{step.line}: imports {step.target}, a provider"
            if inside(module.within, *ENGINE) and inside(
                step.target, *(f"chat_core.{part}" for part in FOR_PROVIDERS)
            ):
                yield f"{module.name}:{step.line}: the engine imports {step.target}"


def only_transports_import_http(house: House) -> Iterator[str]:
    """httpx, httpx2, httpx-sse and websockets are imported in chat_core/transport/, and so named in no other
    signature.
    """
    for module in house:
        for step in module.imports:
            if inside(step.said, *HTTP) and not module.name.startswith("chat_core.transport."):
                yield f"{module.name}:{step.line}: imports {step.said}"


def nothing_imports_testing(house: House) -> Iterator[str]:
    """What is for tests is imported by tests."""
    for module in house:
        for step in module.imports:
            if inside(step.target, "chat_core.testing") and not inside(module.name, "chat_core.testing"):
                yield f"{module.name}:{step.line}: imports {step.target}"


TESTS_OF_KEYS = ("chat_core.testing.tape.redaction", "chat_core.testing.conformance.suites.secrets")


def only_builders_read_the_environment(house: House) -> Iterator[str]:
    """os.environ, getenv and the system's proxies are read by builders, by tapes, to keep keys out of
    them, and by the suite that sets a key there to see where it goes.
    """
    for module in house:
        if module.file == "builder" or module.name in TESTS_OF_KEYS:
            continue
        for node in module.has(ast.Attribute, ast.ImportFrom, ast.Name):
            match node:
                case ast.Attribute(attr=name, lineno=line) | ast.Name(name, lineno=line) if (
                    name in ENVIRONMENT
                ):
                    yield f"{module.name}:{line}: reads {name}"
                case ast.ImportFrom(names=names, lineno=line):
                    yield from (
                        f"{module.name}:{line}: reads {alias.name}"
                        for alias in names
                        if alias.name in ENVIRONMENT
                    )
                case _:
                    pass


def providers_are_built_in_one_direction(house: House) -> Iterator[str]:
    """wire ← encode, decode ← stream ← client ← builder, also by way of the files beside them; and nothing
    goes in a circle. A builder may hand over to that of another folder.
    """
    place = {file: at for at, files in enumerate(WIRE) for file in files}
    for module in house.providers:
        for target, step in house.reach(module).items():
            other = house.modules[target]
            if other is module:
                yield f"{module.name}:{step.line}: imports itself in a circle"
            elif other.within == "":
                yield f"{module.name}:{step.line}: imports from {target} itself: name the module"
            elif module.file == other.file == "builder" and _folder(module) != _folder(other):
                continue
            elif module.file in place and place.get(other.file, -1) >= place[module.file]:
                yield f"{module.name}:{step.line}: {module.file} reaches {other.file}"


def _folder(module: Module) -> str:
    return module.name.rpartition(".")[0]


def providers_know_neither_engine_nor_siblings(house: House) -> Iterator[str]:
    """A provider imports core's model and seam; of the other providers at most those whose wire many speak,
    who know no other.
    """
    roots = {module.package for module in house.providers}
    for module in house.providers:
        for step in module.imports:
            if inside(
                step.target, "chat_core.chat", "chat_core.chat.builder", "chat_core.sync", "chat_core.testing"
            ):
                yield f"{module.name}:{step.line}: imports {step.target}, which is not for providers"
            if step.said == "chat_core" and step.name in (None, "*"):
                yield f"{module.name}:{step.line}: imports chat_core whole: name what it needs"
            shared = () if module.package in SHARED_WIRES else SHARED_WIRES
            if inside(step.target, *roots - {module.package, *shared}) and not (
                module.package not in SHARED_WIRES and inside(step.target, *SHARED_ROOMS)
            ):
                yield f"{module.name}:{step.line}: imports {step.target}, a sibling"


def only_clients_touch_the_transport(house: House) -> Iterator[str]:
    """In a provider the seam's protocols and requests are named in client.py, in builder.py, which takes the
    transport, and in websocket.py and transport.py, which are one.
    """
    for module in house.providers:
        for step in module.imports:
            touches = inside(step.target, "chat_core.transport") and (
                step.name in SEAM or step.target != "chat_core.transport"
            )
            if touches and module.file not in ("client", "builder", "websocket", "transport"):
                yield f"{module.name}:{step.line}: imports {step.name or step.target}"


def encoding_and_decoding_are_pure(house: House) -> Iterator[str]:
    """wire, encode, decode, stream and what they are made of contain no await and read no clock."""
    named = [module for module in house.providers if module.file in PURE]
    pure = {module.name: module for module in named}
    pure |= {name: house.modules[name] for module in named for name in house.reach(module)}
    for module in pure.values():
        for node in module.has(ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith):
            yield f"{module.name}:{getattr(node, 'lineno', 0)}: waits ({type(node).__name__})"
        for step in module.imports:
            if inside(step.target, *CLOCKS) and not step.for_annotations:
                yield f"{module.name}:{step.line}: imports {step.target}"
        for node in module.has(ast.Attribute):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
                yield f"{module.name}:{node.lineno}: reads the clock ({node.attr})"


def what_is_imported_for_annotations_is_used_in_them(house: House) -> Iterator[str]:
    """A name imported under TYPE_CHECKING stands in annotations only: anywhere else it would not be there."""
    for module in house:
        there = {known_as for _, _, _, known_as, hidden in module.statements if not hidden}
        missing = {known_as for _, _, _, known_as, hidden in module.statements if hidden} - there
        annotations = {
            inner
            for node in ast.walk(module.tree)
            for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None))
            if isinstance(annotation, ast.AST)
            for inner in ast.walk(annotation)
        }
        for node in module.has(ast.Name):
            if isinstance(node, ast.Name) and node.id in missing and node not in annotations:
                yield f"{module.name}:{node.lineno}: uses {node.id}, imported for annotations only"


def what_is_imported_is_declared(house: House) -> Iterator[str]:
    """Every library that a package imports stands in its pyproject.toml, also what it would get by way of
    another one.
    """
    for module in house:
        for step in module.imports:
            root, *inner = step.said.split(".")[:2]
            name = DISTRIBUTIONS.get(".".join((root, *inner))) or DISTRIBUTIONS.get(
                root, root.replace("_", "-")
            )
            given = (module.package, *sys.stdlib_module_names, *OF_PYODIDE)
            if root not in given and name not in _declared(house.packages / module.package):
                project = f"{module.package}/pyproject.toml"
                yield f"{module.name}:{step.line}: imports {root}, but {name} is not in {project}"


def _declared(package: Path) -> set[str]:
    file = package / "pyproject.toml"
    if not file.exists():
        return set()
    project = tomllib.loads(file.read_text())["project"]
    extras: Mapping[str, list[str]] = project.get("optional-dependencies", {})
    wanted: list[str] = [
        *project.get("dependencies", []),
        *(requirement for extra in extras.values() for requirement in extra),
    ]
    return {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower() for requirement in wanted}


RULES: tuple[Rule, ...] = (
    core_is_built_in_rooms,
    a_room_is_not_entered_in_a_circle,
    core_names_no_vendor,
    the_engine_sees_no_network_and_no_wire,
    only_transports_import_http,
    nothing_imports_testing,
    only_builders_read_the_environment,
    providers_are_built_in_one_direction,
    providers_know_neither_engine_nor_siblings,
    only_clients_touch_the_transport,
    encoding_and_decoding_are_pure,
    what_is_imported_for_annotations_is_used_in_them,
    what_is_imported_is_declared,
)

Files: TypeAlias = Mapping[str, str]
CORE = {
    "chat_core/__init__.py": "from chat_core.types.parts import Text\nfrom chat_core.transport import "
    "Request\n"
    "if TYPE_CHECKING:\n    from chat_core.chat.builder import ChatBuilder\n",
    "chat_core/chat/builder.py": "class ChatBuilder: ...",
    "chat_core/chat/__init__.py": "",
    "chat_core/types/errors.py": "",
    "chat_core/types/parts.py": "class Text: ...",
    "chat_core/testing/__init__.py": "",
    "chat_core/transport/__init__.py": "class Request: ...",
    "chat_core/transport/http.py": "import httpx",
}

# houses in which a rule is broken, and what it then says
BROKEN: Mapping[Rule, Sequence[tuple[Files, str]]] = {
    core_is_built_in_rooms: [
        (
            {"chat_core/types/errors.py": "from chat_core.chat.loop import A"},
            "errors:1: types imports chat.loop",
        ),
        (
            {"chat_core/types/errors.py": "def f():\n    from ..chat.loop import A"},
            "errors:2: types imports chat.loop",
        ),
        (
            {"chat_core/types/parts.py": "from chat_core import Text"},
            "parts:1: imports from chat_core itself",
        ),
        (
            {"chat_core/wire/read.py": "from chat_core.client.base import A"},
            "read:1: wire imports client.base",
        ),
        (
            {"chat_core/transport/http.py": "from chat_core.wire.read import A"},
            "http:1: transport imports wire.read",
        ),
        ({"chat_core/client/base.py": "import chat_core.chat.retry"}, "base:1: client imports chat.retry"),
        (
            {"chat_core/tools/function.py": "import chat_core.chat.loop"},
            "function:1: tools imports chat.loop",
        ),
        ({"chat_core/cellar.py": "import json"}, "chat_core.cellar: is in no room"),
    ],
    a_room_is_not_entered_in_a_circle: [
        (
            {
                "chat_core/types/a.py": "import chat_core.types.b",
                "chat_core/types/b.py": "import chat_core.types.a",
            },
            "types.a:1: imports itself in a circle",
        ),
    ],
    core_names_no_vendor: [
        ({"chat_core/wire/read.py": "TYPE = 'response.completed'"}, "read:1: says 'response.completed'"),
    ],
    the_engine_sees_no_network_and_no_wire: [
        (
            {"chat_core/chat/loop.py": "from chat_core import Request"},
            "loop:1: the engine imports chat_core.transport",
        ),
        (
            {
                "chat_core/chat/builder.py": "if TYPE_CHECKING:\n    from chat_core.transport.http import "
                "HttpTransport"
            },
            "builder:2: the engine imports chat_core.transport.http",
        ),
        (
            {"chat_core/provider.py": "import chat_x.wire", "chat_x/wire.py": ""},
            "provider:1: imports chat_x.wire, a provider",
        ),
    ],
    only_transports_import_http: [
        ({"chat_x/client.py": "async def f():\n    import httpx"}, "client:2: imports httpx"),
        ({"chat_core/transport/__init__.py": "from httpx_sse import A"}, "transport:1: imports httpx_sse"),
        ({"chat_core/sync.py": "importlib.import_module('websockets')"}, "sync:1: imports websockets"),
    ],
    nothing_imports_testing: [
        ({"chat_core/sync.py": "from chat_core import testing"}, "sync:1: imports chat_core.testing"),
        (
            {"chat_x/client.py": "from chat_core.testing.laws import A"},
            "client:1: imports chat_core.testing.laws",
        ),
    ],
    only_builders_read_the_environment: [
        ({"chat_x/client.py": "import os\nKEY = os.environ['KEY']"}, "client:2: reads environ"),
        ({"chat_x/client.py": "from os import getenv"}, "client:1: reads getenv"),
        ({"chat_core/transport/http.py": "urllib.request.getproxies()"}, "http:1: reads getproxies"),
    ],
    providers_are_built_in_one_direction: [
        (
            {"chat_x/encode.py": "from chat_x.client import A", "chat_x/client.py": ""},
            "encode:1: encode reaches client",
        ),
        (
            {"chat_x/encode.py": "from chat_x.decode import A", "chat_x/decode.py": ""},
            "encode:1: encode reaches decode",
        ),
        (
            {
                "chat_x/wire.py": "import a\nfrom .ids import B",
                "chat_x/ids.py": "import chat_x.stream",
                "chat_x/stream.py": "",
            },
            "wire:2: wire reaches stream",
        ),
        (
            {"chat_x/a.py": "import chat_x.b", "chat_x/b.py": "import chat_x.a"},
            "a:1: imports itself in a circle",
        ),
        (
            {"chat_x/__init__.py": "", "chat_x/wire.py": "from chat_x import A"},
            "wire:1: imports from chat_x itself",
        ),
    ],
    providers_know_neither_engine_nor_siblings: [
        (
            {"chat_x/client.py": "from chat_core import ChatBuilder"},
            "client:1: imports chat_core.chat.builder, which is not for",
        ),
        (
            {"chat_x/client.py": "from chat_core.chat.retry import A"},
            "client:1: imports chat_core.chat.retry, which is not for",
        ),
        ({"chat_x/client.py": "import chat_core"}, "client:1: imports chat_core whole"),
        (
            {"chat_x/client.py": "from chat_y.wire import A", "chat_y/wire.py": ""},
            "client:1: imports chat_y.wire, a sibling",
        ),
    ],
    only_clients_touch_the_transport: [
        ({"chat_x/stream.py": "from chat_core import Request"}, "stream:1: imports Request"),
        (
            {"chat_x/native.py": "import chat_core.transport.http"},
            "native:1: imports chat_core.transport.http",
        ),
    ],
    encoding_and_decoding_are_pure: [
        ({"chat_x/decode.py": "async def f():\n    await g()"}, "decode:2: waits (Await)"),
        ({"chat_x/stream.py": "from time import monotonic"}, "stream:1: imports time"),
        ({"chat_x/wire.py": "datetime.now(UTC)"}, "wire:1: reads the clock (now)"),
        (
            {"chat_x/encode.py": "from chat_x.ids import A", "chat_x/ids.py": "import asyncio"},
            "ids:1: imports asyncio",
        ),
    ],
    what_is_imported_for_annotations_is_used_in_them: [
        (
            {
                "chat_core/types/parts.py": "if TYPE_CHECKING:\n    from a import B\ndef f(b: B) -> B:\n   "
                " return B()"
            },
            "parts:4: uses B",
        ),
    ],
    what_is_imported_is_declared: [
        ({"chat_x/wire.py": "import yaml"}, "wire:1: imports yaml, but yaml is not in chat_x/pyproject.toml"),
        (
            {"chat_x/wire.py": "from chat_core import Text"},
            "wire:1: imports chat_core, but chat-core is not in",
        ),
    ],
}

KEPT: Files = {
    "chat_core/types/errors.py": "if TYPE_CHECKING:\n    from chat_core.types.parts import Text\ndef "
    "f(part: Text): ...",
    "chat_x/__init__.py": "from chat_x.client import A",
    "chat_x/builder.py": "import os\nfrom chat_core import Transport\nfrom chat_completions.wire import "
    "A\nos.environ",
    "chat_x/client.py": "from chat_core import Request, Text\nfrom .stream import A\nasync def f(): ...",
    "chat_x/stream.py": "from chat_x.decode import A\nfrom chat_x.encode import A",
    "chat_x/encode.py": "from chat_x.wire import A",
    "chat_x/decode.py": "from . import wire",
    "chat_x/wire.py": "from datetime import datetime",
    "chat_completions/wire.py": "",
    "chat_x/pyproject.toml": '[project]\ndependencies = ["chat-core", '
    '"chat-completions>=1"]\noptional-dependencies = {}',
    "chat_core/pyproject.toml": '[project]\ndependencies = ["httpx>=0.27"]',
}


@pytest.fixture(scope="module")
def house() -> House:
    house = House(PACKAGES)
    assert {"chat_core", "chat_completions"} <= {module.package for module in house}
    return house


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_kept(rule: Rule, house: House) -> None:
    assert list(rule(house)) == []


@pytest.mark.parametrize(
    ("rule", "files", "complaint"),
    [pytest.param(rule, *house, id=house[1]) for rule in RULES for house in BROKEN.get(rule, ())],
)
def test_a_rule_that_is_broken_says_where(rule: Rule, files: Files, complaint: str, tmp_path: Path) -> None:
    assert complaint in "\n".join(rule(built(tmp_path, CORE | dict(files))))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_that_is_kept_is_silent(rule: Rule, tmp_path: Path) -> None:
    assert list(rule(built(tmp_path, CORE | dict(KEPT)))) == []


def test_every_rule_has_been_seen_to_fail() -> None:
    assert BROKEN.keys() == set(RULES)


def built(packages: Path, files: Files) -> House:
    """A small house. `chat_x/a.py` stands for chat_x/src/chat_x/a.py."""
    for name, text in files.items():
        package, _, file = name.partition("/")
        path = packages / package / (file if file == "pyproject.toml" else f"src/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return House(packages)
