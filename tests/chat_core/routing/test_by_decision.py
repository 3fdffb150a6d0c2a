"""A router whose members are chosen by a decision about what the user wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from chat_core import (
    Answer,
    ChatBuilder,
    Choice,
    ChoiceAnswer,
    ConfigurationError,
    DecisionResponse,
    Declined,
    Message,
    Messages,
    Overloaded,
    Question,
    Text,
)
from chat_core.routing import Member, Router, by_decision
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio
LEVEL = Choice("How hard is it?", {"small": "a fact or small talk", "large": "reasoning, mathematics, code"})


class Judge:
    def __init__(self, answer: Answer[Any] | Exception) -> None:
        self.answer = answer
        self.seen: list[str] = []

    async def decide(
        self, messages: Messages, questions: Mapping[str, Question], /
    ) -> DecisionResponse[float | None]:
        self.seen.append(messages[0].text)
        if isinstance(self.answer, Exception):
            raise self.answer
        return DecisionResponse(dict.fromkeys(questions, self.answer))


def router(strategy: Any, *names: str) -> Router[ScriptedProvider]:
    members = [Member(ScriptedProvider([f"from {name}"], model=name), name=name) for name in names]
    return Router(members, strategy)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (ChoiceAnswer("large", None), "from large"),
        (ChoiceAnswer("small", 0.9, {"small": 0.9, "large": 0.1}), "from small"),
        (Declined(), "from small"),
        (Overloaded("x"), "from small"),
    ],
)
async def test_the_chosen_member_answers_and_without_a_choice_the_first(answer: Any, text: str) -> None:
    judge = Judge(answer)
    chat = ChatBuilder().with_model(router(by_decision(judge, LEVEL), "small", "large")).build()
    messages = Messages.from_system("Be brief.").add_user("Hello")
    messages.append(Message("model", [Text("Hi")])).add_user("Prove it")
    assert (await chat.complete(messages)).text == text
    assert judge.seen == ["user: Prove it"]


async def test_the_others_follow_by_their_probabilities() -> None:
    question = Choice("Who?", ["a", "b", "c"])
    judge = Judge(ChoiceAnswer("b", 0.5, {"a": 0.1, "b": 0.5, "c": 0.4}))
    members = [Member(ScriptedProvider([], model=name), name=name) for name in "abc"]
    from chat_core import ChatRequest

    order = await by_decision(judge, question, messages=3)(ChatRequest(Messages.from_user("x")), members)
    assert [member.name for member in order] == ["b", "c", "a"]


async def test_choices_that_are_no_members_are_named() -> None:
    chat = ChatBuilder().with_model(router(by_decision(Judge(Declined()), LEVEL), "one", "two")).build()
    with pytest.raises(ConfigurationError, match="of small, large none is a member; there are one, two"):
        await chat.complete("x")
    with pytest.raises(ConfigurationError, match="at least 1"):
        by_decision(Judge(Declined()), LEVEL, messages=0)
