"""Native data with any value of another type, as a stored conversation may hold them, stop no encoder."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chat_bedrock import encode as bedrock
from chat_bedrock.settings import RequestDefaults as BedrockDefaults
from chat_claude import encode as claude
from chat_claude.settings import RequestDefaults as ClaudeDefaults
from chat_cohere import encode as cohere
from chat_cohere.settings import RequestDefaults as CohereDefaults
from chat_completions import encode as completions
from chat_completions.settings import RequestDefaults as CompletionsDefaults
from chat_core import (
    ChatRequest,
    Completed,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.wire import dump
from chat_gemini import encode as gemini
from chat_gemini.settings import RequestDefaults as GeminiDefaults
from chat_ollama.native import encode as ollama
from chat_ollama.settings import RequestDefaults as OllamaDefaults
from chat_responses import encode as responses
from chat_responses.settings import RequestDefaults as ResponsesDefaults

VALUES: list[Any] = [[], {}, [{}], 7, None]
SEARCH = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
CLAUDE: list[Any] = [
    SEARCH,
    {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
    {"block": {"type": "thinking", "signature": "x"}, "prefix": ""},
    {"type": "text", "text": "a", "citations": [], "cache_control": {"type": "ephemeral"}},
    {"type": "container", "id": "c", "expires_at": "x"},
    {"caller": {"type": "direct"}, "toolset_name": "x"},
]
GEMINI: list[Any] = [
    {"thoughtSignature": "x", "thought": True, "id": "i", "functionCall": {"a": 1}},
    {"executableCode": {"code": "x"}},
    {"toolCall": {"id": "t"}},
    {"toolResponse": {"id": "t"}},
]
COHERE: list[Any] = [{"type": "thinking"}, {"citations": [{"start": 0, "end": 1, "sources": [{"id": "d"}]}]}]
BEDROCK: list[Any] = [
    {"reasoningText": {"text": "a", "signature": "s"}},
    {"citationsContent": {"content": [{"text": "a"}], "citations": [{"location": {"web": {"url": "u"}}}]}},
    {"toolUse": {"toolUseId": "t", "name": "n", "input": {}, "type": "server_tool_use"}},
    {"toolResult": {"toolUseId": "t", "content": []}},
]
COMPLETIONS: list[Any] = [
    {"field": "reasoning"},
    {"content": {"type": "thinking", "thinking": []}},
    {"reasoning_details": [{"type": "reasoning.text"}], "thinking_blocks": [{"type": "thinking"}]},
    {"message": {"sig": "s"}, "type": "custom", "id": "x", "function": {"a": 1}, "audio_id": "x"},
]
RESPONSES: list[Any] = [
    {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text"}]},
    {"type": "reasoning", "id": "r", "summary": [{"text": "x"}], "encrypted_content": "e"},
    {"type": "function_call", "id": "f", "call_id": "c", "name": "n"},
    {"type": "image_generation_call", "id": "i", "result": "x"},
    {"type": "web_search_call", "id": "w", "action": {"type": "s"}},
]
OLLAMA: list[Any] = [{"field": "reasoning"}, {"call": {"a": 1}, "function": {"b": 1}}]
WIRES = [
    pytest.param(claude.encode, "claude", ClaudeDefaults(), CLAUDE, id="claude"),
    pytest.param(gemini.encode, "gemini", GeminiDefaults(), GEMINI, id="gemini"),
    pytest.param(cohere.encode, "cohere", CohereDefaults(), COHERE, id="cohere"),
    pytest.param(bedrock.encode, "bedrock", BedrockDefaults(), BEDROCK, id="bedrock"),
    pytest.param(
        completions.encode,
        CompletionsDefaults().dialect.name,
        CompletionsDefaults(),
        COMPLETIONS,
        id="completions",
    ),
    pytest.param(responses.encode, "openai", ResponsesDefaults(), RESPONSES, id="responses"),
    pytest.param(ollama.encode, "ollama", OllamaDefaults(), OLLAMA, id="ollama"),
]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*at, key)
        yield from places(item, (*at, key))


def changed(data: Any) -> Iterator[Any]:
    """Return the data with each value in each place."""
    for *way, last in places(data):
        for value in VALUES:
            holder = whole = copy.deepcopy(data)
            for key in way:
                holder = holder[key]
            holder[last] = value
            yield whole


@pytest.mark.parametrize(("encode", "provider", "defaults", "samples"), WIRES)
def test_native_data_of_any_shape_stop_no_encoder(
    encode: Callable[..., Any], provider: str, defaults: Any, samples: list[Any]
) -> None:
    origin = Origin(provider, "https://model.test/v1", "m")
    for data in (each for sample in samples for each in [sample, *changed(sample)]):
        native = Native(origin, data)
        parts = [
            *(Text("a", native=native), Reasoning("r", native=native), Refusal("n", native=native)),
            *(ToolCall("c", "add", {}, Completed(1), native=native), Structured({}, native=native)),
            *(File("image/png", b"\x89PNG\r\n\x1a\n", native=native), Opaque(native)),
        ]
        messages = Messages.from_user("Hi").append(Message("model", parts)).add_user("And?")
        before = messages.to_json()

        dump(encode(ChatRequest(messages), origin=origin, defaults=defaults, stream=False).body)

        assert messages.to_json() == before
