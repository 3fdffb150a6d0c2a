"""Files as they go over the wire, and those that are refused."""

from __future__ import annotations

import base64

import pytest
from chat_core import (
    ConfigurationError,
    File,
    Messages,
)
from gemini_requests import PNG, body


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
def test_a_file_without_a_type_is_asked_for_one(file: File) -> None:
    with pytest.raises(ConfigurationError, match="mimetype"):
        body(Messages.from_user(file))
