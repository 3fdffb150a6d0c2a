"""The rule checker of the Messages wire finds each kind of body that the wire refuses."""

from __future__ import annotations

from typing import Any

import pytest
from rules_claude import broken_rules

CALL = {"type": "tool_use", "id": "t1", "name": "add", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "42"}
SEARCH = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}


def text(words: str = "Hi") -> dict[str, Any]:
    return {"type": "text", "text": words}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks) or "Hello"}


def model(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks) or [text()]}


def body(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 9, "messages": list(messages)} | more


@pytest.mark.parametrize(
    "good",
    [
        body(user()),
        body(user(), model(), user(text("And?"))),
        body(user(), model(THOUGHT, CALL), user(RESULT, text())),
        body(user(), model(SEARCH, FOUND, text()), user()),
        body(user(), model(SEARCH, CALL), user(RESULT)),
        body(user({"type": "image", "source": PNG}), system=[text()]),
    ],
)
def test_a_good_body_breaks_no_rule(good: dict[str, Any]) -> None:
    assert broken_rules(good) == []


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (body(), "there is at least one message"),
        (body(user()) | {"model": None}, "model is a string"),
        (body(user()) | {"max_tokens": None}, "max_tokens is a number"),
        (body(user(), system=""), "system is a text that is not blank, or blocks"),
        (body(user(), system=[text(" ")]), "no text is blank"),
        (body(user(text("\ud83d"))), "the body is JSON in UTF-8"),
        (body(user(), {"role": "tool", "content": "x"}), "a role is user, assistant or system"),
        (body(model(), user()), "the first message is the user's"),
        (body(user(), user()), "messages of one role are one message"),
        (body(user(), model(), {"role": "system", "content": "x"}), "a system message follows a user's"),
        (
            body(user(), {"role": "system", "content": "x"}, user()),
            "a system message stands before an assistant's or at the end",
        ),
        (body(user(), {"role": "system", "content": "x"}), "the model follows system messages in the middle"),
        (body(user(), model()), "the last message is not the assistant's"),
        (body(user(), model(text("So "))), "a turn that is continued does not end in white space"),
        (body(user(text("\n"))), "no text is blank"),
        (body({"role": "user", "content": " "}), "content is a text that is not blank, or blocks"),
        (body({"role": "user", "content": []}), "content is a text that is not blank, or blocks"),
        (body(user({"text": "x"})), "a block has a type"),
        (body(user(), model(text(), THOUGHT), user()), "a turn does not end in thinking"),
        (
            body(user(), model(THOUGHT | {"signature": ""}, text()), user()),
            "thinking has its text and its signature",
        ),
        (
            body(user(), model(THOUGHT | {"cache_control": {}}, text()), user()),
            "thinking has no cache breakpoint",
        ),
        (
            body(user(), model({"type": "redacted_thinking"}, text()), user()),
            "redacted thinking has its data",
        ),
        (body(user(THOUGHT)), "calls and thinking stand in the assistant's messages"),
        (body(user(), model(RESULT), user()), "results and files stand in the user's messages"),
        (
            body(user({"type": "image", "source": PNG | {"media_type": "image/gif"}})),
            "an image is what its media type names",
        ),
        (body(user({"type": "document", "source": PNG})), "a document in base64 is a PDF"),
        (
            body(user({"type": "image", "source": {"type": "url", "url": "s3://a"}})),
            "the source of a image is one that the wire knows",
        ),
        (
            body(user(), model(CALL | {"id": "a:b"}), user(RESULT | {"tool_use_id": "a:b"})),
            "the id of a call has letters, digits, _ and - only",
        ),
        (body(user(), model(CALL | {"input": "{}"}), user(RESULT)), "the input of a call is an object"),
        (
            body(user(), model(CALL | {"name": "a.b"}), user(RESULT)),
            "the name of a tool has 1 to 64 letters, digits, _ and -",
        ),
        (body(user(), model(CALL)), "the results of all calls stand in the next message"),
        (body(user(), model(CALL), user()), "the results of all calls stand in the next message"),
        (body(user(), model(CALL), user(text(), RESULT)), "results come first in their message"),
        (
            body(user(), model(CALL), user(RESULT | {"tool_use_id": "t2"})),
            "each result belongs to a call of the message before it",
        ),
        (body(user(), model(CALL, CALL), user(RESULT, RESULT)), "the id of a call is unique"),
        (body(user(), model(FOUND, text()), user()), "a result of a server tool has its call before it"),
        (
            body(user(), model(SEARCH, text()), user()),
            "a call of a server tool has its result, unless only results of other tools follow",
        ),
        (body(user(), tools=[{"name": "a", "type": "x"}] * 2), "the name of a tool is unique"),
        (
            body(user(), tools=[{"name": "a.b", "type": "x"}]),
            "the name of a tool has 1 to 64 letters, digits, _ and -",
        ),
        (body(user(), tools=[{"name": "a", "input_schema": {}}]), "the schema of a tool is one of an object"),
        (
            body(user(), tool_choice={"type": "tool", "name": "a"}),
            "the tool that has to be called is there",
        ),
        (
            body(user(*(text() | {"cache_control": {"type": "ephemeral"}} for _ in range(5)))),
            "there are at most 4 cache breakpoints",
        ),
        (
            body(user(*(text() | {"cache_control": {"ttl": ttl}} for ttl in ("5m", "1h")))),
            "a cache breakpoint of an hour comes before those of five minutes",
        ),
    ],
)
def test_a_bad_body_breaks_its_rule(bad: dict[str, Any], rule: str) -> None:
    assert rule in broken_rules(bad)
