"""Files as they go over the wire, and those that are refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from chat_core import (
    ChatRequest,
    ConfigurationError,
    File,
    Message,
    Messages,
    Text,
)
from chat_gemini.encode import encode
from gemini_requests import HERE, PLAIN, PNG, body


@pytest.mark.parametrize(
    ("file", "sent"),
    [
        (
            File.from_bytes(PNG),
            {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}},
        ),
        (
            File.from_bytes(b"%PDF-1.7"),
            {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0xLjc="}},
        ),
        (File.from_bytes(b"x", "audio/wav"), {"inlineData": {"mimeType": "audio/wav", "data": "eA=="}}),
        (
            File.from_url("https://www.youtube.com/watch?v=x"),
            {"fileData": {"fileUri": "https://www.youtube.com/watch?v=x", "mimeType": "video/mp4"}},
        ),
        (
            File.from_url("https://youtu.be/x"),
            {"fileData": {"fileUri": "https://youtu.be/x", "mimeType": "video/mp4"}},
        ),
        (
            File.from_url("https://a.example/b.mp4"),
            {"fileData": {"fileUri": "https://a.example/b.mp4", "mimeType": "video/mp4"}},
        ),
        (
            File.from_url("gs://a/b", "image/png"),
            {"fileData": {"fileUri": "gs://a/b", "mimeType": "image/png"}},
        ),
        (
            File.from_id("files/abc", "video/mp4"),
            {"fileData": {"fileUri": "https://host/v1beta/files/abc", "mimeType": "video/mp4"}},
        ),
    ],
)
def test_files_of_every_kind_go_in(file: File, sent: object) -> None:
    contents = body(Messages.from_user(file, "What is it?"))["contents"]
    assert contents == [{"role": "user", "parts": [sent, {"text": "What is it?"}]}]


@pytest.mark.parametrize(
    "file", [File(data=b"?"), File.from_url("https://a.example/b"), File.from_url("gs://a/b")]
)
def test_a_file_without_a_type_needs_one(file: File) -> None:
    with pytest.raises(ConfigurationError, match="mimetype"):
        body(Messages.from_user(file))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("image/jpg", "image/jpeg"),
        ("IMAGE/PNG", "image/png"),
        ("audio/x-wav", "audio/wav"),
        ("audio/pcm;rate=16000", "audio/pcm;rate=16000"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("text/markdown", "text/markdown"),
        ("text/x-go", "text/plain"),
        ("application/yaml", "text/plain"),
        ("application/json", "application/json"),
    ],
)
def test_a_type_goes_by_the_name_that_the_wire_knows(given: str, sent: str) -> None:
    [part] = body(Messages.from_user(File(given, b"package main")))["contents"][0]["parts"]
    assert part["inlineData"]["mimeType"] == sent


@pytest.mark.parametrize("id", ["file-ABC123", "file_011CNha8iCJcU1wXNR6q4V8w", "a b", ""])
def test_the_id_of_another_providers_file_is_refused(id: str) -> None:
    with pytest.raises(ConfigurationError, match="no file of Gemini's"):
        body(Messages.from_user(File.from_id(id, "image/png")))


def test_a_file_where_google_does_not_read_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not read"):
        body(Messages.from_user(File.from_url("s3://bucket/a.png")))


def test_a_file_of_a_model_that_cannot_go_back_is_left_out_with_a_notice() -> None:
    turn = Message("model", [Text("Here:"), File("image/png", id="file-ABC")])
    messages = Messages.from_user("Draw.").append(turn).add_user("Thanks.")
    encoded = encode(ChatRequest(messages), origin=HERE, defaults=PLAIN, stream=False)
    contents: Any = encoded.body["contents"]
    assert contents[1]["parts"] == [{"text": "Here:"}]
    assert [notice.message for notice in encoded.notices] == [
        "a generated image was not sent back: this wire has no place for it"
    ]


def test_the_bytes_of_an_image_know_better_than_its_type() -> None:
    jpeg = File("image/png", b"\xff\xd8\xff\xe0rest", name="photo.png")
    [part] = body(Messages.from_user(jpeg))["contents"][0]["parts"]
    assert part["inlineData"]["mimeType"] == "image/jpeg"
    [part] = body(Messages.from_user(File("odd", b"%PDF-1.7")))["contents"][0]["parts"]
    assert part["inlineData"]["mimeType"] == "application/pdf"
    with pytest.raises(ConfigurationError, match="needs the type"):
        body(Messages.from_user(File("odd", b"\x00\x01")))
