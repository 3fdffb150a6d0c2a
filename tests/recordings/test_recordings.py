"""Every recorded exchange comes out right, however it is sliced, and never when it is cut."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
WIRES = (
    "chat-completions",
    "openai-responses",
    "claude-messages",
    "gemini",
    "embeddings",
    "gemini-embeddings",
    "gemini-token-count",
    "ollama",
    "ollama-embeddings",
    "bedrock-converse",
    "bedrock-embeddings",
    "bedrock-token-count",
    "cohere",
    "cohere-embeddings",
    "claude-token-count",
    "openai-token-count",
    "openai-realtime",
    "gemini-live",
)

# Recordings held to be wrong themselves, each with the reason. None so far.
WRONG_THEMSELVES: dict[str, str] = {}

if not (SHARED / "recordings").is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)


# Slicing by the byte, and cutting, take three minutes in all: `python -m pytest` does it with a share of
# them, CI with all.
SHARE = "1" if os.environ.get("CHAT_RECORDINGS") == "all" else "0.1"
PLAYS = {
    "by event and whole": ["--slices", "event,whole"],
    "by the byte": ["--slices", "1", "--sample", SHARE],
    "cut": ["--cut", "--sample", SHARE],
}


@pytest.mark.parametrize("wires", [WIRES[:1], WIRES[1:3], WIRES[3:]], ids=", ".join)
@pytest.mark.parametrize("play", PLAYS)
def test_every_recorded_exchange_comes_out_as_expected(
    play: str, wires: tuple[str, ...], tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    command = [
        sys.executable,
        str(SHARED / "tools/check_recordings.py"),
        str(SHARED / "recordings"),
        *PLAYS[play],
    ]
    command += [word for wire in wires for word in ("--wire", wire)]
    command += ["--drive", str(Path(__file__).with_name("drive.py")), "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert report.exists(), done.stderr
    told = json.loads(report.read_text())
    wrong = [row for row in told["wrong"] if row["id"] not in WRONG_THEMSELVES]
    assert not wrong, json.dumps(wrong[:5], indent=1)
    right = sum(row.get("right", 0) for row in told["table"].values())
    assert right > 0, done.stdout
