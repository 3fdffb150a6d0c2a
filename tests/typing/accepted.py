"""Uses that every type checker has to accept, and what it has to know of them. Nothing here is run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Literal, TypedDict, assert_never, assert_type

from chat_bedrock import AwsCredentials, BedrockBuilder, BedrockClient, EmbeddingBedrockClient
from chat_cerebras import CerebrasBuilder, CerebrasClient
from chat_claude import ClaudeBuilder, ClaudeClient, Thinking, cached, document, memory_tool
from chat_cohere import CohereBuilder, EmbeddingCohereClient
from chat_completions import (
    ChatCompletionsBuilder,
    ChatCompletionsClient,
    EmbeddingChatCompletionsClient,
    RerankingClient,
)
from chat_core import (
    Action,
    Answered,
    BatchJob,
    Cancelled,
    Chat,
    ChatBuilder,
    ChatModel,
    ChatOptions,
    ChatRequest,
    ChatResponse,
    ChatStream,
    Complete,
    CompletionProvider,
    Defer,
    Done,
    Embedding,
    EmbeddingsProvider,
    EmbeddingsResponse,
    Event,
    EventStream,
    Execute,
    ExplainingProvider,
    Explanation,
    File,
    FileReady,
    HttpTransport,
    InputDelivered,
    InputRequest,
    JsonValue,
    Message,
    Messages,
    ModelInfo,
    Notice,
    Opaque,
    Paused,
    Provider,
    ReasoningChunk,
    RefusalChunk,
    Reject,
    Request,
    RequireApproval,
    RerankProvider,
    RerankResponse,
    Response,
    RetryPolicy,
    SchemaCheckingProvider,
    SchemaFinding,
    SchemaReport,
    ScopedCollection,
    SpeechProvider,
    SpeechStreamProvider,
    Step,
    Strategy,
    StreamProvider,
    StructuredChunk,
    StructuredResponse,
    SupportsFiles,
    Text,
    TextChunk,
    Timeouts,
    TokenCountProvider,
    Tool,
    ToolCall,
    ToolCallChunk,
    ToolCalled,
    ToolContext,
    ToolProgress,
    ToolResult,
    Transcription,
    TranscriptionDone,
    TranscriptionProvider,
    TranscriptionStreamProvider,
    Transport,
    TurnEvent,
    UploadedFile,
    YesNo,
    ask_unless_safe,
    explain_difference,
    tool,
)
from chat_core.middleware import (
    Cache,
    Limits,
    MemoryStore,
    NextTurn,
    ProviderWrapper,
    RateLimiter,
    SimulatedStreaming,
    wrap,
)
from chat_core.realtime import RealtimeSession, SessionEvent
from chat_core.routing import Breaker, Fallback, Member, Router
from chat_core.sync import SyncChat
from chat_core.types.audio import SpeechEvent
from chat_deepseek import DeepSeekBuilder, DeepSeekClient
from chat_gemini import (
    EmbeddingGeminiClient,
    GeminiBuilder,
    GeminiClient,
    GeminiOptions,
    code_runs,
    grounding,
)
from chat_gemini.live import LiveBuilder, LiveClient, LiveToken
from chat_groq import GroqBuilder, GroqClient
from chat_huggingface import HuggingFaceBuilder
from chat_mcp import McpServer, ServerInfo, ask_unless_read_only
from chat_mistral import MistralBuilder, MistralClient
from chat_ollama import EmbeddingOllamaClient, OllamaBuilder, OllamaClient, PullProgress, show_progress
from chat_openai import (
    EmbeddingOpenAIClient,
    ImageOpenAIClient,
    OpenAIBuilder,
    OpenAIClient,
    ShellOutput,
    approval_requests,
    mask,
    shell_tool,
)
from chat_openai.azure import AzureOpenAIBuilder
from chat_openai.realtime import ClientSecret, RealtimeBuilder, RealtimeClient
from chat_openrouter import EmbeddingOpenRouterClient, OpenRouterBuilder
from chat_responses import ResponsesBuilder, ResponsesClient, WebSocketTransport
from chat_together import TogetherBuilder
from chat_xai import XAIBuilder
from pydantic import BaseModel
from typing_extensions import override


class City(BaseModel):
    name: str
    inhabitants: int


@dataclass
class River:
    length: float


class Mountain(TypedDict):
    height: int


# What third parties write: no base class, only the methods.


class StreamsOnly:
    """A provider that only streams."""

    model = "streams"

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        yield TextChunk("Hi", aside=True)
        yield Done(ChatResponse(Message("model", [Text("Hi")])))

    async def aclose(self) -> None: ...


class CompletesOnly:
    """A provider that only completes, with a model that is worked out."""

    @property
    def model(self) -> str:
        return "completes"

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        return ChatResponse(Message("model", [Text("Hi")]))

    async def aclose(self) -> None: ...


class EmbedsOnly:
    """A provider that only embeds."""

    model = "embeds"

    embedding_batch: int | None = None

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        return EmbeddingsResponse(())

    async def aclose(self) -> None: ...


class Answer:
    """An answer, with plain attributes where the protocol has properties."""

    def __init__(self, request: Request) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.ok = True
        self._text = request.url

    async def read(self) -> bytes:
        return self._text.encode()

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        yield (Event("message", self._text),)


class EchoTransport:
    """A transport, with `asynccontextmanager` where the protocol has a context manager."""

    async def send(self, request: Request, /) -> Response:
        return Response(200, {}, request.body)

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[Answer]:
        yield Answer(request)

    async def aclose(self) -> None: ...


streams: StreamProvider = StreamsOnly()
completes: CompletionProvider = CompletesOnly()
embeds: EmbeddingsProvider = EmbedsOnly()
providers: list[Provider] = [StreamsOnly(), CompletesOnly(), EmbedsOnly()]
answer: EventStream = Answer(Request("GET", "http://localhost"))
transports: list[Transport] = [EchoTransport(), HttpTransport(), HttpTransport(proxy="http://localhost:3128")]


async def what_they_can_do(messages: Messages) -> None:
    streaming = ChatBuilder().with_model(StreamsOnly()).build()
    assert_type(streaming.provider, StreamsOnly)
    async with streaming.stream(messages) as events:
        async for event in events:
            if isinstance(event, Done):
                assert_type(event.response, ChatResponse)

    completing = ChatBuilder().with_model(CompletesOnly()).build()
    assert_type(await completing.complete(messages), ChatResponse)
    assert_type(await completing.resume(messages), ChatResponse)

    embedding = ChatBuilder().with_model(EmbedsOnly()).build()
    assert_type(await embedding.embed("one"), EmbeddingsResponse)

    spam = {"spam": YesNo("Is it spam?")}
    without = await completing.decide("Buy now!", spam)
    assert_type(without.yes_no("spam").probability, None)
    deciding = ChatBuilder().with_model(OpenAIBuilder().with_model("m").build().decisions).build()
    assert_type((await deciding.decide(messages, spam)).yes_no("spam").probability, float)
    strategies = (ask_unless_safe(completing), ask_unless_safe(deciding))
    assert len(strategies) == 2


async def inputs_of_embeddings(pictures: EmbeddingCohereClient, file: File) -> None:
    chat = ChatBuilder().with_model(pictures).build()
    assert_type(await chat.embed(["a", file, ("a", file)], concurrency=2), EmbeddingsResponse)


# Provider builders.


def claude_completes_and_streams(client: ClaudeClient) -> tuple[CompletionProvider, StreamProvider]:
    return client, client


async def claude() -> None:
    client = (
        ClaudeBuilder()
        .with_thinking(Thinking.adaptive("high"))
        .with_model("m")
        .with_web_search(max_uses=2)
        .build()
    )
    assert_type(client, ClaudeClient)
    chat = ChatBuilder().with_model(client).with_structured_output(list[int]).build()
    assert_type(chat, Chat[ClaudeClient, StructuredResponse[list[int]], StructuredResponse[list[int]]])
    assert_type(cached(Text("a")), Text)
    assert_type(cached(document(File.from_id("f"), citations=True), "1h"), File)
    assert_type(await client.count_tokens(Messages.from_user("Hi")), int)


def a_client() -> ChatCompletionsClient:
    client = ChatCompletionsBuilder().with_model("m").build()
    return assert_type(client, ChatCompletionsClient)


def an_embedding_client() -> EmbeddingChatCompletionsClient:
    client = ChatCompletionsBuilder().with_embeddings(dimensions=256).with_model("m").build()
    return assert_type(client, EmbeddingChatCompletionsClient)


def a_client_with_everything() -> ChatCompletionsClient:
    client = (
        ChatCompletionsBuilder()
        .with_api_key("key")
        .with_model("m")
        .with_base_url("http://localhost:8000/v1")
        .with_header("x-team", "blue")
        .with_timeout(60, connect=None)
        .with_timeout(first_event=10.5)
        .with_transport(EchoTransport())
        .with_extra_body({"mirostat": 2})
        .build()
    )
    return assert_type(client, ChatCompletionsClient)


async def the_order_of_a_provider_builder_does_not_matter() -> None:
    builder = ChatCompletionsBuilder()
    first = builder.with_model("m").with_embeddings().with_api_key("key").build()
    last = builder.with_embeddings().with_api_key("key").with_model("m").build()
    assert_type(first, EmbeddingChatCompletionsClient)
    assert_type(last, EmbeddingChatCompletionsClient)
    async with last as client:
        assert_type(client, EmbeddingChatCompletionsClient)


async def embeddings(client: EmbeddingChatCompletionsClient) -> None:
    chat = ChatBuilder().with_model(client).build()
    response = await chat.embed(["one", "two"])
    assert_type(response.embeddings, tuple[Embedding, ...])
    assert_type(response.embeddings[0].vector[0], float)
    assert_type(await chat.complete(Messages.from_user("It still chats.")), ChatResponse)


async def bedrock_and_cohere(credentials: AwsCredentials) -> None:
    bedrock = (
        BedrockBuilder().with_region("us-east-1").with_model("m").with_guardrail("g").with_thinking(2048)
    )
    assert_type(bedrock.with_aws_credentials(credentials).build(), BedrockClient)
    assert_type(
        bedrock.with_aws_credentials(lambda: credentials).with_embeddings(3).build(), EmbeddingBedrockClient
    )
    cohere = CohereBuilder().with_safety_mode("STRICT").with_model("m")
    assert_type(cohere.with_embeddings(input_type="search_query").build(), EmbeddingCohereClient)
    ranked = await ChatBuilder().with_model(cohere.build()).build().rerank("query", ["a", "b"], top_n=1)
    assert_type(ranked.results[0].score, float)
    provider: RerankProvider = cohere.build()
    ranking = ChatCompletionsBuilder().with_base_url("http://host/v1").with_model("m").with_rerank()
    assert_type(ranking.build(), RerankingClient)
    provider = ranking.build()
    provider = TogetherBuilder().with_model("m").build()
    assert_type(await provider.rerank("query", ["a"]), RerankResponse)


def a_gemini_client() -> GeminiClient:
    client = (
        GeminiBuilder()
        .with_api_key("key")
        .with_google_search()
        .with_google_maps(lat_lng=(47.37, 8.54))
        .with_file_search("fileSearchStores/a", top_k=3)
        .with_model("m")
        .with_thinking("low", include_thoughts=True)
        .with_safety_settings({"HARASSMENT": "OFF"})
        .with_function_calling_mode("VALIDATED", ["add"])
        .with_voice(speakers={"A": "Kore", "B": "Puck"})
        .with_options(GeminiOptions(seed=1))
        .with_timeout(60, idle=None)
        .build()
    )
    return assert_type(client, GeminiClient)


def a_vertex_client() -> GeminiClient:
    builder = (
        GeminiBuilder().with_vertex("a-project", location="eu").with_credentials(lambda: ("a-token", None))
    )
    return assert_type(builder.with_model("gemini-3.5-flash").build(), GeminiClient)


async def an_embedding_gemini_client(messages: Messages) -> None:
    builder = GeminiBuilder().with_embeddings(256, task="RETRIEVAL_DOCUMENT", title="A title")
    async with builder.with_url_context().with_model("m").build() as client:
        assert_type(client, EmbeddingGeminiClient)
        assert_type(
            (await ChatBuilder().with_model(client).build().embed("one")).embeddings, tuple[Embedding, ...]
        )
        assert_type(await client.count_tokens(messages, [add.definition]), int)
        response = await ChatBuilder().with_model(client).build().complete(messages)
        assert_type(grounding(response).queries, tuple[str, ...])
        assert_type(code_runs(response.message)[0].outcome, str | None)


# Tools keep the signatures of their functions.


@tool
def add(a: int, b: int = 0) -> int:
    """Add two numbers."""
    return a + b


@tool(meta={"danger": "high"}, name="remove", description="Remove a file.", strict=True)
async def delete(path: str) -> bool:
    return bool(path)


@tool()
def remember(call: ToolCall, note: str) -> None:
    """Keep a note, once."""


@tool
def draw(what: str) -> File:
    """Draw something."""
    return File.from_bytes(what.encode(), "image/svg+xml")


def bridged(**arguments: JsonValue) -> str:
    return str(arguments)


bridge = Tool(
    "search",
    "Search the web.",
    {"type": "object", "properties": {"q": {"type": "string"}}},
    bridged,
    meta={"mcp": True},
)
today = Tool(name="today", description="", parameters={}, function=lambda: bool(add))
tools: list[Tool[..., object]] = [
    add,
    delete,
    remember,
    draw,
    bridge,
    today,
]  # mypy joins them to `object` unasked


async def calling_a_tool() -> None:
    assert_type(add(1, b=2), int)
    assert_type(await delete("a.txt"), bool)
    assert_type(bridge(q="cats"), str)
    assert_type(today(), bool)
    assert_type(add.name, str)
    function: Callable[[int, int], int] = add
    function(1, 2)
    asynchronous: Callable[[str], Awaitable[bool]] = delete
    await asynchronous("a.txt")


# What `complete` returns.


async def without_tools(client: ChatCompletionsClient, messages: Messages) -> None:
    chat = ChatBuilder().with_model(client).build()
    response = await chat.complete(messages)
    assert_type(response, ChatResponse)
    assert_type(response.text, str)
    assert_type(response.usage.input_tokens, int | None)


async def with_tools(client: ChatCompletionsClient, messages: Messages) -> None:
    chat = (
        ChatBuilder()
        .with_model(client)
        .with_tools(tools)
        .with_tools([add, delete])
        .with_tools((add,))
        .with_tools([])
        .build()
    )
    assert_type(await chat.complete(messages), ChatResponse)
    assert_type(await chat.resume(messages), ChatResponse)


async def a_model(client: ChatCompletionsClient, messages: Messages) -> None:
    chat = ChatBuilder().with_model(client).with_structured_output(City).build()
    response = await chat.complete(messages)
    assert_type(response, StructuredResponse[City])
    assert_type(response.value, City)
    assert_type(response.text, str)
    plain: ChatResponse = response
    assert_type(plain.files, list[File])


async def every_kind_of_type(client: ChatCompletionsClient, messages: Messages) -> None:
    builder = ChatBuilder().with_model(client)
    union = await builder.with_structured_output(City | River).build().complete(messages)
    assert_type(union.value, City | River)
    several = await builder.with_structured_output(list[City]).build().complete(messages)
    assert_type(several.value, list[City])
    mapping = await builder.with_structured_output(dict[str, list[City | None]]).build().complete(messages)
    assert_type(mapping.value, dict[str, list[City | None]])
    river = await builder.with_structured_output(River).build().complete(messages)
    assert_type(river.value, River)
    mountain = await builder.with_structured_output(Mountain).build().complete(messages)
    assert_type(mountain.value["height"], int)
    optional = await builder.with_structured_output(City | None).build().complete(messages)
    assert_type(optional.value, City | None)
    word = await builder.with_structured_output(Literal["yes", "no"]).build().complete(messages)
    assert_type(word.value, Literal["yes", "no"])
    pair = await builder.with_structured_output(tuple[int, str]).build().complete(messages)
    assert_type(pair.value, tuple[int, str])
    number = await builder.with_structured_output(int).build().complete(messages)
    assert_type(number.value, int)


# What tools depend on.


class Database:
    """What the tools of an application work with."""


class Replica(Database):
    """One that can be used in its place."""


@tool
def count_rows(context: ToolContext[Database], table: str = "t") -> int:
    """Count the rows."""
    return len(f"{context.deps}{table}")


@tool(sequential=True)
async def drop(context: ToolContext[Database], table: str) -> None:
    """Drop a table."""


@tool
def guess(context: ToolContext[Database | None]) -> str:
    """Guess, with a database or without."""
    return "many" if context.deps is None else "few"


@tool
def which_try(context: ToolContext) -> int:
    """Return the attempt."""
    return context.attempt


@tool
def drop_last(table: str, context: ToolContext[Database]) -> None:
    """Drop a table; the context is not where type checkers look for it."""


@tool
def show(value: object, wide: bool = False) -> str:
    """Show any value."""
    return f"{value} {wide}"


async def dependencies(client: ChatCompletionsClient, messages: Messages) -> None:
    assert_type(count_rows(ToolContext(ToolCall("c", "t"), Database()), table="t"), int)
    assert_type(show(value=3, wide=True), str)
    builder = ChatBuilder().with_model(client)
    chat = builder.with_tools([count_rows]).with_tools([add, which_try, show]).build()
    assert_type(chat, Chat[ChatCompletionsClient, ChatResponse, ChatResponse, Database])
    assert_type(await chat.complete(messages, deps=Database()), ChatResponse)
    assert_type(await chat.resume(messages, deps=Replica()), ChatResponse)
    async with chat.stream(messages, deps=Database()) as events:
        async for event in events:
            print(event)
    with SyncChat(chat) as sync:
        assert_type(sync.complete(messages, deps=Database()), ChatResponse)
        assert_type(sync.resume(messages, deps=Replica()), ChatResponse)
        with sync.stream(messages, deps=Database()) as taken:
            print(list(taken))

    optional = builder.with_tools([guess]).build()
    await optional.complete(messages)
    await optional.complete(messages, deps=Database())
    indifferent = builder.with_tools([which_try, add]).build()
    assert_type(indifferent, Chat[ChatCompletionsClient, ChatResponse])
    await indifferent.complete(messages)
    await indifferent.complete(messages, deps="whatever")
    declared = builder.with_deps(Database).with_tools([add, count_rows, drop_last, guess]).build()
    assert_type(declared, Chat[ChatCompletionsClient, ChatResponse, ChatResponse, Database])
    await declared.complete(messages, deps=Database())


def by_step(step: Step[Database]) -> list[Tool[..., object, Database]]:
    return [count_rows, add] if step.number == 1 and step.messages else [drop, add]


async def after_a_look(step: Step[Database]) -> Sequence[Tool[..., object, Database]]:
    return [drop] if step.deps else []


async def tools_by_step(
    client: ChatCompletionsClient, messages: Messages, accepted_module: ModuleType
) -> None:
    builder = ChatBuilder().with_model(client)
    chosen = builder.with_tools(by_step).with_tools(after_a_look).with_tools([add]).build()
    assert_type(chosen, Chat[ChatCompletionsClient, ChatResponse, ChatResponse, Database])
    plain = builder.with_tools(lambda step: [add] if step.number == 1 else []).build()
    assert_type(plain, Chat[ChatCompletionsClient, ChatResponse])
    waiting = builder.with_scoped_tools(ScopedCollection(by_step, always)).with_structured_output(City)
    assert_type(
        await waiting.build().complete(messages, deps=Database()), Complete[StructuredResponse[City]] | Paused
    )
    of_a_module = ScopedCollection[Database].from_module(accepted_module, always)
    assert_type(
        await builder.with_scoped_tools(of_a_module).build().complete(messages, deps=Database()),
        Complete[ChatResponse] | Paused,
    )


# Strategies, and what may pause.


def always(call: ToolCall, meta: Mapping[str, object]) -> Execute:
    return Execute()


def by_meta(call: ToolCall, meta: Mapping[str, object]) -> Action:
    match meta.get("danger"):
        case "high":
            return RequireApproval(f"{call.name} with {call.arguments}")
        case "low":
            return Execute()
        case "none":
            return Reject("not today")
        case _:
            return Defer(datetime(2030, 1, 1, tzinfo=UTC))


async def asks_first(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval()


class Policy:
    def __call__(self, call: ToolCall, meta: Mapping[str, object]) -> Reject:
        return Reject()


strategies: list[Strategy] = [always, by_meta, asks_first, Policy(), lambda call, meta: Execute()]
scoped = ScopedCollection(tools, by_meta)


async def may_pause(client: ChatCompletionsClient, messages: Messages) -> str:
    chat = (
        ChatBuilder()
        .with_model(client)
        .with_scoped_tools(ScopedCollection([add, delete], asks_first))
        .build()
    )
    outcome = await chat.complete(messages)
    assert_type(outcome, Complete[ChatResponse] | Paused)
    match outcome:
        case Complete(response):
            assert_type(response, ChatResponse)
            return response.text
        case Paused(reason, asked):
            assert_type(reason.approvals, tuple[ToolCall, ...])
            assert_type(reason.next_wake, datetime | None)
            assert_type(asked, ChatResponse)
            return asked.text
    assert_never(outcome)


async def may_pause_and_is_structured(client: ChatCompletionsClient, messages: Messages) -> City | None:
    chat = ChatBuilder().with_model(client).with_scoped_tools(scoped).with_structured_output(City).build()
    outcome = await chat.resume(messages)
    if isinstance(outcome, Paused):
        return None
    assert_type(outcome, Complete[StructuredResponse[City]])
    return assert_type(outcome.response.value, City)


async def the_order_of_a_chat_builder_does_not_matter(
    client: ChatCompletionsClient, messages: Messages
) -> None:
    first = (
        ChatBuilder()
        .with_model(client)
        .with_options(ChatOptions(temperature=0, stop=["END"]))
        .with_tools([add])
        .with_scoped_tools(scoped)
        .with_structured_output(City)
        .with_max_steps(5)
        .with_retry(RetryPolicy(max_retries=0))
        .build()
    )
    last = (
        ChatBuilder()
        .with_retry(RetryPolicy())
        .with_max_steps(5)
        .with_structured_output(City)
        .with_scoped_tools(scoped)
        .with_tools([add])
        .with_options(ChatOptions(stop="END"))
        .with_model(client)
        .build()
    )
    assert_type(
        first,
        Chat[ChatCompletionsClient, Complete[StructuredResponse[City]] | Paused, StructuredResponse[City]],
    )
    assert_type(
        last,
        Chat[ChatCompletionsClient, Complete[StructuredResponse[City]] | Paused, StructuredResponse[City]],
    )


async def output_by_a_json_schema(client: ChatCompletionsClient) -> None:
    schema: dict[str, JsonValue] = {"type": "object", "properties": {"name": {"type": "string"}}}
    chat = ChatBuilder().with_model(client).with_structured_output(schema).with_output_retries(2).build()
    assert_type((await chat.complete("Which?")).value, JsonValue)
    literal = ChatBuilder().with_model(client).with_structured_output({"type": "string"}).build()
    assert_type(
        literal, Chat[ChatCompletionsClient, StructuredResponse[JsonValue], StructuredResponse[JsonValue]]
    )


async def the_last_choice_counts(client: ChatCompletionsClient, messages: Messages) -> None:
    builder = ChatBuilder().with_model(StreamsOnly()).with_structured_output(City)
    chat = builder.with_model(client).with_structured_output(River).build()
    assert_type((await chat.complete(messages)).value, River)


# Streams.


async def every_event(client: ChatCompletionsClient, messages: Messages) -> None:
    chat = ChatBuilder().with_model(client).with_scoped_tools(scoped).with_structured_output(City).build()
    async with chat.stream(messages) as events:
        async for event in events:
            match event:
                case TextChunk(text) | ReasoningChunk(text) | RefusalChunk(text):
                    assert_type(text, str)
                case ToolCallChunk(call_id, name, arguments):
                    assert_type((call_id, name, arguments), tuple[str, str, str])
                case ToolCalled(call) | ToolResult(call):
                    assert_type(call, ToolCall)
                case ToolProgress(call, value):
                    assert_type((call, value), tuple[ToolCall, JsonValue])
                case FileReady(file):
                    assert_type(file, File)
                case StructuredChunk(value):
                    assert_type(value, JsonValue)
                case InputDelivered(ids, interrupted):
                    assert_type((ids, interrupted), tuple[tuple[str, ...], bool])
                case Paused(reason):
                    assert_type(reason.calls, tuple[ToolCall, ...])
                case Cancelled(cut_off):
                    assert_type(cut_off, ChatResponse)
                case Done(response):
                    assert_type(response, StructuredResponse[City])
                    assert_type(response.value, City)
                case _:
                    assert_never(event)


async def one_line_to_ask(client: ChatCompletionsClient, messages: Messages) -> None:
    chat = ChatBuilder().with_model(client).with_tools([add]).build()
    assert_type((await chat.complete("Hello")).text, str)
    assert_type(await chat.complete("Hello", options=ChatOptions(seed=1)), ChatResponse)
    assert_type(await chat.resume(messages, options=ChatOptions(seed=1)), ChatResponse)
    typed = ChatBuilder().with_model(client).with_structured_output(City).build()
    assert_type(await typed.complete("Which?"), StructuredResponse[City])
    assert_type(typed.stream("Which?", options=ChatOptions(seed=1)), ChatStream[StructuredResponse[City]])
    pauses = ChatBuilder().with_model(client).with_scoped_tools(scoped).build()
    assert_type(await pauses.complete(messages, options=ChatOptions(seed=1)), Complete[ChatResponse] | Paused)
    with SyncChat(typed) as sync:
        assert_type(sync.complete("Which?").value, City)
        with sync.stream("Which?", options=ChatOptions(seed=1)) as events:
            for event in events:
                if isinstance(event, Done):
                    assert_type(event.response.value, City)


async def chats_in_signatures(client: ChatCompletionsClient, messages: Messages) -> None:
    async def ask(chat: Chat[CompletionProvider]) -> str:
        return (await chat.complete(messages)).text

    async def show(chat: Chat[StreamProvider, object]) -> None:
        async with chat.stream(messages) as events:
            async for event in events:
                if isinstance(event, Done):
                    print(event.response.text)

    await ask(ChatBuilder().with_model(client).build())
    await ask(ChatBuilder().with_model(CompletesOnly()).with_structured_output(City).build())
    await show(ChatBuilder().with_model(StreamsOnly()).with_scoped_tools(scoped).build())
    structured = ChatBuilder().with_model(client).with_structured_output(City).build()
    await show(structured)
    stream: ChatStream[ChatResponse] = structured.stream(messages)
    await stream.aclose()


# Synchronous code.


def synchronously(client: EmbeddingChatCompletionsClient, messages: Messages) -> None:
    with SyncChat(ChatBuilder().with_model(client).with_structured_output(City).build()) as chat:
        assert_type(chat.complete(messages), StructuredResponse[City])
        assert_type(chat.resume(messages).value, City)
        assert_type(chat.embed("one"), EmbeddingsResponse)
        with chat.stream(messages) as events:
            for event in events:
                if isinstance(event, Done):
                    assert_type(event.response.value, City)
    with SyncChat(ChatBuilder().with_model(client).with_scoped_tools(scoped).build()) as chat_that_pauses:
        assert_type(chat_that_pauses.complete(messages), Complete[ChatResponse] | Paused)


# Conversations.


def conversations() -> None:
    messages = Messages.from_system("Be brief.").add_user(
        "What is this?", File.from_path("cat.png"), Text("Well?")
    )
    assert_type(messages, Messages)
    assert_type(messages[0], Message)
    assert_type(messages[1:], Messages)
    assert_type(messages[0].role, Literal["system", "user", "model"])
    assert_type(Messages.from_json(messages.to_json()), Messages)
    call = messages.find_tool("t1")
    call.approve({"a": 20, "b": [1, None]}, by="Ann")
    call.reject("no")
    call.complete({"sum": 42})
    assert_type(
        File.from_url("https://example.com/a.pdf").kind, Literal["image", "audio", "video", "document"]
    )
    assert_type(Timeouts().total, float | None)


def a_list_of_unlike_tools_is_annotated_with_the_bare_name() -> None:
    """mypy joins them to `object` otherwise."""

    @tool
    def double(number: int) -> int:
        return number * 2

    @tool
    def shout(text: str) -> str:
        return text.upper()

    tools: list[Tool] = [double, shout]
    ChatBuilder().with_tools(tools)
    assert_type(double(2), int)


def builders_of_the_responses_wire() -> None:
    assert_type(
        ResponsesBuilder().with_base_url("http://localhost/v1").with_model("m").with_store().build(),
        ResponsesClient,
    )
    openai = OpenAIBuilder().with_model("gpt-5.6").with_transport(WebSocketTransport())
    assert_type(openai.build(), OpenAIClient)
    tools = (
        openai.with_web_search(context_size="low")
        .with_image_generation(partial_images=1)
        .with_mcp_server("docs", "https://a.example")
    )
    assert_type(tools.with_reasoning("low").with_verbosity("low").build(), OpenAIClient)
    assert_type(
        OpenAIBuilder().with_embeddings(4).with_code_interpreter().with_model("m").build(),
        EmbeddingOpenAIClient,
    )
    assert_type(openai.with_embeddings().build(), EmbeddingOpenAIClient)
    assert_type(openai.with_images(n=2, size="1024x1024", background="opaque").build(), ImageOpenAIClient)


async def a_client_that_draws(client: ImageOpenAIClient, picture: File) -> None:
    assert_type(await client.draw("a cat", picture, mask(picture)), ChatResponse)
    assert_type(
        await ChatBuilder().with_model(client).build().complete(Messages.from_user("a cat")), ChatResponse
    )
    async with ChatBuilder().with_model(client).build().stream(Messages.from_user("a cat")) as events:
        async for event in events:
            if isinstance(event, FileReady):
                assert_type(event.file, File)


async def a_client_of_openai(
    client: OpenAIClient, embedder: EmbeddingOpenAIClient, messages: Messages
) -> None:
    response = await ChatBuilder().with_model(client).build().complete(messages)
    assert_type(response, ChatResponse)
    assert_type(approval_requests(response.message), list[Opaque])
    assert_type(await client.count_tokens(messages), int)
    assert_type(await client.retrieve("r"), ChatResponse)
    assert_type(await ChatBuilder().with_model(embedder).build().embed("one"), EmbeddingsResponse)
    transport: Transport = WebSocketTransport()
    providers: Sequence[CompletionProvider | StreamProvider] = [client, embedder]
    assert transport
    assert providers


def builders_over_chat_completions() -> tuple[CompletionProvider, StreamProvider]:
    routed = (
        HuggingFaceBuilder().with_provider("groq").with_model("a/m").with_bill_to("us").with_api_key("hf_x")
    )
    assert_type(routed.build(), ChatCompletionsClient)
    assert_type(
        HuggingFaceBuilder().with_model("a/m").with_policy("cheapest").with_think_tags().build(),
        ChatCompletionsClient,
    )
    thinking = (
        CerebrasBuilder().with_reasoning("low", format="parsed").with_model("gpt-oss-120b").with_min_tokens(4)
    )
    assert_type(thinking.with_queue_threshold(50).with_service_tier("flex").build(), CerebrasClient)
    return routed.build(), thinking.build()


def builders_of_vendors() -> None:
    groq = GroqBuilder().with_reasoning("low").with_model("m")
    assert_type(groq.with_service_tier("flex").build(), GroqClient)
    assert_type(groq.with_responses().build(), ResponsesClient)
    assert_type(OpenRouterBuilder().with_embeddings().with_model("m").build(), EmbeddingOpenRouterClient)
    assert_type(MistralBuilder().with_model("m").with_safe_prompt().build(), MistralClient)
    assert_type(DeepSeekBuilder().with_model("m").with_thinking(effort="max").build(), DeepSeekClient)


def an_ollama_client() -> OllamaClient:
    builder = (
        OllamaBuilder()
        .with_host("gpu-box")
        .with_thinking("high")
        .with_context_length(8192)
        .with_keep_alive("10m")
    )
    client = (
        builder.with_model("m").with_ollama_options({"mirostat": 1}).with_native().with_timeout(60).build()
    )
    return assert_type(client, OllamaClient)


async def an_embedding_ollama_client() -> None:
    async with OllamaBuilder().with_embeddings(256).with_keep_alive(0).with_model("m").build() as client:
        assert_type(client, EmbeddingOllamaClient)
        assert_type(
            (await ChatBuilder().with_model(client).build().embed("one")).embeddings, tuple[Embedding, ...]
        )
        async for progress in client.pull():
            assert_type(progress, PullProgress)
        await show_progress(client.pull("other"))


async def routers(client: ChatCompletionsClient, other: ClaudeClient, messages: Messages) -> None:
    router = Router([client, Member(other, weight=2)], "weighted", hedge_after=2)
    one: ChatModel = router
    chat = ChatBuilder().with_model(Fallback([one, client], breaker=Breaker(failures=5))).build()
    assert_type(await chat.complete(messages), ChatResponse)
    async with chat.stream(messages) as events:
        async for event in events:
            print(event)
    assert_type(await Router([client, CompletesOnly()]).complete(ChatRequest(messages)), ChatResponse)
    assert_type(await Router([EmbedsOnly()]).embed(["a"]), EmbeddingsResponse)
    counting = Fallback([other, Member(other, weight=2)])
    assert_type(await counting.count_tokens(messages), int)
    assert_type(await counting.list_models(), Sequence[ModelInfo])
    assert_type(await counting.complete(ChatRequest(messages)), ChatResponse)
    if isinstance(router, TokenCountProvider):
        assert_type(await router.count_tokens(messages), int)


class LoggedModel(ProviderWrapper[ChatModel]):
    """A wrapper that overrides one method."""

    @override
    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        return await self.inner.complete(request)


async def passing_on(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
    async for event in next(request):
        yield event


async def passing_calls_on(call: ToolCall, run: Callable[[ToolCall], Awaitable[ToolCall]]) -> ToolCall:
    return await run(call)


async def middleware(client: ClaudeClient, embedding: EmbeddingOpenAIClient) -> None:
    wrapped = wrap(client, LoggedModel, ProviderWrapper)
    assert_type(wrapped, ClaudeClient)  # with all that it can do
    assert_type(await wrapped.count_tokens(Messages()), int)
    assert_type(Cache(MemoryStore()).around(embedding), EmbeddingOpenAIClient)
    assert_type(RateLimiter(requests_per_minute=60).around(embedding), EmbeddingOpenAIClient)
    simulated = ChatBuilder().with_model(SimulatedStreaming(CompletesOnly())).build()
    assert_type(simulated.stream("Hello"), ChatStream[ChatResponse])
    assert_type(await ChatBuilder().with_model(LoggedModel(client)).build().complete("Hello"), ChatResponse)
    builder = ChatBuilder().with_model(client).with_middleware(passing_on, passing_calls_on, Limits(tokens=9))
    chat = builder.with_tool_middleware(passing_calls_on).with_structured_output(City).build()
    response = await chat.complete("Hello")
    assert_type(response, StructuredResponse[City])
    assert_type(response.cost, Decimal | None)


async def a_session_of_the_live_api(messages: Messages) -> None:
    builder = (
        GeminiBuilder()
        .with_realtime()
        .with_model("gemini-3.8-live")
        .with_non_blocking_tools(scheduling="silent")
    )
    assert_type(builder.build(), LiveClient)
    client = GeminiBuilder().with_model("gemini-3.8-live").with_voice("Puck").with_realtime().build()
    assert_type(client, LiveClient)
    assert_type(await client.create_token(messages), LiveToken)
    assert_type(LiveBuilder().with_model("m").with_output("text").build(), LiveClient)


async def a_session_talks_both_ways(messages: Messages) -> None:
    client = RealtimeBuilder().with_model("gpt-realtime-2").build()
    assert_type(client, RealtimeClient)
    assert_type(OpenAIBuilder().with_realtime(), RealtimeBuilder)
    assert_type(OpenAIBuilder().with_model("gpt-realtime-2").with_realtime().build(), RealtimeClient)
    assert_type(AzureOpenAIBuilder().with_deployment("voice").with_voice_live().build(), RealtimeClient)
    assert_type(XAIBuilder().with_model("grok-voice").with_realtime().build(), RealtimeClient)
    assert_type(await client.create_client_secret(messages), ClientSecret)
    async with ChatBuilder().with_model(client).build().session(messages) as session:
        assert_type(session, RealtimeSession)
        await session.send("Hello")
        async for event in session:
            assert_type(event, SessionEvent)


async def speech_of_any_provider(client: OpenAIClient, groq: GroqClient, recording: File) -> None:
    chat = ChatBuilder().with_model(client).build()
    assert_type(await chat.transcribe(recording), Transcription)
    assert_type((await chat.speak("Hello", voice="coral")).file, File)
    hears: TranscriptionStreamProvider = client
    speaks: SpeechStreamProvider = client
    hears_whole: TranscriptionProvider = groq
    speaks_whole: SpeechProvider = groq
    async for event in hears.stream_transcription(recording):
        match event:
            case TextChunk(text):
                assert_type(text, str)
            case TranscriptionDone(transcription):
                assert_type(transcription, Transcription)
            case _:
                assert_never(event)
    assert_type(await hears_whole.transcribe(recording), Transcription)
    assert_type((await speaks_whole.speak("Hello", voice="coral")).file, File)
    assert_type([event async for event in speaks.stream_speech("Hello", voice="coral")], list[SpeechEvent])


async def tools_of_a_server(client: OpenAIClient, messages: Messages, call: ToolCall) -> None:
    async with McpServer("https://mcp.example/mcp", headers={"X-Team": "blue"}, elicit=declines) as server:
        assert_type(server, McpServer)
        assert_type(await server.tools("search"), list[Tool])
        assert_type(server.info, ServerInfo)
        builder = ChatBuilder().with_model(client)
        always = builder.with_tools(await server.tools()).build()
        assert_type(await always.complete(messages), ChatResponse)
        scoped = builder.with_scoped_tools(ScopedCollection(await server.tools(), ask_unless_read_only))
        assert_type(await scoped.build().complete(messages), Complete[ChatResponse] | Paused)
    async with McpServer.command("uvx", "mcp-server-git") as process:
        assert_type(process, McpServer)
        builder.with_scoped_tools(
            ScopedCollection(lambda step: process.tools(), ask_unless_read_only)
        ).build()
    call.approve(input={"size": "L"}, by="Ann")
    ChatBuilder().with_model(client).with_tools([memory_tool("notes"), shell_tool(runs_nothing)]).build()


def declines(request: InputRequest) -> None:
    return None


def runs_nothing(command: str, seconds: float | None) -> ShellOutput:
    return ShellOutput(stderr="no", exit_code=1)


async def what_would_be_sent(
    client: ClaudeClient, other: GroqClient, messages: Messages, file: File, job: BatchJob
) -> None:
    chat = ChatBuilder().with_model(client).with_tools([add]).with_structured_output(City).build()
    assert_type(chat.explain(messages), Explanation)
    assert_type(client.explain("Hello", stream=True).notices, tuple[Notice, ...])
    assert_type(explain_difference(client, other, messages), str)
    assert_type(client.check_output(City), SchemaReport)
    for report in client.check_tools([add], strict=True):
        assert_type(report.findings, tuple[SchemaFinding, ...])
    checks: SchemaCheckingProvider = client
    explains: ExplainingProvider = other
    print(checks, explains)
    stores: SupportsFiles = client
    uploaded = await stores.files.upload(file, expires_in=3600)
    assert_type(uploaded, UploadedFile)
    assert_type(uploaded.file, File)
    async for one in client.files.list():
        assert_type(one, UploadedFile)
    assert_type(await client.files.download(uploaded), bytes)
    with SyncChat(chat) as sync, sync.batches.results(job) as items:
        for item in items:
            if isinstance(item, Answered):
                assert_type(item.response, StructuredResponse[City])
