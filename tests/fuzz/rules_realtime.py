"""A realtime server that keeps OpenAI's rules, and fails where a client breaks them.

Facts: OpenAI's reference of the protocol, and recordings, November 2026.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chat_core.testing import FakeSocket

MS = 48  # bytes of speech in a millisecond


@dataclass
class Response:
    """A response that the server is at."""

    id: str
    apart: bool
    words: str = ""
    audio: int = 0
    calls: list[dict[str, Any]] = field(default_factory=list)


class RealtimeServer(FakeSocket):
    """One connection. `broken` lists the rules that the client broke."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.active: Response | None = None
        self.responses = 0
        self.items = 0
        self.is_ready = False
        self.refused = 0
        self.buffered = 0
        self.truncated = 0
        self.open_calls: set[str] = set()  # of responses that completed
        self.answers: Counter[str] = Counter()
        self.audio: dict[str, int] = {}  # milliseconds of each item
        self.user_texts: list[str] = []  # what the user wrote
        self.statuses: dict[str, str] = {}
        self.broken: list[str] = []
        self.push({"type": "session.created", "session": {"model": "m"}})

    async def send(self, message: str | bytes, /) -> None:
        await super().send(message)
        self._take(json.loads(message))

    # what the server does by itself

    def say(self, text: str) -> None:
        if self.active is not None:
            self.active.words += text
            self._event("response.output_audio_transcript.delta", delta=text)

    def speak(self, milliseconds: int) -> None:
        if self.active is not None:
            self.active.audio += milliseconds
            self.audio[self._item] = self.active.audio
            data = b64encode(bytes(milliseconds * MS)).decode()
            self._event("response.output_audio.delta", delta=data)

    def call(self, name: str) -> None:
        if self.active is not None and not self.active.apart:
            self.items += 1
            id = f"call_{self.number}_{self.items}"
            self.active.calls.append(
                {"type": "function_call", "id": f"i_{id}", "call_id": id, "name": name, "arguments": "{}"}
            )

    def finish(self, status: str = "completed", reason: str | None = None) -> None:
        response, self.active = self.active, None
        if response is None:
            return
        self.statuses[response.id] = status
        if status == "completed":
            self.open_calls |= {call["call_id"] for call in response.calls}
        part = {"type": "output_audio", "transcript": response.words}
        spoken = {"type": "message", "id": f"i_{response.id}", "content": [part]}
        whole = {
            "id": response.id,
            "status": status,
            "status_details": {"reason": reason},
            "output": [*([spoken] if response.words else []), *response.calls],
            "conversation_id": None if response.apart else "conversation",
        }
        self.push({"type": "response.done", "response": whole})

    def hear(self) -> None:
        """The user speaks: what the server says is cut off, and it answers."""
        self.items += 1
        item = f"u_{self.number}_{self.items}"
        self.push({"type": "input_audio_buffer.speech_started", "audio_start_ms": 1, "item_id": item})
        self.finish("cancelled", "turn_detected")
        self.push({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 2, "item_id": item})
        self.push({"type": "input_audio_buffer.committed", "item_id": item})
        self._begin(apart=False)
        words = {"type": "conversation.item.input_audio_transcription.completed", "item_id": item}
        self.push({**words, "transcript": f"speech {item}"})

    def expire(self) -> None:
        self.push({"type": "error", "error": {"code": "session_expired", "message": "60 minutes"}})

    # what it does with what is sent

    def _take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "session.update":
                self.is_ready = True
                self.push({"type": "session.updated", "session": {"model": "m"}})
            case "response.create":
                self._requested(event)
            case "response.cancel":
                if self.active is not None and event["response_id"] == self.active.id:
                    self.finish("cancelled", "client_cancelled")
                else:
                    self._refuse(event, "response_cancel_not_active")
            case "conversation.item.truncate":
                self.truncated += 1
                if not 0 < event["audio_end_ms"] <= self.audio.get(event["item_id"], 0):
                    self.broken.append(f"truncates {event} of {self.audio}")
            case "conversation.item.create":
                self._added(event["item"])
            case "input_audio_buffer.append":
                self.buffered += 1
            case "input_audio_buffer.commit":
                self._committed()
            case _:
                pass

    def _requested(self, event: dict[str, Any]) -> None:
        if self.active is not None:
            self.refused += 1
            self._refuse(event, "conversation_already_has_active_response")
            return
        self._begin(apart=event.get("response", {}).get("conversation") == "none")

    def _committed(self) -> None:
        if not self.buffered:
            self.broken.append("commits an empty buffer")
        self.buffered = 0
        self.items += 1
        item = f"u_{self.number}_{self.items}"
        self.push({"type": "input_audio_buffer.committed", "item_id": item})
        words = {"type": "conversation.item.input_audio_transcription.completed", "item_id": item}
        self.push({**words, "transcript": f"speech {item}"})

    def _added(self, item: dict[str, Any]) -> None:
        match item["type"]:
            case "message":
                texts = [part["text"] for part in item["content"] if item["role"] == "user"]
                self.user_texts += [text for text in texts if text.startswith("text ")]
            case "function_call":
                self.open_calls.add(item["call_id"])
            case "function_call_output":
                if item["call_id"] not in self.open_calls:
                    self.broken.append(f"answers {item['call_id']}, which was not called")
                self.answers[item["call_id"]] += 1

    def _begin(self, *, apart: bool) -> None:
        self.responses += 1
        self.active = Response(f"r_{self.number}_{self.responses}", apart)
        conversation = None if apart else "conversation"
        response = {"id": self.active.id, "status": "in_progress", "conversation_id": conversation}
        self.push({"type": "response.created", "response": response})

    def _refuse(self, event: dict[str, Any], code: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": code}
        self.push({"type": "error", "error": {**error, "event_id": event.get("event_id")}})

    @property
    def _item(self) -> str:
        assert self.active is not None
        return f"i_{self.active.id}"

    def _event(self, type: str, **fields: object) -> None:
        assert self.active is not None
        self.push({"type": type, "response_id": self.active.id, "item_id": self._item, **fields})
