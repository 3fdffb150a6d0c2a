"""The agent of the page: it runs in the browser, and its tool changes the page itself."""

from __future__ import annotations

from collections.abc import Callable

import js  # JavaScript's global names
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatError,
    Done,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    TextChunk,
    tool,
)

STORED = "conversation"  # in the browser's own storage: a reload goes on where it was


@tool
def paint(colour: str) -> str:
    """Paint the page in a colour of CSS."""
    js.document.body.style.background = colour
    return f"the page is {colour}"


class Agent:
    """One conversation, kept in the browser's storage."""

    def __init__(self, base_url: str, show: Callable[[str, str], object]) -> None:
        """`show` is called with what happens: a kind, and a text."""
        client = ChatCompletionsBuilder().with_base_url(base_url).with_model("any").build()
        tools = ScopedCollection([paint], lambda call, meta: RequireApproval())
        self._chat = ChatBuilder().with_model(client).with_scoped_tools(tools).build()
        self._show = show
        stored = js.localStorage.getItem(STORED)
        self._messages = Messages.from_json(stored) if stored else Messages.from_system("Be brief.")
        self._ask_about_calls()

    async def say(self, text: str) -> None:
        """Answer the user."""
        self._messages.close_open_calls()
        self._messages.add_user(text)
        await self._run()

    async def decide(self, approved: bool) -> None:
        """Go on with the calls that wait, approved or rejected."""
        for call in self._messages.pending:
            if approved:
                call.approve()
            else:
                call.reject("the user does not want it")
        await self._run()

    async def _run(self) -> None:
        try:
            async with self._chat.stream(self._messages) as events:
                async for event in events:
                    match event:
                        case TextChunk(text):
                            self._show("text", text)
                        case Done() | Paused():
                            self._show("end", "")
        except ChatError as error:
            self._show("error", str(error))
        js.localStorage.setItem(STORED, self._messages.to_json())
        self._ask_about_calls()

    def _ask_about_calls(self) -> None:
        for call in self._messages.pending:
            self._show("call", f"{call.name}({call.arguments})")
