"""Wrong uses, one a line, with the ignores that each needs and what is wrong with it. An ignore that is not
needed is an error, so a wrong use that a checker accepts is news. Lines without an ignore are right.
Nothing here is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import httpx
from accepted import (
    City,
    CompletesOnly,
    Database,
    EmbedsOnly,
    StreamsOnly,
    add,
    always,
    by_step,
    count_rows,
    drop_last,
    guess,
    passing_on,
    scoped,
    which_try,
)
from chat_bedrock import BedrockBuilder
from chat_cerebras import CerebrasBuilder
from chat_claude import ClaudeBuilder, ClaudeClient
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder, ChatCompletionsClient
from chat_core import (
    Action,
    Chat,
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    Complete,
    Done,
    Execute,
    File,
    Message,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    Text,
    TextChunk,
    Tool,
    ToolCall,
    tool,
)

# the lazy names of chat_core do not hide a misspelt one
from chat_core import NoSuchName as NoSuchName  # type: ignore[attr-defined]
from chat_core.middleware import ProviderWrapper, wrap
from chat_core.routing import Fallback, Router
from chat_core.sync import SyncChat
from chat_gemini import GeminiBuilder, GeminiClient
from chat_groq import GroqBuilder
from chat_huggingface import HuggingFaceBuilder
from chat_ollama import OllamaBuilder, OllamaClient
from chat_openai import OpenAIBuilder, OpenAIClient
from chat_responses import ResponsesBuilder

builder = ChatBuilder()
server = ChatCompletionsBuilder()
claude = ClaudeBuilder()
gemini = GeminiBuilder()


def no_model() -> None:
    builder.build()  # type: ignore[misc]  # no with_model
    gemini.with_realtime().build()  # type: ignore[misc]  # no with_model
    builder.with_tools([add]).with_max_steps(3).build()  # type: ignore[misc]  # no with_model
    builder.with_structured_output(City).build()  # type: ignore[misc]  # no with_model
    builder.with_scoped_tools(scoped).build()  # type: ignore[misc]  # no with_model
    server.build()  # type: ignore[misc]  # no with_model
    # no with_model
    server.with_api_key("key").with_base_url("http://localhost").build()  # type: ignore[misc]
    server.with_embeddings().build()  # type: ignore[misc]  # no with_model
    OpenAIBuilder().build()  # type: ignore[misc]  # no with_model
    OpenAIBuilder().with_web_search().with_store().build()  # type: ignore[misc]  # no with_model
    OpenAIBuilder().with_embeddings().build()  # type: ignore[misc]  # no with_model
    OpenAIBuilder().with_realtime().build()  # type: ignore[misc]  # no with_model
    OpenAIBuilder().with_images().build()  # type: ignore[misc]  # no with_model
    ResponsesBuilder().with_base_url("http://localhost").build()  # type: ignore[misc]  # no with_model
    claude.with_api_key("key").build()  # type: ignore[misc]  # no with_model
    gemini.build()  # type: ignore[misc]  # no with_model
    BedrockBuilder().with_region("us-east-1").build()  # type: ignore[misc]  # no with_model
    CohereBuilder().with_embeddings().build()  # type: ignore[misc]  # no with_model
    gemini.with_google_search().with_thinking("low").build()  # type: ignore[misc]  # no with_model
    gemini.with_embeddings(task="CLUSTERING").build()  # type: ignore[misc]  # no with_model
    OllamaBuilder().with_host("gpu-box").with_thinking().build()  # type: ignore[misc]  # no with_model
    OllamaBuilder().with_embeddings().build()  # type: ignore[misc]  # no with_model


async def what_openai_cannot_do(client: OpenAIClient, messages: Messages) -> None:
    await client.embed(["one"])  # type: ignore[attr-defined]  # no with_embeddings
    OpenAIBuilder().with_web_search(context_size="huge")  # type: ignore[arg-type]  # low, medium or high
    OpenAIBuilder().with_images(background="red")  # type: ignore[arg-type]  # auto, transparent or opaque
    await client.draw("a cat")  # type: ignore[attr-defined]  # no with_images
    ResponsesBuilder().with_embeddings()  # type: ignore[attr-defined]  # the wire has none


async def claude_makes_no_embeddings(client: ClaudeClient) -> None:
    claude.with_embeddings()  # type: ignore[attr-defined]  # there are none
    await client.embed(["one"])  # type: ignore[attr-defined]  # there are none
    claude.with_thinking("adaptive")  # type: ignore[arg-type]  # a Thinking
    claude.with_api_version("2024-01-01")  # type: ignore[arg-type]  # one of two
    claude.with_changed_prefix("ignore")  # type: ignore[arg-type]  # error, drop or send


async def what_gemini_does_not_take(client: GeminiClient) -> None:
    await client.embed(["one"])  # type: ignore[attr-defined]  # no with_embeddings
    gemini.with_function_calling_mode("SOMETIMES")  # type: ignore[arg-type]  # not a mode
    gemini.with_google_maps(47.37)  # type: ignore[arg-type]  # half a place
    gemini.with_thinking("low", 1024)  # type: ignore[call-arg]  # a budget has its name


async def what_ollama_does_not_take(client: OllamaClient) -> None:
    await client.embed(["one"])  # type: ignore[attr-defined]  # no with_embeddings
    OllamaBuilder().with_context_length("8k")  # type: ignore[arg-type]  # a number of tokens


async def what_a_provider_cannot_do(client: ChatCompletionsClient, messages: Messages) -> None:
    await client.embed(["one"])  # type: ignore[attr-defined]  # no with_embeddings
    streams = builder.with_model(StreamsOnly()).build()
    await streams.resume(messages)  # type: ignore[misc]  # it only streams


# ty looks at nothing that follows a call without a matching overload, so these have functions of their own


async def openai_embeds_where_that_was_chosen(client: OpenAIClient) -> None:
    await builder.with_model(client).build().embed("one")  # type: ignore[misc]  # no with_embeddings


async def a_client_that_draws_embeds_nothing() -> None:
    # it draws
    await builder.with_model(OpenAIBuilder().with_model("m").with_images().build()).build().embed("one")  # type: ignore[misc]


async def claude_embeds_nothing(client: ClaudeClient) -> None:
    await builder.with_model(client).build().embed("one")  # type: ignore[misc]  # there are none


async def gemini_embeds_where_that_was_chosen(client: GeminiClient) -> None:
    await builder.with_model(client).build().embed("one")  # type: ignore[misc]  # no with_embeddings


async def ollama_embeds_where_that_was_chosen(client: OllamaClient) -> None:
    await builder.with_model(client).build().embed("one")  # type: ignore[misc]  # no with_embeddings


async def a_provider_embeds_where_that_was_chosen(client: ChatCompletionsClient) -> None:
    chat = builder.with_model(client).build()
    await chat.embed("one")  # type: ignore[misc]  # no with_embeddings


async def what_only_completes_embeds_nothing() -> None:
    completes = builder.with_model(CompletesOnly()).build()
    await completes.embed("one")  # type: ignore[misc]  # it only completes


def what_only_completes(messages: Messages) -> None:
    builder.with_model(CompletesOnly()).build().stream(messages)  # type: ignore[misc]  # it only completes
    builder.with_model(CompletesOnly()).build().session(messages)  # type: ignore[misc]  # it has no sessions


def what_only_completes_and_embeds_nothing(messages: Messages) -> None:
    with SyncChat(builder.with_model(CompletesOnly()).build()) as sync:
        sync.embed("one")  # type: ignore[misc]  # it only completes


def what_only_completes_in_threads(messages: Messages) -> None:
    with SyncChat(builder.with_model(CompletesOnly()).build()) as sync:
        sync.stream(messages)  # type: ignore[misc]  # it only completes


async def what_only_streams(messages: Messages) -> None:
    await builder.with_model(StreamsOnly()).build().complete(messages)  # type: ignore[misc]  # it only streams


async def what_only_embeds(messages: Messages) -> None:
    await builder.with_model(EmbedsOnly()).build().complete(messages)  # type: ignore[misc]  # it only embeds


def what_only_embeds_streamed(messages: Messages) -> None:
    builder.with_model(EmbedsOnly()).build().stream(messages)  # type: ignore[misc]  # it only embeds


async def the_last_model_counts(client: ChatCompletionsClient, messages: Messages) -> None:
    replaced = builder.with_model(client).with_model(EmbedsOnly()).build()
    await replaced.complete(messages)  # type: ignore[misc]  # the last model counts


async def a_text_to_a_chat_that_may_pause(client: ChatCompletionsClient) -> None:
    chat = builder.with_model(client).with_scoped_tools(scoped).build()
    await chat.complete("Hello")  # type: ignore[call-overload]  # what waits is in the messages


def a_text_to_a_stream_that_may_pause(client: ChatCompletionsClient) -> None:
    chat = builder.with_model(client).with_scoped_tools(scoped).build()
    chat.stream("Hello")  # type: ignore[call-overload]  # what waits is in the messages


def a_text_to_a_thread_that_may_pause(client: ChatCompletionsClient) -> None:
    with SyncChat(builder.with_model(client).with_scoped_tools(scoped).build()) as sync:
        sync.complete("Hello")  # type: ignore[call-overload]  # what waits is in the messages


async def options_of_a_call(client: ChatCompletionsClient) -> None:
    chat = builder.with_model(client).build()
    await chat.complete("Hello", options={"seed": 1})  # type: ignore[call-overload]  # ChatOptions


async def what_a_response_does_not_have(client: ChatCompletionsClient, messages: Messages) -> None:
    response = await builder.with_model(client).build().complete(messages)
    _ = response.value  # type: ignore[attr-defined]  # no with_structured_output
    _ = response.usage.input_tokens + 1  # type: ignore[operator]  # None where the provider did not say
    response.total_usage = response.usage  # type: ignore[misc]  # responses do not change
    response.text = "changed"  # type: ignore[misc]  # responses do not change
    structured = await builder.with_model(client).with_structured_output(City).build().complete(messages)
    _ = structured.value.river  # type: ignore[attr-defined]  # a City has none
    optional = await builder.with_model(client).with_structured_output(City | None).build().complete(messages)
    _ = optional.value.name  # type: ignore[union-attr]  # it may be None


def a_member_of_a_router_lacks_something(client: ChatCompletionsClient, messages: Messages) -> None:
    whole = Router([client, CompletesOnly()])
    builder.with_model(whole).build().stream(messages)  # type: ignore[misc]  # one only completes
    whole.stream(ChatRequest(messages))  # type: ignore[attr-defined]  # one only completes
    _ = Fallback([client, CompletesOnly()]).stream  # type: ignore[attr-defined]  # one only completes
    whole.count_tokens(messages)  # type: ignore[attr-defined]  # one does not count
    Router([StreamsOnly(), EmbedsOnly()])  # type: ignore[list-item]  # they have nothing in common
    Router(["gpt-5.6"])  # type: ignore[list-item]  # clients
    Fallback([client], breaker=3)  # type: ignore[call-overload]  # Breaker(failures=3)


async def the_await_is_missing(client: ChatCompletionsClient, messages: Messages) -> None:
    chat = builder.with_model(client).build()
    _ = chat.complete(messages).text  # type: ignore[attr-defined]  # await it
    chat.complete(messages)  # type: ignore[unused-coroutine]  # await it
    chat.resume(messages)  # type: ignore[unused-coroutine]  # await it
    await chat.stream(messages)  # type: ignore[misc]  # async with
    for _ in chat.stream(messages):  # type: ignore[attr-defined]  # async with, then async for
        pass
    async for _ in chat.complete(messages):  # type: ignore[attr-defined]  # stream() gives events
        pass
    with SyncChat(chat) as sync:
        await sync.complete(messages)  # type: ignore[misc]  # it has no await


async def a_pause_is_forgotten(client: ChatCompletionsClient, messages: Messages) -> None:
    chat = builder.with_model(client).with_scoped_tools(scoped).build()
    outcome = await chat.complete(messages)
    _ = outcome.text  # type: ignore[union-attr]  # it is no response yet
    _ = outcome.reason  # type: ignore[union-attr]  # it may be Complete
    match outcome:
        case Complete():
            pass
        case _:
            assert_never(outcome)  # type: ignore[arg-type]  # it may be Paused
    structured = (
        await builder.with_model(client)
        .with_scoped_tools(scoped)
        .with_structured_output(City)
        .build()
        .resume(messages)
    )
    _ = structured.response.value  # type: ignore[attr-defined]  # it may be Paused
    with SyncChat(chat) as sync:
        _ = sync.complete(messages).text  # type: ignore[union-attr]  # it is no response yet


async def an_event_is_forgotten(client: ChatCompletionsClient, messages: Messages) -> None:
    async with builder.with_model(client).build().stream(messages) as events:
        async for event in events:
            _ = event.text  # type: ignore[union-attr]  # not every event has one
            match event:
                case Done(response):
                    _ = response.value  # type: ignore[attr-defined]  # no with_structured_output
                case TextChunk() | Paused():
                    pass
                case _:
                    assert_never(event)  # type: ignore[arg-type]  # there are more events


async def plain(chat: Chat[ChatCompletionsClient]) -> None: ...


async def chats_of_another_kind(client: ChatCompletionsClient) -> None:
    # it may pause
    await plain(builder.with_model(client).with_scoped_tools(scoped).build())  # type: ignore[arg-type]
    await plain(builder.with_model(StreamsOnly()).build())  # type: ignore[arg-type]  # another client
    await plain(builder.with_model(client))  # type: ignore[arg-type]  # no build()


def answers_bool(call: ToolCall, meta: Mapping[str, object]) -> bool:
    return True


def answers_nothing(call: ToolCall, meta: Mapping[str, object]) -> None: ...


async def answers_text(call: ToolCall, meta: Mapping[str, object]) -> str:
    return "execute"


def takes_the_call_only(call: ToolCall) -> Action:
    return Execute()


def takes_a_message(message: Message, meta: Mapping[str, object]) -> Action:
    return Execute()


def strategies() -> None:
    ScopedCollection([add], answers_bool)  # type: ignore[arg-type]  # bool is no Action
    ScopedCollection([add], answers_nothing)  # type: ignore[arg-type]  # None is no Action
    ScopedCollection([add], answers_text)  # type: ignore[arg-type]  # str is no Action
    ScopedCollection([add], takes_the_call_only)  # type: ignore[arg-type]  # it is given the meta too
    ScopedCollection([add], takes_a_message)  # type: ignore[arg-type]  # it is given a ToolCall
    ScopedCollection([add], Execute())  # type: ignore[arg-type]  # a strategy is a function
    ScopedCollection([add])  # type: ignore[call-arg]  # no strategy
    ScopedCollection(add, always)  # type: ignore[arg-type]  # tools are a list
    RequireApproval(3)  # type: ignore[arg-type]  # the note is text


def tools() -> None:
    add("1")  # type: ignore[arg-type]  # a is an int
    add(1, c=2)  # type: ignore[call-arg]  # there is no c
    _ = add(1).upper()  # type: ignore[attr-defined]  # it gives an int
    tool(3)  # type: ignore[call-overload]  # no function
    tool(title="add")  # type: ignore[call-overload]  # the word is name
    tool(meta="high")  # type: ignore[call-overload]  # meta is a mapping
    Tool("search", "Search the web.", {})  # type: ignore[call-arg]  # no function
    # the schema is a dict
    Tool("search", "Search the web.", '{"type": "object"}', print)  # type: ignore[arg-type]
    builder.with_tools(add)  # type: ignore[arg-type]  # tools are a list
    builder.with_tools([add, len])  # type: ignore[list-item]  # len is no Tool
    builder.with_tools(scoped)  # type: ignore[call-overload]  # the word is with_scoped_tools
    builder.with_scoped_tools([add])  # type: ignore[call-overload]  # no strategy


async def dependencies(client: ChatCompletionsClient, messages: Messages) -> None:
    chat = builder.with_model(client).with_tools([count_rows]).build()
    await chat.complete(messages)  # type: ignore[call-overload]  # no deps
    await chat.complete(messages, deps=None)  # type: ignore[call-overload]  # a Database
    await chat.complete(messages, deps="db")  # type: ignore[call-overload]  # a Database
    await chat.resume(messages)  # type: ignore[call-arg]  # no deps
    await chat.resume(messages, deps=Database)  # type: ignore[arg-type]  # the class, not a Database
    chat.stream(messages)  # type: ignore[call-overload]  # no deps
    chat.stream(messages, deps=3)  # type: ignore[call-overload]  # a Database
    with SyncChat(chat) as sync:
        sync.complete(messages)  # type: ignore[call-overload]  # no deps
        sync.resume(messages, deps=3)  # type: ignore[arg-type]  # a Database
        sync.stream(messages)  # type: ignore[call-overload]  # no deps
    by_turn = builder.with_model(client).with_tools(by_step).build()
    await by_turn.complete(messages)  # type: ignore[call-overload]  # no deps
    declared = builder.with_model(client).with_deps(Database).with_tools([drop_last]).build()
    await declared.complete(messages)  # type: ignore[call-overload]  # no deps
    optional = builder.with_model(client).with_tools([guess]).build()
    await optional.complete(messages, deps=3)  # type: ignore[call-overload]  # a Database, or none
    builder.with_deps(str).with_tools([count_rows])  # type: ignore[list-item]  # it wants a Database
    needs_none: Chat[ChatCompletionsClient] = chat  # type: ignore[assignment]  # it needs a Database
    free: list[Tool[..., object]] = [which_try, count_rows]  # type: ignore[list-item]  # it wants a Database
    print(needs_none, free)


def arguments_of_a_chat_builder() -> None:
    builder.with_model("gpt-5.6")  # type: ignore[type-var]  # the client, not its model's name
    builder.with_model(server.with_model("m"))  # type: ignore[type-var]  # no build()
    builder.with_model(ChatCompletionsClient)  # type: ignore[type-var]  # the class, not a client
    builder.with_options({"temperature": 0})  # type: ignore[arg-type]  # ChatOptions
    builder.with_options(ChatOptions(temperature="hot"))  # type: ignore[arg-type]  # a number
    builder.with_options(ChatOptions(warmth=1))  # type: ignore[call-arg]  # there is no such option
    builder.with_max_steps("3")  # type: ignore[arg-type]  # a number
    builder.with_retry(3)  # type: ignore[arg-type]  # a RetryPolicy
    builder.with_tool([add])  # type: ignore[attr-defined]  # the word is with_tools


def a_value_is_no_type() -> None:
    builder.with_structured_output(3)  # type: ignore[call-overload]  # a type, not a value


def an_instance_is_no_type() -> None:
    # a type, not a value
    builder.with_structured_output(City(name="Bern", inhabitants=1))  # type: ignore[call-overload]


def output_retries() -> None:
    builder.with_output_retries("2")  # type: ignore[arg-type]  # a number


class HasNoClose:
    async def send(self, request: object, /) -> object: ...


def arguments_of_a_provider_builder() -> None:
    server.with_model(None)  # type: ignore[arg-type]  # a name
    server.with_api_key(b"key")  # type: ignore[arg-type]  # text
    server.with_base_url(None)  # type: ignore[arg-type]  # text
    server.with_header("x-team")  # type: ignore[call-arg]  # no value
    server.with_header("x-team", 3)  # type: ignore[arg-type]  # text
    server.with_timeout("10")  # type: ignore[arg-type]  # seconds
    server.with_timeout(read=10)  # type: ignore[call-arg]  # the words are connect, first_event, idle, total
    server.with_transport(httpx.AsyncClient())  # type: ignore[arg-type]  # HttpTransport(client=...)
    server.with_transport(HasNoClose())  # type: ignore[arg-type]  # no stream, no aclose
    server.with_extra_body("top_k=3")  # type: ignore[arg-type]  # a mapping
    server.with_extra_body({1: 2})  # type: ignore[dict-item]  # names are text
    server.with_options(ChatOptions())  # type: ignore[arg-type]  # those go to the ChatBuilder
    server.with_embeddings("256")  # type: ignore[arg-type]  # a number
    server.model = "m"  # type: ignore[attr-defined]  # builders do not change


async def conversations(client: ChatCompletionsClient) -> None:
    messages = Messages.from_user(b"bytes")  # type: ignore[arg-type]  # a part, or text
    messages.add_user(3)  # type: ignore[arg-type]  # a part, or text
    messages.append("Hello")  # type: ignore[arg-type]  # a Message
    messages.append(Text("Hello"))  # type: ignore[arg-type]  # a Message
    messages.append(Message("assistant"))  # type: ignore[arg-type]  # the word is model
    Message("user", "Hello")  # type: ignore[arg-type]  # a list of parts
    messages.find_tool("t1").approve([1])  # type: ignore[arg-type]  # a mapping
    messages.find_tool("t1").reject(reason=3)  # type: ignore[arg-type]  # text
    Text("Hello").text = "changed"  # type: ignore[misc]  # parts do not change
    File.from_bytes("text")  # type: ignore[arg-type]  # bytes
    # nothing is downloaded
    _ = File.from_url("http://localhost/a.png").data.hex()  # type: ignore[union-attr]


async def a_list_is_no_conversation(client: ChatCompletionsClient) -> None:
    # Messages.from_user("Hello")
    await builder.with_model(client).build().complete(["Hello"])  # type: ignore[call-overload]


async def a_list_of_messages_is_no_conversation(client: ChatCompletionsClient) -> None:
    # Messages([...])
    await builder.with_model(client).build().complete([Message("user")])  # type: ignore[call-overload]


def builders_of_vendors() -> None:
    GroqBuilder().build()  # type: ignore[misc]  # no model
    GroqBuilder().with_responses().build()  # type: ignore[misc]  # no model
    GroqBuilder().with_model("m").with_embeddings()  # type: ignore[attr-defined]  # Groq has none
    GroqBuilder().with_service_tier("fast")  # type: ignore[arg-type]  # auto, on_demand, flex, performance


def builders_over_chat_completions() -> None:
    HuggingFaceBuilder().build()  # type: ignore[misc]  # no model
    HuggingFaceBuilder().with_provider("groq").with_api_key("hf_x").build()  # type: ignore[misc]  # no model
    HuggingFaceBuilder().with_policy("slowest")  # type: ignore[arg-type]  # fastest, cheapest, preferred
    HuggingFaceBuilder().with_embeddings()  # type: ignore[attr-defined]  # the router has none
    CerebrasBuilder().build()  # type: ignore[misc]  # no model
    CerebrasBuilder().with_reasoning("low").build()  # type: ignore[misc]  # no model
    CerebrasBuilder().with_reasoning("much")  # type: ignore[arg-type]  # none, low, medium, high
    CerebrasBuilder().with_queue_threshold("50")  # type: ignore[arg-type]  # a number
    CerebrasBuilder().with_embeddings()  # type: ignore[attr-defined]  # Cerebras has none


async def what_ranks_no_documents(client: ClaudeClient) -> None:
    chat = ChatBuilder().with_model(client).build()
    await chat.rerank("query", ["a"])  # type: ignore[misc]  # a client without rerank
    ChatCompletionsBuilder().with_rerank().build()  # type: ignore[misc]  # no model
    ChatCompletionsBuilder().with_model("m").build().rerank("query", ["a"])  # type: ignore[attr-defined]  # built without rerank


async def what_neither_hears_nor_speaks(client: ClaudeClient, recording: File) -> None:
    chat = ChatBuilder().with_model(client).build()
    await chat.transcribe(recording)  # type: ignore[misc]  # a client without transcriptions
    await chat.speak("Hello", voice="coral")  # type: ignore[misc]  # a client without speech


async def what_a_wrapped_client_cannot_do(messages: Messages) -> None:
    wrapped = builder.with_model(wrap(CompletesOnly(), ProviderWrapper)).build()
    wrapped.stream(messages)  # type: ignore[misc]  # it only completes
    await builder.with_model(wrap(EmbedsOnly(), ProviderWrapper)).build().complete(messages)  # type: ignore[misc]  # it only embeds


def what_is_no_middleware() -> None:
    builder.with_middleware(3)  # type: ignore[arg-type]  # a function or an object that wraps
    builder.with_middleware([passing_on])  # type: ignore[arg-type]  # with_middleware(passing_on)
    builder.with_tool_middleware(passing_on)  # type: ignore[arg-type]  # it goes around turns
