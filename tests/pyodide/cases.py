"""What the tests run in Pyodide: cases, whose results are given to the tests as JSON."""

# ruff: noqa: ASYNC240  there is no disk to wait for
from __future__ import annotations

import asyncio
import importlib
import json
import pathlib
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

GIVEN: dict[str, str] = {}  # filled by `main` from what JavaScript was given
Case: TypeAlias = Callable[[], Awaitable[Any]]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


def builder(url: str = "server") -> Any:
    from chat_completions import ChatCompletionsBuilder

    return ChatCompletionsBuilder().with_base_url(GIVEN[url]).with_model("any").with_api_key("a-key")


def chat(*tools: Any, **model: Any) -> Any:
    from chat_core import ChatBuilder, RetryPolicy

    plain = ChatBuilder().with_model(builder(**model).build()).with_retry(RetryPolicy(max_retries=0))
    return plain.with_tools(tools).build() if tools else plain.build()


@case
async def every_package_is_imported() -> Any:
    packages = sorted(path.parent.name for path in pathlib.Path("/packages").glob("*/src/*/__init__.py"))
    for package in packages:
        importlib.import_module(package)
    import chat_core

    for name in chat_core.__all__:
        getattr(chat_core, name)
    network = {"httpx", "httpcore", "websockets", "httpx2"} & sys.modules.keys()
    return {"packages": packages, "network": sorted(network)}


@case
async def a_turn_comes_whole() -> Any:
    response = await chat().complete("whole")
    return {"text": response.text, "tokens": response.usage.output_tokens}


@case
async def every_wire_streams() -> Any:
    from chat_claude import ClaudeBuilder
    from chat_core import ChatBuilder
    from chat_gemini import GeminiBuilder
    from chat_ollama import OllamaBuilder
    from chat_openai import OpenAIBuilder

    texts = []
    for each in (ClaudeBuilder(), GeminiBuilder(), OpenAIBuilder(), OllamaBuilder()):
        address = GIVEN["server"] if isinstance(each, OpenAIBuilder) else GIVEN["server"].removesuffix("/v1")
        made: Any = each.with_base_url(address).with_model("any").with_api_key("a-key")
        async with ChatBuilder().with_model(made.build()).build().stream("whole") as events:
            async for event in events:
                last = event
        texts.append(last.response.text)
    return texts


@case
async def a_stream_in_slices_of_seven_bytes() -> Any:
    from chat_core import TextChunk

    async with chat().stream("slices") as events:
        return [event.text async for event in events if isinstance(event, TextChunk)]


@case
async def a_cut_stream() -> Any:
    from chat_core import StreamTruncated

    try:
        async with chat().stream("cut") as events:
            async for _ in events:
                pass
    except StreamTruncated as error:
        return {
            "text": error.partial.text if error.partial else None,
            "cause": type(error.__cause__).__name__,
        }


@case
async def leaving_a_stream_early() -> Any:
    async with chat(url="left").stream("Hello") as events:
        return (await anext(aiter(events))).text


@case
async def cancelling_a_task() -> Any:
    begun = asyncio.Event()

    async def read() -> None:
        async with chat(url="cancelled").stream("Hello") as events:
            async for _ in events:
                begun.set()

    task = asyncio.ensure_future(read())
    await begun.wait()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return "cancelled"


@case
async def a_silent_server_times_out() -> Any:
    from chat_core import ChatBuilder, RetryPolicy, TimedOut

    client = builder("silent").with_timeout(first_event=0.1).build()
    try:
        plain = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=0)).build()
        async with plain.stream("Hello") as events:
            async for _ in events:
                pass
    except TimedOut as error:
        return str(error)


@case
async def nobody_answers() -> Any:
    from chat_core import ConnectionFailed

    try:
        await chat(url="nobody").complete("Hello")
    except ConnectionFailed as error:
        return str(error)


@case
async def a_status_is_an_error() -> Any:
    from chat_core import AuthenticationError

    try:
        await chat().complete("refused")
    except AuthenticationError as error:
        return {"status": error.status, "shows the key": "a-key" in repr(error)}


@case
async def tools_run() -> Any:
    from chat_core import tool

    @tool
    async def later(city: str) -> str:
        """Tell the weather, after a while."""
        await asyncio.sleep(0)
        return f"rain in {city}"

    @tool
    def at_once(city: str) -> str:
        """Tell the weather, without waiting."""
        return f"sun in {city}"

    messages = await _answered(chat(later, at_once), "weather")
    return [call.status.result for call in messages.calls]


async def _answered(chat: Any, text: str) -> Any:
    from chat_core import Messages

    messages = Messages.from_user(text)
    await chat.complete(messages)
    return messages


@case
async def a_call_waits_for_approval() -> Any:
    from chat_core import ChatBuilder, Messages, RequireApproval, ScopedCollection, tool

    @tool
    def send(to: str) -> str:
        """Send a letter."""
        raise AssertionError("it has not been approved")

    ask = ScopedCollection([send], lambda call, meta: RequireApproval())
    plain = ChatBuilder().with_model(builder().build()).with_scoped_tools(ask).build()
    messages = Messages.from_user("approval")
    outcome = await plain.complete(messages)
    return {"outcome": type(outcome).__name__, "messages": messages.to_json()}


@case
async def a_typed_answer() -> Any:
    from chat_core import ChatBuilder
    from pydantic import BaseModel

    class City(BaseModel):
        name: str
        people: int

    response = (
        await ChatBuilder()
        .with_model(builder().build())
        .with_structured_output(City)
        .build()
        .complete("typed")
    )
    return {"name": response.value.name, "people": response.value.people}


@case
async def what_needs_threads_or_sockets_says_so() -> Any:
    from chat_core import ConfigurationError
    from chat_core.sync import SyncChat

    try:
        SyncChat(chat())
    except ConfigurationError as error:
        return str(error)


async def main() -> str:
    import js

    GIVEN.update(json.loads(js.GIVEN))
    results: dict[str, Any] = {}
    for name, run in CASES.items():
        try:
            results[name] = {"result": await asyncio.wait_for(run(), 60)}
        except BaseException:
            results[name] = {"failed": traceback.format_exc()}
    return json.dumps(results)
