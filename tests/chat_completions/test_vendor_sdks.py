"""The vendors' own SDKs know every field that their packages send; what they do not know is refused by
name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from chat_completions import CompletionsOptions
from chat_core import (
    ChatOptions,
    ChatRequest,
    Completed,
    ConfigurationError,
    File,
    Message,
    Messages,
    OutputSchema,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.testing import FakeTransport
from chat_groq import GroqBuilder
from chat_mistral import MistralBuilder
from chat_together import TogetherBuilder
from pydantic import TypeAdapter

pytestmark = pytest.mark.anyio

ANSWER = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}
PNG = File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
ADD = ToolDefinition("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
OUTPUT = OutputSchema("answer", {"type": "object", "properties": {"a": {"type": "string"}}})
ROWS: dict[str, tuple[Any, str, str]] = {
    "groq": (GroqBuilder, "groq.types.chat.completion_create_params", "CompletionCreateParams"),
    "mistral": (MistralBuilder, "mistralai.client.models", "ChatCompletionRequest"),
    "together": (TogetherBuilder, "together.types.chat.completion_create_params", "CompletionCreateParams"),
}
each_vendor = pytest.mark.parametrize("vendor", ROWS)
COMMON: dict[str, object] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "max_tokens": 100,
    "stop": ("END", "STOP"),
    "seed": 7,
    "top_k": 5,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.1,
    "reasoning_effort": "high",
    "tool_choice": "add",
    "parallel_tool_calls": False,
}
OF_THE_WIRE: dict[str, object] = {
    "logprobs": True,
    "top_logprobs": 2,
    "logit_bias": {"50256": -100.0},
    "modalities": ("text", "audio"),
    "audio": {"voice": "a", "format": "wav"},
    "prediction": {"type": "content", "content": "x"},
    "verbosity": "low",
    "service_tier": "auto",
    "store": True,
    "metadata": {"a": "b"},
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "explicit", "ttl": "30m"},
    "safety_identifier": "s",
    "user": "u",
    "web_search_options": {},
}


def faults(vendor: str, body: Mapping[str, object]) -> str:
    """What the SDK's type holds against a body, its unknown fields too; empty where it holds nothing."""
    _, module, name = ROWS[vendor]
    adapter: TypeAdapter[Any] = TypeAdapter(getattr(pytest.importorskip(module), name))
    try:
        checked = adapter.validate_python(dict(body), extra="forbid")
        read(checked)
    except ValueError as error:
        return str(error)
    return ""


def read(value: object) -> None:
    """Read whatever the adapter checks only when it is read: it does so with an `Iterable`."""
    if isinstance(value, Mapping):
        for item in value.values():
            read(item)
    elif (
        isinstance(value, Iterable)
        and not isinstance(value, str | bytes)
        and not hasattr(value, "model_dump")
    ):
        for item in value:
            read(item)


async def sent(builder: Any, request: ChatRequest) -> Mapping[str, Any]:
    transport = FakeTransport().answer(ANSWER)
    made = builder.with_model("m").with_api_key("k").with_transport(transport)
    await made.build().complete(request)
    return transport.last_body


def conversation() -> Messages:
    call = ToolCall("call_1", "add", {"a": 1}, Completed({"sum": 2}), files=(PNG,))
    return Messages(
        [
            Message("system", [Text("Be brief.")]),
            Message("user", [Text("Look: "), PNG]),
            Message("model", [Reasoning("Hm."), Text("I add."), call]),
            Message("model", [Text("2")]),
            Message("user", [Text("And?")]),
        ]
    )


@each_vendor
async def test_a_conversation_with_tools_thinking_and_a_file_is_one_for_the_sdk(vendor: str) -> None:
    plain = await sent(ROWS[vendor][0](), ChatRequest(conversation(), [ADD]))
    typed = await sent(ROWS[vendor][0](), ChatRequest(conversation(), output=OUTPUT))
    assert faults(vendor, plain) == ""
    assert faults(vendor, typed) == ""
    assert faults(vendor, {**plain, "surprise": 1}) != ""
    assert faults(vendor, {**plain, "messages": [{"role": "nobody", "content": "x"}]}) != ""


@each_vendor
@pytest.mark.parametrize("name", COMMON)
async def test_a_common_option_is_known_to_the_sdk_or_refused_by_name(vendor: str, name: str) -> None:
    options = ChatOptions(**{name: COMMON[name]})  # type: ignore[arg-type]  # each value is of its field's type
    await accepted_or_refused(vendor, name, ROWS[vendor][0](), options)


@each_vendor
@pytest.mark.parametrize("name", OF_THE_WIRE)
async def test_an_option_of_the_wire_is_known_to_the_sdk_or_refused_by_name(vendor: str, name: str) -> None:
    options = CompletionsOptions(**{name: OF_THE_WIRE[name]})  # type: ignore[arg-type]  # as above
    await accepted_or_refused(vendor, name, ROWS[vendor][0]().with_options(options), ChatOptions())


