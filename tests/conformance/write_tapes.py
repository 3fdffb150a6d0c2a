"""Writes the tapes of the conformance tests:  python tests/conformance/write_tapes.py

Those of Chat Completions and of Responses are in the wheel of chat-core, for everybody who writes a package
over these wires; the others are beside this program.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
IN_THE_WHEEL = ROOT / "packages/chat_core/src/chat_core/testing/conformance/tapes"
SHARED = ("chat_completions", "responses")
WIRES = (
    *SHARED,
    "claude",
    "claude_bedrock",
    "gemini",
    "gemini_vertex",
    "gemini_live",
    "ollama",
    "cohere",
    "bedrock",
    "openai",
    "groq",
    "mistral",
    "together",
    "xai",
    "acme",
)


def folder_of(wire: str) -> Path:
    """Return where the tapes of a wire are."""
    if wire == "acme":
        return ROOT / "examples/chat_acme/tests/tapes"
    return (IN_THE_WHEEL if wire in SHARED else HERE / "tapes") / wire


def main() -> None:
    """Write all tapes that have a module."""
    sys.path.insert(0, str(HERE / "wires"))
    for wire in sys.argv[1:] or WIRES:
        folder = folder_of(wire)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.tape"):
            old.unlink()
        for name, tape in import_module(f"wire_{wire}").TAPES.tapes().items():
            tape.save(folder / f"{name}.tape")
        print(wire, len(list(folder.glob("*.tape"))))


if __name__ == "__main__":
    main()
