"""The options that were given: found once, in the order of the fields, whatever is made of the options."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields, replace

import pytest
from chat_claude import ClaudeOptions
from chat_completions import CompletionsOptions
from chat_core import ChatOptions
from chat_core.types.memo import Memo
from chat_core.types.set_fields import set_fields
from chat_gemini import GeminiOptions
from chat_responses import ResponsesOptions


def test_only_what_is_not_none_is_set_in_the_order_of_the_fields() -> None:
    options = ChatOptions(tool_choice="auto", temperature=0, seed=0, parallel_tool_calls=False)

    assert list(set_fields(options).items()) == [
        ("temperature", 0),
        ("seed", 0),
        ("tool_choice", "auto"),
        ("parallel_tool_calls", False),
    ]
    assert set_fields(ChatOptions()) == {}


def test_options_made_of_others_have_fields_of_their_own() -> None:
    options = ChatOptions(seed=1)
    assert set_fields(options) == {"seed": 1}

    made = [
        replace(options, top_k=2),
        options.merged(ChatOptions(top_k=2)),
        copy.deepcopy(replace(options, top_k=2)),
        pickle.loads(pickle.dumps(replace(options, top_k=2))),
    ]

    assert [set_fields(one) for one in made] == [{"seed": 1, "top_k": 2}] * 4
    assert made == [ChatOptions(seed=1, top_k=2)] * 4  # what is known of an object is no part of its value


@pytest.mark.parametrize(
    "options", [ChatOptions(), CompletionsOptions(), ResponsesOptions(), ClaudeOptions(), GeminiOptions()]
)
def test_options_of_every_wire_tell_what_was_given(options: Memo) -> None:
    assert set_fields(options) == ({"include": ()} if isinstance(options, ResponsesOptions) else {})
    names = [field.name for field in fields(options)]  # type: ignore[arg-type]  # of a dataclass
    assert list(set_fields(options)) == [name for name in names if getattr(options, name) is not None]
