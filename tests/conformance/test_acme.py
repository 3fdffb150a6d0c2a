"""The example package passes the suites from its source; CI runs them on its wheel too."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/chat_acme"
sys.path.insert(0, str(EXAMPLE / "src"))


def example_tests() -> Any:
    spec = spec_from_file_location("conformance_of_acme", EXAMPLE / "tests/test_conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestAcme(example_tests().TestAcme):  # type: ignore[misc]  # it is loaded from its file
    backends = ("asyncio",)
