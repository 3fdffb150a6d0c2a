"""Names as the wire takes them."""

from __future__ import annotations

import re

import pytest
from chat_core import ToolDefinition
from chat_gemini.names import function_name, model_path, renamed


@pytest.mark.parametrize("name", ["add", "_add", "a.b:c-d", "A" * 128])
def test_a_name_that_the_wire_takes_stays(name: str) -> None:
    assert function_name(name) == name
    assert renamed([ToolDefinition(name)]) == {}


@pytest.mark.parametrize(
    "name", ["", "9a", "-a", "a b", "é" * 70, "x" * 129, "get<|channel|>x", "\ud800", "a\n"]
)
def test_any_other_name_is_mapped_to_one_that_it_takes(name: str) -> None:
    sent = function_name(name)
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}", sent)
    assert function_name(name) == sent
    assert renamed([ToolDefinition(name)]) == {sent: name}


def test_two_names_stay_two() -> None:
    assert len({function_name(name) for name in ("a b", "a_b", "a  b", "a-b")}) == 4


def test_a_model_has_its_path() -> None:
    assert [model_path(model) for model in ("gemini-x", "tunedModels/x")] == [
        "models/gemini-x",
        "tunedModels/x",
    ]
