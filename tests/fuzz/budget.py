"""How long a fuzz test runs: a few hundred examples by default, CHAT_FUZZ_SECONDS where that is set."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_PER_SECOND = 150  # examples, about


def budget_settings(examples: int = 200) -> settings:
    """Return hypothesis settings: `examples` by default, as many as fit into CHAT_FUZZ_SECONDS where that is
    set.

    With a time set, the examples are other ones in each run, and a failure is reported without being made
    smaller for longer than the deadline allows.
    """
    seconds = float(os.environ.get("CHAT_FUZZ_SECONDS") or 0)
    return settings(
        max_examples=max(examples, int(seconds * _PER_SECOND)),
        deadline=None,
        derandomize=not seconds,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
