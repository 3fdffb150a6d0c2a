"""A session between a page and a model: speech goes both ways, everything else as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import anyio
from chat_core import ChatError
from chat_core.realtime import AudioChunk, RealtimeSession
from starlette.websockets import WebSocket, WebSocketDisconnect


class Talk:
    """One visit of a page.

    The page sends speech as bytes, and `{"type": "text"}`, `{"type": "interrupt"}` or `{"type": "decide"}`.
    """

    def __init__(self, page: WebSocket, session: RealtimeSession) -> None:
        self._page = page
        self._session = session

    async def run(self) -> None:
        """Carry what comes from either side to the other, until one of them leaves."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._until_end, tasks.cancel_scope.cancel)
            while (message := await self._page.receive())["type"] != "websocket.disconnect":
                try:
                    if data := message.get("bytes"):
                        await self._session.send(data)
                    elif text := message.get("text"):
                        await self._take(json.loads(text))
                except (
                    ChatError,
                    ValueError,
                    LookupError,
                ) as error:  # the page can be wrong about what waits
                    await self._tell(error)
            tasks.cancel_scope.cancel()

    async def _until_end(self, leave: Callable[[], None]) -> None:
        try:
            async for event in self._session:
                if isinstance(event, AudioChunk):
                    await self._page.send_bytes(event.data)
                else:
                    await self._page.send_text(event.to_json())
        except ChatError as error:
            await self._tell(error)
        except WebSocketDisconnect:
            pass
        leave()

    async def _tell(self, error: Exception) -> None:
        await self._page.send_text(json.dumps({"type": "error", "text": str(error)}))

    async def _take(self, command: dict[str, object]) -> None:
        match command:
            case {"type": "text", "text": str(text)}:
                await self._session.send(text)
            case {"type": "interrupt", "played_ms": int(played)}:
                await self._session.interrupt(played)
            case {"type": "decide", "id": str(id), "approved": bool(approved)}:
                call = self._session.messages.find_tool(id)
                if approved:
                    call.approve(by="the person at the page")
                else:
                    call.reject("The person at the page does not want it.")
                await self._session.resume()
            case _:
                pass