async def accepted_or_refused(vendor: str, name: str, builder: Any, options: ChatOptions) -> None:
    request = ChatRequest(Messages.from_user("Hi"), [ADD], options)
    refusal = ""
    try:
        body = await sent(builder, request)
    except ConfigurationError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith(f"{vendor} has no {name}; if it does, .with_extra_body(")
        return
    if (vendor, name) == ("together", "tool_choice"):
        # The SDK has a call's type here, with arguments; Together's reference has OpenAI's object.
        assert body["tool_choice"] == {"type": "function", "function": {"name": "add"}}
        return
    assert faults(vendor, body) == ""
    assert body != await sent(ROWS[vendor][0](), ChatRequest(Messages.from_user("Hi"), [ADD]))


def test_every_option_that_there_is_has_been_tried() -> None:
    assert {field.name for field in dataclasses.fields(ChatOptions)} == COMMON.keys()
    assert {field.name for field in dataclasses.fields(CompletionsOptions)} == OF_THE_WIRE.keys()


PDF = File.from_bytes(b"%PDF-1.7", "application/pdf", name="a.pdf")
DRAWN = {"data": [{"b64_json": "aGVsbG8="}]}
VECTOR = {"data": [{"index": 0, "embedding": [1.0]}]}
ENDPOINTS: list[tuple[str, str, Callable[[Any], Any], object, str]] = [
    (
        "mistral",
        "FIMCompletionRequest",
        lambda c: c.fill_in("def ", "return", max_tokens=9),
        ANSWER,
        "/fim/completions",
    ),
    ("mistral", "OCRRequest", lambda c: c.read_document(PDF), {"pages": []}, "/ocr"),
    ("mistral", "OCRRequest", lambda c: c.read_document(PNG), {"pages": []}, "/ocr"),
    ("mistral", "ClassificationRequest", lambda c: c.moderate(["a", "b"]), {"results": []}, "/moderations"),
    ("mistral", "EmbeddingRequest", lambda c: c.embed(["a"]), VECTOR, "/embeddings"),
    (
        "groq",
        "groq.types.audio.SpeechCreateParams",
        lambda c: c.speak("Hi", voice="v"),
        b"RIFF",
        "/audio/speech",
    ),
    (
        "mistral",
        "SpeechRequest",
        lambda c: c.speak("Hi", voice="v"),
        {"audio_data": "UklGRg=="},
        "/audio/speech",
    ),
    (
        "together",
        "together.types.ImageGenerateParams",
        lambda c: c.draw("A cat"),
        DRAWN,
        "/images/generations",
    ),
    (
        "together",
        "together.types.audio.SpeechCreateParams",
        lambda c: c.speak("Hi", voice="v"),
        b"RIFF",
        "/audio/speech",
    ),
    ("together", "together.types.EmbeddingCreateParams", lambda c: c.embed(["a"]), VECTOR, "/embeddings"),
]


@pytest.mark.parametrize(("vendor", "type", "call", "answer", "path"), ENDPOINTS)
async def test_the_bodies_of_other_endpoints_are_those_of_the_sdk(
    vendor: str, type: str, call: Callable[[Any], Any], answer: Any, path: str
) -> None:
    transport = FakeTransport().answer(answer)
    builder = ROWS[vendor][0]().with_model("m").with_api_key("k").with_transport(transport)
    dimensions = {"mistral": 8}.get(vendor)
    client = (builder.with_embeddings(dimensions) if path == "/embeddings" else builder).build()
    await call(client)

    assert transport.requests[0].url.endswith(path)
    module, _, name = type.rpartition(".")
    adapter: TypeAdapter[Any] = TypeAdapter(
        getattr(pytest.importorskip(module or "mistralai.client.models"), name)
    )
    read(adapter.validate_python(dict(transport.last_body), extra="forbid", by_alias=True))


OWN: list[tuple[str, Callable[[Any], Any]]] = [
    ("groq", lambda b: b.with_reasoning("low", format="parsed")),
    ("groq", lambda b: b.with_service_tier("flex")),
    ("groq", lambda b: b.with_compound_tools("web_search")),
    ("groq", lambda b: b.with_search_domains(include=["a.example"], exclude=["b.example"], country="CH")),
    ("groq", lambda b: b.with_tool_validation(False)),
    ("mistral", lambda b: b.with_reasoning("high")),
    ("mistral", lambda b: b.with_safe_prompt()),
    ("mistral", lambda b: b.with_guardrails({"block_on_error": True})),
    ("together", lambda b: b.with_reasoning(False, "low")),
    ("together", lambda b: b.with_sampling(min_p=0.1, repetition_penalty=1.1)),
    ("together", lambda b: b.with_safety_model("guard")),
    ("together", lambda b: b.with_long_prompts("truncate")),
]


@pytest.mark.parametrize(("vendor", "change"), OWN)
async def test_what_only_one_vendor_has_is_known_to_its_sdk(
    vendor: str, change: Callable[[Any], Any]
) -> None:
    body = await sent(change(ROWS[vendor][0]()), ChatRequest(Messages.from_user("Hi")))
    assert faults(vendor, body) == ""
    assert body.keys() - {"model", "messages"}
