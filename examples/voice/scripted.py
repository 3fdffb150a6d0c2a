"""A realtime server with a script, which speaks the protocol of Gemini Live over a real socket.

It listens to tones: when one has ended, it says how high it was, and plays it back an octave higher. A tone
while it plays cuts it off. A typed text with "door" in it makes it call the tool `open_door`.
"""

from __future__ import annotations

import json
import math
from array import array
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import anyio
from anyio.abc import TaskGroup
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HEARS, SPEAKS = 16000, 24000  # samples a second
LOUD = 1000  # the mean of a tone's samples, of 32,767
SILENCE = HEARS * 3 // 10  # samples without a tone that end a turn
Message = dict[str, object]


@asynccontextmanager
async def scripted_server() -> AsyncGenerator[str]:
    """Run the server on a free port, and yield its address."""

    async def talk(connection: ServerConnection) -> None:
        async with anyio.create_task_group() as tasks:
            await Session(connection, tasks).run()
            tasks.cancel_scope.cancel()

    async with serve(talk, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class Session:
    """One connection."""

    def __init__(self, connection: ServerConnection, tasks: TaskGroup) -> None:
        self._connection = connection
        self._tasks = tasks
        self._tone = array("h")
        self._quiet = 0
        self._reply: anyio.CancelScope | None = None

    async def run(self) -> None:
        """Answer what comes until the client leaves."""
        try:
            async for message in self._connection:
                await self._take(json.loads(message))
        except ConnectionClosed:
            pass

    async def _take(self, message: dict[str, object]) -> None:
        match message:
            case {"setup": _}:
                await self._send({"setupComplete": {}})
            case {"realtime_input": {"audio": {"data": str(data)}}}:
                await self._hear(array("h", b64decode(data)))
            case {"client_content": {"turns": [*_, {"parts": [*_, {"text": str(text)}]}]}}:
                if "door" in text.lower():
                    call = {"id": "call-1", "name": "open_door", "args": {"door": "front"}}
                    await self._send({"toolCall": {"functionCalls": [call]}})
                else:
                    self._answer(f"You wrote: {text}", 440)
            case {"tool_response": {"functionResponses": [{"response": dict(response)}]}}:
                self._answer(f"The tool says: {next(iter(response.values()))}", 660)
            case _:
                pass

    async def _hear(self, samples: array[int]) -> None:
        if not samples:
            return
        if sum(map(abs, samples)) / len(samples) >= LOUD:
            if not self._tone:
                await self._send({"voiceActivity": {"voiceActivityType": "ACTIVITY_START"}})
                await self._interrupt()
            self._tone += samples
            self._quiet = 0
            return
        self._quiet += len(samples)
        if self._tone and self._quiet >= SILENCE:
            heard = pitch(self._tone)
            self._tone = array("h")
            await self._send({"voiceActivity": {"voiceActivityType": "ACTIVITY_END"}})
            await self._send({"serverContent": {"inputTranscription": {"text": f"(a tone of {heard} Hz)"}}})
            self._answer(f"I heard a tone of {heard} hertz. This is one octave higher.", heard * 2)

    def _answer(self, text: str, hertz: int) -> None:
        self._reply = anyio.CancelScope()
        self._tasks.start_soon(self._speak, self._reply, text, hertz)

    async def _speak(self, scope: anyio.CancelScope, text: str, hertz: int) -> None:
        with scope:
            words = text.split(" ")
            for number, sound in enumerate(tone(hertz, len(words))):
                said = words[number] + (" " if number < len(words) - 1 else "")
                blob = {"mimeType": f"audio/pcm;rate={SPEAKS}", "data": b64encode(sound).decode()}
                turn = {"parts": [{"inlineData": blob}]}
                await self._send(
                    {"serverContent": {"modelTurn": turn, "outputTranscription": {"text": said}}}
                )
                await anyio.sleep(0.2)  # a little faster than it plays
            await self._end({})
        if self._reply is scope:
            self._reply = None

    async def _interrupt(self) -> None:
        if self._reply is not None:
            self._reply.cancel()
            self._reply = None
            await self._end({"interrupted": True})

    async def _end(self, content: Message) -> None:
        usage = {"promptTokenCount": 10, "responseTokenCount": 10, "totalTokenCount": 20}
        await self._send({"serverContent": {**content, "turnComplete": True}, "usageMetadata": usage})

    async def _send(self, message: Message) -> None:
        await self._connection.send(json.dumps(message).encode())


def pitch(samples: array[int]) -> int:
    """Return the height of a tone in hertz, by how often it crosses zero; its ends are left out."""
    middle = samples[len(samples) // 4 : len(samples) * 3 // 4]
    rises = sum(before < 0 <= after for before, after in pairwise(middle))
    return round(rises * HEARS / len(middle)) if middle else 0


def tone(hertz: int, pieces: int) -> Iterator[bytes]:
    """Yield a quiet tone in pieces of a quarter of a second."""
    length = SPEAKS // 4
    for piece in range(pieces):
        times = (at * math.tau / SPEAKS for at in range(piece * length, (piece + 1) * length))
        yield array("h", (round(3000 * math.sin(hertz * time)) for time in times)).tobytes()
