"""What a builder takes, what it makes of it, and which keystroke it asks for next."""

from collections.abc import Callable

import pytest
from chat_core import ConfigurationError, Messages, Request
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder, GeminiOptions

pytestmark = pytest.mark.anyio

GOOGLE = "https://generativelanguage.googleapis.com"
ANSWER = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


async def sent(builder: GeminiBuilder) -> Request:
    transport = FakeTransport().answer({"totalTokens": 1})
    await (
        builder.with_transport(transport)
        .with_model("gemini-3.5-flash")
        .build()
        .count_tokens(Messages.from_user("Hi"))
    )
    return transport.requests[0]


async def config(builder: GeminiBuilder) -> object:
    transport = FakeTransport().answer({"totalTokens": 1})
    await (
        builder.with_api_key("k")
        .with_transport(transport)
        .with_model("gemini-3.5-flash")
        .build()
        .count_tokens(Messages.from_user("Hi"))
    )
    request = transport.last_body["generateContentRequest"]
    assert isinstance(request, dict)
    return {key: value for key, value in request.items() if key not in ("model", "contents")}


@pytest.mark.parametrize(
    ("variables", "key"),
    [
        ({"GOOGLE_API_KEY": "google", "GEMINI_API_KEY": "gemini"}, "google"),
        ({"GEMINI_API_KEY": "gemini"}, "gemini"),
        ({"GOOGLE_API_KEY": " spaced \n"}, "spaced"),
    ],
)
async def test_the_key_comes_from_the_environment(
    environment: pytest.MonkeyPatch, variables: dict[str, str], key: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    assert (await sent(GeminiBuilder())).headers["x-goog-api-key"] == key
    assert (await sent(GeminiBuilder().with_api_key("own"))).headers["x-goog-api-key"] == "own"


async def test_the_key_of_the_environment_goes_to_google_only(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GOOGLE_API_KEY", "google")
    assert (
        "x-goog-api-key" not in (await sent(GeminiBuilder().with_base_url("https://proxy.example"))).headers
    )
    assert "x-goog-api-key" in (await sent(GeminiBuilder().with_base_url(GOOGLE))).headers
    environment.setenv("GOOGLE_GEMINI_BASE_URL", "https://mine.example")
    assert "x-goog-api-key" in (await sent(GeminiBuilder())).headers


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://proxy.example/", "https://proxy.example/v1beta/models/gemini-3.5-flash:countTokens"),
        ("https://proxy.example/v1", "https://proxy.example/v1/models/gemini-3.5-flash:countTokens"),
        (
            "https://proxy.example/gemini/v1alpha",
            "https://proxy.example/gemini/v1alpha/models/gemini-3.5-flash:countTokens",
        ),
        (
            "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/publishers/google",
            "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/publishers/google/models/gemini-3.5-flash:countTokens",
        ),
    ],
)
async def test_an_address_with_a_version_is_taken_as_it_is(base_url: str, url: str) -> None:
    assert (await sent(GeminiBuilder().with_api_key("k").with_base_url(base_url))).url == url


async def test_the_address_comes_from_the_environment_and_the_version_can_be_chosen(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("GOOGLE_GEMINI_BASE_URL", "https://mine.example")
    assert (
        await sent(GeminiBuilder().with_api_version("v1"))
    ).url == "https://mine.example/v1/models/gemini-3.5-flash:countTokens"
    with pytest.raises(ConfigurationError, match="v1beta"):
        GeminiBuilder().with_api_version("beta/../x")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"with_model"):
        GeminiBuilder().build()  # type: ignore[call-overload]  # the point
    with pytest.raises(ConfigurationError, match="GOOGLE_API_KEY or GEMINI_API_KEY"):
        GeminiBuilder().with_model("m").build()
    GeminiBuilder().with_model("m").with_header("Authorization", "Bearer token").build()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host",
        "host",
        "",
        "https://user:secret@host",
        "https://host?key=secret",
        "https://secret@host",
        "http://[secret",
    ],
)
def test_an_address_that_cannot_be_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        GeminiBuilder().with_base_url(url)
    assert "secret" not in str(refusal.value).replace("[secret", "")


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        GeminiBuilder().with_model("m").with_api_key("se\ncret").build()
    assert "cret" not in str(refusal.value)


MISTAKES: list[Callable[[], object]] = [
    lambda: GeminiBuilder().with_thinking("low", budget=3),
    lambda: GeminiBuilder().with_voice(),
    lambda: GeminiBuilder().with_voice("Kore", speakers={"A": "Kore"}),
    lambda: GeminiBuilder().with_file_search(),
    lambda: GeminiBuilder().with_function_calling_mode("AUTO", ["add"]),
    lambda: GeminiBuilder().with_embeddings(task="RETRIEVAL_QUERY", title="A title"),
]


@pytest.mark.parametrize("mistake", range(len(MISTAKES)))
def test_a_contradiction_is_refused_at_once(mistake: int) -> None:
    with pytest.raises(ConfigurationError):
        MISTAKES[mistake]()


