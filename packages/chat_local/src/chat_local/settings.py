"""How a model is loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from chat_local.find_model import ModelFolders

DEFAULT_CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """How a model is loaded.

    - `model`: its path, or the name that `find_model` looks for
    - `folders`: where a name is looked for
    - `context_length`: tokens that one request may have; None is 4,096, or what the model was made for if
      that is less
    - `slots`: how many requests are worked on at once; more wait
    - `threads`: None is half of the processors. More is slower where the processors have other work
    - `embeds`: whether it is loaded for embeddings instead
    """

    model: str
    folders: ModelFolders = ModelFolders(Path(), ())
    context_length: int | None = None
    slots: int = 2
    threads: int | None = None
    embeds: bool = False

    @property
    def thread_count(self) -> int:
        """The number of threads that compute."""
        return self.threads or max(1, (os.cpu_count() or 2) // 2)
