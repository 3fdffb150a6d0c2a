"""`python -m chat_core.new` writes a package that works, under the name that was given."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from chat_core import ConfigurationError
from chat_core.new.__main__ import main
from chat_core.new.write_package import names_of, write_package

EXAMPLE = Path(__file__).resolve().parents[3] / "examples/chat_acme"


def files_of(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    found = {str(path.relative_to(folder)): path for path in paths}
    return {
        name: path.read_text()
        for name, path in found.items()
        if not any(part.startswith(".") or part in ("__pycache__", "dist") for part in Path(name).parts)
    }


def test_the_package_named_acme_is_the_example(tmp_path: Path) -> None:
    folder = write_package("chat_acme", tmp_path)
    assert folder == tmp_path / "chat_acme"
    assert files_of(folder) == files_of(EXAMPLE), "run `python tools/package_template.py`"


def test_a_new_package_passes_the_suites_and_nothing_of_acme_is_in_it(tmp_path: Path) -> None:
    folder = write_package("my-robot", tmp_path)
    command = [sys.executable, "-m", "chat_core.testing", "check", "chat_my_robot"]
    paths = {**os.environ, "PYTHONPATH": str(folder / "src")}
    done = subprocess.run(command, cwd=folder, env=paths, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "chat_my_robot: " in done.stdout
    assert "passed" in done.stdout
    assert not [name for name, text in files_of(folder).items() if "acme" in f"{name}{text}".lower()]
    assert "class MyRobotBuilder(" in (folder / "src/chat_my_robot/builder.py").read_text()
    assert '"https://api.my-robot.example/v1"' in (folder / "src/chat_my_robot/builder.py").read_text()


@pytest.mark.parametrize("name", ["", "chat_", "9lives", "Acme", "a b", "chat_core", "class", "a/b"])
def test_a_name_that_cannot_be_a_package_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="such as chat_acme"):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["acme", "chat_acme", "chat-acme"])
def test_the_prefix_may_be_given_or_not(name: str) -> None:
    assert names_of(name).module == "chat_acme"


def test_a_folder_that_is_there_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chat_acme").mkdir()
    (tmp_path / "chat_acme/mine.txt").write_text("mine")
    assert main(["acme", "--into", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert files_of(tmp_path) == {"chat_acme/mine.txt": "mine"}


def test_the_command_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["acme", "--into", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "python -m chat_core.testing check chat_acme" in printed
    assert f"cd {tmp_path / 'chat_acme'}" in printed
