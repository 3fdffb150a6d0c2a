"""What only Ollama's native API can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NativeOptions:
    """None, or nothing, leaves it to the server. `think` is a flag, or how much; `keep_alive` seconds, or text such as "5m";
    `options` are Ollama's own, such as `num_ctx`."""

    think: bool | str | None = None
    keep_alive: float | str | None = None
    options: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def asked(self) -> bool:
        """Whether anything here is asked for."""
        return self != NativeOptions()
