"""What only Ollama's own API can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core import ConfigurationError

from chat_ollama.native.wire import Think

_THINK: Mapping[str, Think] = {  # as the server's own `/v1` reads `reasoning_effort`
    "none": False,
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "max": "max",
    "xhigh": "max",
    "ultra": "max",
}


@dataclass(frozen=True, slots=True)
class NativeOptions:
    """What was chosen of it; None leaves the choice to the server. `chosen`: its own API was asked for by name."""

    chosen: bool = False
    num_ctx: int | None = None
    keep_alive: str | float | None = None
    think: Think | None = None
    options: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def asked(self) -> bool:
        """Whether anything is here that `/v1` would ignore."""
        return self != NativeOptions()

    def body(self) -> dict[str, object]:
        """The fields that chat and embeddings share."""
        given: dict[str, object] = {"keep_alive": self.keep_alive} if self.keep_alive is not None else {}
        options = dict(self.options) | ({"num_ctx": self.num_ctx} if self.num_ctx is not None else {})
        return given | ({"options": options} if options else {})


def think(word: bool | str) -> Think:
    """What is sent for a depth of thought. Raises `ConfigurationError` for a word that Ollama does not know."""
    if isinstance(word, bool):
        return word
    if word not in _THINK:
        raise ConfigurationError(f"ollama knows no thinking {word!r}: it knows {', '.join(_THINK)}")
    return _THINK[word]


def merged(body: Mapping[str, object], extra: Mapping[str, object]) -> dict[str, object]:
    """The body with the fields of `extra`, which win; `options` are merged one by one."""
    whole = {**body, **extra}
    match body.get("options"), extra.get("options"):
        case Mapping() as options, Mapping() as more:
            whole["options"] = {**options, **more}
        case _:
            pass
    return whole
