"""What `benchmarks.growth` lets grow, and the work that is done at each size. Nothing here uses a network."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, Completed, Message, Messages, Text, ToolCall, Turn, tool
from chat_core.testing import FakeTransport
from chat_core.transport import EventStream, Request, Response
from chat_core.transport.http_stream import Head, HttpStream
from chat_gemini import GeminiBuilder
from chat_responses import ResponsesBuilder

from benchmarks import wires

Run = Callable[[], Awaitable[object]]
"""One piece of work, ready to be measured."""

MODELS = {
    "chat": (ChatCompletionsBuilder, "m"),
    "responses": (ResponsesBuilder, "gpt-5.6"),
    "claude": (ClaudeBuilder, "claude-opus-4-8"),
    "gemini": (GeminiBuilder, "gemini-3-pro"),
}
WIRES = tuple(MODELS)


@dataclass(frozen=True, slots=True)
class Axis:
    """A size, in `unit`s, and what is done at each; `prepare` is not measured."""

    name: str
    unit: str
    sizes: Sequence[int]
    prepare: Callable[[str, int], Run]
    models: Sequence[str] = WIRES


def client(wire: str, transport: FakeTransport) -> Any:
    builder, model = MODELS[wire]
    made: Any = builder().with_model(model).with_api_key("key").with_transport(transport)
    if wire in ("chat", "responses"):
        made = made.with_base_url("http://localhost/v1")
    return made.build()


def answer(wire: str, text: str, calls: Sequence[tuple[str, dict[str, Any]]] = ()) -> dict[str, Any]:
    """Return a whole response: a text, and calls of `look`."""
    return wires.answer(wire, text, [(id, "look", given) for id, given in calls])


def text_delta(text: str) -> dict[str, Any]:
    return {"type": "text_delta", "text": text}


def history(size: int) -> Messages:
    messages = Messages()
    for number in range(size - 1):
        messages.append(Message(("user", "model")[number % 2], [Text(f"{number}: {'word ' * 20}")]))
    return messages.add_user("And now?")


def history_of_calls(size: int) -> Messages:
    messages = Messages.from_user("Go.")
    for number in range(size):
        call = ToolCall(f"call_{number}", "look", {"at": number}, Completed("seen"))
        messages.append(Message("model", [Text("Looking."), call], turn=Turn("tool_calls")))
    return messages


def look(at: int) -> str:
    """Look at a place."""
    return "seen"


def request(wire: str, messages: Messages, text: str = "ok", **options: Any) -> Run:
    """One whole turn of a conversation."""
    transport = FakeTransport().answer(answer(wire, text))
    builder = ChatBuilder().with_model(client(wire, transport))
    chat = builder.with_tools(options["tools"]).build() if "tools" in options else builder.build()
    return lambda: chat.complete(messages)


class PieceByPiece(FakeTransport):
    """One that hands a stream on as it comes from a network: 64 KiB at a time."""

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        response = await self.send(request)
        head = Head(response.status, {**response.headers})
        async with aclosing(HttpStream(head, pieces_of(response.body), 1 << 30, request.reads_as)) as stream:
            yield stream


async def pieces_of(body: bytes) -> AsyncGenerator[bytes]:
    for start in range(0, len(body), 1 << 16):
        yield body[start : start + (1 << 16)]


def streamed(wire: str, sent: Sequence[Any]) -> Run:
    """One streamed turn."""
    chat = ChatBuilder().with_model(client(wire, PieceByPiece().answer(sent))).build()

    async def read() -> None:
        async with chat.stream(Messages.from_user("go")) as stream:
            async for _ in stream:
                pass

    return read


def sent_again(wire: str, size: int) -> Run:
    """The second turn of a conversation with many calls."""
    messages = history_of_calls(size)
    transport = FakeTransport().answer(answer(wire, "ok")).answer(answer(wire, "ok"))
    chat = ChatBuilder().with_model(client(wire, transport)).build()

    async def prepared() -> object:
        return await chat.complete(messages.add_user("And now?"))

    return prepared


class ForgetfulTransport(FakeTransport):
    """One that does not keep what was sent: of an agent that would be megabytes, which no other transport
    keeps.
    """

    async def send(self, request: Request, /) -> Response:
        response = await super().send(request)
        self.requests.clear()
        return response


def agent(wire: str, size: int, save: Callable[[Messages], object] | None = None) -> Run:
    transport = ForgetfulTransport()
    for number in range(size - 1):
        transport.answer(answer(wire, "Looking.", [(f"call_{number}", {"at": number})]))
    transport.answer(answer(wire, "Done."))
    builder = (
        ChatBuilder().with_model(client(wire, transport)).with_tools([tool(look_async)]).with_max_steps(size)
    )
    chat = (builder if save is None else builder.with_checkpoint(save)).build()
    return lambda: chat.complete(Messages.from_user("Go."))


async def look_async(at: int) -> str:
    """Look at a place."""
    return "seen"


look_async.__name__ = "look"


def tools(wire: str, size: int) -> Run:
    made = [tool(name=f"look_{number}")(look) for number in range(size)]
    for one in made:
        _ = one.definition
    return request(wire, Messages.from_user("Go."), tools=made)


def arguments(wire: str, size: int) -> Run:
    """The arguments of one call in fragments of 20 bytes; on Chat Completions each repeats id and name."""
    text = json.dumps({"at": "x" * size})
    pieces = [text[start : start + 20] for start in range(0, len(text), 20)]
    if wire == "claude":
        deltas = [
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "input_json_delta", "partial_json": piece},
            }
            for piece in pieces
        ]
        start = {"type": "tool_use", "id": "t", "name": "look", "input": {}}
        return untaken(wire, wires.claude_stream(wires.claude_block(0, start, deltas), "tool_use"))
    if wire == "responses":
        item = {"type": "function_call", "id": "fc", "call_id": "c", "name": "look", "arguments": ""}
        whole = {**item, "arguments": text, "status": "completed"}
        end = {"id": "r", "model": "m", "status": "completed", "output": [whole]}
        return untaken(
            wire,
            [
                {"type": "response.output_item.added", "output_index": 0, "item": item},
                *(
                    {"type": "response.function_call_arguments.delta", "item_id": "fc", "output_index": 0}
                    | {"delta": piece}
                    for piece in pieces
                ),
                {"type": "response.output_item.done", "output_index": 0, "item": whole},
                {"type": "response.completed", "response": end},
            ],
        )
    calls = [
        {"index": 0, "id": "c", "type": "function", "function": {"name": "look", "arguments": piece}}
        for piece in pieces
    ]
    chunks = [
        {"id": "r", "model": "m", "choices": [{"index": 0, "delta": {"tool_calls": [c]}}]} for c in calls
    ]
    return untaken(
        wire, [*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}, "[DONE]"]
    )


def untaken(wire: str, sent: Sequence[Any]) -> Run:
    """One streamed turn of the client alone: nobody runs its calls."""
    from chat_core import ChatRequest

    one = client(wire, PieceByPiece().answer(sent))

    async def read() -> None:
        async for _ in one.stream(ChatRequest(Messages.from_user("go"))):
            pass

    return read


def reasoning_details(wire: str, size: int) -> Run:
    details = [{"type": "reasoning.text", "text": "hm ", "index": 0, "format": "x"} for _ in range(size)]
    chunks = [
        {"id": "r", "choices": [{"index": 0, "delta": {"reasoning_details": [one]}}]} for one in details
    ]
    return streamed(wire, [*chunks, *wires.events(wire, ["ok"])])


def citations(wire: str, size: int) -> Run:
    cited = {"type": "char_location", "cited_text": "x", "document_index": 0, "document_title": None}
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": cited}}
        | {"number": number}
        for number in range(size)
    ]
    words = {"type": "content_block_delta", "index": 0, "delta": text_delta("ok")}
    return streamed(
        wire,
        wires.claude_stream(
            wires.claude_block(0, {"type": "text", "text": "", "citations": []}, [words, *deltas])
        ),
    )


def unknown_events(wire: str, size: int) -> Run:
    unknown = [{"type": f"new_event_{number % 7}", "index": 0, "data": number} for number in range(size)]
    words = {"type": "content_block_delta", "index": 0, "delta": text_delta("ok")}
    return streamed(
        wire, wires.claude_stream(wires.claude_block(0, {"type": "text", "text": ""}, [words, *unknown]))
    )


def output_items(wire: str, size: int) -> Run:
    sent: list[Any] = []
    output: list[Any] = []
    for at in range(size):
        empty = {
            "type": "message",
            "id": f"m{at}",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        whole = empty | {"status": "completed"}
        whole["content"] = [{"type": "output_text", "text": "ok", "annotations": []}]
        place = {"item_id": f"m{at}", "output_index": at, "content_index": 0}
        sent += [
            {"type": "response.output_item.added", "output_index": at, "item": empty},
            {"type": "response.output_text.delta", **place, "delta": "ok"},
            {"type": "response.output_item.done", "output_index": at, "item": whole},
        ]
        output.append(whole)
    end = {"id": "r", "model": "m", "status": "completed", "output": output}
    return streamed(wire, [*sent, {"type": "response.completed", "response": end}])


AXES = (
    Axis("history", "messages", (10, 100, 1_000, 10_000), lambda wire, size: request(wire, history(size))),
    Axis(
        "calls in the history", "calls", (10, 100, 1_000, 5_000), lambda w, n: request(w, history_of_calls(n))
    ),
    Axis("an agent", "steps", (10, 20, 40, 80, 160, 320, 640), agent),
    Axis(
        "an agent that is stored",
        "steps",
        (10, 20, 40, 80, 160, 320, 640),
        lambda wire, size: agent(wire, size, Messages.to_json),
    ),
    Axis("tools", "tools", (1, 10, 100, 1_000), tools),
    Axis(
        "events",
        "events",
        (1_000, 10_000, 50_000, 200_000),
        lambda w, n: streamed(w, wires.events(w, ["word "] * n)),
    ),
    Axis("arguments", "bytes", (1_000, 10_000, 100_000, 1_000_000), arguments, WIRES[:3]),
    Axis(
        "an answer",
        "bytes",
        (10**4, 10**5, 10**6, 10**7),
        lambda w, n: request(w, Messages.from_user("go"), "x" * n),
    ),
    Axis("reasoning_details", "events", (100, 1_000, 10_000), reasoning_details, ("chat",)),
    Axis("citations", "events", (100, 1_000, 10_000), citations, ("claude",)),
    Axis("unknown events", "events", (100, 1_000, 10_000), unknown_events, ("claude",)),
    Axis("output items", "items", (10, 100, 1_000), output_items, ("responses",)),
)
