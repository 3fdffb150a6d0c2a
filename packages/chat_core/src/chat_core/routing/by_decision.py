"""A strategy that has a model choose whom a request goes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from chat_core.routing.member import Member
from chat_core.routing.strategies import Order
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.questions import Choice, ChoiceAnswer
from chat_core.types.request import ChatRequest

if TYPE_CHECKING:
    from chat_core.types.questions import Decider


def by_decision(
    decider: Decider, question: Choice, *, messages: int = 1
) -> Callable[[ChatRequest, Order], Awaitable[Order]]:
    """Return the strategy that begins with the member whose name is chosen; the choices are names of members.

    `decider` is a chat with a small model, or a client that decides. It sees the last `messages` of the
    user and the model. Where it tells probabilities, the others follow by theirs. Where it fails or declines,
    and for embeddings, members stay in the order given. Raises `ConfigurationError` for less than one
    message, and, when it is used, for a choice that no member has the name of.
    """
    if messages < 1:
        raise ConfigurationError(f"by_decision(messages={messages}): at least 1")

    async def order(request: ChatRequest, members: Order) -> Order:
        names = {member.name for member in members}
        if not names & question.described.keys():
            raise ConfigurationError(
                f"by_decision(...): of {', '.join(question.described)} none is a member; "
                f"there are {', '.join(sorted(names))}"
            )
        seen = [message for message in request.messages if message.role != "system" and message.text]
        if not seen or len(members) < 2:
            return members
        texts = [f"{message.role}: {message.text}" for message in seen[-messages:]]
        try:
            response = await decider.decide(Messages.from_user("\n\n".join(texts)), {"to": question})
        except ChatError:
            return members  # a request is better sent to whoever is first than not at all
        answer = response.answers.get("to")
        return _ranked(members, answer) if isinstance(answer, ChoiceAnswer) else members

    return order


def _ranked(members: Order, answer: ChoiceAnswer[float | None]) -> Order:
    def rank(member: Member) -> tuple[bool, float]:
        return member.name != answer.choice, -answer.probabilities.get(member.name, 0.0)

    return sorted(members, key=rank)
