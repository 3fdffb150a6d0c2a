"""Testing an application: a support desk that may refund, and its tests, without a network and without a key.

python -m pytest -n 0 docs/cookbook/testing_an_application.py
"""

from collections.abc import Mapping

import pytest
from chat_core import (
    Action,
    ChatBuilder,
    ChatModel,
    Execute,
    Messages,
    Overloaded,
    Paused,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    ToolCall,
    tool,
)
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio


class SupportDesk:
    """The application. It is given its model, so that a test gives it another one."""

    def __init__(self, model: ChatModel) -> None:
        self.refunded: dict[str, int] = {}
        scoped = ScopedCollection([tool(self.refund)], self.strategy)
        builder = ChatBuilder().with_model(model).with_retry(RetryPolicy(base_delay=0))
        self.chat = builder.with_scoped_tools(scoped).build()

    def refund(self, order: str, amount: int) -> str:
        """Pay an order back."""
        self.refunded[order] = amount
        return "paid back"

    @staticmethod
    def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
        """A person looks at large amounts."""
        amount = call.arguments["amount"]
        return RequireApproval("a large amount") if isinstance(amount, int) and amount > 50 else Execute()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_small_refund_is_paid_at_once() -> None:
    model = ScriptedProvider([ToolCall("1", "refund", {"order": "A-17", "amount": 30}), "You have it back."])
    desk, messages = SupportDesk(model), Messages.from_user("My mug arrived broken.")

    await desk.chat.complete(messages)

    assert desk.refunded == {"A-17": 30}
    assert model.requests[1].messages[1].tool_calls[0].outcome() == "paid back"  # the model read it


async def test_a_large_refund_waits_and_a_restart_in_between_does_not_matter() -> None:
    first = SupportDesk(ScriptedProvider([ToolCall("1", "refund", {"order": "A-17", "amount": 300})]))
    messages = Messages.from_user("My bicycle arrived broken.")
    assert isinstance(await first.chat.complete(messages), Paused)

    restored, second = Messages.from_json(messages.to_json()), SupportDesk(ScriptedProvider(["Done."]))
    restored.find_tool("1").approve(by="grace")
    await second.chat.resume(restored)

    assert (first.refunded, second.refunded) == ({}, {"A-17": 300})


async def test_an_overloaded_model_is_tried_again() -> None:
    desk = SupportDesk(ScriptedProvider([Overloaded("no capacity", retryable=True), "Hello!"]))
    await desk.chat.complete(messages := Messages.from_user("Hello"))
    assert messages[-1].text == "Hello!"
