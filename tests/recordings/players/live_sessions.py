"""Play recorded sessions of Gemini's Live API: the user's side of them, through `chat.session`."""

from __future__ import annotations

from base64 import b64decode
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import anyio
from chat_core import ChatBuilder, ChatResponse, Done, File, Message, Messages, Text, Tool, ToolCall
from chat_core.realtime import RealtimeProvider, RealtimeSession
from chat_core.types.call_status import Completed
from chat_gemini.live import LiveBuilder

from players import neutral


async def gemini(recording: dict, base_url: str) -> dict:
    """A session of the Live API."""
    script = Script.of(recording["frames"])
    builder = _builder(recording, script.setup).with_base_url(base_url).with_api_key("test-key")
    try:
        async with builder.build() as client:
            return {"kind": "session", "turns": [turn async for turn in _turns(client, script)]}
    finally:
        # Before Python 3.12 asyncio.wait_for loses a cancellation that meets a result. The replay server is
        # stopped right after this, and would then wait 10 s: let it read first that the client has left.
        await anyio.sleep(0.02)


async def _turns(client: RealtimeProvider, script: Script) -> AsyncIterator[dict]:
    """Yield a turn for each `turnComplete`: the responses that end in a call are a part of it."""
    chat = ChatBuilder().with_model(client).with_tools(script.tools()).build()
    messages = script.history()
    async with chat.session(messages) as session:
        for turn in script.turns:
            for frame in turn.sent:
                await _send(session, frame)
            responses = [await _next_response(session) for _ in range(turn.responses)]
            yield _joined(responses)


async def _next_response(session: RealtimeSession) -> ChatResponse:
    async for event in session:
        if isinstance(event, Done):
            return event.response
    raise AssertionError("the session ended")


@dataclass
class Turn:
    """What the recorded client sent for a turn, and how many responses it has."""

    sent: list[dict] = field(default_factory=list)
    responses: int = 0


@dataclass
class Script:
    """What the recorded client sent, turn by turn; a turn that was cut has one more response."""

    setup: dict
    turns: list[Turn]
    results: deque[object]
    before: list[dict]

    @staticmethod
    def of(frames: list[dict]) -> Script:
        script = Script({}, [Turn()], deque(), [])
        is_open = False
        for frame in frames:
            message = frame.get("json")
            if not isinstance(message, dict):
                continue
            if frame["dir"] == "sent":
                script._sent(message)
                # an answer to these ends with the turn, be it empty
                is_open = is_open or _ends_turn(message)
                continue
            content = message.get("serverContent") or {}
            said = content.keys() & {"modelTurn", "outputTranscription"}
            is_open = is_open or bool(said)
            if message.get("toolCall"):
                script.turns[-1].responses += 1
                is_open = False
            elif content.get("turnComplete"):
                script.turns[-1].responses += is_open
                script.turns.append(Turn())
                is_open = False
        if frames[-1].get("kind") == "close":
            script.turns[-1].responses += 1
        else:
            script.turns.pop()
        return script

    def _sent(self, message: dict) -> None:
        if "setup" in message:
            self.setup = message["setup"]
        elif results := message.get("tool_response") or message.get("toolResponse"):
            self.results += [each["response"] for each in results["functionResponses"]]
        elif not (_content(message) or {"turnComplete": True}).get("turnComplete"):
            self.before.append(message)
        else:
            self.turns[-1].sent.append(message)

    def tools(self) -> list[Tool]:
        """The functions of the session, which return what was sent as their results, in that order."""

        async def answer(**arguments: object) -> object:
            result = self.results.popleft()
            return result.get("output", result) if isinstance(result, dict) else result

        declared = [
            function
            for tool in self.setup.get("tools") or []
            for function in tool.get("functionDeclarations") or []
        ]
        return [
            Tool(one["name"], one.get("description") or "", _json_schema(one.get("parameters") or {}), answer)
            for one in declared
        ]

    def history(self) -> Messages:
        """The conversation before the session."""
        messages = Messages()
        for part in (self.setup.get("systemInstruction") or {}).get("parts") or []:
            messages.add_system(part["text"])
        turns = [turn for message in self.before for turn in _content(message).get("turns") or []]
        for turn in turns:
            results = [part["functionResponse"] for part in turn["parts"] if "functionResponse" in part]
            for result in results:
                found = messages.find_tool(result.get("id") or result["name"])
                found.status = Completed(result["response"])
            if not results:
                messages.append(Message(turn["role"], list(_parts(turn))))
        return messages


def _ends_turn(message: dict) -> bool:
    is_result = bool(message.keys() & {"tool_response", "toolResponse"})
    return is_result or bool(_content(message).get("turnComplete"))


def _content(message: dict) -> dict:
    return message.get("client_content") or message.get("clientContent") or {}


def _parts(turn: dict) -> Iterator[Text | File | ToolCall]:
    for part in turn["parts"]:
        if "inlineData" in part:
            yield File(part["inlineData"]["mimeType"], b64decode(part["inlineData"]["data"]))
        elif call := part.get("functionCall"):
            yield ToolCall(call.get("id") or call["name"], call["name"], call.get("args") or {})
        else:
            yield Text(part.get("text") or "")


async def _send(session: RealtimeSession, message: dict) -> None:
    parts = [part for turn in _content(message).get("turns") or [] for part in _parts(turn)]
    for number, part in enumerate(parts, 1):
        await session.send(part.text if isinstance(part, Text) else part, respond=number == len(parts))
    given = message.get("realtime_input") or message.get("realtimeInput") or {}
    match given:
        case {"audio": {"data": data}}:
            await session.send(b64decode(data))
        case {"video": {"data": data, "mimeType": kind}}:
            await session.send(File(kind, b64decode(data)))
        case {"text": text}:
            await session.send(text)
        case {"audioStreamEnd": _} | {"audio_stream_end": _} | {"activityEnd": _} | {"activity_end": _}:
            await session.commit()
        case _:
            pass


def _builder(recording: dict, setup: dict) -> LiveBuilder:
    model = setup["model"].rpartition("/")[2]
    builder = LiveBuilder().with_model(model)
    if "aiplatform" in recording["url"]:
        builder = builder.with_vertex("a-project", "us-central1")
    config = setup.get("generationConfig") or {}
    thinking = config.get("thinkingConfig") or {}
    if thinking:
        builder = builder.with_thinking(thinking.get("thinkingLevel"), budget=thinking.get("thinkingBudget"))
    for modality in config.get("responseModalities") or []:
        builder = builder.with_output(modality.lower())
    detection = (setup.get("realtimeInputConfig") or {}).get("automaticActivityDetection") or {}
    if detection.get("disabled"):
        builder = builder.without_turn_detection()
    return builder


def _json_schema(schema: object) -> object:
    """A schema of the wire's dialect as JSON Schema: types in small letters."""
    if isinstance(schema, list):
        return [_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value.lower() if name == "type" and isinstance(value, str) else _json_schema(value)
        for name, value in schema.items()
    }


def _joined(responses: list[ChatResponse]) -> dict:
    """Several responses as one turn."""
    speech = b"".join(file.data or b"" for one in responses for file in one.files)
    return {
        **neutral.message(responses[-1] if responses else ChatResponse(Message("model"))),
        "text": "".join(one.text for one in responses),
        "reasoning_text": "".join(one.reasoning for one in responses),
        "tool_calls": [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            for one in responses
            for call in one.tool_calls
        ],
        "files": [{"size": len(speech), "sha256": sha256(speech).hexdigest()}] if speech else [],
    }
