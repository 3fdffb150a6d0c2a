"""The metrics, by the names, units and buckets of the conventions."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, ChatResponse, Message, Text, ToolCall, Turn, Usage, tool
from chat_core.middleware.telemetry.modalities import by_modality, input_split, output_split
from chat_core.testing import ScriptedProvider

from .conftest import Recorded

pytestmark = pytest.mark.anyio
INFERENCE = "gen_ai.client.inference"
SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = tuple(4**step for step in range(14))


@tool
def add(a: int, b: int) -> int:
    return a + b


async def ask(recorded: Recorded, **chosen: Any) -> None:
    usage = Usage(100, 20, 60, 10, 5, 120, raw={"prompt_tokens_details": {"audio_tokens": 30}})
    turn = Turn("stop", "stop", usage, "scripted-2")
    lines = [ToolCall("c1", "add", {"a": 1, "b": 2}), ChatResponse(Message("model", [Text("Hi")], turn=turn))]
    chat = ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([add])
    async with chat.with_telemetry(**recorded.given, **chosen).build().stream("Hello") as events:
        assert [event async for event in events]


async def test_a_stream_feeds_the_instruments_of_the_conventions(recorded: Recorded) -> None:
    await ask(recorded)

    assert {name: metric.unit for name, metric in recorded.metrics().items()} == {
        f"{INFERENCE}.duration": "s",
        f"{INFERENCE}.time_to_first_chunk": "s",
        f"{INFERENCE}.operation.input_tokens": "{token}",
        f"{INFERENCE}.operation.output_tokens": "{token}",
        f"{INFERENCE}.usage.input_tokens": "{token}",
        f"{INFERENCE}.usage.output_tokens": "{token}",
        f"{INFERENCE}.usage.cache_read.input_tokens": "{token}",
        f"{INFERENCE}.usage.cache_write.input_tokens": "{token}",
        f"{INFERENCE}.usage.reasoning.output_tokens": "{token}",
        "gen_ai.execute_tool.duration": "s",
    }
    for name, buckets in (
        (f"{INFERENCE}.duration", SECONDS),
        (f"{INFERENCE}.operation.input_tokens", TOKENS),
    ):
        [point, *_] = recorded.metrics()[name].data.data_points
        assert point.explicit_bounds == pytest.approx(buckets)


async def test_tokens_are_counted_by_modality_where_the_provider_tells(recorded: Recorded) -> None:
    await ask(recorded)

    target = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": "scripted",
    }
    second = {**target, "gen_ai.response.model": "scripted-2"}
    assert recorded.points(f"{INFERENCE}.usage.input_tokens") == [
        ({**target, "gen_ai.response.model": "scripted", "gen_ai.token.modality": "unknown"}, 10),
        ({**second, "gen_ai.token.modality": "audio"}, 30),
        ({**second, "gen_ai.token.modality": "unknown"}, 70),
    ]
    assert recorded.points(f"{INFERENCE}.usage.cache_read.input_tokens") == [
        ({**second, "gen_ai.token.modality": "unknown"}, 60)
    ]


async def test_the_former_names_are_fed_on_request(recorded: Recorded) -> None:
    await ask(recorded, old_metrics=True)

    old = {name for name in recorded.metrics() if not name.startswith((INFERENCE, "gen_ai.execute"))}
    assert old == {
        "gen_ai.client.operation.duration",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.client.token.usage",
    }
    kinds = [point["gen_ai.token.type"] for point, _ in recorded.points("gen_ai.client.token.usage")]
    assert sorted(kinds) == ["input", "input", "output", "output"]


def test_splits_are_read_in_every_form_and_never_guessed() -> None:
    gemini = {
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}, {"modality": "IMAGE", "tokenCount": 7}]
    }
    assert input_split(gemini) == {"text": 5, "image": 7}
    assert output_split({"output_tokens_details": {"text_tokens": 3, "audio_tokens": True}}) == {"text": 3}
    assert input_split({"input_tokens": 5}) == {}
    assert by_modality(12, {"text": 5, "image": 7}) == {"text": 5, "image": 7}
    assert by_modality(5, {"text": 7}) == {"unknown": 5}
    assert by_modality(0, {}) == {"unknown": 0}
