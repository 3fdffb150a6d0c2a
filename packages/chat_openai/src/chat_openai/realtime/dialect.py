"""The servers that speak the protocol, and where they differ, as data. Facts: recordings of November 2026."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from chat_core.client import Server

SessionForm: TypeAlias = Literal["nested", "flat", "mixed"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A server of the protocol.

    - `server`: its address and keys; `path` is where its sessions are, below the base URL
    - `form`: how a session's settings lie. "nested" is OpenAI's own; "flat" is the form before it, with
      `modalities` and `input_audio_format`; "mixed" is nested audio with `voice` and `turn_detection` on top
    - `options`: which of a chat's options have a place in a session
    - `text_output`: whether it answers in text where that is chosen
    - `truncates`: whether it forgets what was not played
    - `is_resource`: whether the base URL is a resource of Azure's, whose path is left out
    - `token_variables`: environment variables with a token of Microsoft Entra
    - `transcription_model`: what transcribes the user where nothing else was chosen
    - `transcribes_only`: whether there are sessions without a model that answers
    - `makes_secrets`: whether it makes keys that expire, for a browser
    - `max_seconds`: how long a connection may last, where that is known
    """

    server: Server
    path: str = "/realtime"
    form: SessionForm = "nested"
    options: frozenset[str] = frozenset(
        {"max_tokens", "tool_choice", "parallel_tool_calls", "reasoning_effort"}
    )
    text_output: bool = True
    truncates: bool = True
    transcription_model: str = "gpt-realtime-whisper"
    transcribes_only: bool = True
    makes_secrets: bool = True
    max_seconds: float | None = 3600.0
    is_resource: bool = False
    token_variables: tuple[str, ...] = ()


_AZURE_HOSTS: Final = tuple(
    f"{service}.azure.{top}"
    for service in ("openai", "services.ai", "cognitiveservices")
    for top in ("com", "us", "cn")
)
_AZURE_KEYS: Final = ("AZURE_OPENAI_API_KEY",)

OPENAI: Final = Dialect(
    Server(
        "OpenAI",
        "https://api.openai.com/v1",
        url_variables=("OPENAI_BASE_URL",),
        key_variables=("OPENAI_API_KEY",),
        key_required=True,
    )
)
AZURE: Final = Dialect(
    Server(
        "Azure OpenAI",
        url_variables=("AZURE_OPENAI_ENDPOINT",),
        key_variables=_AZURE_KEYS,
        hosts=_AZURE_HOSTS,
        key_required=True,
    ),
    path="/openai/v1/realtime",
    is_resource=True,
    token_variables=("AZURE_OPENAI_AD_TOKEN",),
)
VOICE_LIVE: Final = Dialect(
    Server(
        "Azure Voice Live",
        url_variables=("AZURE_VOICELIVE_ENDPOINT",),
        key_variables=("AZURE_VOICELIVE_API_KEY",),
        hosts=_AZURE_HOSTS,
        key_required=True,
    ),
    is_resource=True,
    path="/voice-live/realtime?api-version=2025-10-01",  # of Microsoft's documentation
    form="flat",
    options=frozenset({"max_tokens", "tool_choice", "temperature"}),
    transcription_model="whisper-1",
    transcribes_only=False,
    makes_secrets=False,
    max_seconds=None,
)
XAI: Final = Dialect(
    Server(
        "xAI",
        "https://api.x.ai/v1",
        key_variables=("XAI_API_KEY",),
        key_required=True,
    ),
    form="mixed",
    options=frozenset({"tool_choice"}),
    text_output=False,
    truncates=False,
    transcription_model="grok-transcribe",
    transcribes_only=False,
    max_seconds=None,
)
