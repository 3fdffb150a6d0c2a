"""What `explain` returns of each recorded conversation is what its client sends, byte for byte."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_core import ChatBuilder, ConnectionFailed, ExplainingProvider, Explanation, Messages, Tool
from chat_core.testing import FakeTransport
from chat_core.transport import set_default_transport

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
if not (SHARED / "recordings").is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)
sys.path[:0] = [str(SHARED / "tools"), str(HERE)]

import drive  # noqa: E402  the path of this folder is set first
from players import turns  # noqa: E402

pytestmark = pytest.mark.anyio
WIRES = {
    "chat-completions",
    "openai-responses",
    "claude-messages",
    "gemini",
    "ollama",
    "bedrock-converse",
    "bedrock-invoke",
    "cohere",
}


@pytest.fixture
def anyio_backend() -> str:
    """What is compared is made before anything waits."""
    return "asyncio"


class Unanswering(FakeTransport):
    """Records each request, and fails it."""

    def _next(self, request: Any) -> Any:
        self.requests.append(request)
        raise ConnectionFailed("nothing answers here")


def exchanges() -> Iterator[dict]:
    """All recorded turns of a model."""
    for path in sorted((SHARED / "recordings").glob("*/*.json")):
        if not path.name.endswith(".expected.json"):
            yield from json.loads(path.read_bytes()).get("exchanges") or []


async def test_the_explanation_of_each_recorded_conversation_has_the_bytes_that_are_sent(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    network = Unanswering()
    explained: list[Explanation] = []
    played: Counter[str] = Counter()

    async def explain_and_send(client: Any, tools: list[Tool], messages: Messages, stream: bool) -> None:
        assert isinstance(client, ExplainingProvider)
        chat = ChatBuilder().with_model(client).with_tools(tools).build()
        explained.append(chat.explain(messages, stream=stream))
        await play(client, tools, messages, stream)

    play = turns.turn
    monkeypatch.setattr(turns, "turn", explain_and_send)
    set_default_transport(lambda proxy: network)
    request.addfinalizer(lambda: set_default_transport(None))
    for exchange in exchanges():
        if exchange["wire"] not in WIRES:
            continue
        network.requests.clear()
        explained.clear()
        stream = bool(exchange["response"].get("is_stream"))
        await drive.drive(exchange, "http://localhost:8000", stream=stream)
        if not explained:
            continue
        sent, told = network.requests[-1], explained[-1]
        assert told.content == sent.body
        assert (told.method, told.url) == (sent.method, sent.url)
        assert told.headers.keys() == sent.headers.keys()
        assert "test-key" not in f"{told.headers}"
        played[exchange["wire"]] += 1
    assert sum(played.values()) > 0, "no turn of a model is among the recordings"
