"""A page that talks to a model: the microphone and the speaker of the browser, and a session behind it.

    python examples/voice/app.py

Then open http://127.0.0.1:8485. With `GEMINI_API_KEY` or `OPENAI_API_KEY` it talks to that model, else, or
with `CHAT_VOICE_SCRIPTED=1`, to a scripted server that answers tones. `PORT` is the port.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from chat_core import ChatBuilder, ChatError, Messages, RequireApproval, ScopedCollection, tool
from chat_core.realtime import RealtimeProvider
from chat_gemini import GeminiBuilder
from chat_openai.realtime import RealtimeBuilder
from scripted import scripted_server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from talk import Talk

HERE = Path(__file__).parent
INSTRUCTIONS = "You are the voice of a house. Answer in one or two short sentences."


@tool
async def open_door(door: str) -> str:
    """Open a door of the house."""
    return f"The {door} door is open."


class Site:
    """The routes, and the one conversation that all visits go on with."""

    def __init__(self) -> None:
        self._messages = Messages.from_system(INSTRUCTIONS)
        self._client: RealtimeProvider
        self._name = ""

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncGenerator[None]:
        """Find a model, and keep its client for as long as the server runs."""
        async with AsyncExitStack() as stack:
            self._client, self._name = await find_model(stack)
            yield

    async def page(self, request: Request) -> Response:
        """The page."""
        html = (HERE / "page.html").read_text(encoding="utf-8")
        return HTMLResponse(html, headers={"cache-control": "no-store"})

    async def talk(self, page: WebSocket) -> None:
        """A visit: a session for as long as the page is open."""
        origin = urlsplit(page.headers.get("origin", ""))
        if origin.netloc != page.headers.get("host"):  # a page of another site may open WebSockets here too
            await page.close(1008, "this page does not come from this server")
            return
        await page.accept()
        await page.send_json(self._welcome())
        doors = ScopedCollection([open_door], lambda call, meta: RequireApproval("Somebody is at the door."))
        chat = ChatBuilder().with_model(self._client).with_scoped_tools(doors).build()
        try:
            self._messages.close_open_calls()  # nobody can decide about calls of the last visit any more
            async with chat.session(self._messages, reconnect=True) as session:
                await Talk(page, session).run()
        except ChatError as error:
            await page.send_json({"type": "error", "text": str(error)})
            await page.close(1011)

    def _welcome(self) -> dict[str, object]:
        turns = [
            {"of": message.role, "text": message.text}
            for message in self._messages
            if message.role != "system" and message.text
        ]
        rates = self._client.realtime.input_rate, self._client.realtime.output_rate
        return {"type": "welcome", "model": self._name, "rates": rates, "turns": turns}


async def find_model(stack: AsyncExitStack) -> tuple[RealtimeProvider, str]:
    """Return the client of a model that there is a key for, else of the scripted server."""
    scripted = bool(os.environ.get("CHAT_VOICE_SCRIPTED"))
    if not scripted and os.environ.get("GEMINI_API_KEY"):
        gemini = GeminiBuilder().with_model("gemini-3.8-live").with_realtime().build()
        return await stack.enter_async_context(gemini), gemini.model
    if not scripted and os.environ.get("OPENAI_API_KEY"):
        openai = RealtimeBuilder().with_model("gpt-realtime-2").build()
        return await stack.enter_async_context(openai), openai.model
    url = await stack.enter_async_context(scripted_server())
    builder = GeminiBuilder().with_model("scripted").with_base_url(url).with_api_key("none")
    client = builder.with_realtime().with_output("audio").build()
    return await stack.enter_async_context(client), "a scripted server: whistle, or play a tone"


def build() -> Starlette:
    """Return the application."""
    site = Site()
    return Starlette(
        routes=[Route("/", site.page), WebSocketRoute("/talk", site.talk)], lifespan=site.lifespan
    )


if __name__ == "__main__":
    port = int(os.environ.get("PORT") or 8485)
    uvicorn.run(build(), host="127.0.0.1", port=port, log_level="warning", ws="websockets-sansio")
