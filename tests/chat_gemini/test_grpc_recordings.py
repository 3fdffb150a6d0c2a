"""Each recorded response comes out of gRPC as it comes out of HTTP."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from chat_core import Event
from chat_core.transport import Request, Response, set_default_transport
from chat_gemini.grpc import GrpcTransport
from grpc_server import answering

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
if not (SHARED / "recordings").is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)
sys.path[:0] = [str(SHARED / "tools"), str(ROOT / "tests/recordings")]

import drive  # noqa: E402  the path of this folder is set first

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Grpcio runs on asyncio."""
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
async def one_loop(anyio_backend: str) -> None:
    """Have all tests share an event loop: what grpcio still has to tell a loop that is closed fails the test
    that runs then.
    """


class Playing:
    """A transport that answers over no network with the messages of one recording."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.messages = messages
        self.status, self.ok, self.headers = 200, True, {"content-type": "application/json"}

    async def send(self, request: Request) -> Response:
        return Response(200, self.headers, json.dumps(self.messages[0]).encode())

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[Playing]:
        yield self

    async def bursts(self) -> AsyncGenerator[list[Event]]:
        for message in self.messages:
            yield [Event("message", json.dumps(message))]

    async def aclose(self) -> None:
        pass


def exchanges() -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Every recorded response of the wire that is no error, with its messages, asked for at the Gemini API.

    Arguments in pieces are left out: only Vertex has them.
    """
    for path in sorted((SHARED / "recordings").glob("*/*.json")):
        if path.name.endswith(".expected.json"):
            continue
        for exchange in json.loads(path.read_bytes()).get("exchanges") or []:
            if exchange["wire"] != "gemini" or exchange["response"]["status"] != 200:
                continue
            if "partialArgs" not in exchange["response"]["body"] and (found := _messages(exchange)):
                url = exchange["request"]["url"]
                model = url.rpartition("/models/")[2].partition(":")[0]
                exchange["request"]["url"] = f"https://host/v1beta/models/{model}:generateContent"
                yield exchange, found


def _messages(exchange: dict[str, Any]) -> list[dict[str, Any]]:
    body = exchange["response"]["body"]
    if body.lstrip()[:1] in ("{", "["):
        parsed = json.loads(body)
        return parsed if isinstance(parsed, list) else [parsed]
    frames = (line[5:].strip() for line in body.splitlines() if line.startswith("data:"))
    return [json.loads(frame) for frame in frames if frame.startswith("{")]


def _playing(messages: list[dict[str, Any]], *, proxy: str | None) -> Any:
    return Playing(messages)


def _comparable(result: Any) -> Any:
    """A result without what may differ: ids made here, and an enum that was recorded as a number."""
    for call in result.get("tool_calls", []):
        call["id"] = re.sub(r"^call_[0-9a-f]{24}$", "made here", call["id"])
    return result | ({"finish_reason": "STOP"} if result.get("finish_reason") == 1 else {})


async def test_every_recorded_response_comes_out_the_same_over_grpc(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(lambda: set_default_transport(None))
    played = 0
    for exchange, messages in exchanges():
        stream = bool(exchange["response"].get("is_stream"))
        set_default_transport(partial(_playing, messages))
        over_http = await drive.drive(exchange, "http://localhost:8000", stream=stream)
        set_default_transport(lambda proxy: GrpcTransport())
        async with answering(*messages) as server:
            over_grpc = await drive.drive(exchange, server.address, stream=stream)
        assert _comparable(over_grpc) == _comparable(over_http)
        [asked] = server.requests
        assert asked.metadata["x-goog-api-key"] == "test-key"
        played += 1
    assert played > 0, "no turn of Gemini is among the recordings"
