"""Files in the form of each server's own, whatever their MIME type is called; and those from tools that it
does not take.
"""

from __future__ import annotations

from typing import Any

import pytest
from chat_completions import Dialect
from chat_completions.encode import encode
from chat_completions.encode.files import normal_mimetype
from chat_completions.settings import RequestDefaults
from chat_core import ChatRequest, Completed, ConfigurationError, File, Message, Messages, Origin, ToolCall

WAV, MP3, PDF, PNG, MP4 = (
    b"RIFF\0\0\0\0WAVE",
    b"ID3...",
    b"%PDF-1.7",
    b"\x89PNG\r\n\x1a\n",
    b"\0\0\0\0ftypisom",
)


def sent(dialect: Dialect, messages: Messages) -> list[dict[str, Any]]:
    origin = Origin(dialect.name, "https://x.example", "m")
    body: Any = encode(ChatRequest(messages), origin=origin, defaults=RequestDefaults(dialect=dialect)).body
    return body["messages"]


def part(dialect: Dialect, file: File) -> dict[str, Any]:
    [content] = sent(dialect, Messages.from_user(file))[0]["content"]
    return content


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (File("audio/wav", WAV), {"type": "input_audio", "input_audio": "UklGRgAAAABXQVZF"}),
        (File("audio/ogg", b"OggS"), {"type": "input_audio", "input_audio": "T2dnUw=="}),
        (
            File("audio/mpeg", url="https://a.example/a.mp3"),
            {"type": "input_audio", "input_audio": "https://a.example/a.mp3"},
        ),
        (
            File("application/pdf", PDF, name="a.pdf"),
            {
                "type": "document_url",
                "document_url": "data:application/pdf;base64,JVBERi0xLjc=",
                "document_name": "a.pdf",
            },
        ),
        (
            File("application/pdf", url="https://a.example/a.pdf"),
            {"type": "document_url", "document_url": "https://a.example/a.pdf", "document_name": "document"},
        ),
        (File.from_id("f1"), {"type": "file", "file_id": "f1"}),
        (File.from_id("f1", "image/png"), {"type": "file", "file_id": "f1"}),
    ],
)
def test_mistral_gets_files_in_its_own_form(file: File, content: dict[str, Any]) -> None:
    assert part(Dialect.mistral(), file) == content


def test_together_fetches_audio_and_video() -> None:
    video = part(Dialect.together(), File("video/mp4", url="https://a.example/a.mp4"))
    audio = part(Dialect.together(), File("audio/mpeg", url="https://a.example/a.mp3"))
    assert video == {"type": "video_url", "video_url": {"url": "https://a.example/a.mp4"}}
    assert audio == {"type": "audio_url", "audio_url": {"url": "https://a.example/a.mp3"}}
    assert part(Dialect.together(), File("video/mp4", MP4))["video_url"]["url"].startswith(
        "data:video/mp4;base64,"
    )


@pytest.mark.parametrize(
    "name", ["audio/x-wav", "audio/wave", "AUDIO/WAV", "audio/vnd.wave", "audio/wav; codecs=1"]
)
def test_wav_has_many_names(name: str) -> None:
    assert part(Dialect.openai(), File(name, WAV))["input_audio"]["format"] == "wav"


@pytest.mark.parametrize(
    "name", ["audio/mp3", "audio/x-mp3", "audio/mpeg3", "Audio/MPEG", "audio/mpeg;rate=44100"]
)
def test_mp3_has_many_names(name: str) -> None:
    assert part(Dialect.openai(), File(name, MP3))["input_audio"]["format"] == "mp3"


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("image/jpg", "image/jpeg"),
        ("IMAGE/PNG", "image/png"),
        ("image/pjpeg", "image/jpeg"),
        ("image/webp; q=1", "image/webp"),
        ("application/x-pdf", "application/pdf"),
        ("", None),
        (None, None),
    ],
)
def test_a_type_goes_under_its_usual_name(name: str | None, usual: str | None) -> None:
    assert normal_mimetype(name) == usual


def test_an_image_in_capitals_is_an_image() -> None:
    url = part(Dialect.groq(), File("IMAGE/JPG", PNG))["image_url"]["url"]

    assert url.startswith("data:image/jpeg;base64,")


FILES = [
    *(
        File("image/png", PNG),
        File("audio/ogg", b"OggS"),
        File("video/mp4", MP4),
        File("application/pdf", PDF),
    ),
    *(File("image/png", id="f1"), File("audio/wav", url="https://a.example/a.wav"), File(None, b"\0\1")),
]
SERVERS = [
    *(
        Dialect(),
        Dialect.openai(),
        Dialect.azure(),
        Dialect.mistral(),
        Dialect.deepseek(),
        Dialect.openrouter(),
    ),
    *(Dialect.xai(), Dialect.groq(), Dialect.cerebras(), Dialect.huggingface(), Dialect.together()),
    *(Dialect.ai21(), Dialect.ollama(), Dialect.vllm(), Dialect.llama_cpp(), Dialect.litellm()),
]


@pytest.mark.parametrize("dialect", SERVERS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("file", FILES)
def test_no_file_of_a_tool_stops_the_conversation(dialect: Dialect, file: File) -> None:
    call = ToolCall("t1", "draw", {}, Completed("drawn"), files=(file,))
    messages = sent(dialect, Messages.from_user("?").append(Message("model", [call])).add_user("And?"))

    assert [m["role"] for m in messages if m["role"] == "tool"] == ["tool"]


@pytest.mark.parametrize(
    "dialect", [Dialect.deepseek(), Dialect.groq(), Dialect.openai()], ids=lambda d: d.name
)
def test_a_users_file_that_a_server_does_not_take_is_refused(dialect: Dialect) -> None:
    with pytest.raises(ConfigurationError, match=f"{dialect.name} takes no video"):
        part(dialect, File("video/mp4", MP4))
