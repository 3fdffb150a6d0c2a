"""Play recorded realtime sessions: the user's side of them, through `chat.session`."""

from __future__ import annotations

from base64 import b64decode
from collections import deque
from collections.abc import AsyncIterator

import anyio
from chat_core import (
    ChatBuilder,
    Done,
    Message,
    Messages,
    Text,
    Tool,
    ToolCall,
    ToolCallChunk,
)
from chat_core.realtime import RealtimeProvider, RealtimeSession
from chat_core.types.call_status import Completed
from chat_openai.realtime import AZURE, OPENAI, VOICE_LIVE, XAI, RealtimeBuilder

from players import neutral


async def openai(recording: dict, base_url: str) -> dict:
    """A session of OpenAI's realtime protocol."""
    script = _Script([frame for frame in recording["frames"] if isinstance(frame.get("json"), dict)])
    if recording["frames"][-1].get("kind") == "close" and script.awaits_response:
        script.responses += 1  # which never ends
    builder = _builder(recording, script.settings).with_base_url(base_url).with_api_key("test-key")
    try:
        async with builder.with_model("a-model").build() as client:
            return {"kind": "session", "turns": [turn async for turn in _turns(client, script)]}
    finally:
        # Before Python 3.12 asyncio.wait_for loses a cancellation that meets a result. The replay server is
        # stopped right after this, and would then wait 10 s: let it read first that the client has left.
        await anyio.sleep(0.02)


async def _turns(client: RealtimeProvider, script: _Script) -> AsyncIterator[dict]:
    chat = ChatBuilder().with_model(client).with_tools(script.tools()).build()
    messages, first = script.history()
    left = script.responses
    async with chat.session(messages) as session:
        for frame in first:
            await _send(session, frame)
        async for event in session:
            if isinstance(event, ToolCallChunk) and (early := script.early_results()):
                for frame in early:  # the recorded client answered before the response was done
                    await session.send(frame["item"]["output"], respond=False)
            if not isinstance(event, Done):
                continue
            yield _neutral(event)
            left -= 1
            if not left:
                return
            for frame in script.after_response():
                await _send(session, frame)


class _Script:
    """What the recorded client sent, by the number of responses that were done by then."""

    def __init__(self, frames: list[dict]) -> None:
        self.settings: dict = {}
        self.responses = 0
        self.awaits_response = True
        self._early: deque[list[dict]] = deque([[]])
        self._sent: deque[list[dict]] = deque([[]])
        self._results: deque[str] = deque()
        open_response = False
        for frame in frames:
            event = frame["json"]
            kind = event.get("type")
            if frame["dir"] == "received":
                open_response = open_response or kind == "response.created"
                self.awaits_response = self.awaits_response or open_response
                if kind == "response.done":
                    open_response = False
                    self.responses += 1
                    output = event["response"].get("output") or []
                    self.awaits_response = any(item["type"] == "function_call" for item in output)
                    self._sent.append([])
                    self._early.append([])
            elif kind == "session.update":
                self.settings = event["session"]
            elif _is_result(event) and (open_response or self.responses):
                self._results.append(event["item"]["output"])
                if open_response:
                    self._early[-1].append(event)
            else:
                self._sent[-1].append(event)
                self.awaits_response = True

    def tools(self) -> list[Tool]:
        """The functions of the session, which return what was sent as their results, in that order."""

        async def answer(**arguments: object) -> str:
            return self._results.popleft()

        return [
            Tool(tool["name"], tool.get("description") or "", tool["parameters"], answer)
            for tool in self.settings.get("tools") or []
            if tool.get("type") == "function"
        ]

    def history(self) -> tuple[Messages, list[dict]]:
        """The conversation before the session, and what was sent first in it."""
        messages = Messages()
        if instructions := self.settings.get("instructions"):
            messages.add_system(instructions)
        events = self._sent.popleft()
        items = [event for event in events if event["type"] == "conversation.item.create"]
        for event in items[:-1]:
            item = event["item"]
            if item["type"] == "message":
                role = {"user": "user", "assistant": "model"}.get(item["role"], "system")
                messages.append(Message(role, [Text(part["text"]) for part in item["content"]]))
            elif item["type"] == "function_call":
                call = ToolCall(item["call_id"], item["name"], arguments_text=item["arguments"])
                messages.append(Message("model", [call]))
            elif _is_result(event):
                messages.find_tool(item["call_id"]).status = Completed(item["output"])
        return messages, [event for event in events if event not in items[:-1]]

    def early_results(self) -> list[dict]:
        """The results that were sent while the response was under way, once."""
        early, self._early[0] = self._early[0], []
        return early

    def after_response(self) -> list[dict]:
        """What was sent after the response that has just ended."""
        self._early.popleft()
        return self._sent.popleft()


def _is_result(event: dict) -> bool:
    return (event.get("item") or {}).get("type") == "function_call_output"


async def _send(session: RealtimeSession, event: dict) -> None:
    match event["type"]:
        case "conversation.item.create":
            [part] = event["item"]["content"]
            await session.send(part["text"], respond=False)
        case "input_audio_buffer.append":
            await session.send(b64decode(event["audio"]))
        case "input_audio_buffer.commit":
            await session.commit()
        case "input_audio_buffer.clear":
            await session.clear()
        case "response.create":
            await session.respond()
        case "response.cancel":
            await session.interrupt()
        case "conversation.item.truncate":
            await session.interrupt(event["audio_end_ms"])
        case _:
            pass


def _builder(recording: dict, settings: dict) -> RealtimeBuilder:
    if "modalities" in settings:
        dialect, output = VOICE_LIVE, settings["modalities"]
    else:
        dialect = {"azure": AZURE, "xai": XAI}.get(recording["provider"], OPENAI)
        output = settings.get("output_modalities") or ["audio"]
    builder = RealtimeBuilder(dialect).with_output("text" if output == ["text"] else "audio")
    heard = (settings.get("audio") or {}).get("input") or settings
    if not (heard.get("turn_detection") or settings.get("turn_detection")):
        builder = builder.with_turn_detection(None)
    return builder


def _neutral(done: Done) -> dict:
    return neutral.message(done.response)
