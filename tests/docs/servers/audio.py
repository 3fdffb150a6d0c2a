"""A server that hears and speaks: it has understood the same sentence in every recording."""

import base64
import json

from chat_core.testing.loopback import Raw, Reply
from chat_core.types.json_values import JsonObject

WORDS = [("Good", 0.0, 0.4), ("morning,", 0.4, 0.9), ("Zürich.", 1.0, 1.6)]
TEXT = " ".join(word for word, _, _ in WORDS)


def answer(body: JsonObject) -> Raw | Reply:
    if "file" in body and body.get("stream") == "true":
        deltas = [{"type": "transcript.text.delta", "delta": f"{word} "} for word, _, _ in WORDS]
        usage = {"type": "tokens", "input_tokens": 16, "output_tokens": 5, "total_tokens": 21}
        return events([*deltas, {"type": "transcript.text.done", "text": TEXT, "usage": usage}])
    if "file" in body:
        words = [{"word": word, "start": start, "end": end} for word, start, end in WORDS]
        timed = {"words": words, "duration": 1.6} if "timestamp_granularities[]" in body else {}
        return Raw(json.dumps({"text": TEXT, "language": "en", **timed}).encode(), "application/json")
    if "voice" in body and "stream_format" in body:
        pieces = [base64.b64encode(data).decode() for data in (b"RIFF....WAVE", b"fmt ........", b"data")]
        deltas = [{"type": "speech.audio.delta", "audio": piece} for piece in pieces]
        return events([*deltas, {"type": "speech.audio.done"}])
    if "voice" in body:
        return Raw(b"RIFF....WAVEfmt ........data", "audio/wav")
    return Reply("It is a greeting.")


def events(frames: list[JsonObject]) -> Raw:
    return Raw("".join(f"data: {json.dumps(frame)}\n\n" for frame in frames).encode())
