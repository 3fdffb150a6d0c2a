"""Items that the application writes itself: another effort or format, further tools, any other."""

from __future__ import annotations

from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_core import ChatRequest, ConfigurationError, Messages, Opaque, tool
from chat_responses import (
    ResponsesBuilder,
    additional_tools,
    configuration_update,
    input_item,
)
from pydantic import TypeAdapter

FORMAT = {"type": "json_schema", "name": "city", "schema": {"type": "object"}, "strict": False}


@tool
def look(at: str) -> str:
    """Look at something."""
    return at


def sent(*parts: Opaque | str) -> list[Any]:
    client = ResponsesBuilder().with_base_url("https://example.com/v1").with_model("gpt-5.6").build()
    explained = client.explain(ChatRequest(Messages.from_user(*parts)))
    assert explained.notices == ()
    return list(explained.body["input"])  # type: ignore[arg-type]  # it is a list


def check(item: object) -> None:
    """Hold an item against the types of OpenAI's SDK."""
    pytest.importorskip("openai")
    from openai.types.responses import response_input_item_param, response_input_param

    del response_input_item_param
    TypeAdapter(list[response_input_param.ResponseInputItemParam]).validate_python([item])


def test_a_change_of_effort_and_format_stands_before_the_message_that_it_comes_with() -> None:
    update, message = sent(configuration_update(effort="high", text_format=FORMAT), "Which city?")
    assert update == {
        "type": "configuration_update",
        "reasoning": {"effort": "high"},
        "text": {"format": FORMAT},
    }
    assert message == {"role": "user", "content": "Which city?"}
    check(update)


def test_further_tools_are_declared_as_in_the_request() -> None:
    item, _ = sent(additional_tools(look, look.definition, {"type": "web_search"}), "Look.")
    assert (item["type"], item["role"]) == ("additional_tools", "developer")
    declared = item["tools"]
    assert declared[0] == declared[1]
    assert declared[0]["name"] == "look"
    assert declared[2] == {"type": "web_search"}
    check(item)


def test_any_item_is_sent_as_it_is_and_stored() -> None:
    part = input_item({"type": "compaction_trigger", "n": 1})
    assert sent(part, "Hi")[0] == {"type": "compaction_trigger", "n": 1}
    stored = Messages.from_json(Messages.from_user(part, "Hi").to_json())
    assert stored[0].parts[0] == part


def test_other_wires_leave_it_out_with_a_notice() -> None:
    client = ClaudeBuilder().with_api_key("k").with_model("claude-opus-5-5").build()
    explained = client.explain(ChatRequest(Messages.from_user(configuration_update(effort="low"), "Hi")))
    assert "configuration_update" not in str(explained.body)
    assert "only responses" in explained.notices[0].message


def test_what_says_nothing_is_refused() -> None:
    for make, sentence in (
        (lambda: configuration_update(), r"configuration_update\(effort="),
        (lambda: additional_tools(), "at least one tool"),
        (lambda: input_item({"role": "user"}), "an item with a type"),
    ):
        with pytest.raises(ConfigurationError, match=sentence):
            make()
