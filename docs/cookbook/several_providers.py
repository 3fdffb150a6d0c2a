"""Several providers in one conversation: one drafts, one reviews, and both see all that was said before.

python docs/cookbook/several_providers.py
python docs/cookbook/several_providers.py openai:gpt-5.6 claude:claude-sonnet-5  # keys from the environment
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack

from chat_claude import ClaudeBuilder
from chat_core import ChatBuilder, ChatModel, Messages, open_model
from chat_groq import GroqBuilder

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")


async def discuss(drafting: ChatModel, reviewing: ChatModel) -> Messages:
    """Have one model draft and the other review, and let the first have the last word."""
    draft = ChatBuilder().with_model(drafting).build()
    review = ChatBuilder().with_model(reviewing).build()
    messages = Messages.from_user("Write a slogan for a ferry line.")
    await draft.complete(messages)
    await review.complete(messages.add_user("What could be better in that slogan?"))
    response = await draft.complete(messages.add_user("Write it again, better."))
    for notice in response.notices:  # what one provider said and the other's wire has no place for
        print(f"note: {notice}")
    return messages


async def main(names: list[str]) -> None:
    """Open the two models that are named, or two on the wires of the server of the documentation."""
    async with AsyncExitStack() as stack:
        if names:
            first, second = [await stack.enter_async_context(open_model(name)) for name in names]
            messages = await discuss(first, second)
        else:
            host = BASE_URL.removesuffix("/v1")
            groq = GroqBuilder().with_base_url(BASE_URL).with_model("llama-4").build()
            claude = ClaudeBuilder().with_base_url(host).with_model("claude-sonnet-5").build()
            await stack.enter_async_context(groq)
            await stack.enter_async_context(claude)
            messages = await discuss(groq, claude)
    for message in messages:
        print(f"{(message.turn and message.turn.model) or message.role}: {message.text}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
