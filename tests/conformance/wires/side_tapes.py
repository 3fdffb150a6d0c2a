"""Tapes of requests beside turns, as OpenAI and servers of its form answer them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from chat_core.testing.tape.form import Burst, Exchange
from chat_core.transport import Event, Response
from scenarios import Recorded, event_of, exchange, request

SOUND = b"RIFF\x2c\x00\x00\x00WAVEfmt sound of a canary"
NAME, SIZE = "canary-report.pdf", 25
USAGE = {"prompt_tokens": 14, "completion_tokens": 6, "total_tokens": 20}
WORDS = ("Hello", " from Zürich", ".")


def encoded(data: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(data).decode()


def described(id: str, **more: Any) -> dict[str, Any]:
    """Return how a server of OpenAI's form describes a file."""
    return {"id": id, "object": "file", "bytes": SIZE, "created_at": 1795766400, "filename": NAME, **more}


def file_tapes(path: str, *pages: dict[str, Any], **more: Any) -> dict[str, Recorded]:
    """Return the tapes of files; `pages` are those of the list, `more` is in each description."""
    purpose = more.get("purpose")
    about = {"id": "file-one", "name": NAME, "size": SIZE, "state": "ready"}
    about |= {} if purpose is None else {"purpose": purpose}
    one = f"{path}/canary-file-Xc4"
    listed = [file["id"] for page in pages for file in page["data"]]
    return {
        "file_upload": Recorded(
            exchanges=[exchange(path, described("file-one", **more))],
            expected={"file": {**about, "mimetype": "application/pdf"}},
        ),
        "file_get": Recorded(
            exchanges=[exchange(one, described("file-one", **more), "GET")], expected={"file": about}
        ),
        "file_list": Recorded(
            exchanges=[exchange(path, page, "GET") for page in pages], expected={"ids": listed}
        ),
        "file_download": Recorded(
            exchanges=[exchange(f"{one}/content", b"\x00\xffcanary", "GET", "application/octet-stream")],
            expected={"base64": encoded(b"\x00\xffcanary")},
        ),
        "file_delete": Recorded(
            exchanges=[exchange(one, {"id": "canary-file-Xc4", "deleted": True}, "DELETE")], expected={}
        ),
    }


def two_pages(**more: Any) -> list[dict[str, Any]]:
    """Return the pages of a list with a cursor, as OpenAI has them."""
    first = {
        "object": "list",
        "data": [described("file-one", **more)],
        "has_more": True,
        "last_id": "file-one",
    }
    return [first, {"object": "list", "data": [described("file-two", **more)], "has_more": False}]


def audio_tapes(
    path: str, frames: Sequence[dict[str, Any]] = (), sound: Sequence[dict[str, Any]] = ()
) -> dict[str, Recorded]:
    """Return the tapes of transcriptions and speech; `frames` and `sound` are those of their streams."""
    heard = {"text": "Hello from Zürich.", "language": "en", "duration": 2.5, "usage": USAGE}
    usage = {"input_tokens": 14, "output_tokens": 6}
    transcription = [exchange(f"{path}/transcriptions", heard)]
    speech = [exchange(f"{path}/speech", SOUND, content_type="audio/wav")]
    whole = {"language": "en", "duration": 2.5, "usage": usage}
    return {
        "transcription": Recorded(
            exchanges=[*transcription, *([streamed(f"{path}/transcriptions", frames)] if frames else [])],
            expected={"text": "Hello from Zürich.", "whole": whole, "streamed": {"usage": usage}},
        ),
        "speech": Recorded(
            exchanges=[*speech, *([streamed(f"{path}/speech", sound)] if sound else [])],
            expected={"base64": encoded(SOUND), "mimetype": "audio/wav"},
        ),
    }


def streamed(path: str, frames: Sequence[dict[str, Any]]) -> Exchange:
    """Return an exchange with a stream of these frames."""
    bursts = [Burst(0.0, (_event(frame),)) for frame in frames]
    return Exchange(request(path), Response(200, {"content-type": "text/event-stream"}, b""), bursts=bursts)


def model_tape(path: str, *ids: str) -> Recorded:
    """Return the tape of a list of models."""
    data = [{"id": id, "object": "model", "created": 1795766400, "owned_by": "canary"} for id in ids]
    return Recorded(
        exchanges=[exchange(path, {"object": "list", "data": data}, "GET")], expected={"ids": list(ids)}
    )


def _event(frame: dict[str, Any]) -> Event:
    return event_of((frame["type"], frame))
