"""Every recorded exchange comes out right, however it is sliced, and never when it is cut."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
WIRES = ("chat-completions", "openai-responses", "claude-messages", "gemini", "embeddings", "gemini-embeddings")

# Recordings held to be wrong themselves, each with the reason. None so far.
WRONG_THEMSELVES: dict[str, str] = {}

pytestmark = pytest.mark.skipif(not (SHARED / "recordings").is_dir(), reason="the recordings are not beside the project")


@pytest.mark.parametrize("arguments", [["--slices", "event,whole"], ["--slices", "1"], ["--cut"]], ids=" ".join)
def test_every_recorded_exchange_comes_out_as_expected(arguments: list[str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, str(SHARED / "tools/check_recordings.py"), str(SHARED / "recordings")]
    wires = [word for wire in WIRES for word in ("--wire", wire)]
    drive = ["--drive", str(Path(__file__).with_name("drive.py")), "--json", str(report)]
    done = subprocess.run([*command, *wires, *drive, *arguments], capture_output=True, text=True, timeout=900, check=False)
    assert report.exists(), done.stderr
    told = json.loads(report.read_text())
    wrong = [row for row in told["wrong"] if row["id"] not in WRONG_THEMSELVES]
    assert not wrong, json.dumps(wrong[:5], indent=1)
    right = sum(row.get("right", 0) for row in told["table"].values())
    assert right > 0, done.stdout
