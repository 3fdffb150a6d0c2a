"""The fixtures of these tests; `scripted_llama` has what they are made of."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from scripted_llama import home, loads  # after the path that it is found on

__all__ = ["home", "loads"]
