"""What every wire's player does: reads what was sent, and plays one turn or one request for vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chat_core import (
    Action,
    ChatBuilder,
    ChatResponse,
    Done,
    EmbeddingsResponse,
    Messages,
    Paused,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    StepLimitReached,
    Tool,
    ToolCall,
)

_NO_RETRIES = RetryPolicy(max_retries=0)


def sent(exchange: dict) -> dict:
    """The body of the recorded request; empty where it was not recorded or is no object."""
    body = exchange["request"].get("json")
    return body if isinstance(body, dict) else {}


def with_a_user(messages: Messages) -> Messages:
    """The conversation, with a word of the user's where the request has none."""
    return messages if any(message.role == "user" for message in messages) else messages.add_user("Hello")


async def turn(client: Any, tools: list[Tool], messages: Messages, stream: bool) -> ChatResponse:
    """The response, whole or streamed; its calls wait, so the loop stops after it."""
    builder = ChatBuilder().with_model(client).with_retry(_NO_RETRIES).with_max_steps(1)
    chat = builder.with_scoped_tools(ScopedCollection(tools, _wait)).build()
    try:
        if not stream:
            return (await chat.complete(messages)).response
        async with chat.stream(messages) as events:
            async for event in events:
                if isinstance(event, Done | Paused):
                    return event.response
    except StepLimitReached:  # no call of the turn can run, so the model would be told at once
        return ChatResponse(messages[-1])
    raise AssertionError("a stream ends in Done or Paused")


async def embed(client: Any, inputs: str | Sequence[str]) -> EmbeddingsResponse:
    """The vectors of texts."""
    return await ChatBuilder().with_model(client).with_retry(_NO_RETRIES).build().embed(inputs)


def _wait(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval()
