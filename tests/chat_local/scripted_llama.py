"""A llama.cpp that answers from a script, and folders without models."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from chat_core import JsonObject
from chat_local import transport
from chat_local.engine import LoadedModel
from chat_local.settings import LoadSettings


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> JsonObject:
    delta: JsonObject = {} if text is None else {"content": text}
    return {"model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def turn(*texts: str, finish: str = "stop") -> list[JsonObject]:
    usage = {"prompt_tokens": 3, "completion_tokens": len(texts), "total_tokens": 3 + len(texts)}
    return [*map(chunk, texts), chunk(finish=finish), {"model": "m", "choices": [], "usage": usage}]


class ScriptedServer:
    """Stands for xllamacpp's server: it streams the chunks of a script, and keeps the bodies that it was
    asked with.
    """

    def __init__(self, turns: Sequence[Any]) -> None:
        self.turns = list(turns)
        self.bodies: list[Mapping[str, Any]] = []
        self.stopped = threading.Event()
        self.ended = threading.Event()

    def handle_chat_completions(
        self, body: Mapping[str, object], on_chunk: Callable[[JsonObject], bool] | None = None, /
    ) -> JsonObject | None:
        self.bodies.append(body)
        script = self.turns.pop(0)
        if isinstance(script, Exception):
            raise script
        assert on_chunk is not None
        for each in script() if callable(script) else script:
            if on_chunk(each):
                self.stopped.set()
                break
        self.ended.set()
        return None

    def handle_embeddings(self, body: Mapping[str, object], /) -> JsonObject:
        self.bodies.append(body)
        inputs = body["input"]
        assert isinstance(inputs, list)
        return {
            "data": [{"index": at, "embedding": [float(at), 1.0]} for at in range(len(inputs))],
            "model": "m",
        }


class Loads:
    """What was loaded, and the servers that were made."""

    def __init__(self) -> None:
        self.settings: list[LoadSettings] = []
        self.template = ""
        self.server = ScriptedServer([])

    def __call__(self, settings: LoadSettings) -> LoadedModel:
        self.settings.append(settings)
        return LoadedModel(Path("m.gguf"), self.server, {"tokenizer.chat_template": self.template})

    def says(self, *turns: Any) -> ScriptedServer:
        self.server.turns += turns
        return self.server


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    loads = Loads()
    monkeypatch.setattr(transport, "load", loads)
    return loads


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("HF_HOME", "HF_HUB_CACHE", "LLAMA_CACHE", "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def gguf(**texts: str | int) -> bytes:
    """A GGUF file without tensors: a vocabulary, and these texts and numbers."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    pairs = [text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc")]
    pairs += [text("scores") + struct.pack("<IIQ", 9, 6, 2) + struct.pack("<ff", 0.5, 1)]
    for name, value in texts.items():
        key = text(name.replace("__", "."))
        is_text = isinstance(value, str)
        pairs.append(key + (struct.pack("<I", 8) + text(value) if is_text else struct.pack("<II", 4, value)))
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + b"".join(pairs)
