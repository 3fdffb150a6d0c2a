"""What importing the packages costs: the network, pydantic and the like come with their first use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = sorted(path.parent.name for path in (ROOT / "packages").glob("*/src/*/__init__.py"))
LATER = (
    *("httpx", "httpx2", "httpcore", "httpx_sse", "websockets", "h11"),  # with the first request
    *("pydantic", "pydantic_core"),  # with the first schema
    *("ssl", "urllib.request", "http.client", "trio", "asyncio"),
    *(
        "chat_core.chat.builder",
        "chat_core.chat",
        "chat_core.transport.http",
        "chat_core.sync",
        "chat_core.testing",
    ),
)
NETWORK = {"httpx", "httpx_sse", "websockets", "pydantic", "ssl", "urllib.request", "trio"}


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_imports_little(package: str) -> None:
    loaded = _loaded(f"import {package}")
    assert package in loaded
    assert sorted(loaded & set(LATER)) == []


def test_importing_all_packages_imports_little() -> None:
    assert sorted(_loaded(f"import {', '.join(PACKAGES)}") & set(LATER)) == []


def test_an_agent_pays_for_the_engine_but_not_for_the_network() -> None:
    loaded = _loaded(
        "from chat_core import ChatBuilder, Messages, tool\n@tool\ndef add(a: int) -> int: "
        "...\nChatBuilder().with_tools([add])"
    )
    assert {"chat_core.chat.builder", "chat_core.tools.function"} <= loaded
    assert sorted(loaded & NETWORK) == []


def test_the_loop_comes_with_the_first_chat_and_still_no_network() -> None:
    imported = _loaded("from chat_core import ChatBuilder, Messages")
    built = _loaded(
        "from chat_core import ChatBuilder, Messages\n"
        "from chat_core.testing.provider import ScriptedProvider\n"
        "ChatBuilder().with_model(ScriptedProvider([])).build()"
    )
    assert "chat_core.chat.loop" in built
    assert "chat_core.chat.loop" not in imported
    assert sorted(built & NETWORK) == []


def test_a_chat_without_tools_and_types_does_not_pay_for_them() -> None:
    loaded = _loaded(
        "from chat_core import ChatBuilder, Messages\nfrom chat_completions import ChatCompletionsBuilder"
    )
    needless = {"function", "json_schema", "signature", "docstring", "scoped", "context"}
    assert sorted(loaded & {f"chat_core.tools.{name}" for name in needless}) == []
    assert sorted(loaded & {"chat_core.chat.tool_runner", "chat_core.chat.structured"}) == []
    assert (
        sorted(loaded & {f"chat_core.types.{name}" for name in ("rerank", "embeddings", "decisions")}) == []
    )
    assert sorted(loaded & {"hashlib", "mimetypes", "base64", "fractions", "logging", "anyio.abc"}) == []


def test_whoever_brings_a_transport_does_not_pay_for_ours() -> None:
    loaded = _loaded(
        "from chat_completions import ChatCompletionsBuilder\n"
        "builder = ChatCompletionsBuilder().with_model('m').with_api_key('k')\n"
        "builder.with_transport(object()).build()"
    )
    assert sorted(loaded & {"chat_core.transport.http", "httpx", "pydantic", "ssl", "urllib.request"}) == []


def test_a_client_that_has_sent_nothing_has_not_loaded_httpx() -> None:
    loaded = _loaded(
        "from chat_completions import "
        "ChatCompletionsBuilder\nChatCompletionsBuilder().with_model('m').with_api_key('k').build()"
    )
    assert "chat_core.transport.http" in loaded
    assert sorted(loaded & {"httpx", "httpx_sse", "httpcore", "pydantic", "trio"}) == []


def _loaded(program: str) -> set[str]:
    """The modules that a fresh interpreter has after this program, besides those that it starts with."""
    program = (
        f"import sys\nbefore = set(sys.modules)\n{program}\n"
        "import json\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return set(json.loads(done.stdout))
