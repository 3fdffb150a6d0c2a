"""The bytes of a file decide about its type, then its name; text is text."""

from __future__ import annotations

from pathlib import Path

import pytest
from chat_core import ConfigurationError, File


@pytest.mark.parametrize(
    ("name", "data", "mimetype"),
    [
        ("photo.png", b"\xff\xd8\xff\xe0 a JPEG", "image/jpeg"),
        ("photo.jpg", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("report.txt", b"%PDF-1.7", "application/pdf"),
        ("main.go", b"package main\n", "text/plain"),
        ("config.yaml", b"a: 1\n", "text/plain"),
        ("lib.rs", b"fn main() {}\n", "text/plain"),
        ("app.ts", b"export const a = 1\n", "text/plain"),
        ("Dockerfile", b"FROM scratch\n", "text/plain"),
        (".env", "größe=1\n".encode(), "text/plain"),
        ("data.json", b'{"a": 1}', "application/json"),
        ("page.html", b"<p>", "text/html"),
        ("table.csv", b"a,b\n1,2\n", "text/csv"),
        ("drawing.svg", b"<svg/>", "image/svg+xml"),
        (
            "letter.docx",
            b"PK\x03\x04\x00",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("song.m4a", b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        ("long.txt", b"a" * 65_535 + "é".encode() * 10, "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_are(tmp_path: Path, name: str, data: bytes, mimetype: str) -> None:
    (tmp_path / name).write_bytes(data)

    assert File.from_path(tmp_path / name).mimetype == mimetype
    assert File.from_bytes(data, name=name).mimetype == mimetype


def test_what_the_application_says_counts_more() -> None:
    assert File.from_bytes(b"\xff\xd8\xff", "image/webp").mimetype == "image/webp"


@pytest.mark.parametrize(
    ("given", "usual"),
    [
        ("image/jpg", "image/jpeg"),
        ("IMAGE/PNG", "image/png"),
        ("audio/x-wav", "audio/wav"),
        ("audio/mp3; rate=8000", "audio/mpeg; rate=8000"),
        ("audio/L16;codec=pcm;rate=24000", "audio/L16;codec=pcm;rate=24000"),
        ("x/y", "x/y"),
    ],
)
def test_other_names_of_a_type_become_the_usual_one(given: str, usual: str) -> None:
    assert File(given, b"x").mimetype == usual


def test_a_url_that_is_none_is_refused_and_one_without_a_type_has_none() -> None:
    with pytest.raises(ConfigurationError, match="not a URL"):
        File.from_url("http://[::1")
    assert File.from_url("https://example.com/picture").mimetype is None
    assert File.from_url("data:image/png;base64,/9j/4A==").mimetype == "image/jpeg"
