"""The same recorded exchanges through the vendors' SDKs under OpenTelemetry's instrumentations, and through
our clients: the spans agree in name and in every attribute of the conventions that both have.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatError, ChatModel, ChatOptions
from chat_core.testing import FakeTransport
from chat_openai import OpenAIBuilder
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import ReadableSpan

from .conftest import Recorded

RECORDINGS = Path(__file__).parents[5] / "shared" / "recordings"
if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")]
AT_MOST = 25  # exchanges of each wire
WIRES = {"chat-completions": "openai", "openai-responses": "openai", "claude-messages": "claude"}
# What the recorded requests hold that both sides send; the contents of a conversation are on no span.
ASKED = frozenset(("model", "messages", "input", "system", "tools", "stream"))
SAMPLING = ("temperature", "top_p")  # the SDK of Claude has no such arguments any more
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def exchanges(wire: str) -> Iterator[dict[str, Any]]:
    """Recorded turns that came well, of one choice each."""
    for path in sorted((RECORDINGS / WIRES[wire]).glob("*.expected.json")):
        expectations = json.loads(path.read_text(encoding="utf-8")).get("exchanges", [])
        recording = path.with_name(path.name.replace(".expected", ""))
        played = json.loads(recording.read_text(encoding="utf-8"))["exchanges"]
        for exchange, expected in zip(played, expectations, strict=True):
            sent = exchange["request"].get("json") or {}
            turns = expected["wire"] == wire and expected["kind"] == "message"
            if turns and sent.get("model") and sent.get("n", 1) == 1:
                yield exchange


def body_of(response: dict[str, Any]) -> bytes:
    body = response["body"]
    return base64.b64decode(body) if response["body_encoding"] == "base64" else body.encode()


def call_vendor(wire: str, exchange: dict[str, Any]) -> None:
    """Send the recorded request with the vendor's SDK, which gets the recorded response."""
    response, sent = exchange["response"], exchange["request"]["json"]
    answer = {"headers": response["headers"], "content": body_of(response)}
    create: Callable[..., Any]
    names = {*ASKED, *LIMITS, *(() if wire == "claude-messages" else SAMPLING)}
    if wire == "claude-messages":
        transport2 = httpx2.MockTransport(lambda request: httpx2.Response(200, **answer))
        claude = anthropic.Anthropic(api_key="k", http_client=httpx2.Client(transport=transport2))
        create = claude.messages.create
    else:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, **answer))
        client = openai.OpenAI(api_key="k", http_client=httpx.Client(transport=transport))
        create = client.responses.create if wire == "openai-responses" else client.chat.completions.create
    result = create(**{name: value for name, value in sent.items() if name in names})
    for _ in result if sent.get("stream") else ():
        pass


def client_of(wire: str, exchange: dict[str, Any]) -> ChatModel:
    response, model = exchange["response"], exchange["request"]["json"]["model"]
    transport = FakeTransport().answer(body_of(response), headers=response["headers"])
    if wire == "claude-messages":
        return ClaudeBuilder().with_model(model).with_api_key("k").with_transport(transport).build()
    if wire == "openai-responses":
        return OpenAIBuilder().with_model(model).with_api_key("k").with_transport(transport).build()
    builder = ChatCompletionsBuilder().with_base_url("https://api.openai.com/v1").with_model(model)
    return builder.with_api_key("k").with_transport(transport).build()


async def call_ours(wire: str, exchange: dict[str, Any], recorded: Recorded) -> None:
    sent = exchange["request"]["json"]
    limit = next((sent[name] for name in LIMITS if name in sent), None)
    options = ChatOptions(temperature=sent.get("temperature"), top_p=sent.get("top_p"), max_tokens=limit)
    chat = ChatBuilder().with_model(client_of(wire, exchange)).with_options(options).with_max_steps(1)
    built = chat.with_telemetry(**recorded.given).build()
    with suppress(ChatError):  # a second turn is not recorded, where the first calls a tool
        if sent.get("stream"):
            async with built.stream("Hi") as events:
                _ = [event async for event in events]
        else:
            await built.complete("Hi")


def of_conventions(span: ReadableSpan) -> dict[str, Any]:
    """The attributes of the conventions but times; OpenAI's own are not for all providers.

    The oracle of OpenAI has the raw `tool_calls` where the conventions, and the oracle of Claude, have
    `tool_call`.
    """
    found = {
        name: value
        for name, value in (span.attributes or {}).items()
        if name.startswith(("gen_ai.", "server.")) and "time_to" not in name
    }
    reasons = found.get("gen_ai.response.finish_reasons", ())
    found["gen_ai.response.finish_reasons"] = tuple(reason.replace("calls", "call") for reason in reasons)
    return found


@pytest.fixture
def oracle() -> Iterator[Recorded]:
    recorded = Recorded()
    instrumentors = (OpenAIInstrumentor(), AnthropicInstrumentor())
    for instrumentor in instrumentors:
        instrumentor.instrument(**recorded.given)
    yield recorded
    for instrumentor in instrumentors:
        instrumentor.uninstrument()
    recorded.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("wire", WIRES)
async def test_spans_are_those_of_the_vendors_instrumentation(
    wire: str, oracle: Recorded, recorded: Recorded
) -> None:
    compared = 0
    for exchange in exchanges(wire):
        before = len(oracle.spans), len(recorded.spans)
        call_vendor(wire, exchange)
        await call_ours(wire, exchange, recorded)
        theirs, ours = oracle.spans[before[0] :], recorded.spans[before[1] :]
        turns = [span for span in ours if span.name.startswith("chat ")]
        assert [span.name for span in theirs] == [span.name for span in turns]
        expected, found = of_conventions(theirs[0]), of_conventions(turns[0])
        assert {name: found.get(name) for name in expected} == expected
        compared += 1
        if compared == AT_MOST:
            break
    assert compared
