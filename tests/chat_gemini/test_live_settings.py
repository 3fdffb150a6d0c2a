"""The settings of sessions: what is sent, and what is refused before a connection is opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chat_core import ChatBuilder, ChatOptions, ConfigurationError, tool
from chat_core.testing import FakeSocket
from chat_gemini import GeminiBuilder, GeminiOptions
from chat_gemini.live import LiveBuilder, LiveCapabilities
from gemini_live_server import called, client, ready, sent, setup_of, until_done

pytestmark = pytest.mark.anyio
Change = Callable[[LiveBuilder[Any]], LiveBuilder[Any]]
NATIVE_AUDIO = "gemini-2.5-flash-native-audio-preview-09-2025"
EXTENDED = "gemini-3.8-live-extended-thinking"


@tool
async def weather(city: str) -> str:
    """Look up the weather."""
    return f"foggy in {city}"


async def opened(
    change: Change,
    model: str = "gemini-3.8-live",
    options: ChatOptions | None = None,
    tools: Any = (weather,),
) -> FakeSocket:
    socket = ready()
    builder = ChatBuilder().with_model(client(socket, model=model, change=change)).with_tools(list(tools))
    async with builder.with_options(options or ChatOptions()).build().session():
        pass
    return socket


async def test_every_setting_reaches_the_server() -> None:
    socket = await opened(
        lambda b: (
            b.with_voice("Puck", language="de-DE")
            .with_turn_detection(
                start_sensitivity="low",
                end_sensitivity="high",
                prefix_padding_ms=20,
                silence_duration_ms=100,
                interrupts=False,
                coverage="turn_includes_all_input",
            )
            .with_transcription(languages=["de-DE"], vocabulary=["anyio"], diarization=True)
            .with_context_compression(16000, target_tokens=8000)
            .with_media_resolution("low")
            .with_safety_settings({"harassment": "block_none"})
            .with_google_search()
            .with_extra_body({"avatarConfig": {"name": "Kai"}})
        ),
        options=ChatOptions(temperature=0.5, max_tokens=100, top_p=0.9, top_k=5, seed=1),
    )
    settings = setup_of(socket)
    assert settings["model"] == "models/gemini-3.8-live"
    assert settings["generationConfig"] == {
        "responseModalities": ["AUDIO"],
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 5,
        "maxOutputTokens": 100,
        "seed": 1,
        "mediaResolution": "MEDIA_RESOLUTION_LOW",
        "speechConfig": {
            "languageCode": "de-DE",
            "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}},
        },
    }
    assert settings["realtimeInputConfig"] == {
        "automaticActivityDetection": {
            "startOfSpeechSensitivity": "START_SENSITIVITY_LOW",
            "endOfSpeechSensitivity": "END_SENSITIVITY_HIGH",
            "prefixPaddingMs": 20,
            "silenceDurationMs": 100,
        },
        "activityHandling": "NO_INTERRUPTION",
        "turnCoverage": "TURN_INCLUDES_ALL_INPUT",
    }
    assert settings["inputAudioTranscription"] == {
        "diarization": True,
        "languageCodes": ["de-DE"],
        "customVocabulary": ["anyio"],
    }
    assert settings["outputAudioTranscription"] == settings["sessionResumption"] == {}
    assert settings["contextWindowCompression"] == {
        "triggerTokens": 16000,
        "slidingWindow": {"targetTokens": 8000},
    }
    assert settings["safetySettings"] == [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    assert settings["avatarConfig"] == {"name": "Kai"}
    [functions, search] = settings["tools"]
    assert search == {"googleSearch": {}}
    [declared] = functions["functionDeclarations"]
    assert declared["parameters"]["properties"] == {"city": {"type": "STRING"}}
    assert declared["behavior"] == "BLOCKING"


async def test_what_a_session_does_not_need_is_left_out() -> None:
    socket = await opened(
        lambda b: b.without_transcription().without_resumption(), tools=(), model=NATIVE_AUDIO
    )
    assert setup_of(socket) == {
        "model": f"models/{NATIVE_AUDIO}",
        "generationConfig": {"responseModalities": ["AUDIO"]},
        "outputAudioTranscription": {},
    }


async def test_tool_choice_none_offers_no_tools() -> None:
    socket = await opened(lambda b: b, options=ChatOptions(tool_choice="none"))
    assert "tools" not in setup_of(socket)


@pytest.mark.parametrize(
    ("model", "scheduling", "behavior", "sent_scheduling"),
    [
        ("gemini-3.8-live", None, None, "INTERRUPT"),
        ("gemini-3.8-live", "silent", None, "SILENT"),
        (NATIVE_AUDIO, "when_idle", "NON_BLOCKING", "WHEN_IDLE"),
        (EXTENDED, None, None, None),
    ],
)
async def test_a_tool_beside_which_the_model_goes_on_says_when_it_turns_to_the_result(
    model: str, scheduling: Any, behavior: str | None, sent_scheduling: str | None
) -> None:
    def change(builder: LiveBuilder[Any]) -> LiveBuilder[Any]:
        chosen = builder.with_non_blocking_tools("weather", scheduling=scheduling)
        return chosen.with_thinking("low") if model == EXTENDED else chosen

    socket = ready(called("f1", "weather", city="A"))
    made = client(socket, model=model, change=change)
    async with ChatBuilder().with_model(made).with_tools([weather]).build().session() as session:
        await session.send("Weather?")
        await until_done(session)
        await anext(session)
    [declared] = setup_of(socket)["tools"][0]["functionDeclarations"]
    assert declared.get("behavior") == behavior
    [response] = sent(socket)[1]["tool_response"]["functionResponses"]
    assert response.get("scheduling") == sent_scheduling


REFUSED: list[tuple[str, Change, ChatOptions, str]] = [
    (NATIVE_AUDIO, lambda b: b.with_output("text"), ChatOptions(), "answers in audio only"),
    ("gemini-3.1-flash-live-preview", lambda b: b.with_output("text"), ChatOptions(), "its words come as"),
    (EXTENDED, lambda b: b, ChatOptions(), r"needs .with_thinking\('low'\)"),
    (EXTENDED, lambda b: b.with_thinking("minimal"), ChatOptions(), "at least at the level 'low'"),
    (EXTENDED, lambda b: b.with_thinking(budget=100), ChatOptions(), "no thinking budget"),
    ("gemini-3.8-live", lambda b: b.with_thinking("low"), ChatOptions(), "no thinking level"),
    ("gemini-3.8-live", lambda b: b, ChatOptions(reasoning_effort="low"), "no thinking level"),
    ("gemini-live-2.5-flash", lambda b: b.with_thinking(budget=1), ChatOptions(), "it thinks by itself"),
    ("gemini-3.1-flash-live-preview", lambda b: b.with_affective_dialog(), ChatOptions(), "affective"),
    (
        "gemini-3.1-flash-live-preview",
        lambda b: b.with_non_blocking_tools(),
        ChatOptions(),
        "waits for the results of its tools",
    ),
    (
        EXTENDED,
        lambda b: b.with_thinking("low").with_non_blocking_tools(scheduling="silent"),
        ChatOptions(),
        "leave out scheduling='silent'",
    ),
    ("gemini-3.8-live", lambda b: b.with_non_blocking_tools("wether"), ChatOptions(), "no tool 'wether'"),
    (NATIVE_AUDIO, lambda b: b.with_code_execution(), ChatOptions(), "leave out with_code_execution"),
    (NATIVE_AUDIO, lambda b: b.with_url_context(), ChatOptions(), "leave out with_url_context"),
    ("gemini-3.8-live", lambda b: b, ChatOptions(tool_choice="required"), "the model decides"),
    ("gemini-3.8-live", lambda b: b, ChatOptions(parallel_tool_calls=False), "several tools at once"),
    ("gemini-3.8-live", lambda b: b, ChatOptions(stop="END"), "stopSequences has no place"),
    ("gemini-3.8-live", lambda b: b.with_cached_content("c/1"), ChatOptions(), "with_cached_content"),
    ("gemini-3.8-live", lambda b: b.with_function_calling_mode("ANY"), ChatOptions(), "function_calling"),
    ("gemini-3.8-live", lambda b: b.with_server_side_tool_invocations(), ChatOptions(), "server_side"),
    ("gemini-3.8-live", lambda b: b.with_image_config("16:9"), ChatOptions(), "imageConfig has no place"),
    (
        "gemini-3.8-live",
        lambda b: b.with_options(GeminiOptions(service_tier="flex")),
        ChatOptions(),
        "service_tier",
    ),
    (
        "gemini-unknown",
        lambda b: b.with_response_modalities("TEXT", "AUDIO"),
        ChatOptions(),
        "answers in one form",
    ),
]


@pytest.mark.parametrize(("model", "change", "options", "words"), REFUSED, ids=[row[3] for row in REFUSED])
async def test_what_a_model_cannot_do_is_refused_before_a_connection_is_opened(
    model: str, change: Change, options: ChatOptions, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        await connect(model, change, options)


async def connect(model: str, change: Change, options: ChatOptions) -> None:
    """Open a session over a transport that has no connection to give: it would fail with another error."""
    made = client(model=model, change=change)
    async with ChatBuilder().with_model(made).with_tools([weather]).with_options(options).build().session():
        pass


async def test_typed_output_is_refused() -> None:
    chat = ChatBuilder().with_model(client(FakeSocket())).with_structured_output(dict[str, int]).build()
    with pytest.raises(ConfigurationError, match="no typed output"):
        async with chat.session():
            pass


def test_the_robotics_model_writes_by_default_and_others_speak() -> None:
    assert client(model="gemini-robotics-er-2-streaming").realtime.outputs == ("text",)
    assert client(model="gemini-live-2.5-flash").realtime.outputs == ("audio",)
    assert client(change=lambda b: b.with_output("audio")).realtime.outputs == ("audio",)
    assert LiveCapabilities.of("gemini-4-live").outputs == ("audio", "text")


def test_the_builder_keeps_what_the_other_one_was_given() -> None:
    builder = GeminiBuilder().with_model("gemini-3.8-live").with_api_key("secret").with_voice("Puck")
    live = builder.with_base_url("http://live.example").with_realtime()
    made = live.build()
    assert (made.model, made.origin.endpoint) == ("gemini-3.8-live", "http://live.example")
    assert "secret" not in repr(live) + repr(made)
    with pytest.raises(ConfigurationError, match="leave out with_embeddings"):
        builder.with_embeddings().with_realtime().build()


def test_a_model_has_to_be_chosen() -> None:
    builder: Any = LiveBuilder().with_api_key("k")
    with pytest.raises(ConfigurationError, match=r"LiveBuilder.build\(\) needs .with_model"):
        builder.build()
