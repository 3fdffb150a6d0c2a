"""`python -m chat_core.lint` tells in CI which types and tools a provider does not take."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from chat_core import ConfigurationError
from chat_core.entry_points import builder_of
from chat_core.lint import main

SOURCE = '''
from dataclasses import dataclass
from typing import Annotated
from chat_core import tool
from pydantic import Field

@dataclass
class City:
    name: Annotated[str, Field(min_length=1)]

class Places:
    @dataclass
    class Map:
        names: dict[str, str]

@tool
def weather(city: str) -> str:
    """The weather."""
    return city

ALL = [City, weather]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
NOTHING = 3
'''


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"linted_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    return name


def test_what_can_be_sent_to_all_passes(app: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{app}:City", f"{app}:SCHEMA", "--for", "openai,claude,gemini:gemini-3-pro"]) == 0
    printed = capsys.readouterr().out
    assert f"{app}:City: openai (a-model), the output type City: in words" in printed
    assert "  in words: #/properties/name/minLength: " in printed
    assert "gemini (gemini-3-pro), the output type City: unenforced" in printed
    assert printed.endswith("6 checked, 0 failed\n")


def test_what_one_of_them_refuses_fails(app: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{app}:Places.Map", "--for", "openai,gemini"]) == 1
    printed = capsys.readouterr().out
    assert "refused: #/properties/names/additionalProperties: keys have to be named -> use a list" in printed
    assert printed.endswith("2 checked, 1 failed\n")


@pytest.mark.parametrize(("fail_on", "status"), [("refused", 0), ("dropped", 0), ("in_words", 1)])
def test_milder_findings_fail_on_request(app: str, fail_on: str, status: int) -> None:
    assert main([f"{app}:City", "--for", "claude", "--fail-on", fail_on]) == status


def test_a_list_holds_types_and_tools(app: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{app}:ALL", "--for", "claude", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["about"], row["verdict"]) for row in rows] == [
        ("tool weather", "unenforced"),
        ("the output type City", "in_words"),
    ]
    assert rows[1]["findings"][0]["at"] == "#/properties/name/minLength"
    assert rows[0]["target"] == f"{app}:ALL"

    assert main([f"{app}:weather", "--for", "claude", "--strict"]) == 0
    assert "tool weather: held" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "providers", "words"),
    [
        ("nowhere:City", "openai", "nowhere:City cannot be loaded: ModuleNotFoundError"),
        ("{app}:Town", "openai", "cannot be loaded: AttributeError"),
        ("{app}", "openai", "is no module:name, such as app.models:City"),
        ("{app}:City", "acme", "no package for 'acme' is installed: pip install chat-acme"),
        ("{app}:City", "anthropic", "pip install chat-claude, and write 'claude:a-model'"),
        ("{app}:City", ",", "--for names no provider"),
        ("{app}:NOTHING", "openai", "an output type is a type or a JSON schema, not 3"),
    ],
)
def test_what_cannot_be_checked_is_reported(
    app: str, target: str, providers: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([target.format(app=app), "--for", providers]) == 2
    assert words in capsys.readouterr().err


def test_a_builder_that_needs_more_tells_it(
    app: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert main([f"{app}:City", "--for", "bedrock:m"]) == 2
    assert "bedrock:m: Bedrock needs a region" in capsys.readouterr().err
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert main([f"{app}:City", "--for", "bedrock:m"]) == 0


def test_it_is_a_program(app: str) -> None:
    command = [sys.executable, "-m", "chat_core.lint", f"{app}:Places.Map", "--for", "openai"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    assert "the output type Map: refused" in done.stdout


def test_a_builder_is_found_by_its_name() -> None:
    assert type(builder_of("openai")).__name__ == "OpenAIBuilder"
    with pytest.raises(ConfigurationError, match=r"Installed are .*claude"):
        builder_of("nobody")
