"""Common options: how they add up, and what is refused."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from chat_core import ChatBuilder, ChatOptions, ConfigurationError, Messages, RetryPolicy
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider


def test_options_are_merged_field_by_field() -> None:
    first = ChatOptions(temperature=0.2, max_tokens=100, stop=["END"])

    merged = first.merged(ChatOptions(temperature=0.0, seed=7))

    assert merged == ChatOptions(temperature=0.0, max_tokens=100, stop=["END"], seed=7)
    assert first == ChatOptions(temperature=0.2, max_tokens=100, stop=["END"])
    assert first.merged(None) is first


def test_options_can_be_copied_and_pickled() -> None:
    options = ChatOptions(temperature=0.2, stop=("a", "b"))
    assert pickle.loads(pickle.dumps(options)) == copy.deepcopy(options) == options


@pytest.mark.anyio
async def test_a_call_has_options_of_its_own_before_those_of_the_chat() -> None:
    model = ScriptedProvider(["one", "two", "three", "four"])
    builder = ChatBuilder().with_model(model).with_options(ChatOptions(temperature=0.2, max_tokens=100))
    chat = builder.with_options(ChatOptions(max_tokens=50, seed=1)).build()
    messages = Messages.from_user("Hi")

    await chat.complete(messages, options=ChatOptions(seed=2))
    await chat.resume(messages.add_user("more"), options=ChatOptions(temperature=1))
    async with chat.stream("Hi", options=ChatOptions(stop="END")) as events:
        assert [event async for event in events]
    await chat.complete("Hi")

    assert [request.options for request in model.requests] == [
        ChatOptions(temperature=0.2, max_tokens=50, seed=2),
        ChatOptions(temperature=1, max_tokens=50, seed=1),
        ChatOptions(temperature=0.2, max_tokens=50, seed=1, stop="END"),
        ChatOptions(temperature=0.2, max_tokens=50, seed=1),
    ]
    assert [request.messages for request in model.requests[2:]] == [Messages.from_user("Hi")] * 2


def test_a_call_of_a_sync_chat_has_options_of_its_own() -> None:
    model = ScriptedProvider(["one", "two", "three"])
    with SyncChat(ChatBuilder().with_model(model).with_options(ChatOptions(seed=1)).build()) as chat:
        assert chat.complete("Hi", options=ChatOptions(seed=2)).text == "one"
        assert chat.resume(Messages.from_user("Hi"), options=ChatOptions(top_k=3)).text == "two"
        with chat.stream("Hi", options=ChatOptions(seed=4)) as events:
            assert list(events)

    assert [request.options for request in model.requests] == [
        ChatOptions(seed=2),
        ChatOptions(seed=1, top_k=3),
        ChatOptions(seed=4),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"temprature": 0.2}, "ChatOptions has no 'temprature': did you mean temperature?"),
        ({"max_output_tokens": 9}, "did you mean max_tokens?"),
        ({"warmth": 1}, "there are temperature, top_p, max_tokens"),
        ({"temperature": "hot"}, "ChatOptions(temperature='hot'): it is a number, not a str"),
        ({"max_tokens": 1.5}, "it is a whole number, not a float"),
        ({"seed": True}, "it is a whole number, not a bool"),
        ({"stop": 3}, "it is a text or a list"),
        ({"stop": [3]}, "it is a text or a list"),
        ({"parallel_tool_calls": "no"}, "it is True or False, not a str"),
        ({"tool_choice": {"name": "add"}}, "it is text, not a dict"),
    ],
)
def test_a_misspelt_option_and_one_of_another_type_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ChatOptions(**given)
    assert message in str(refused.value)


def test_a_misspelt_field_of_the_retry_policy_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="RetryPolicy has no 'retries': did you mean max_retries"):
        RetryPolicy(retries=3)  # type: ignore[call-arg]  # that is what is tested
