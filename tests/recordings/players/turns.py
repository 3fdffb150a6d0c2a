"""One recorded turn, played through a chat."""

from __future__ import annotations

from chat_core import Chat, ChatResponse, Done, Messages, Paused


async def turn(chat: Chat, messages: Messages, stream: bool) -> ChatResponse:
    """The response, whole or streamed; its calls wait, so the loop stops after it."""
    if not stream:
        return (await chat.complete(messages)).response
    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, Done | Paused):
                return event.response
    raise AssertionError("a stream ends in Done or Paused")
