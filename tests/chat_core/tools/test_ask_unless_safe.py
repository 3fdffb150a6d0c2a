"""A model that judges calls: what it holds to be safe runs, all else waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from chat_core import (
    Answer,
    ChatBuilder,
    Complete,
    ConfigurationError,
    DecisionResponse,
    Declined,
    Execute,
    Messages,
    Overloaded,
    Paused,
    Question,
    RequireApproval,
    ScopedCollection,
    ToolCall,
    YesNo,
    YesNoAnswer,
    ask_unless_safe,
    tool,
)
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio


class Judge:
    """Answers each question in the same way, or fails."""

    def __init__(self, answer: Answer[Any] | Exception) -> None:
        self.answer = answer
        self.seen: list[str] = []
        self.questions: list[Mapping[str, Question]] = []

    async def decide(
        self, messages: Messages, questions: Mapping[str, Question], /
    ) -> DecisionResponse[float | None]:
        self.seen.append(messages[0].text)
        self.questions.append(questions)
        if isinstance(self.answer, Exception):
            raise self.answer
        return DecisionResponse(dict.fromkeys(questions, self.answer))


CALL = ToolCall("c1", "delete_file", {"path": "a.txt"})


@pytest.mark.parametrize(
    ("answer", "runs", "note"),
    [
        (YesNoAnswer(True, 0.97), True, ""),
        (YesNoAnswer(True, 0.9), True, ""),
        (YesNoAnswer(True, 0.8), False, "May I run delete_file? It is safe with 80% only."),
        (YesNoAnswer(False, 0.1), False, "May I run delete_file? It is safe with 10% only."),
        (YesNoAnswer(True, None), True, ""),
        (YesNoAnswer(False, None), False, "May I run delete_file?"),
        (Declined(), False, "May I run delete_file? The model that judges calls declined."),
        (Overloaded("x"), False, "May I run delete_file? It could not be judged: Overloaded"),
    ],
)
async def test_a_call_runs_only_where_it_is_judged_safe(
    answer: Answer[Any] | Exception, runs: bool, note: str
) -> None:
    judge = Judge(answer)
    action = await ask_unless_safe(judge)(CALL, {"tags": ["x"], "server": "disk"})
    assert action == (Execute() if runs else RequireApproval(note))
    assert judge.seen == [
        "A model wants to call this tool.\n\nTool: delete_file\nserver: disk\n\n"
        'Arguments, as JSON:\n{"path": "a.txt"}'
    ]


async def test_the_question_and_the_least_probability_can_be_chosen() -> None:
    judge, question = Judge(YesNoAnswer(True, 0.6)), YesNo("Does it only read?")
    assert await ask_unless_safe(judge, question, least=0.5)(CALL, {}) == Execute()
    assert judge.questions == [{"safe": question}]
    for least in (0, 1.5):
        with pytest.raises(ConfigurationError, match="a probability"):
            ask_unless_safe(judge, least=least)


async def test_a_chat_with_any_model_can_be_the_judge() -> None:
    @tool
    def read(path: str) -> str:
        """Read a file."""
        return "text"

    @tool
    def delete(path: str) -> str:
        """Delete a file."""
        return "gone"

    judge = ChatBuilder().with_model(ScriptedProvider(['{"q1": true}', '{"q1": false}'])).build()
    calls = [ToolCall("c1", "read", {"path": "a"}), ToolCall("c2", "delete", {"path": "a"})]
    scoped = ScopedCollection([read, delete], ask_unless_safe(judge))
    chat = ChatBuilder().with_model(ScriptedProvider([calls, "Done."])).with_scoped_tools(scoped).build()
    messages = Messages.from_user("Clean up")

    outcome = await chat.complete(messages)

    assert isinstance(outcome, Paused)
    assert [call.name for call in outcome.reason.approvals] == ["delete"]
    messages.find_tool("c2").reject("no")
    assert isinstance(await chat.complete(messages), Complete)
