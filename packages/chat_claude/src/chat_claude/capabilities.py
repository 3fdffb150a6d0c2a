"""What a model can do, as data. Facts: Anthropic's model pages, November 2026."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NEW = re.compile(r"(?:claude-)?(opus|sonnet|haiku|fable|mythos)-(\d)(?:[-.](\d)(?!\d))?(?!\d)")
_OLD = re.compile(r"claude-(\d)(?:[-.](\d))?-(opus|sonnet|haiku)")

Version = tuple[int, int]
_NEVER: Version = (99, 0)

# the first version of each line that has it
_SYSTEM_TURNS = {"opus": (4, 8), "sonnet": (5, 5), "haiku": (5, 5), "fable": (5, 0), "mythos": (5, 0)}
_BOUND_THINKING = {"opus": (5, 5), "sonnet": (5, 5), "haiku": (5, 5), "fable": (5, 1), "mythos": (5, 2)}
_UNFORCED_TOOLS = {"opus": (5, 5), "sonnet": (5, 5), "haiku": _NEVER, "fable": (5, 1), "mythos": (5, 1)}
_NO_SAMPLING: Version = (4, 7)
_NO_PREFILL: Version = (4, 6)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one model can do. The defaults are for unknown names: there the server decides.

    - `sampling`: accepts `temperature`, `top_p` and `top_k`, under version 2023-06-01
    - `forced_tools`: can be forced to call a tool
    - `prefill`: continues a turn of its own that is the last message
    - `system_turns`: follows system messages in the middle of a conversation
    - `binds_thinking`: refuses its own thinking once what stood before it has changed
    - `max_tokens`: the most tokens that it writes in a turn
    """

    sampling: bool = True
    forced_tools: bool = True
    prefill: bool = True
    system_turns: bool = False
    binds_thinking: bool = True
    max_tokens: int = 64_000

    @staticmethod
    @lru_cache(maxsize=256)
    def of(model: str) -> Capabilities:
        """Return what is known of the model with this name, in the form of any platform."""
        if new := _NEW.search(model):
            line, version = new[1], (int(new[2]), int(new[3] or 0))
        elif old := _OLD.search(model):
            line, version = old[3], (int(old[1]), int(old[2] or 0))
        else:
            return Capabilities()
        return Capabilities(
            sampling=version < _NO_SAMPLING,
            forced_tools=version < _UNFORCED_TOOLS[line],
            prefill=version < _NO_PREFILL,
            system_turns=version >= _SYSTEM_TURNS[line],
            binds_thinking=version >= _BOUND_THINKING[line],
            max_tokens=_max_tokens(line, version),
        )


def _max_tokens(line: str, version: Version) -> int:
    if version >= (4, 6):
        return 128_000
    if version < (3, 7):
        return 8192 if version == (3, 5) else 4096
    return 32_000 if line == "opus" and version < (4, 5) else 64_000
