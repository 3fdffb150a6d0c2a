"""What a model of the Live API can do, as data.

Facts: Google's reference and SDK, and what its servers answered in recorded and reported sessions, November
2026. What a server closes a session for is refused before it is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from chat_core.realtime import RealtimeCapabilities

from chat_gemini.live.settings import INPUT_RATE, OUTPUT_RATE, LiveDefaults

Output: TypeAlias = Literal["audio", "text"]
Support: TypeAlias = Literal["no", "optional", "required"]

_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "text/plain"})


@dataclass(frozen=True, slots=True)
class LiveCapabilities:
    """What a model allows in a session. A name that is not known is taken to allow everything.

    - `outputs`: in what form it answers; the first is the default
    - `thinking_level`, `thinking_budget`: whether thinking is set so
    - `least_level`: levels below it are refused, None where any is taken
    - `non_blocking`: whether it goes on talking while a tool runs
    - `is_non_blocking_by_default`: whether it does by default
    - `scheduling`: whether a result says when the model turns to it
    - `affective`: whether it hears and answers moods (`enableAffectiveDialog`)
    - `seeds_calls`: whether a history may have calls and results; else they are sent as text
    - `seeds_audio`: whether a history may have speech, as PCM of 16 kHz
    - `result_files`: the types of files that a result may hold
    - `other_native_tools`: whether it runs other tools of Google's than the search
    - `max_audio_seconds`, `max_video_seconds`: how long a session without compression may last, with speech
      alone and with video frames, over all of its connections
    - `connection_seconds`: about how long one connection lasts; the server says when it is to end
    """

    name: str
    outputs: tuple[Output, ...] = ("audio", "text")
    thinking_level: Support = "optional"
    thinking_budget: Support = "optional"
    least_level: str | None = None
    non_blocking: Support = "optional"
    is_non_blocking_by_default: bool = False
    scheduling: bool = True
    affective: bool = True
    seeds_calls: bool = True
    seeds_audio: bool = True
    result_files: frozenset[str] = _IMAGES
    other_native_tools: bool = False
    max_audio_seconds: float = 900.0
    max_video_seconds: float = 120.0
    connection_seconds: float = 600.0

    @staticmethod
    def of(model: str) -> LiveCapabilities:
        """Return what a model allows, by its name."""
        for part, known in _MODELS:
            if part in model:
                return replace(known, name=model)
        return LiveCapabilities(model, other_native_tools=True)

    def realtime(self, output: Output, live: LiveDefaults) -> RealtimeCapabilities:
        """Return the same in the words of the session engine, for sessions with these settings.

        How long a connection lasts is not among it: the server says so in time.
        """
        return RealtimeCapabilities(
            outputs=(output,),
            input_rate=INPUT_RATE,
            output_rate=OUTPUT_RATE,
            manual_turns=live.is_manual,
            cancels=False,
            truncates=False,
            requests_responses=False,
            restores_history=live.resumes,
            seeds_tool_calls=self.seeds_calls,
        )


# A part of the model's name; the first row that fits counts.
_MODELS: tuple[tuple[str, LiveCapabilities], ...] = (
    (
        "native-audio",  # gemini-2.5-flash-native-audio-…
        LiveCapabilities(
            "", outputs=("audio",), seeds_calls=False, seeds_audio=False, result_files=frozenset()
        ),
    ),
    (
        "3.1-flash-live",
        LiveCapabilities("", outputs=("audio",), non_blocking="no", scheduling=False, affective=False),
    ),
    (
        "3.8-live-extended-thinking",
        LiveCapabilities(
            "",
            outputs=("audio",),
            thinking_level="required",
            thinking_budget="no",
            least_level="low",
            non_blocking="required",
            is_non_blocking_by_default=True,
            scheduling=False,
            affective=False,
            seeds_audio=False,
        ),
    ),
    (
        "3.8-live",
        LiveCapabilities(
            "",
            outputs=("audio",),
            thinking_level="no",
            is_non_blocking_by_default=True,
            affective=False,
        ),
    ),
    (
        "live-2.5-flash",  # Vertex
        LiveCapabilities(
            "",
            thinking_level="no",
            thinking_budget="no",
            non_blocking="no",
            scheduling=False,
            seeds_calls=False,
            seeds_audio=False,
            result_files=frozenset(),
        ),
    ),
    (
        "robotics-er",
        LiveCapabilities(
            "",
            outputs=("text",),
            non_blocking="no",
            scheduling=False,
            affective=False,
            seeds_audio=False,
        ),
    ),
)