async def test_every_setting_reaches_the_wire() -> None:
    assert await config(GeminiBuilder().with_thinking("low", include_thoughts=True)) == {
        "generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True}}
    }
    safety = (
        GeminiBuilder()
        .with_safety_settings({"harassment": "block_none"})
        .with_safety_settings({"HARM_CATEGORY_X": "OFF"})
    )
    assert await config(safety) == {
        "safetySettings": [
            {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"},
            {"category": "HARM_CATEGORY_X", "threshold": "OFF"},
        ]
    }
    picture = (
        GeminiBuilder()
        .with_response_modalities("text", "image")
        .with_image_config("16:9", "2K")
        .with_media_resolution("low")
    )
    assert await config(picture) == {
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "mediaResolution": "MEDIA_RESOLUTION_LOW",
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        }
    }
    assert await config(GeminiBuilder().with_voice("Kore", language="de-CH")) == {
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {
                "languageCode": "de-CH",
                "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}},
            },
        }
    }
    dialogue = await config(GeminiBuilder().with_voice(speakers={"A": "Kore", "B": "Puck"}))
    voices = [
        {"speaker": name, "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}
        for name, voice in (("A", "Kore"), ("B", "Puck"))
    ]
    speech = {"multiSpeakerVoiceConfig": {"speakerVoiceConfigs": voices}}
    assert dialogue == {"generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": speech}}
    assert await config(GeminiBuilder().with_cached_content("cachedContents/a")) == {
        "cachedContent": "cachedContents/a"
    }
    assert await config(
        GeminiBuilder().with_options(GeminiOptions(seed=3)).with_media_resolution("high")
    ) == {"generationConfig": {"seed": 3, "mediaResolution": "MEDIA_RESOLUTION_HIGH"}}
    assert await config(GeminiBuilder().with_extra_body({"labels": {"a": "b"}})) == {"labels": {"a": "b"}}


async def test_every_tool_is_there_once_with_its_last_definition() -> None:
    builder = (
        GeminiBuilder()
        .with_google_search()
        .with_code_execution()
        .with_google_maps(widget=True)
        .with_url_context()
        .with_file_search("fileSearchStores/a", top_k=2)
        .with_google_maps((47.0, 8.0))
        .with_server_side_tool_invocations()
    )
    assert await config(builder) == {
        "tools": [
            {"googleSearch": {}},
            {"codeExecution": {}},
            {"urlContext": {}},
            {"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/a"], "topK": 2}},
            {"googleMaps": {}},
        ],
        "toolConfig": {
            "retrievalConfig": {"latLng": {"latitude": 47.0, "longitude": 8.0}},
            "includeServerSideToolInvocations": True,
        },
    }


async def test_limits_that_are_not_named_stay() -> None:
    request = await sent(
        GeminiBuilder().with_api_key("k").with_timeout(connect=3).with_timeout(60, idle=None)
    )
    limits = request.timeouts
    assert (limits.connect, limits.first_event, limits.idle, limits.total) == (3, 300.0, None, 60)


def test_a_builder_does_not_change_and_shows_no_key() -> None:
    first = GeminiBuilder().with_model("gemini-3.5-flash").with_api_key("a-secret")
    second = first.with_google_search().with_header("X-Token", "a-secret")
    assert first is not second
    made = second.build()
    assert "a-secret" not in f"{first!r}{second!r}{made!r}{made._settings!r}"
    assert made.model == "gemini-3.5-flash"


def test_nothing_of_the_network_is_needed_with_a_transport_of_ones_own() -> None:
    assert (
        GeminiBuilder()
        .with_model("m")
        .with_api_key("k")
        .with_transport(FakeTransport().answer(ANSWER))
        .build()
    )


@pytest.mark.parametrize("model", ["../../../x", "..", "a/../b", "tunedModels//x", "", " ", "\ud800"])
def test_a_model_that_would_lead_to_another_path_is_refused(model: str) -> None:
    with pytest.raises(ConfigurationError):
        GeminiBuilder().with_model(model).with_api_key("k").build()


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("a?b#c", "/models/a%3Fb%23c"),
        ("a%2f..%2fb", "/models/a%252f..%252fb"),
        ("tunedModels/x", "/tunedModels/x"),
    ],
)
async def test_a_model_is_one_segment_of_the_path_for_each_step_of_its_name(model: str, path: str) -> None:
    transport = FakeTransport().answer({"totalTokens": 1})
    client = GeminiBuilder().with_model(model).with_api_key("k").with_transport(transport).build()
    await client.count_tokens(Messages.from_user("Hi"))
    assert transport.requests[0].url == f"{GOOGLE}/v1beta{path}:countTokens"


def test_the_address_of_one_method_is_no_base_url() -> None:
    address = f"{GOOGLE}/v1beta/models/gemini-3.5-flash:generateContent"
    with pytest.raises(ConfigurationError, match=rf"with_base_url\('{GOOGLE}/v1beta'\)"):
        GeminiBuilder().with_base_url(address)
