"""Request bodies: what each part, option and outcome becomes, and that OpenAI's own request types accept
it.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder, CompletionsOptions, Dialect
from chat_completions.encode import encode
from chat_completions.rules import Fields, MessageRules, ReasoningRules
from chat_completions.settings import RequestDefaults
from chat_core import (
    Action,
    AwaitingApproval,
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    Completed,
    ConfigurationError,
    Failed,
    File,
    Message,
    Messages,
    Native,
    Notice,
    Opaque,
    Origin,
    OutputSchema,
    Paused,
    Reasoning,
    Refusal,
    Rejected,
    RequireApproval,
    ScopedCollection,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    UnresolvedTool,
    tool,
)
from chat_core.testing import FakeTransport
from chat_core.wire import Encoded, dump
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import is_typeddict

OPENAI = Dialect.openai()
HERE = Origin("openai", "https://api.openai.com/v1", "gpt-5.6")
PNG = b"\x89PNG\r\n\x1a\n"
ADD = ToolDefinition("add", "Add two numbers.", {"type": "object", "properties": {"a": {"type": "integer"}}})


@pytest.fixture(scope="module")
def official() -> Iterator[dict[bool, TypeAdapter[Any]]]:
    """OpenAI's request types, whole and streamed, that accept no key they do not know and look into every
    list.
    """
    with _exact_types():
        yield {
            False: TypeAdapter(CompletionCreateParamsNonStreaming),
            True: TypeAdapter(CompletionCreateParamsStreaming),
        }


@contextmanager
def _exact_types() -> Iterator[None]:
    modules = [module for name, module in sys.modules.items() if name.startswith("openai.types")]
    types = {value for module in modules for value in vars(module).values() if is_typeddict(value)}
    lazy = [module for module in modules if getattr(module, "Iterable", None) is not None]
    for one in types:
        one.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    for module in lazy:
        # pydantic reads an Iterable only when somebody iterates it
        module.Iterable = list  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for one in types:
            del one.__pydantic_config__  # type: ignore[attr-defined]
        for module in lazy:
            module.Iterable = Iterable  # type: ignore[attr-defined]


def encoded(
    request: ChatRequest | Messages, *, origin: Origin = HERE, dialect: Dialect = OPENAI, **more: Any
) -> Encoded:
    request = ChatRequest(request) if isinstance(request, Messages) else request
    stream = more.pop("stream", False)
    return encode(request, origin=origin, defaults=RequestDefaults(dialect=dialect, **more), stream=stream)


def body_of(request: ChatRequest | Messages, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(dump(encoded(request, **more).body))
    return body


def sent(messages: Messages, **more: Any) -> Any:
    return body_of(messages, **more)["messages"]


def model(*parts: Any, **more: Any) -> Message:
    return Message("model", list(parts), **more)


def after(*turn: Any) -> Messages:
    return Messages.from_user("Hello").append(model(*turn))


# -- what a user says


def test_one_text_is_a_plain_string_and_instructions_are_joined(official: Any) -> None:
    messages = Messages.from_system("Be brief.", Structured({"tone": "dry"})).add_user("Hello")
    body = body_of(messages)

    official[False].validate_python(body)
    assert body == {
        "model": "gpt-5.6",
        "messages": [
            {"role": "system", "content": 'Be brief.\n\n{"tone": "dry"}'},
            {"role": "user", "content": "Hello"},
        ],
    }


@pytest.mark.parametrize(
    ("part", "becomes"),
    [
        (Text("Hello"), {"type": "text", "text": "Hello"}),
        (Structured({"a": [1, "é"]}), {"type": "text", "text": '{"a": [1, "é"]}'}),
        (Structured({"a": 1}, '{"a":1.0}'), {"type": "text", "text": '{"a":1.0}'}),
        (
            File.from_bytes(PNG),
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        ),
        (
            File.from_url("https://a.example/cat.png"),
            {"type": "image_url", "image_url": {"url": "https://a.example/cat.png"}},
        ),
        (
            File.from_bytes(b"RIFF\0\0\0\0WAVE"),
            {"type": "input_audio", "input_audio": {"data": "UklGRgAAAABXQVZF", "format": "wav"}},
        ),
        (
            File.from_bytes(b"ID3\4"),
            {"type": "input_audio", "input_audio": {"data": "SUQzBA==", "format": "mp3"}},
        ),
        (
            File.from_bytes(b"%PDF-1.7", name="a.pdf"),
            {
                "type": "file",
                "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjc="},
            },
        ),
        (
            File.from_bytes(b"%PDF-1.7"),
            {
                "type": "file",
                "file": {"filename": "document", "file_data": "data:application/pdf;base64,JVBERi0xLjc="},
            },
        ),
        (File.from_id("file-1"), {"type": "file", "file": {"file_id": "file-1"}}),
    ],
    ids=[
        "text",
        "structured",
        "structured as received",
        "picture",
        "picture's url",
        "wav",
        "mp3",
        "pdf",
        "pdf without a name",
        "id",
    ],
)
def test_what_a_user_sends_becomes_a_content_part(part: Any, becomes: dict[str, Any], official: Any) -> None:
    body = body_of(Messages.from_user("See:", part))

    official[False].validate_python(body)
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "See:"}, becomes]}]


def test_a_document_by_url_goes_only_to_who_fetches_it() -> None:
    messages = Messages.from_user(File.from_url("https://a.example/a.pdf"))

    with pytest.raises(ConfigurationError, match=r"openai fetches no documents.*File\.from_bytes"):
        sent(messages)
    assert sent(messages, dialect=Dialect.openrouter())[0]["content"] == [
        {"type": "file", "file": {"filename": "document", "file_data": "https://a.example/a.pdf"}}
    ]


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (File("video/mp4", b"x"), "takes no video"),
        (File("image/png", id="file-1"), "images as bytes or a url"),
        (File("audio/ogg", b"OggS"), "wav or mp3 bytes, not audio/ogg by bytes"),
        (File("audio/wav", url="https://a.example/a.wav"), "not audio/wav by url"),
        (Reasoning("hm"), "holds text, files and structured values, not Reasoning"),
        (ToolCall("t1", "add"), "holds text, files and structured values, not ToolCall"),
    ],
)
def test_what_this_wire_cannot_say_is_refused_before_anything_is_sent(part: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        sent(Messages.from_user("See:", part))


def test_a_file_among_instructions_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match="a system message holds text and structured values, not File"
    ):
        sent(Messages.from_system(File.from_bytes(PNG)))


@pytest.mark.parametrize("text", ["\ud83d", "a\udcffb"])
def test_half_a_character_is_refused_and_not_sent_in_some_other_form(text: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
        sent(Messages.from_user(text))


# -- what the model said


def test_calls_and_their_results_follow_the_turn_in_its_order(official: Any) -> None:
    messages = after(
        Text("Let me see."),
        ToolCall("t1", "add", {"a": 1}, Completed({"sum": 1}), arguments_text='{ "a": 1 }'),
        ToolCall("t2", "add", {"a": 2}, Completed("two")),
        ToolCall("t3", "add", {}, Failed("ValueError: no"), arguments_text='{"a":'),
        ToolCall("t4", "add", {"a": 4}, Rejected("not today")),
        ToolCall("t5", "add", {"a": 5}, Rejected()),
        ToolCall("t6", "now", {}, Completed(None), arguments_text=""),
        ToolCall("t7", "add", {"a": 7}, Completed(7), arguments_text="{0"),
    ).add_user("Go on.")
    body = body_of(messages)

    official[False].validate_python(body)
    _, turn, *results, last = body["messages"]
    assert (turn["role"], turn["content"]) == ("assistant", "Let me see.")
    assert [(call["id"], call["type"], call["function"]["arguments"]) for call in turn["tool_calls"]] == [
        ("t1", "function", '{ "a": 1 }'),
        ("t2", "function", '{"a": 2}'),
        ("t3", "function", "{}"),
        ("t4", "function", '{"a": 4}'),
        ("t5", "function", '{"a": 5}'),
        ("t6", "function", "{}"),
        ("t7", "function", '{"a": 7}'),
    ]
    assert results == [
        {"role": "tool", "tool_call_id": "t1", "content": '{"sum": 1}'},
        {"role": "tool", "tool_call_id": "t2", "content": "two"},
        {"role": "tool", "tool_call_id": "t3", "content": "ValueError: no"},
        {"role": "tool", "tool_call_id": "t4", "content": "not today"},
        {"role": "tool", "tool_call_id": "t5", "content": "The call was declined."},
        {"role": "tool", "tool_call_id": "t6", "content": "null"},
        {"role": "tool", "tool_call_id": "t7", "content": "7"},
    ]
    assert last == {"role": "user", "content": "Go on."}


def test_a_turn_of_calls_alone_has_null_content(official: Any) -> None:
    body = body_of(after(ToolCall("t1", "add", {"a": 1}, Completed(1))))

    official[False].validate_python(body)
    assert body["messages"][1]["content"] is None


def test_files_that_tools_return_come_after_all_results(official: Any) -> None:
    messages = after(
        ToolCall("t1", "draw", {}, Completed("a cat"), files=(File.from_bytes(PNG),)),
        ToolCall("t2", "add", {"a": 1}, Completed(1)),
    )
    body = body_of(messages)

    official[False].validate_python(body)
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "tool", "tool", "user"]
    about, picture = body["messages"][-1]["content"]
    assert about == {"type": "text", "text": "What draw returned for call t1:"}
    assert picture["type"] == "image_url"


def test_a_call_that_waits_cannot_be_sent() -> None:
    with pytest.raises(UnresolvedTool, match=r"t1 \(add: awaiting_approval\)"):
        sent(after(ToolCall("t1", "add", {"a": 1}, AwaitingApproval())))


@pytest.mark.anyio
async def test_an_edited_approval_is_what_runs_and_the_models_own_call_is_what_is_sent_back() -> None:
    ran: list[int] = []

    @tool
    def add(a: int, b: int) -> int:
        """Add."""
        ran.append(a + b)
        return a + b

    call = {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"a":1,"b":2}'}}
    transport = FakeTransport()
    transport.answer(
        {"choices": [{"message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    )
    transport.answer({"choices": [{"message": {"content": "42"}, "finish_reason": "stop"}]})
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )

    def ask(call: ToolCall, meta: object) -> Action:
        return RequireApproval()

    chat = ChatBuilder().with_model(client).with_scoped_tools(ScopedCollection([add], ask)).build()
    messages = Messages.from_user("Add 20 and 22.")
    assert isinstance(await chat.complete(messages), Paused)

    messages = Messages.from_json(messages.to_json())
    messages.find_tool("t1").approve({"a": 20, "b": 22})
    await chat.complete(messages)

    assert ran == [42]
    assert transport.last_body["messages"] == [
        {"role": "user", "content": "Add 20 and 22."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {
            "role": "tool",
            "tool_call_id": "t1",
            "content": '(A reviewer changed the arguments to {"a": 20, "b": 22}.)\n42',
        },
    ]


def test_a_server_with_narrow_ids_gets_narrow_ones_that_still_pair() -> None:
    messages = after(
        ToolCall("call_0123456789abcdef", "add", {}, Completed(1)),
        ToolCall("abcDEF123", "add", {}, Completed(2)),
    )
    _, turn, first, second = sent(messages, dialect=Dialect.mistral())

    ids = [call["id"] for call in turn["tool_calls"]]
    assert ids == [first["tool_call_id"], second["tool_call_id"]]
    assert ids[1] == "abcDEF123"
    assert len(ids[0]) == 9
    assert ids[0].isalnum()
    assert messages.find_tool("call_0123456789abcdef")


def test_a_custom_tools_call_goes_back_as_one_and_elsewhere_as_a_function(official: Any) -> None:
    messages = after(
        ToolCall(
            "t1", "sql", {"input": 'select "a"'}, Completed("ok"), native=Native(HERE, {"type": "custom"})
        )
    )
    body = body_of(messages)

    official[False].validate_python(body)
    assert body["messages"][1]["tool_calls"] == [
        {"id": "t1", "type": "custom", "custom": {"name": "sql", "input": 'select "a"'}}
    ]
    [elsewhere] = sent(messages, origin=Origin("other", "http://localhost/v1", "m"))[1]["tool_calls"]
    assert elsewhere["function"] == {"name": "sql", "arguments": '{"input": "select \\"a\\""}'}


def test_the_signature_on_a_call_goes_back_to_where_it_came_from_only() -> None:
    signed = {"google": {"thought_signature": "c2lnbmVk"}}
    messages = after(
        ToolCall("t1", "add", {"a": 1}, Completed(1), native=Native(HERE, {"extra_content": signed}))
    )

    assert sent(messages)[1]["tool_calls"][0]["extra_content"] == signed
    assert (
        "extra_content"
        not in sent(messages, origin=Origin("openai", HERE.endpoint, "gpt-6"))[1]["tool_calls"][0]
    )


DETAILS = [
    {"type": "reasoning.text", "index": 0, "text": "hm ", "signature": "s1=="},
    {"type": "reasoning.encrypted", "index": 1, "data": "x1=="},
]
THINKING = {
    "type": "thinking",
    "thinking": [{"type": "text", "text": "hm"}],
    "signature": "s1==",
    "closed": True,
}


@pytest.mark.parametrize(
    ("native", "field", "value"),
    [
        ({"field": "reasoning_content"}, "reasoning_content", "hm"),
        ({"field": "reasoning"}, "reasoning", "hm"),
        ({"field": "reasoning", "reasoning_details": DETAILS}, "reasoning_details", DETAILS),
        ({"content": THINKING}, "content", [THINKING, {"type": "text", "text": "So."}]),
    ],
    ids=["reasoning_content", "reasoning", "reasoning_details", "content"],
)
def test_reasoning_goes_back_in_the_field_it_came_in_and_only_to_where_it_came_from(
    native: Any, field: str, value: Any
) -> None:
    messages = after(
        Reasoning("hm", native=Native(HERE, native)), Text("So."), ToolCall("t1", "add", {}, Completed(1))
    )
    before = copy.deepcopy(messages)

    assert sent(messages)[1][field] == value
    for elsewhere in (
        Origin("other", HERE.endpoint, HERE.model),
        Origin(HERE.provider, "http://localhost/v1", HERE.model),
        Origin(HERE.provider, HERE.endpoint, "gpt-6"),
    ):
        turn = sent(messages, origin=elsewhere)[1]
        assert set(turn) == {"role", "content", "tool_calls"}
        assert turn["content"] == "So."
    assert messages == before


@pytest.mark.parametrize(
    ("replay", "with_calls", "goes"),
    [
        ("never", True, False),
        ("tools", True, True),
        ("tools", False, False),
        ("always", True, True),
        ("always", False, True),
    ],
)
def test_reasoning_goes_back_on_the_turns_that_the_dialect_names(
    replay: Any, with_calls: bool, goes: bool
) -> None:
    thought = Reasoning("hm", native=Native(HERE, {"field": "reasoning"}))
    messages = after(thought, Text("So."), *([ToolCall("t1", "add", {}, Completed(1))] if with_calls else []))

    assert (
        "reasoning" in sent(messages, dialect=Dialect(reasoning=ReasoningRules(replay=replay)))[1]
    ) is goes


def test_thoughts_texts_and_blocks_of_the_servers_own_keep_their_order() -> None:
    first, second = {**THINKING, "signature": "1"}, {**THINKING, "signature": "2"}
    block = {"type": "tool_reference", "tool": "web_search"}
    messages = after(
        Reasoning("hm", native=Native(HERE, {"content": first})),
        Text("So "),
        Reasoning("hm", native=Native(HERE, {"content": second})),
        Opaque(Native(HERE, block)),
        Text("there."),
    )

    assert sent(messages, dialect=Dialect.mistral())[1]["content"] == [
        first,
        {"type": "text", "text": "So "},
        second,
        block,
        {"type": "text", "text": "there."},
    ]
    elsewhere = encoded(messages, origin=Origin("other", "http://localhost/v1", "m"))
    assert json.loads(dump(elsewhere.body))["messages"][1]["content"] == "So there."
    assert elsewhere.notices == (
        Notice("messages", "a block that only openai (gpt-5.6) can read was not sent"),
    )


def test_a_refusal_goes_back_as_one(official: Any) -> None:
    body = body_of(after(Refusal("I won't.")))

    official[False].validate_python(body)
    assert body["messages"][1] == {"role": "assistant", "content": "", "refusal": "I won't."}


def test_spoken_audio_is_named_by_its_id_and_other_files_are_noticed(official: Any) -> None:
    spoken = File("audio/wav", b"RIFF", native=Native(HERE, {"audio_id": "au1"}))
    result = encoded(after(spoken, File.from_bytes(PNG)))

    body = json.loads(dump(result.body))
    official[False].validate_python(body)
    assert body["messages"][1] == {"role": "assistant", "content": "", "audio": {"id": "au1"}}
    assert result.notices == (
        Notice("messages", "a generated image was not sent back: this wire has no place for it"),
    )


def test_a_typed_answer_goes_back_as_the_text_it_was() -> None:
    assert sent(after(Structured({"a": 1}, '{"a":  1}')))[1] == {"role": "assistant", "content": '{"a":  1}'}


def test_an_interrupted_turn_goes_back_as_far_as_it_came(official: Any) -> None:
    cut = ToolCall(
        "t1", "add", status=Failed("The turn was interrupted; the call was not run."), arguments_text='{"a":'
    )
    messages = (
        Messages.from_user("Hello").append(model(Text("Hel"), cut, interrupted=True)).add_user("Go on.")
    )
    body = body_of(messages)

    official[False].validate_python(body)
    assert body["messages"][1]["content"] == "Hel"
    assert body["messages"][1]["tool_calls"][0]["function"] == {"name": "add", "arguments": "{}"}
    assert body["messages"][2]["content"] == "The turn was interrupted; the call was not run."


# -- options

EVERY = ChatOptions(
    temperature=0.5,
    top_p=0.9,
    max_tokens=100,
    stop=("END", "STOP"),
    seed=7,
    frequency_penalty=0.1,
    presence_penalty=-0.1,
    reasoning_effort="low",
    tool_choice="auto",
    parallel_tool_calls=False,
)


def test_every_common_option_is_sent_under_openais_names(official: Any) -> None:
    body = body_of(ChatRequest(Messages.from_user("Hello"), [ADD], EVERY))

    official[False].validate_python(body)
    assert {name: value for name, value in body.items() if name not in ("model", "messages", "tools")} == {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_completion_tokens": 100,
        "stop": ["END", "STOP"],
        "seed": 7,
        "frequency_penalty": 0.1,
        "presence_penalty": -0.1,
        "reasoning_effort": "low",
        "tool_choice": "auto",
        "parallel_tool_calls": False,
    }


def test_zero_is_a_value_and_none_is_not() -> None:
    options = ChatOptions(temperature=0.0, seed=0, max_tokens=None)

    assert set(body_of(ChatRequest(Messages.from_user("Hello"), options=options))) == {
        "model",
        "messages",
        "temperature",
        "seed",
    }


@pytest.mark.parametrize(
    ("dialect", "names"),
    [
        (Dialect(), {"max_tokens", "seed"}),
        (Dialect.openai(), {"max_completion_tokens", "seed"}),
        (Dialect.mistral(), {"max_tokens", "random_seed"}),
        (Dialect.deepseek(), {"max_tokens", "seed"}),
        (Dialect.openrouter(), {"max_tokens", "seed"}),
        (Dialect.xai(), {"max_tokens", "seed"}),
    ],
    ids=lambda value: value.name if isinstance(value, Dialect) else "",
)
def test_options_go_by_the_names_of_the_dialect(dialect: Dialect, names: set[str]) -> None:
    request = ChatRequest(Messages.from_user("Hello"), options=ChatOptions(max_tokens=9, seed=7))

    assert set(body_of(request, dialect=dialect)) == {"model", "messages"} | names


def test_instructions_go_under_the_role_of_the_dialect() -> None:
    assert sent(
        Messages.from_system("Hi"), dialect=Dialect(messages=MessageRules(system_role="developer"))
    ) == [{"role": "developer", "content": "Hi"}]


def test_top_k_goes_to_who_knows_it_and_is_refused_elsewhere() -> None:
    request = ChatRequest(Messages.from_user("Hello"), options=ChatOptions(top_k=40))

    assert body_of(request, dialect=Dialect.openrouter())["top_k"] == 40
    with pytest.raises(ConfigurationError, match=r"openai has no top_k.*with_extra_body\(\{'top_k': 40\}\)"):
        body_of(request)


def test_every_option_of_the_wire_is_sent_under_its_own_name(official: Any) -> None:
    options = CompletionsOptions(
        logprobs=True,
        top_logprobs=3,
        logit_bias={"42": -100},
        modalities=("text", "audio"),
        audio={"voice": "alloy", "format": "wav"},
        prediction={"type": "content", "content": "x"},
        verbosity="low",
        service_tier="flex",
        store=False,
        metadata={"a": "b"},
        prompt_cache_key="k",
        prompt_cache_options={"mode": "explicit", "ttl": "30m"},
        safety_identifier="s",
        user="u",
        web_search_options={"search_context_size": "low"},
    )
    body = body_of(Messages.from_user("Hello"), options=options)

    official[False].validate_python(body)
    assert set(body) - {"model", "messages"} == set(CompletionsOptions.__dataclass_fields__)
    assert (body["modalities"], body["store"]) == (["text", "audio"], False)


def test_a_stream_asks_for_usage_unless_the_server_refuses_the_question(official: Any) -> None:
    asked, unasked = (
        body_of(Messages.from_user("Hello"), stream=True, dialect=d) for d in (OPENAI, Dialect.mistral())
    )

    official[True].validate_python(asked)
    assert (asked["stream"], asked["stream_options"]) == (True, {"include_usage": True})
    assert unasked["stream"] is True
    assert "stream_options" not in unasked


def test_what_is_given_raw_is_merged_last() -> None:
    request = ChatRequest(Messages.from_user("Hello"), options=ChatOptions(temperature=0.5))
    body = body_of(request, extra={"temperature": 1, "top_k": 40, "provider": {"order": ["a"]}}, stream=True)

    assert (body["temperature"], body["top_k"], body["provider"], body["stream"]) == (
        1,
        40,
        {"order": ["a"]},
        True,
    )


# -- tools and typed answers


def test_tools_are_described_and_the_schema_of_a_strict_one_is_enforced(official: Any) -> None:
    strict = ToolDefinition(
        "pay", "", {"type": "object", "properties": {"sum": {"type": "number", "default": 1}}}, strict=True
    )
    body = body_of(ChatRequest(Messages.from_user("Hello"), [ADD, strict]))

    official[False].validate_python(body)
    assert body["tools"] == [
        {
            "type": "function",
            "function": {"name": "add", "description": "Add two numbers.", "parameters": ADD.parameters},
        },
        {
            "type": "function",
            "function": {
                "name": "pay",
                "strict": True,
                "parameters": {
                    "type": "object",
                    "properties": {"sum": {"type": "number"}},
                    "required": ["sum"],
                    "additionalProperties": False,
                },
            },
        },
    ]


@pytest.mark.parametrize(
    ("choice", "becomes"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ("add", {"type": "function", "function": {"name": "add"}}),
    ],
)
def test_a_tool_choice_is_a_word_or_the_name_of_a_tool(choice: str, becomes: Any, official: Any) -> None:
    body = body_of(ChatRequest(Messages.from_user("Hello"), [ADD], ChatOptions(tool_choice=choice)))

    official[False].validate_python(body)
    assert body["tool_choice"] == becomes


@pytest.mark.parametrize(("choice", "tools"), [("sub", [ADD]), ("required", []), ("add", [])])
def test_a_tool_choice_that_cannot_be_is_refused(choice: str, tools: list[ToolDefinition]) -> None:
    with pytest.raises(ConfigurationError, match="there is no such tool"):
        body_of(ChatRequest(Messages.from_user("Hello"), tools, ChatOptions(tool_choice=choice)))


def test_without_tools_the_body_has_none() -> None:
    options = ChatOptions(tool_choice="auto", parallel_tool_calls=True)

    assert set(body_of(ChatRequest(Messages.from_user("Hello"), options=options))) == {"model", "messages"}


@pytest.mark.anyio
async def test_a_forced_choice_holds_for_the_first_turn_only() -> None:
    @tool
    def add(a: int) -> int:
        """Add."""
        return a

    call = {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    transport = FakeTransport()
    transport.answer({"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "stop"}]})
    transport.answer({"choices": [{"message": {"content": "1"}, "finish_reason": "stop"}]})
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    chat = (
        ChatBuilder()
        .with_model(client)
        .with_tools([add])
        .with_options(ChatOptions(tool_choice="required"))
        .build()
    )

    response = await chat.complete(Messages.from_user("Add."))

    assert response.text == "1"
    assert [body.get("tool_choice") for body in transport.bodies] == ["required", None]


OUTPUT = OutputSchema(
    "city", {"type": "object", "properties": {"name": {"type": "string", "title": "N"}}}, "A city."
)


def test_a_typed_answer_is_requested_strictly_where_the_server_can(official: Any) -> None:
    request = ChatRequest(Messages.from_user("Hello"), output=OUTPUT)
    body = body_of(request)

    official[False].validate_python(body)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "city",
            "description": "A city.",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
                "additionalProperties": False,
            },
        },
    }
    for loose in (
        body_of(request, strict=False),
        body_of(request, dialect=Dialect(fields=Fields(strict="none"))),
    ):
        official[False].validate_python(loose)
        assert loose["response_format"]["json_schema"] == {
            "name": "city",
            "description": "A city.",
            "schema": OUTPUT.schema,
        }


def test_the_official_types_that_judge_here_do_judge(official: Any) -> None:
    body = body_of(after(ToolCall("t1", "add", {"a": 1}, Completed(1))))
    for spoil in (
        lambda b: b["messages"][0].update(nobody_knows=1),
        lambda b: b["messages"][0].update(
            content=[{"type": "image_url", "image_url": "https://a.example/cat.png"}]
        ),
        lambda b: b["messages"][1]["tool_calls"][0]["function"].update(arguments={}),
        lambda b: b["messages"][2].pop("tool_call_id"),
        lambda b: b.update(nobody_knows=1),
    ):
        spoiled = copy.deepcopy(body)
        spoil(spoiled)
        with pytest.raises(ValidationError):
            official[False].validate_python(spoiled)
