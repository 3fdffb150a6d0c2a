"""The agent of the example: its tools, who decides about their calls, and the model that it talks to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from chat_completions import ChatCompletionsBuilder, ChatCompletionsClient
from chat_core import (
    Action,
    Chat,
    ChatBuilder,
    ChatModel,
    ChatResponse,
    Complete,
    Defer,
    Execute,
    JsonObject,
    Paused,
    RequireApproval,
    ScopedCollection,
    ToolCall,
    ToolContext,
    tool,
)
from chat_core.testing import Call, LoopbackServer, Reply
from conversations import Build, Save
from store import Store


@tool
async def charge(context: ToolContext[Store], order: str, amount: int) -> str:
    """Charge the card of an order."""
    await context.deps.record(context.idempotency_key, f"charged {amount} for {order}")
    return f"charged {amount}"


@tool
async def send_mail(context: ToolContext[Store], to: str, text: str) -> str:
    """Send a mail."""
    await context.deps.record(context.idempotency_key, f"mail to {to}: {text}")
    return f"sent to {to}"


@tool
async def remind(context: ToolContext[Store], text: str) -> str:
    """Remind the team a little later."""
    await context.deps.record(context.idempotency_key, f"reminder: {text}")
    return f"reminded of {text}"


TOOLS = (charge, send_mail, remind)


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    """Return what is done about a call: mail needs a person, a reminder its time."""
    match call.name:
        case "send_mail":
            return RequireApproval("This leaves the house.")
        case "remind":
            return Defer(datetime.now(UTC) + timedelta(seconds=float(os.environ.get("REMIND_AFTER", "20"))))
        case _:
            return Execute()


def builder_of(client: ChatModel) -> Build:
    """Return what makes the chat of a conversation."""
    builder = ChatBuilder().with_model(client).with_scoped_tools(ScopedCollection(TOOLS, strategy))

    def build(save: Save, /) -> Chat[ChatModel, Complete | Paused, ChatResponse, Store]:
        return builder.with_checkpoint(save).build()

    return build


def find_model(stack: ExitStack) -> ChatCompletionsClient:
    """Return the model of CHAT_BASE_URL and CHAT_MODEL, or a scripted server of the same protocol."""
    url = os.environ.get("CHAT_BASE_URL") or stack.enter_context(LoopbackServer(answer)).url
    model = os.environ.get("CHAT_MODEL", "scripted")
    return ChatCompletionsBuilder().with_base_url(url).with_model(model).build()


def answer(body: JsonObject) -> Reply:
    """The script: charge, mail and remind at once, then sum up what became of them."""
    match body:
        case {"messages": [*_, {"role": "user"}]}:
            calls = (
                Call("charge", {"order": "A-17", "amount": 48}),
                Call("send_mail", {"to": "ada@example.com", "text": "Your order is on its way."}),
                Call("remind", {"text": "call Ada"}),
            )
            return Reply("I charge the card and write to Ada.", calls=calls)
        case {"messages": list(messages)}:
            results = [one for one in messages if isinstance(one, dict) and one.get("role") == "tool"]
            return Reply("Done: " + " · ".join(str(one.get("content")) for one in results[-3:]))
        case _:
            return Reply("I did not get that.")
