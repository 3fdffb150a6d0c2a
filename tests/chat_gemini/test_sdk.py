"""Google's own SDK as a judge: what is sent satisfies its request types, and what is decoded equals what it
decodes.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_core import (
    ChatOptions,
    ChatRequest,
    ChatResponse,
    Event,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    OutputSchema,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.types.call_status import Completed
from chat_core.wire import CallIds, dump
from chat_gemini.decode import TurnAssembler, decode
from chat_gemini.encode import encode
from chat_gemini.native_tools import CodeExecution, FileSearch, GoogleMaps, GoogleSearch, UrlContext
from chat_gemini.options import FunctionCalling, GeminiOptions, Thinking
from chat_gemini.settings import RequestDefaults
from chat_gemini.stream import GeminiStreamDecoder

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the SDK's own dependencies
    types = pytest.importorskip("google.genai.types")

RECORDINGS = Path(__file__).parents[3] / "shared/recordings"
HERE = Origin("gemini", "https://host/v1beta", "gemini-3.5-flash")
OLDER = Origin("gemini", "https://host/v1beta", "gemini-1.5-flash")
ADD = ToolDefinition(
    "add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
)
OUTPUT = OutputSchema(
    "Answer", {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, "What is said."
)
PNG = File.from_bytes(b"\x89PNG\r\n\x1a\nrest")


def conversation() -> Messages:
    signed = Native(HERE, {"thoughtSignature": "c2ln"})
    named = Native(HERE, {"id": "w", "thoughtSignature": "eA=="})
    turn = Message(
        "model",
        [
            Reasoning("Hm.", native=Native(HERE, {"thought": True})),
            Text("Signed.", native=signed),
            Opaque(Native(HERE, {"executableCode": {"code": "1", "language": "PYTHON"}})),
            Opaque(Native(HERE, {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}})),
            Opaque(Native(HERE, {"toolCall": {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "args": {}}})),
            ToolCall(
                "1",
                "add",
                {"a": 1},
                Completed({"sum": 2}),
                files=(PNG,),
                native=named,
            ),
            ToolCall("2", "add", {"a": 1}, Completed("two"), native=Native(HERE, {})),
            Reasoning("", native=signed),
        ],
    )
    asked = Messages.from_user(
        "Look:", PNG, File.from_url("https://youtu.be/x"), File.from_url("https://a.example/b.pdf")
    )
    return asked.append(turn).add_user("And?")


EVERYTHING = GeminiOptions(
    candidate_count=1,
    response_logprobs=True,
    logprobs=2,
    response_modalities=("TEXT", "IMAGE"),
    media_resolution="MEDIA_RESOLUTION_LOW",
    speech_config={"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}, "languageCode": "de-CH"},
    image_config={"aspectRatio": "16:9", "imageSize": "2K"},
    enable_enhanced_civic_answers=True,
    service_tier="flex",
    labels={"team": "x"},
    store=False,
)
NATIVE = (
    GoogleSearch(),
    CodeExecution(),
    GoogleMaps((47.0, 8.0), True),
    UrlContext(),
    FileSearch(("fileSearchStores/a",), 2, "a=1"),
)
REQUESTS = {
    "a conversation": (ChatRequest(conversation()), HERE, RequestDefaults()),
    "every option": (
        ChatRequest(
            conversation(),
            [ADD],
            ChatOptions(0.5, 0.9, 9, ["a", "b"], 7, 40, 0.1, 0.2, "low", "required"),
            OUTPUT,
        ),
        HERE,
        RequestDefaults(
            options=EVERYTHING,
            thinking=Thinking(include_thoughts=True),
            safety={"HARM_CATEGORY_JAILBREAK": "BLOCK_NONE"},
        ),
    ),
    "every tool": (
        ChatRequest(Messages.from_system("Be brief.").add_user("Hi"), [ADD]),
        HERE,
        RequestDefaults(native_tools=NATIVE, calling=FunctionCalling("VALIDATED", ("add",))),
    ),
    "an older model": (
        ChatRequest(Messages.from_user("Hi"), [ADD]),
        OLDER,
        RequestDefaults(thinking=Thinking(budget=0), options=GeminiOptions(cached_content=None)),
    ),
    "an older schema": (ChatRequest(Messages.from_user("Hi"), output=OUTPUT), OLDER, RequestDefaults()),
    "the oldest search": (
        ChatRequest(Messages.from_user("Hi")),
        Origin("gemini", "", "gemini-1.5-pro"),
        RequestDefaults(native_tools=(GoogleSearch(0.3),)),
    ),
    "cached content": (
        ChatRequest(Messages.from_user("Hi")),
        HERE,
        RequestDefaults(options=GeminiOptions(cached_content="cachedContents/a")),
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_sent_satisfies_the_request_types(name: str) -> None:
    request, origin, defaults = REQUESTS[name]
    body = json.loads(dump(encode(request, origin=origin, defaults=defaults, stream=False).body))
    contents = [types.Content.model_validate(content) for content in body.pop("contents")]
    assert contents
    assert types.GenerateContentConfig.model_validate(
        body.pop("generationConfig", {}) | body
    )  # it forbids what it does not know


def recorded() -> Iterator[tuple[str, dict[str, Any]]]:
    for folder in ("gemini", "vertex"):
        for path in sorted((RECORDINGS / folder).glob("*.json")):
            if not path.name.endswith(".expected.json"):
                for number, exchange in enumerate(json.loads(path.read_text()).get("exchanges") or []):
                    if exchange["wire"] == "gemini" and exchange["response"]["status"] == 200:
                        yield f"{path.stem}[{number}]", exchange


@pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recorded traffic is not beside this repository (shared/recordings)"
)
def test_decoding_equals_the_sdks_on_every_recording() -> None:
    compared = 0
    for name, exchange in recorded():
        response = exchange["response"]
        chunks = list(_documents(response))
        if any("partialArgs" in json.dumps(chunk) or "willContinue" in json.dumps(chunk) for chunk in chunks):
            continue  # the SDK hands these on unread
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # values of enums that it does not know yet
            theirs = [types.GenerateContentResponse.model_validate(_known(chunk)) for chunk in chunks]
        ours = _ours(response)
        parts = [part for each in theirs for part in _parts(each)]
        assert ours.text == "".join(part.text for part in parts if part.text and not part.thought), name
        assert ours.reasoning == "".join(part.text for part in parts if part.text and part.thought), name
        calls = [part.function_call for part in parts if part.function_call]
        assert [(call.name, call.arguments) for call in ours.tool_calls] == [
            (call.name, call.args or {}) for call in calls
        ], name
        wire_ids = [call.native.data.get("id") if call.native else None for call in ours.tool_calls]
        assert wire_ids == [call.id for call in calls], name
        blobs = [part.inline_data.data for part in parts if part.inline_data and not part.thought]
        assert [file.data for file in ours.files if file.data] == blobs, name
        assert _signatures(ours) == [part.thought_signature for part in parts if part.thought_signature], name
        last = theirs[-1]
        assert (ours.model, ours.id) == (last.model_version, theirs[0].response_id), name
        used = last.usage_metadata
        if used is not None:
            told = (used.prompt_token_count, used.cached_content_token_count, used.total_token_count)
            assert (ours.usage.input_tokens, ours.usage.cache_read_tokens, ours.usage.total_tokens) == told, (
                name
            )
        compared += 1
    if not compared:
        pytest.skip("there is no recording of this wire beside the project")


def _signatures(response: ChatResponse) -> list[bytes]:
    natives = [part.native.data for part in response.message.parts if part.native]
    signatures = [str(native["thoughtSignature"]) for native in natives if "thoughtSignature" in native]
    return [
        base64.b64decode(signature, altchars=b"-_" if set(signature) & set("-_") else None)
        for signature in signatures
    ]


def _known(chunk: dict[str, Any]) -> dict[str, Any]:
    """The chunk without the fields that its types do not know, and without numbers for enums."""
    candidates = [
        {key: each[key] for key in ("content", "index") if key in each}
        for each in chunk.get("candidates", [])[:1]
    ]
    used = {key: value for key, value in chunk.get("usageMetadata", {}).items() if key.endswith("TokenCount")}
    return {
        "candidates": candidates,
        "usageMetadata": used or None,
        "modelVersion": chunk.get("modelVersion"),
        "responseId": chunk.get("responseId"),
    }


def _parts(response: Any) -> list[Any]:
    content = response.candidates[0].content if response.candidates else None
    return list(content.parts or []) if content else []


def _ours(response: dict[str, Any]) -> ChatResponse:
    if not response["is_stream"]:
        assembly = TurnAssembler(HERE, CallIds(Messages()))
        decode(response["body"].encode(), assembly)
        return assembly.response()
    turn = GeminiStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    for document in _documents(response):
        turn.feed(Event("message", json.dumps(document)))
    return turn.finish().response


def _documents(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if response["is_stream"] and response["stream_format"] == "sse":
        lines = response["body"].replace("\r\n", "\n").split("\n")
        yield from (json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:"))
    else:
        document = json.loads(response["body"])
        yield from document if isinstance(document, list) else [document]
