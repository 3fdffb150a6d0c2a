"""What each server's dialect changes in what goes over the wire, and in what is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder, CompletionsOptions, Dialect
from chat_completions.encode import encode
from chat_completions.rules import ReasoningRules
from chat_completions.settings import RequestDefaults
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    Completed,
    ConfigurationError,
    File,
    Message,
    Messages,
    Native,
    Origin,
    OutputSchema,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.testing import FakeTransport
from chat_core.wire import dump

ADD = ToolDefinition("add", "Add.", {"type": "object", "properties": {}})
SUB = ToolDefinition("sub", "Subtract.", {"type": "object", "properties": {}})
HELLO = Messages.from_user("Hello")
PNG = File.from_bytes(b"\x89PNG\r\n\x1a\n...")
NAMED = {
    make().name: make
    for make in (
        *(
            Dialect.openai,
            Dialect.mistral,
            Dialect.deepseek,
            Dialect.openrouter,
            Dialect.xai,
            Dialect.groq,
            Dialect.cerebras,
        ),
        *(
            Dialect.huggingface,
            Dialect.together,
            Dialect.ai21,
            Dialect.ollama,
            Dialect.vllm,
            Dialect.llama_cpp,
            Dialect.litellm,
        ),
    )
}


def sent(
    dialect: Dialect, messages: Messages = HELLO, *, stream: bool = False, **request: Any
) -> dict[str, Any]:
    own = request.pop("own", CompletionsOptions())
    origin = Origin(dialect.name, "https://x.example", "m")
    defaults = RequestDefaults(dialect=dialect, options=own)
    encoded = encode(ChatRequest(messages, **request), origin=origin, defaults=defaults, stream=stream)
    return {"notices": [notice.about for notice in encoded.notices], **json.loads(dump(encoded.body))}


def thought(dialect: Dialect, native: dict[str, Any], *parts: Any) -> Messages:
    origin = Origin(dialect.name, "https://x.example", "m")
    return Messages(
        [
            Message("user", [Text("?")]),
            Message("model", [Reasoning("Hm.", native=Native(origin, native)), *parts]),
        ]
    )


@pytest.mark.parametrize("name", NAMED)
def test_a_named_dialect_knows_its_server_and_the_name_of_its_key(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = NAMED[name]()
    server = dialect.server
    for variable in (*server.url_variables, server.host_variable, *server.key_variables):
        monkeypatch.delenv(variable or "NOT_SET", raising=False)
    builder = ChatCompletionsBuilder().with_dialect(dialect).with_model("m").with_transport(FakeTransport())
    if server.key_required:
        with pytest.raises(
            ConfigurationError, match=f"{name} needs an API key: set {server.key_variables[0]} or use"
        ):
            builder.build()
    if server.key_variables:
        monkeypatch.setenv(server.key_variables[0], "a-key")
    client = builder.build()

    assert repr(client) == f"ChatCompletionsClient(model='m', base_url='{server.base_url}')"
    assert client.origin.provider == name


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("url", "key"),
    [
        (None, "Bearer groq-key"),
        ("https://api.groq.com/openai/v1", "Bearer groq-key"),
        ("https://groq.com.example/v1", None),
        ("http://localhost:9000/v1", None),
    ],
)
async def test_a_key_goes_to_the_server_whose_it_is(
    url: str | None, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "groq-key")
    dialect = replace(Dialect.groq(), server=replace(Dialect.groq().server, key_required=False))
    transport = FakeTransport().answer({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})
    builder = ChatCompletionsBuilder().with_dialect(dialect).with_model("m").with_transport(transport)
    client = (builder.with_base_url(url) if url else builder).build()
    await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert transport.requests[-1].headers.get("authorization") == key


@pytest.mark.parametrize(
    ("dialect", "variable", "value", "url"),
    [
        (Dialect.groq(), "GROQ_BASE_URL", "https://proxy.example", "https://proxy.example/openai/v1"),
        (Dialect.groq(), "GROQ_BASE_URL", "https://proxy.example/groq/v1", "https://proxy.example/groq/v1"),
        (Dialect.cerebras(), "CEREBRAS_BASE_URL", "https://proxy.example/", "https://proxy.example/v1"),
        (Dialect.ai21(), "AI21_API_HOST", "proxy.example", "https://proxy.example/studio/v1"),
        (Dialect.together(), "TOGETHER_BASE_URL", "https://proxy.example/v1", "https://proxy.example/v1"),
        (Dialect.litellm(), "LITELLM_PROXY_URL", "http://proxy.example:4000", "http://proxy.example:4000"),
    ],
)
def test_the_environment_may_name_another_server(
    dialect: Dialect, variable: str, value: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    builder = (
        ChatCompletionsBuilder()
        .with_dialect(dialect)
        .with_model("m")
        .with_api_key("k")
        .with_transport(FakeTransport())
    )

    assert f"base_url={url!r}" in repr(builder.build())


def test_a_dialect_without_a_server_asks_for_one() -> None:
    with pytest.raises(ConfigurationError, match=r"needs \.with_base_url.*azure has no known server"):
        ChatCompletionsBuilder().with_dialect(Dialect.azure()).with_model("m").build()


@pytest.mark.parametrize("name", ["groq", "cerebras", "deepseek", "ai21", "huggingface", "xai"])
def test_embeddings_that_a_server_does_not_have_are_refused_when_the_client_is_built(name: str) -> None:
    builder = (
        ChatCompletionsBuilder()
        .with_dialect(NAMED[name]())
        .with_model("m")
        .with_api_key("hf_key")
        .with_embeddings()
    )
    with pytest.raises(ConfigurationError, match=f"{name} has no embeddings"):
        builder.build()


@pytest.mark.parametrize(
    ("dialect", "options", "own", "lacking"),
    [
        (
            Dialect.ollama(),
            ChatOptions(parallel_tool_calls=False),
            CompletionsOptions(),
            "parallel_tool_calls",
        ),
        (Dialect.groq(), ChatOptions(), CompletionsOptions(logprobs=True), "logprobs"),
        (Dialect.ai21(), ChatOptions(seed=1), CompletionsOptions(), "seed"),
        (Dialect.openai(), ChatOptions(top_k=5), CompletionsOptions(), "top_k"),
    ],
)
def test_an_option_that_a_server_lacks_is_refused_with_the_way_around(
    dialect: Dialect, options: ChatOptions, own: CompletionsOptions, lacking: str
) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"{dialect.name} has no {lacking}; if it does, \.with_extra_body"
    ):
        sent(dialect, tools=[ADD], options=options, own=own)


def test_an_option_without_effect_is_sent_and_noticed() -> None:
    body = sent(Dialect.deepseek(), options=ChatOptions(temperature=0.5, max_tokens=9))

    assert (body["temperature"], body["max_tokens"], body["notices"]) == (0.5, 9, ["temperature"])


def test_together_counts_logprobs() -> None:
    assert sent(Dialect.together(), own=CompletionsOptions(logprobs=True, top_logprobs=5))["logprobs"] == 5
    assert sent(Dialect.together(), own=CompletionsOptions(logprobs=True))["logprobs"] == 1
    assert "top_logprobs" not in sent(
        Dialect.together(), own=CompletionsOptions(logprobs=True, top_logprobs=5)
    )


def test_where_no_tool_can_be_named_the_one_is_offered_alone() -> None:
    body = sent(Dialect.llama_cpp(), tools=[ADD, SUB], options=ChatOptions(tool_choice="sub"))

    assert body["tool_choice"] == "required"
    assert [tool["function"]["name"] for tool in body["tools"]] == ["sub"]


@pytest.mark.parametrize("choice", ["required", "add"])
def test_a_choice_that_a_server_would_ignore_is_refused(choice: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ollama cannot be made to call a tool"):
        sent(Dialect.ollama(), tools=[ADD], options=ChatOptions(tool_choice=choice))


def test_none_of_the_tools_is_expressed_by_naming_none() -> None:
    assert not sent(Dialect.ollama(), tools=[ADD], options=ChatOptions(tool_choice="none")).keys() & {
        "tools",
        "tool_choice",
    }
    assert len(sent(Dialect.ollama(), tools=[ADD], options=ChatOptions(tool_choice="auto"))["tools"]) == 1


@pytest.mark.parametrize("dialect", [Dialect.deepseek(), Dialect.ai21()], ids=lambda dialect: dialect.name)
def test_a_server_that_only_knows_json_gets_the_schema_in_words(dialect: Dialect) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }
    body = sent(
        dialect,
        Messages.from_system("Be brief.").add_user("Where?"),
        output=OutputSchema("city", schema, "A place."),
    )

    assert body["response_format"] == {"type": "json_object"}
    instructions = ["system"] if dialect.messages.system_first else ["system", "system"]
    assert [message["role"] for message in body["messages"]] == [*instructions, "user"]
    assert all("Be brief." in m["content"] for m in body["messages"][len(instructions) - 1 : -1])
    assert json.dumps(schema) in body["messages"][0]["content"]
    assert "A place." in body["messages"][0]["content"]
    assert "output" in body["notices"]


@pytest.mark.anyio
async def test_a_typed_answer_comes_from_such_a_server_too() -> None:
    answer = {"choices": [{"message": {"content": '{"value": [1, 2]}'}, "finish_reason": "stop"}]}
    transport = FakeTransport().answer(answer)
    client = (
        ChatCompletionsBuilder()
        .with_dialect(Dialect.deepseek())
        .with_api_key("k")
        .with_model("m")
        .with_transport(transport)
    )
    response = (
        await ChatBuilder()
        .with_model(client.build())
        .with_structured_output(list[int])
        .build()
        .complete(HELLO[:])
    )

    assert response.value == [1, 2]


@pytest.mark.parametrize(
    ("dialect", "file", "said"),
    [
        (Dialect.deepseek(), PNG, "deepseek takes no image: it takes text$"),
        (
            Dialect.cerebras(),
            File.from_bytes(b"%PDF-1.7"),
            "cerebras takes no document: it takes text, image",
        ),
        (
            Dialect.ollama(),
            File.from_url("https://a.example/cat.png"),
            r"ollama fetches no images: read https://a\.example",
        ),
    ],
)
def test_a_file_that_a_server_does_not_take_is_refused(dialect: Dialect, file: File, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        sent(dialect, Messages.from_user("Look.", file))


def test_text_goes_as_one_string_to_a_server_without_files() -> None:
    assert (
        sent(Dialect.ai21(), Messages.from_user("One.", "Two."))["messages"][0]["content"] == "One.\n\nTwo."
    )
    assert len(sent(Dialect.groq(), Messages.from_user("One.", "Two."))["messages"][0]["content"]) == 2


def test_what_a_tool_drew_stands_in_its_result_or_follows_it() -> None:
    call = ToolCall("t1", "draw", {}, Completed("drawn"), files=(PNG,))
    history = Messages([Message("user", [Text("?")]), Message("model", [call])])

    [tool] = sent(Dialect.mistral(), history)["messages"][2:]
    assert [part["type"] for part in tool["content"]] == ["text", "image_url"]
    [tool, user] = sent(Dialect.groq(), history)["messages"][2:]
    assert (tool["content"], user["role"], user["content"][1]["type"]) == ("drawn", "user", "image_url")
    [tool, user] = sent(Dialect.deepseek(), history)["messages"][2:]
    assert (
        user["content"]
        == "What draw returned for call t1:\n\n(The tool returned a file, image of type image/png, which "
        "cannot be shown here.)"
    )


def test_deepseek_gets_a_thought_with_each_turn_that_called_a_tool_even_an_empty_one() -> None:
    call = ToolCall("t1", "add", {}, Completed(1))
    own = thought(Dialect.deepseek(), {"field": "reasoning_content"}, call)
    foreign = Messages([Message("user", [Text("?")]), Message("model", [Reasoning("Elsewhere."), call])])

    assert sent(Dialect.deepseek(), own)["messages"][1]["reasoning_content"] == "Hm."
    assert sent(Dialect.deepseek(), foreign)["messages"][1]["reasoning_content"] == ""
    assert (
        "reasoning_content"
        not in sent(Dialect.deepseek(), thought(Dialect.deepseek(), {}, Text("4")))["messages"][1]
    )


def test_thoughts_go_back_as_tags_where_the_model_wants_them_so() -> None:
    dialect = replace(Dialect.cerebras(), reasoning=ReasoningRules(replay_as="tags", replay="always"))
    [_, said] = sent(dialect, thought(dialect, {"field": "reasoning"}, Text("4")))["messages"]

    assert said == {"role": "assistant", "content": "<think>\nHm.\n</think>\n\n4"}


@pytest.mark.anyio
async def test_signed_thinking_of_a_proxy_goes_back_unchanged() -> None:
    deltas: list[dict[str, Any]] = [
        {
            "reasoning_content": "Let ",
            "thinking_blocks": [{"type": "thinking", "thinking": "Let ", "signature": None}],
        },
        {
            "reasoning_content": "me.",
            "thinking_blocks": [{"type": "thinking", "thinking": "me.", "signature": None}],
        },
        {"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "sig=="}]},
        {"thinking_blocks": [{"type": "redacted_thinking", "data": "xyz"}]},
        {"tool_calls": [{"index": 0, "id": "t1", "function": {"name": "add", "arguments": "{}"}}]},
    ]
    transport = FakeTransport()
    transport.answer(
        [
            *({"choices": [{"delta": delta}]} for delta in deltas),
            {"choices": [{"finish_reason": "tool_calls"}]},
        ]
    )
    transport.answer([{"choices": [{"delta": {"content": "4"}, "finish_reason": "stop"}]}])
    client = (
        ChatCompletionsBuilder()
        .with_dialect(Dialect.litellm())
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    messages = Messages.from_user("2 + 2?")
    async for event in client.stream(ChatRequest(messages, [ADD])):
        done = event
    message = done.response.message
    message.tool_calls[0].status = Completed(4)
    messages.append(message)
    async for _ in client.stream(ChatRequest(messages, [ADD])):
        pass

    assert message.reasoning == "Let me."
    assert transport.last_body["messages"][1]["thinking_blocks"] == [
        {"type": "thinking", "thinking": "Let me.", "signature": "sig=="},
        {"type": "redacted_thinking", "data": "xyz"},
    ]


STRICT = ToolDefinition("add", "Add.", {"type": "object", "properties": {}}, strict=True)


def test_cerebras_gets_no_mixture_of_strict_tools_and_others() -> None:
    mixed = sent(Dialect.cerebras(), tools=[STRICT, SUB])
    assert ["strict" in tool["function"] for tool in mixed["tools"]] == [False, False]
    assert mixed["notices"] == ["strict"]
    assert sent(Dialect.cerebras(), tools=[STRICT])["tools"][0]["function"]["strict"] is True
    assert [t["function"].get("strict") for t in sent(Dialect.openai(), tools=[STRICT, SUB])["tools"]] == [
        True,
        None,
    ]


@pytest.mark.parametrize("dialect", [Dialect.vllm(), Dialect.llama_cpp()])
def test_servers_with_a_grammar_of_their_own_get_the_schema_as_it_is(dialect: Dialect) -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1}
    body = sent(dialect, output=OutputSchema("counts", schema))

    assert body["response_format"]["json_schema"] == {"name": "counts", "schema": schema, "strict": True}


def test_a_keyword_that_the_server_does_not_know_is_left_out_with_a_notice() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "example": "x"}}, "required": ["a"]}
    body = sent(Dialect.openai(), output=OutputSchema("a", schema))

    assert body["response_format"]["json_schema"]["schema"]["properties"] == {"a": {"type": "string"}}
    assert body["notices"] == ["strict"]
