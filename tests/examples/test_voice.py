"""The example of voice, as somebody uses it in a browser whose microphone hears a generated tone."""

from __future__ import annotations

import math
import os
import socket
import subprocess
import sys
import wave
from array import array
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from browser import browser, program
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

EXAMPLE = Path(__file__).parents[2] / "examples/voice"
RATE = 48000
HERTZ = 440

pytestmark = pytest.mark.skipif(
    find_spec("starlette") is None or find_spec("uvicorn") is None,
    reason="starlette and uvicorn are not installed: the dev group of pyproject.toml has them",
)


@pytest.fixture
def site() -> Generator[str]:
    """The address of the example, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"CHAT_VOICE_SCRIPTED": "1", "PORT": str(port)}
    process = subprocess.Popen([sys.executable, str(EXAMPLE / "app.py")], env={**os.environ, **settings})
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:  # until it listens
            client.get(url).raise_for_status()
        yield url
    finally:
        process.terminate()
        process.wait(10)


def recording(path: Path) -> Path:
    """A recording of a second of silence, a second of a tone, and a second of silence, as a file."""
    samples = array("h", bytes(2 * RATE))
    samples.extend(round(12000 * math.sin(math.tau * HERTZ * at / RATE)) for at in range(RATE))
    samples.extend(array("h", bytes(2 * RATE)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


@pytest.mark.skipif(
    program() is None, reason="no Chromium here: apt-get install chromium-headless-shell brings one"
)
def test_a_tone_goes_in_and_is_answered_interrupted_and_a_call_waits_for_a_person(
    site: str, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("CHAT_SCREENSHOTS") or tmp_path)
    options = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--autoplay-policy=no-user-gesture-required",
        f"--use-file-for-fake-audio-capture={recording(tmp_path / 'tone.wav')}",  # again and again
    )
    with browser(tmp_path / "profile", *options) as page:
        page.open(site)
        page.wait("document.querySelector('#state').textContent.startsWith('connected to a scripted server')")
        page.click("#send", "Talk")
        page.wait("document.querySelector('.user')?.textContent.match(/a tone of \\d+ Hz/)")
        hertz = int(page.text(".user").partition("tone of ")[2].partition(" ")[0])
        assert abs(hertz - HERTZ) <= 15  # a wrong rate would be further off
        page.wait("playedSamples > 24000")
        page.wait("document.querySelector('.model.interrupted') != null")  # by the tone, which comes again
        assert page.text(".model.interrupted").startswith("I heard a tone")

        page.click("#send", "Mute")
        page.type("#text", "Please open the door")
        page.click("#send", "Send")
        page.wait("document.querySelector('.card')?.textContent.includes('open_door({\"door\":\"front\"})')")
        page.screenshot(pictures / "talking.png")
        page.click(".card", "Approve")
        page.wait("document.querySelector('#conversation').textContent.includes('The front door is open.')")
        assert page.text("#problem") == ""

        page.open(site)  # the next visit shows the conversation
        page.wait("document.querySelector('#conversation').textContent.includes('Please open the door')")
        assert "I heard a tone" in page.text("#conversation")


def test_a_page_of_another_site_cannot_talk(site: str) -> None:
    url = f"{site.replace('http', 'ws')}/talk"
    for origin in ("https://evil.example", None):
        with pytest.raises(InvalidStatus), connect(url, origin=origin):
            pass
    with connect(url, origin=site) as mine:
        assert '"welcome"' in str(mine.recv(timeout=10))
        for wrong in ("{no JSON", '{"type": "decide", "id": "nothing", "approved": true}'):
            mine.send(wrong)
            assert '"error"' in str(mine.recv(timeout=10))
        with connect(url, origin=site) as second:  # there is one conversation
            assert [str(second.recv(timeout=10))[:16] for _ in range(2)] == [
                '{"type":"welcome',
                '{"type":"error",',
            ]
