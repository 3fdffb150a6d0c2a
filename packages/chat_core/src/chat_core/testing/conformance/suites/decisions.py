"""What a client has to do where its server answers questions about a conversation."""

from __future__ import annotations

from chat_core.chat.builder import ChatBuilder
from chat_core.provider import DecisionProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.expected import usage_differences
from chat_core.testing.conformance.provider_suite import ProviderSuite, capability
from chat_core.testing.conformance.side_requests import (
    require_failures,
    require_key_in_header,
    require_no_result,
    require_refused,
    sent_text,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.form import Exchange
from chat_core.transport import Transport
from chat_core.types.json_values import JsonValue, as_object
from chat_core.types.messages import Messages
from chat_core.types.questions import (
    Answer,
    Choice,
    ChoiceAnswer,
    DecisionResponse,
    Declined,
    Question,
    Score,
    YesNo,
    YesNoAnswer,
)

QUESTIONS: dict[str, Question] = {
    "spam": YesNo("canary-spam-Qs1", yes="canary-yes-Qy2"),
    "topic": Choice("canary-topic-Qt3", {"canary-billing": "canary-invoices-Qi4", "canary-other": None}),
    "urgency": Score("canary-urgency-Qu5", ["canary-later", "canary-today", "canary-now"]),
}
_TEXTS = (
    *("canary-spam-Qs1", "canary-yes-Qy2", "canary-topic-Qt3", "canary-billing", "canary-invoices-Qi4"),
    *("canary-other", "canary-urgency-Qu5", "canary-later", "canary-today", "canary-now"),
)


class DecisionsSuite(ProviderSuite):
    """Questions are answered with probabilities: `decisions.tape` answers `spam`, `topic` and `urgency`.

    Its expectation `answers` has, by name, a probability of yes, a choice, and a score, or "declined".
    """

    def decision_client(self, transport: Transport) -> DecisionProvider:
        """Return what decides: the client itself, or its `decisions`.

        Raises `ConformanceFailure` where it cannot decide.
        """
        client: object = self.client(transport)
        if not isinstance(client, DecisionProvider):
            client = capability(client, "decisions")
        if not isinstance(client, DecisionProvider):
            fail("Neither the client nor its `decisions` has a method decide(messages, questions).")
        return client

    @check
    async def test_each_question_has_its_answer(self) -> None:
        """`decide` returns an answer to each question, by its name, in the order of the questions."""
        response = await self._decided(WatchedTransport(self._decision_exchanges()))
        require_equal("The names", list(response.answers), list(QUESTIONS))
        found = {name: _shown(answer) for name, answer in response.answers.items()}
        require_equal("The answers", found, self.scenario("decisions").expected.get("answers"))

    @check
    async def test_probabilities_are_between_0_and_1(self) -> None:
        """The probabilities of an answer are those of the server, and all of them are there."""
        response = await self._decided(WatchedTransport(self._decision_exchanges()))
        for name, answer in response.answers.items():
            match answer:
                case YesNoAnswer():
                    numbers = [answer.probability]
                case ChoiceAnswer():
                    require_equal(f"The choices of {name}", len(answer.probabilities), 2)
                    numbers = [*answer.probabilities.values()]
                case Declined():
                    continue
                case _:
                    require_equal(f"The levels of {name}", len(answer.probabilities), 3)
                    numbers = [*answer.probabilities]
            require(all(0 <= number <= 1 for number in numbers), f"{name} has the probabilities {numbers}.")

    @check
    async def test_the_questions_and_the_conversation_are_sent(self) -> None:
        """The conversation, and all words of the questions, are in one request, and the messages stay as they
        are.
        """
        transport = WatchedTransport(self._decision_exchanges())
        messages = Messages.from_user("canary-question-Wm8")
        before = messages.to_json()
        await self.decision_client(transport).decide(messages, QUESTIONS)
        missing = [text for text in ("canary-question-Wm8", *_TEXTS) if text not in sent_text(transport)]
        require(not missing, f"{missing} are nowhere in what was sent.")
        require_equal("The conversation", messages.to_json(), before)
        require_equal("The number of requests", len(transport.requests), 1)

    @check
    async def test_no_questions_are_refused(self) -> None:
        """No questions are refused with `ConfigurationError`: `checked_questions` has the rule."""
        messages = Messages.from_user("canary-question-Wm8")
        await require_refused(
            lambda transport: self.decision_client(transport).decide(messages, {}),
            "A request of no questions",
        )

    @check
    async def test_usage_of_decisions_is_read(self) -> None:
        """The tokens that the server counts are in `usage`, and what it does not tell is None."""
        response = await self._decided(WatchedTransport(self._decision_exchanges()))
        expected = as_object(self.scenario("decisions").expected.get("usage"))
        wrong = list(usage_differences(response.usage, expected))
        require(not wrong, " ".join(wrong))

    @check
    async def test_failures_of_decisions_are_read(self) -> None:
        """A failure raises the error of its status, as for turns, and is sent once."""
        await require_failures(self._decision_exchanges(), self._decided, self.key)

    @check
    async def test_a_body_without_answers_is_an_error(self) -> None:
        """A body that lacks an answer raises a `ChatError`: a question that nobody answered is not a no."""
        await require_no_result(self._decision_exchanges(), self._decided)

    @check
    async def test_a_chat_decides(self) -> None:
        """`chat.decide` works on the client, and gives its probabilities."""
        client = self.decision_client(WatchedTransport(self._decision_exchanges()))
        response = await ChatBuilder().with_model(client).build().decide("canary-question-Wm8", QUESTIONS)
        require_equal("The names", list(response.answers), list(QUESTIONS))

    @check
    async def test_the_key_of_decisions_is_in_a_header(self) -> None:
        """The request has the key in a header, and not in its URL or body."""
        transport = WatchedTransport(self._decision_exchanges())
        await self._decided(transport)
        require_key_in_header(transport, self.key)

    def _decision_exchanges(self) -> list[Exchange]:
        return list(self.scenario("decisions").exchanges)

    async def _decided(self, transport: WatchedTransport) -> DecisionResponse[float]:
        messages = Messages.from_user("canary-question-Wm8")
        return await self.decision_client(transport).decide(messages, QUESTIONS)


def _shown(answer: Answer[float]) -> JsonValue:
    match answer:
        case YesNoAnswer():
            return answer.probability
        case ChoiceAnswer():
            return answer.choice
        case Declined():
            return "declined"
        case _:
            return answer.score
