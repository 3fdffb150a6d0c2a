"""The commonest mistakes: each is a `ChatError`, and its message says what to write instead."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import chat_core.types.errors
import httpx
import pytest
from chat_completions import ChatCompletionsBuilder, CompletionsOptions
from chat_core import (
    AlreadyDecided,
    AwaitingApproval,
    ChatBuilder,
    ChatError,
    ChatOptions,
    ChatResponse,
    ConfigurationError,
    ConversationConflict,
    Decision,
    Defer,
    Execute,
    File,
    InvalidDecision,
    InvalidHistory,
    Message,
    Messages,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    Text,
    Tool,
    ToolCall,
    Usage,
    messages_from_dicts,
    open_model,
    tool,
)
from chat_core.sync import SyncChat
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_openai import OpenAIBuilder

PACKAGES = Path(__file__).parents[2] / "packages"
any_: Any = ChatBuilder()  # what follows is wrong on purpose, and a type checker would say so


@dataclass
class City:
    name: str


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def plain(a: int) -> int:
    return a


def chat() -> Any:
    return ChatBuilder().with_model(ScriptedProvider(["one", "two"])).build()


def server() -> Any:
    return ChatCompletionsBuilder().with_base_url("http://localhost/v1").with_transport(FakeTransport())


def complete(given: Any) -> Any:
    return asyncio.run(chat().complete(given))


def waiting() -> Any:
    return ToolCall("a", "add", {}, AwaitingApproval())


def decided_twice() -> None:
    call = waiting()
    call.reject()
    call.approve()


def decided_twice_as_data() -> None:
    messages = Messages([Message("model", [waiting()])])
    messages.decide([Decision("a", "reject")])
    messages.decide([Decision("a", "approve")])


async def read_twice() -> None:
    stream = chat().stream("Hi")
    async with stream as events:
        assert [event async for event in events]
        [event async for event in events]


async def entered_twice() -> None:
    stream = chat().stream("Hi")
    async with stream as events:
        assert [event async for event in events]
    async with stream:
        pass


async def two_tasks() -> None:
    messages = Messages.from_user("Hi")
    async with chat().stream(messages) as events:
        async for _ in events:
            await chat().complete(messages)


def paused_by_a_text() -> Any:
    asks = ScopedCollection([add], lambda call, meta: RequireApproval())
    return any_.with_model(ScriptedProvider(["x"])).with_scoped_tools(asks).build().stream("Hi")


def cast_any(value: object) -> Any:
    """Return the value, to pass what the types refuse."""
    return value


MISTAKES: list[tuple[str, Callable[[], Any], type[ChatError], str]] = [
    # messages and parts
    (
        "an unknown role",
        lambda: Message(cast_any("assistant"), []),
        ConfigurationError,
        'assistant is "model" here',
    ),
    (
        "a text as parts",
        lambda: Message("user", cast_any("Hi")),
        ConfigurationError,
        "Messages.from_user(...)",
    ),
    (
        "bytes as a part",
        lambda: Messages.from_user(cast_any(b"x")),
        ConfigurationError,
        "write File.from_bytes(data",
    ),
    (
        "a path as a part",
        lambda: Messages.from_user(cast_any(Path("a.png"))),
        ConfigurationError,
        "File.from_path(path)",
    ),
    (
        "a dict as a part",
        lambda: Message("user", [cast_any({"a": 1})]),
        ConfigurationError,
        "write Structured(value)",
    ),
    (
        "a list as a part",
        lambda: Messages.from_user(cast_any(["a"])),
        ConfigurationError,
        "from_user(*parts)",
    ),
    ("None as a part", lambda: Messages.from_user(cast_any(None)), ConfigurationError, "leave it out"),
    ("a number as a part", lambda: Messages.from_user(cast_any(3)), ConfigurationError, "write str(value)"),
    ("a number as text", lambda: Text(cast_any(3)), ConfigurationError, "write Text(str(value))"),
    ("bytes as text", lambda: Text(cast_any(b"a")), ConfigurationError, "write Text(data.decode())"),
    (
        "a response as text",
        lambda: Text(cast_any(ChatResponse(Message("model")))),
        ConfigurationError,
        "write Text(value.text)",
    ),
    ("no parts", Messages.from_user, ConfigurationError, "pass its text or files"),
    (
        "a message as a part",
        lambda: Messages.from_user(cast_any(Message("user", []))),
        ConfigurationError,
        "messages.append(message)",
    ),
    (
        "dicts as messages",
        lambda: Messages(cast_any([{"role": "user"}])),
        ConfigurationError,
        "write messages_from_dicts([...])",
    ),
    (
        "a text as messages",
        lambda: Messages(cast_any("Hi")),
        ConfigurationError,
        "write Messages.from_user(text)",
    ),
    (
        "one message as messages",
        lambda: Messages(cast_any(Message("user", []))),
        ConfigurationError,
        "write Messages([message])",
    ),
    (
        "a text appended",
        lambda: Messages().append(cast_any("Hi")),
        ConfigurationError,
        "messages.add_user(text)",
    ),
    (
        "a response appended",
        lambda: Messages().append(cast_any(ChatResponse(Message("model")))),
        ConfigurationError,
        "response.message",
    ),
    (
        "a path as a stored conversation",
        lambda: Messages.from_json(cast_any(Path("a"))),
        InvalidHistory,
        "path.read_text()",
    ),
    (
        "one dict for many",
        lambda: messages_from_dicts(cast_any({"role": "user"})),
        ConfigurationError,
        "takes a list such as",
    ),
    ("a call that is not there", lambda: Messages().find_tool("a"), ConfigurationError, "no tool call 'a'"),
    # files
    (
        "a file that is missing",
        lambda: File.from_path("/nowhere/a.png"),
        ConfigurationError,
        "cannot read the file",
    ),
    (
        "a path as bytes",
        lambda: File.from_bytes(cast_any("a.png")),
        ConfigurationError,
        "File.from_path takes a path",
    ),
    (
        "a path as a URL",
        lambda: File.from_url("a.png"),
        ConfigurationError,
        "File.from_path reads local files",
    ),
    ("a path as a file", lambda: File("a.png"), ConfigurationError, "use File.from_path"),
    # chats
    (
        "dicts as a conversation",
        lambda: complete([{"role": "user", "content": "Hi"}]),
        ConfigurationError,
        "messages_from_dicts",
    ),
    (
        "a list of messages",
        lambda: complete([Message("user", [Text("Hi")])]),
        ConfigurationError,
        "write Messages([...])",
    ),
    ("one message", lambda: complete(Message("user", [])), ConfigurationError, "write Messages([message])"),
    ("None as a conversation", lambda: complete(None), ConfigurationError, 'write Messages.from_user("...")'),
    ("an empty text", lambda: complete(""), ConfigurationError, "not an empty one"),
    (
        "an empty conversation",
        lambda: complete(Messages()),
        ConfigurationError,
        "Messages.from_user(...) first",
    ),
    ("a text where the chat may pause", paused_by_a_text, ConfigurationError, "pass Messages.from_user(...)"),
    (
        "options of a call as a dict",
        lambda: asyncio.run(chat().complete("Hi", options={"seed": 1})),
        ConfigurationError,
        "ChatOptions(seed=1)",
    ),
    (
        "options as arguments of a call",
        lambda: asyncio.run(chat().complete("Hi", temperature=1, seed=2)),
        ConfigurationError,
        "write complete(messages, options=ChatOptions(temperature=1, seed=2))",
    ),
    (
        "options as arguments of a stream",
        lambda: chat().stream("Hi", max_tokens=10),
        ConfigurationError,
        "write stream(messages, options=ChatOptions(max_tokens=10))",
    ),
    (
        "options as arguments of a sync call",
        lambda: SyncChat(chat()).complete("Hi", temperature=1),
        ConfigurationError,
        "options=ChatOptions(temperature=1)",
    ),
    (
        "options as arguments of a sync stream",
        lambda: SyncChat(chat()).stream("Hi", temperature=1),
        ConfigurationError,
        "options=ChatOptions(temperature=1)",
    ),
    (
        "options as arguments after a pause",
        lambda: asyncio.run(chat().resume(Messages.from_user("Hi"), temperature=1)),
        ConfigurationError,
        "options=ChatOptions(temperature=1)",
    ),
    (
        "options as arguments after a pause, in sync code",
        lambda: SyncChat(chat()).resume(Messages.from_user("Hi"), temperature=1),
        ConfigurationError,
        "options=ChatOptions(temperature=1)",
    ),
    (
        "tools as an argument of a call",
        lambda: asyncio.run(chat().complete("Hi", tools=[add])),
        ConfigurationError,
        "build the chat with .with_tools([...])",
    ),
    (
        "a stream by a flag",
        lambda: asyncio.run(chat().complete("Hi", stream=True)),
        ConfigurationError,
        "write async with chat.stream(messages) as events",
    ),
    (
        "a misspelt argument of a call",
        lambda: asyncio.run(chat().complete("Hi", option=ChatOptions())),
        ConfigurationError,
        "did you mean options?",
    ),
    (
        "a stream that is awaited",
        lambda: chat().stream("Hi").__await__(),
        ConfigurationError,
        "async with chat.stream(messages)",
    ),
    (
        "a stream in a plain for",
        lambda: iter(chat().stream("Hi")),
        ConfigurationError,
        "async for event in events",
    ),
    (
        "a stream in a plain with",
        lambda: chat().stream("Hi").__enter__(),
        ConfigurationError,
        "async with chat.stream(messages)",
    ),
    (
        "a stream read twice",
        lambda: asyncio.run(read_twice()),
        ConfigurationError,
        "call chat.stream(messages) again",
    ),
    (
        "a stream entered twice",
        lambda: asyncio.run(entered_twice()),
        ConfigurationError,
        "call chat.stream(messages) again",
    ),
    (
        "one conversation in two calls",
        lambda: asyncio.run(two_tasks()),
        ConversationConflict,
        "a conversation of its own",
    ),
    (
        "embeddings of a chat model",
        lambda: asyncio.run(chat().embed("Hi")),
        ConfigurationError,
        ".with_embeddings() before .build()",
    ),
    (
        "a sync chat of a client",
        lambda: SyncChat(cast_any(ScriptedProvider([]))),
        ConfigurationError,
        "ChatBuilder().with_model(client)",
    ),
    (
        "a sync chat outside its block",
        lambda: SyncChat(chat()).complete("Hi"),
        ConfigurationError,
        "with SyncChat(chat) as chat",
    ),
    # the chat's builder
    ("no client", lambda: any_.build(), ConfigurationError, "needs .with_model(client) first"),
    (
        "a name as a client",
        lambda: any_.with_model("gpt-5.6"),
        ConfigurationError,
        'write open_model("openai:gpt-5.6")',
    ),
    (
        "a builder as a client",
        lambda: any_.with_model(server()),
        ConfigurationError,
        "call .build() on it first",
    ),
    (
        "a class as a client",
        lambda: any_.with_model(ChatCompletionsBuilder),
        ConfigurationError,
        "ChatCompletionsBuilder().with_model(...).build()",
    ),
    (
        "a chat as a client",
        lambda: any_.with_model(chat()),
        ConfigurationError,
        "its client is chat.provider",
    ),
    (
        "None as a client",
        lambda: any_.with_model(None),
        ConfigurationError,
        "OpenAIBuilder().with_model(...).build()",
    ),
    (
        "an HTTP client as a client",
        lambda: any_.with_model(httpx.AsyncClient()),
        ConfigurationError,
        "OpenAIBuilder()",
    ),
    (
        "options as a dict",
        lambda: any_.with_options({"temperature": 1}),
        ConfigurationError,
        "ChatOptions(temperature=1)",
    ),
    (
        "a misspelt option",
        lambda: ChatOptions(**cast_any({"temprature": 1})),
        ConfigurationError,
        "did you mean temperature?",
    ),
    (
        "an option that is text",
        lambda: ChatOptions(max_tokens=cast_any("10")),
        ConfigurationError,
        "it is a whole number",
    ),
    (
        "retries as a number",
        lambda: any_.with_retry(3),
        ConfigurationError,
        "with_retry(RetryPolicy(max_retries=3))",
    ),
    ("fewer than no retries", lambda: RetryPolicy(max_retries=-1), ConfigurationError, "it is at least 0"),
    ("steps as text", lambda: any_.with_max_steps("3"), ConfigurationError, "takes a whole number"),
    (
        "a path as a checkpoint",
        lambda: any_.with_checkpoint("chat.json"),
        ConfigurationError,
        "takes a function of the messages",
    ),
    (
        "a text as an approval key",
        lambda: any_.with_approval_key("secret"),
        ConfigurationError,
        "ApprovalKey(secret)",
    ),
    (
        "an instance as an output type",
        lambda: any_.with_structured_output(City("Bern")),
        ConfigurationError,
        "the class City itself",
    ),
    (
        "a function as an output type",
        lambda: any_.with_structured_output(plain),
        ConfigurationError,
        "with_tools([...])",
    ),
    (
        "a name as an output type",
        lambda: any_.with_structured_output("City"),
        ConfigurationError,
        "takes a type, such as City",
    ),
    (
        "a dict of types as an output type",
        lambda: any_.with_structured_output({"name": str}),
        ConfigurationError,
        "a JSON schema looks like",
    ),
    # tools
    (
        "one tool for a list",
        lambda: any_.with_tools(add),
        ConfigurationError,
        "is one tool: pass a list, [add]",
    ),
    (
        "a function that is no tool",
        lambda: any_.with_tools([plain]),
        ConfigurationError,
        "decorate the function with @tool",
    ),
    (
        "a dict as a tool",
        lambda: any_.with_tools([{"type": "function"}]),
        ConfigurationError,
        "write Tool(name, description, parameters",
    ),
    (
        "a collection as tools",
        lambda: any_.with_tools(ScopedCollection([add], lambda call, meta: Execute())),
        ConfigurationError,
        "with_scoped_tools",
    ),
    (
        "tools without a strategy",
        lambda: any_.with_scoped_tools([add]),
        ConfigurationError,
        "ScopedCollection([add], strategy)",
    ),
    (
        "an action as a strategy",
        lambda: ScopedCollection([add], cast_any(Execute())),
        ConfigurationError,
        "lambda call, meta:",
    ),
    ("a name as a tool", lambda: cast_any(tool)("add"), ConfigurationError, "@tool(name=...)"),
    (
        "parameters that are no object",
        lambda: Tool("a", "", {"type": "string"}, plain),
        ConfigurationError,
        '"properties"',
    ),
    (
        "a time without a date",
        lambda: Defer(cast_any(timedelta(minutes=5))),
        ConfigurationError,
        "datetime.now(UTC) + timedelta",
    ),
    ("arguments as a list", lambda: waiting().approve([1]), ConfigurationError, "takes a dict such as"),
    ("a second decision", decided_twice, AlreadyDecided, "it is already rejected"),
    ("a second decision as data", decided_twice_as_data, AlreadyDecided, "is already rejected"),
    # the provider's builder
    ("no model", lambda: server().build(), ConfigurationError, 'needs .with_model("...") first'),
    (
        "white space in a model's name",
        lambda: server().with_model("m ").build(),
        ConfigurationError,
        "leave out the white space",
    ),
    (
        "a key that is not set",
        lambda: server().with_api_key(None),
        ConfigurationError,
        "is the environment variable set",
    ),
    (
        "an empty key",
        lambda: cast_any(OpenAIBuilder()).with_model("m").with_api_key("").build(),
        ConfigurationError,
        "needs an API key: set OPENAI_API_KEY",
    ),
    (
        "a base URL without a scheme",
        lambda: server().with_base_url("localhost:8000"),
        ConfigurationError,
        "it looks like https://host/v1",
    ),
    (
        "a base URL that is not set",
        lambda: server().with_base_url(None),
        ConfigurationError,
        "https://host/v1, not None",
    ),
    (
        "a header that is a number",
        lambda: server().with_header("x", 3),
        ConfigurationError,
        "takes a text as value",
    ),
    (
        "a dict of headers",
        lambda: server().with_header({"X-Team": "blue"}),
        ConfigurationError,
        '.with_header("X-Team", "blue")',
    ),
    (
        "dimensions as text",
        lambda: server().with_embeddings("256"),
        ConfigurationError,
        "with_embeddings(...) takes a whole number, not a str",
    ),
    ("no dimensions", lambda: server().with_embeddings(0), ConfigurationError, "at least 1"),
    ("a time limit as text", lambda: server().with_timeout("10"), ConfigurationError, "a number of seconds"),
    ("a negative time limit", lambda: server().with_timeout(-1), ConfigurationError, "None is no limit"),
    (
        "an HTTP client as a transport",
        lambda: server().with_transport(httpx.AsyncClient()),
        ConfigurationError,
        "HttpTransport(client=...)",
    ),
    (
        "a body that is text",
        lambda: server().with_extra_body("top_k=3"),
        ConfigurationError,
        "takes a dict such as",
    ),
    (
        "common options for a client",
        lambda: server().with_options(ChatOptions()),
        ConfigurationError,
        "ChatBuilder.with_options",
    ),
    (
        "a misspelt option of a provider",
        lambda: CompletionsOptions(**cast_any({"logprob": True})),
        ConfigurationError,
        "did you mean logprobs",
    ),
    (
        "a model without its provider",
        lambda: open_model("gpt-5.6"),
        ConfigurationError,
        "write 'openai:gpt-5.6'",
    ),
    (
        "a provider that is not installed",
        lambda: open_model("acme:m"),
        ConfigurationError,
        "pip install chat-acme",
    ),
]


@pytest.mark.parametrize(
    ("mistake", "error", "message"),
    [pytest.param(mistake, error, message, id=name) for name, mistake, error, message in MISTAKES],
)
def test_a_mistake_says_what_to_write_instead(
    mistake: Callable[[], Any], error: type[ChatError], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(error) as raised:
        mistake()
    assert message in str(raised.value)
    assert raised.value.usage == Usage()


def test_a_second_decision_is_distinguished_from_other_faults() -> None:
    with pytest.raises(InvalidDecision) as raised:
        Messages().decide([cast_any(Decision("x", "approve"))])
    assert not isinstance(raised.value, AlreadyDecided)


def test_strings_in_the_parts_of_a_message_are_texts() -> None:
    assert Message("user", [cast_any("Hi"), Text("there")]).parts == [Text("Hi"), Text("there")]


# Everything that is raised

STANDARD = {
    "AttributeError": "of a module: hasattr() and imports rely on it",
    "AssertionError": "cannot happen, or a test has no script for it",
    "ArgumentsDoNotFit": "becomes the result of a call, which the model reads",
    "DoesNotFit": "becomes OutputMismatch",
    "TimeoutError": "of a tool: becomes the result of a call",
    "CancelledError": "a call of SyncChat that was ended with its block",
    "KeyboardInterrupt": "Ctrl-C, handed on",
    "NotImplementedError": "of a method that subclasses have",
    "StopAsyncIteration": "the end of an iteration",
    "_Unbounded": "becomes a fault of a schema",
    "HandshakeRefused": "of a transport: clients make the provider's error of it",
    "ConnectError": "httpcore's: becomes ConnectionFailed",
    "ReadError": "httpcore's: becomes ConnectionFailed",
    "WriteError": "httpcore's: becomes ConnectionFailed",
    "RemoteProtocolError": "httpcore's: becomes ConnectionFailed",
    "ToolFailure": "of a tool: the model reads its words",
    "PathRefused": "a ToolFailure",
    "PathMissing": "a ToolFailure",
    "PathTaken": "a ToolFailure",
    "ToolError": "of a tool of an MCP server: the model reads its words",
    "ApplicationError": "Temporal's: how an activity or an update fails",
}
INNER = {  # caught by the callers in the same package, as what is no JSON or no GGUF file
    "types/json_values.py",
    "types/plain_json.py",
    "chat/structured.py",
    "chat/schema_output.py",
    "wire/tool_calls.py",
    "transport/event_stream.py",
    "src/chat_local/gguf.py",
    "src/chat_mcp/schemas.py",
}


def test_everything_raised_is_a_chat_error() -> None:
    errors = {name for name, value in vars(chat_core.types.errors).items() if is_chat_error(value)}
    trees = {
        path.relative_to(PACKAGES).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGES.glob("*/src/**/*.py"))
    }
    classes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known = errors | {node.name for node in classes if bases(node) & errors} | STANDARD.keys()
    others: list[str] = []
    for name, tree in trees.items():
        if "/testing/" in name or any(name.endswith(inner) for inner in INNER):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and (raised := raised_name(node)) not in known:
                others += [f"{name}:{node.lineno}: {raised}"] if raised[:1].isupper() else []
    assert others == [], "\n".join(others)


def is_chat_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, ChatError)


def bases(node: ast.ClassDef) -> set[str]:
    return {base.id for base in node.bases if isinstance(base, ast.Name)}


def raised_name(node: ast.Raise) -> str:
    """Return the name of the class that a statement raises, or an empty text for a value or a function."""
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return (
        raised.attr
        if isinstance(raised, ast.Attribute)
        else raised.id
        if isinstance(raised, ast.Name)
        else ""
    )
