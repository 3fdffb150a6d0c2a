"""Processes that are killed at any moment, and processes that meet at one conversation: no call runs
twice.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from chat_core import Decision, Messages, Unknown

PROGRAM = Path(__file__).with_name("payments.py")
KILLS = int(os.environ.get("CHAT_KILLS") or 12)  # 300 by hand; each takes a process or two
CALLS = 6


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), str(folder), str(CALLS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def effects(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """How often each call has begun, and ended."""
    lines = (folder / "effects").read_text().split("\n")[:-1] if (folder / "effects").exists() else []
    begun = Counter(line.removeprefix("begin ") for line in lines if line.startswith("begin "))
    return begun, Counter(line.removeprefix("end ") for line in lines if line.startswith("end "))


def stored(folder: Path) -> Messages:
    row = sqlite3.connect(folder / "store.db").execute("SELECT body FROM conversations").fetchone()
    return Messages.from_json(row[0]) if row else Messages.from_user("go")


def seconds_at_work(folder: Path) -> float:
    """How long a process takes that is not killed, from its first word to its end."""
    process = start(folder)
    assert process.stdout is not None
    process.stdout.readline()
    began = time.monotonic()
    process.communicate(timeout=60)
    return time.monotonic() - began


def run(folder: Path) -> str:
    """What a process says that goes on to the end, or to a pause."""
    return start(folder).communicate(timeout=60)[0].splitlines()[-1]


def decide(folder: Path, unknown: set[str]) -> None:
    """Resolve calls of which nobody knows whether they ran, as a person does who has looked."""
    messages = stored(folder)
    messages.decide([Decision(id, "complete", result="looked it up") for id in sorted(unknown)])
    with sqlite3.connect(folder / "store.db") as database:
        values = (messages.revision, messages.to_json())
        database.execute("UPDATE conversations SET revision = ?, body = ?", values)


def test_a_call_has_its_effect_at_most_once_and_only_calls_in_flight_are_unknown(tmp_path: Path) -> None:
    chance = random.Random(20261127)
    (tmp_path / "whole").mkdir()
    whole_run = seconds_at_work(tmp_path / "whole")
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        process = start(folder)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        time.sleep(chance.uniform(0, whole_run))
        process.kill()
        process.communicate()

        begun, ended = effects(folder)
        messages = stored(folder)
        unknown = {call.id for call in messages.calls if call.status == Unknown()}
        resolved = {call.id for call in messages.calls if call.resolved}
        assert set(begun) <= unknown | resolved  # what has begun is never taken for something that has not
        assert resolved <= set(ended)
        assert unknown.isdisjoint(resolved)
        if (
            unknown
        ):  # all of them were marked for the same pass, and none of them has a result that was stored
            assert {id.partition("-")[0] for id in unknown} == {max(id.partition("-")[0] for id in unknown)}

        assert run(folder) == ("paused" if unknown else "complete")
        if unknown:  # nobody is asked about any other call, and none of these has been entered again
            assert {call.id for call in stored(folder).calls if call.status == Unknown()} == unknown
            assert {id: effects(folder)[0][id] for id in unknown} == {id: begun[id] for id in unknown}
            decide(folder, unknown)
            assert run(folder) == "complete"
        again, _ = effects(folder)
        whole = {f"{turn}-{n}" for turn in range(2) for n in range(CALLS)}
        assert {id for id, count in again.items() if count == 1} == again.keys()
        assert again.keys() == whole - (unknown - begun.keys())  # those were never entered, and nobody knows


def test_two_processes_that_resume_one_conversation_at_once_run_each_call_once(tmp_path: Path) -> None:
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        processes = [start(folder) for _ in range(2)]
        outcomes = sorted(process.communicate(timeout=60)[0].splitlines()[-1] for process in processes)

        begun, _ = effects(folder)
        assert all(count == 1 for count in begun.values())
        assert len(begun) == 2 * CALLS
        assert outcomes in (["complete", "conflict"], ["complete", "complete"])
