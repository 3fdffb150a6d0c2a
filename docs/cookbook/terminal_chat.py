"""A chat at the terminal: answers stream in, one tool runs by itself, the other asks first."""

import asyncio
import os
from collections.abc import Mapping

from chat_completions import ChatCompletionsBuilder
from chat_core import (
    Action,
    AnyChat,
    ChatBuilder,
    ChatError,
    Execute,
    Messages,
    RequireApproval,
    ScopedCollection,
    TextChunk,
    ToolCall,
    ToolCalled,
    tool,
)

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")
notes = {"shopping": "milk"}
ask = input  # it blocks the event loop, which has nothing else to do


@tool
def read_note(title: str) -> str:
    """Read a note."""
    return notes.get(title, "there is no such note")


@tool(meta={"changes": True})
def write_note(title: str, text: str) -> str:
    """Write a note, over the one that has the title."""
    notes[title] = text
    return "written"


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval("It changes your notes.") if meta.get("changes") else Execute()


async def answer(chat: AnyChat, messages: Messages) -> bool:
    """Show the answer as it arrives, and ask about the calls that wait. Return whether there were any."""
    async with chat.stream(messages) as events:
        async for event in events:
            match event:
                case TextChunk(text):
                    print(text, end="", flush=True)
                case ToolCalled(call):
                    print(f"[{call.name} {call.arguments}]", flush=True)
    print()
    for call in (waiting := messages.pending):
        yes = ask(f"{call.note} May {call.name} run with {call.arguments}? (y/n) ").startswith("y")
        call.approve(by="the user") if yes else call.reject("The user said no.")
    return bool(waiting)


async def main() -> None:
    """Talk until the input ends: Ctrl-D."""
    async with ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4").build() as client:
        scoped = ScopedCollection([read_note, write_note], strategy)
        chat = ChatBuilder().with_model(client).with_scoped_tools(scoped).build()
        messages = Messages.from_system("You keep the user's notes.")
        while True:
            try:
                messages.add_user(ask("you: "))
                while await answer(chat, messages):
                    pass
            except ChatError as error:
                print(f"{type(error).__name__}: {error}")
            except EOFError:
                return


if __name__ == "__main__":
    asyncio.run(main())
