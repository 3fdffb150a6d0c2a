"""What a model or server can do in a session, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Modality: TypeAlias = Literal["text", "audio"]


@dataclass(frozen=True, slots=True)
class RealtimeCapabilities:
    """What holds for the sessions of a client. The engine and applications decide by these values.

    - `outputs`: in what form the model answers; with "audio" alone its words come as transcripts
    - `input_rate`, `output_rate`: samples a second of the audio, 16-bit little-endian mono PCM; None
      for another form
    - `manual_turns`: `commit` and `clear` work, for push to talk
    - `cancels`: `interrupt` stops the response that the server is at
    - `truncates`: the server forgets what was not played of an interrupted answer
    - `requests_responses`: the model answers only where a response is requested, after texts and after tool
      results; else it answers by itself
    - `answers_speech`: the server answers the user's speech by itself, without a request
    - `transcribes`: the user's speech is transcribed
    - `restores_history`: the server itself keeps the session over a lost connection
    - `seeds_images`, `seeds_tool_calls`: what of a history the server takes beside texts
    - `max_seconds`: how long a connection may last; None where that is not known, or the server says it in
      time. The session goes on over another one before that
    """

    outputs: tuple[Modality, ...] = ("audio",)
    input_rate: int | None = 24000
    output_rate: int | None = 24000
    manual_turns: bool = True
    cancels: bool = True
    truncates: bool = True
    requests_responses: bool = True
    answers_speech: bool = True
    transcribes: bool = True
    restores_history: bool = False
    seeds_images: bool = True
    seeds_tool_calls: bool = True
    max_seconds: float | None = None
