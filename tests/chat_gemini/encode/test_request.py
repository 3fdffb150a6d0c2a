"""What goes over the wire for a conversation, and what is refused before anything does."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from chat_core import (
    ChatOptions,
    ChatRequest,
    Citation,
    ConfigurationError,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    OutputSchema,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    UnresolvedTool,
)
from chat_core.types.call_status import Completed, Failed, Pending, Rejected
from chat_core.wire import dump
from chat_gemini.capabilities import VERTEX
from chat_gemini.encode import encode
from chat_gemini.encode.model_parts import UNSIGNED
from chat_gemini.native_tools import CodeExecution, FileSearch, GoogleMaps, GoogleSearch, UrlContext
from chat_gemini.options import FunctionCalling, GeminiOptions, Thinking
from chat_gemini.settings import RequestDefaults

HERE = Origin("gemini", "https://host/v1beta", "gemini-3.5-flash")
OLDER = Origin("gemini", "https://host/v1beta", "gemini-2.5-flash")
ELSEWHERE = Origin("claude", "https://host/v1", "claude")
ADD = ToolDefinition(
    "add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
)
NO_OPTIONS, PLAIN = ChatOptions(), RequestDefaults()
SIGNED: dict[str, Any] = {"thoughtSignature": "eA=="}
PNG = b"\x89PNG\r\n\x1a\nrest"


def body(
    messages: Messages,
    origin: Origin = HERE,
    *,
    tools: Sequence[ToolDefinition] = (),
    options: ChatOptions = NO_OPTIONS,
    output: OutputSchema | None = None,
    defaults: RequestDefaults = PLAIN,
) -> Any:
    request = ChatRequest(messages, tools, options, output)
    return json.loads(dump(encode(request, origin=origin, defaults=defaults, stream=False).body))


def config(**given: Any) -> Any:
    return body(Messages.from_user("Hi"), **given).get("generationConfig")


def test_a_question_is_only_its_contents() -> None:
    assert body(Messages.from_user("Hi")) == {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def test_system_messages_are_the_instructions() -> None:
    messages = Messages.from_system("Be brief.").add_system("Be kind.").add_user("Hi")
    sent = body(messages)
    assert sent["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]}
    assert sent["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]


def test_a_system_message_from_within_the_conversation_is_noticed() -> None:
    encoded = encode(
        ChatRequest(Messages.from_user("Hi").add_system("Be brief.")),
        origin=HERE,
        defaults=PLAIN,
        stream=False,
    )
    assert encoded.body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert [notice.about for notice in encoded.notices] == ["messages"]


def test_without_a_word_from_the_user_there_is_nothing_to_send() -> None:
    with pytest.raises(ConfigurationError, match=r"add_user"):
        body(Messages.from_system("Be brief."))


def test_neighbours_of_one_role_are_one_content_and_their_parts_stay_apart() -> None:
    messages = Messages.from_user("One").add_user("Two", Structured({"a": 1}))
    assert body(messages)["contents"] == [
        {"role": "user", "parts": [{"text": "One"}, {"text": "Two"}, {"text": '{"a": 1}'}]}
    ]


@pytest.mark.parametrize(
    ("file", "sent"),
    [
        (
            File.from_bytes(PNG),
            {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}},
        ),
        (
            File.from_bytes(b"%PDF-1.7"),
            {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0xLjc="}},
        ),
        (File.from_bytes(b"x", "audio/wav"), {"inlineData": {"mimeType": "audio/wav", "data": "eA=="}}),
        (
            File.from_url("https://www.youtube.com/watch?v=x"),
            {"fileData": {"fileUri": "https://www.youtube.com/watch?v=x", "mimeType": "video/mp4"}},
        ),
        (
            File.from_url("https://youtu.be/x"),
            {"fileData": {"fileUri": "https://youtu.be/x", "mimeType": "video/mp4"}},
        ),
        (
            File.from_url("https://a.example/b.mp4"),
            {"fileData": {"fileUri": "https://a.example/b.mp4", "mimeType": "video/mp4"}},
        ),
        (
            File.from_url("gs://a/b", "image/png"),
            {"fileData": {"fileUri": "gs://a/b", "mimeType": "image/png"}},
        ),
        (
            File.from_id("files/abc", "video/mp4"),
            {"fileData": {"fileUri": "https://host/v1beta/files/abc", "mimeType": "video/mp4"}},
        ),
    ],
)
def test_files_of_every_kind_go_in(file: File, sent: object) -> None:
    contents = body(Messages.from_user(file, "What is it?"))["contents"]
    assert contents == [{"role": "user", "parts": [sent, {"text": "What is it?"}]}]


@pytest.mark.parametrize(
    "file", [File(data=b"?"), File.from_url("https://a.example/b"), File.from_url("gs://a/b")]
)
def test_a_file_without_a_type_is_asked_for_one(file: File) -> None:
    with pytest.raises(ConfigurationError, match="mimetype"):
        body(Messages.from_user(file))


@pytest.mark.parametrize("part", [Reasoning("hm"), ToolCall("1", "add"), Refusal("no")])
def test_a_user_cannot_think_or_call(part: Reasoning | ToolCall | Refusal) -> None:
    with pytest.raises(
        ConfigurationError, match="a user's message holds text, files and structured values, not"
    ):
        body(Messages([Message("user", [part])]))


def test_every_part_of_a_turn_goes_back_in_its_place_with_what_came_beside_it() -> None:
    turn = Message(
        "model",
        [
            Reasoning("Hm.", native=Native(HERE, {"thought": True})),
            Text("Plain.", (Citation("https://a.example"),)),
            Text("Signed.", native=Native(HERE, {"thoughtSignature": "c2ln"})),
            Opaque(Native(HERE, {"executableCode": {"code": "1"}, "thoughtSignature": "eA=="})),
            File("image/png", PNG, native=Native(HERE, {"thoughtSignature": "aW1n"})),
            ToolCall(
                "1",
                "add",
                {"a": 1},
                Completed(2),
                native=Native(HERE, {"thoughtSignature": "Y2FsbA==", "id": "w1"}),
            ),
            Reasoning("", native=Native(HERE, {"thoughtSignature": "ZW5k"})),
        ],
    )
    assert body(Messages([Message("user", [Text("Hi")]), turn]))["contents"] == [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {
            "role": "model",
            "parts": [
                {"text": "Hm.", "thought": True},
                {"text": "Plain."},
                {"text": "Signed.", "thoughtSignature": "c2ln"},
                {"executableCode": {"code": "1"}, "thoughtSignature": "eA=="},
                {
                    "inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()},
                    "thoughtSignature": "aW1n",
                },
                {
                    "functionCall": {"id": "w1", "name": "add", "args": {"a": 1}},
                    "thoughtSignature": "Y2FsbA==",
                },
                {"text": "", "thoughtSignature": "ZW5k"},
            ],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"id": "w1", "name": "add", "response": {"output": 2}}}],
        },
    ]


@pytest.mark.parametrize(
    "other",
    [ELSEWHERE, OLDER, Origin("gemini", "https://proxy/v1beta", "gemini-3.5-flash")],
    ids=lambda origin: origin.endpoint,
)
def test_what_came_from_elsewhere_goes_without_its_signatures(other: Origin) -> None:
    turn = Message(
        "model",
        [
            Reasoning("Hm.", native=Native(other, {"thoughtSignature": "eA=="})),
            Opaque(Native(other, {"toolCall": {}})),
            Text("Well.", native=Native(other, {"thoughtSignature": "eA=="})),
            ToolCall(
                "1",
                "add",
                {"a": 1},
                Completed(2),
                native=Native(other, {"thoughtSignature": "eA==", "id": "w1"}),
            ),
            ToolCall("2", "add", {"a": 2}, Completed(3), native=Native(other, {"thoughtSignature": "eA=="})),
        ],
    )
    encoded = encode(
        ChatRequest(Messages([Message("user", [Text("Hi")]), turn])),
        origin=HERE,
        defaults=PLAIN,
        stream=False,
    )
    sent = json.loads(dump(encoded.body))
    assert sent["contents"][1]["parts"] == [
        {"text": "Well."},
        {"functionCall": {"id": "1", "name": "add", "args": {"a": 1}}, "thoughtSignature": UNSIGNED},
        {"functionCall": {"id": "2", "name": "add", "args": {"a": 2}}},
    ]
    assert base64.b64decode(UNSIGNED) == b"skip_thought_signature_validator"
    assert [notice.message for notice in encoded.notices] == [
        f"a block that only {other.provider} ({other.model}) can read was not sent"
    ]


def test_models_that_check_no_signatures_are_sent_none() -> None:
    turn = Message("model", [ToolCall("1", "add", {}, Completed(2), native=Native(ELSEWHERE, {}))])
    contents = body(Messages([Message("user", [Text("Hi")]), turn]), OLDER)["contents"]
    assert contents[1]["parts"] == [{"functionCall": {"id": "1", "name": "add", "args": {}}}]


def test_a_call_that_came_without_an_id_is_answered_without_one() -> None:
    turn = Message("model", [ToolCall("call_1", "add", {}, Completed("two"), native=Native(HERE, SIGNED))])
    contents = body(Messages([Message("user", [Text("Hi")]), turn]))["contents"]
    assert contents[1:] == [
        {"role": "model", "parts": [{"functionCall": {"name": "add", "args": {}}, **SIGNED}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {"output": "two"}}}]},
    ]


def test_all_calls_of_a_step_are_answered_in_one_content_in_their_order() -> None:
    calls = [
        ToolCall("1", "add", {}, Completed({"sum": 2}), native=Native(HERE, {})),
        ToolCall("2", "add", {}, Failed("no such number"), native=Native(HERE, {})),
        ToolCall("3", "add", {}, Rejected("not today"), native=Native(HERE, {})),
        ToolCall("4", "add", {}, Completed(None), native=Native(HERE, {})),
    ]
    messages = Messages([Message("user", [Text("Hi")]), Message("model", [*calls])]).add_user("And?")
    sent = body(messages)["contents"][2]
    told = [part["functionResponse"]["response"] for part in sent["parts"][:4]]
    assert told == [
        {"output": {"sum": 2}},
        {"error": "no such number"},
        {"error": "not today"},
        {"output": None},
    ]
    assert sent["parts"][4] == {"text": "And?"}


@pytest.mark.parametrize("result", [{"$ref": "#/a"}, [{"deep": {"$ref": "x"}}], {"number": float("nan")}])
def test_a_result_that_the_server_would_misread_goes_as_text(result: Any) -> None:
    call = ToolCall("1", "add", {}, Completed(result))
    sent = body(Messages([Message("user", [Text("Hi")]), Message("model", [call])]))["contents"]
    told = sent[2]["parts"][0]["functionResponse"]["response"]["output"]
    assert told == json.dumps(result)


def test_files_that_a_tool_returned_stand_in_its_answer_where_the_model_can_read_them() -> None:
    call = ToolCall(
        "1", "look", {}, Completed("see"), files=(File.from_bytes(PNG), File.from_bytes(b"x", "audio/wav"))
    )
    messages = Messages([Message("user", [Text("Hi")]), Message("model", [call])])
    image = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG).decode()}}
    sound = {"inlineData": {"mimeType": "audio/wav", "data": "eA=="}}
    about = {"text": "What look returned for call 1:"}

    newer, older = (body(messages, origin)["contents"][2]["parts"] for origin in (HERE, OLDER))
    response = {"id": "1", "name": "look", "response": {"output": "see"}}
    assert newer == [{"functionResponse": {**response, "parts": [image]}}, about, sound]
    assert older == [{"functionResponse": response}, about, image, sound]


def test_a_call_without_an_outcome_cannot_be_sent() -> None:
    with pytest.raises(UnresolvedTool):
        body(
            Messages([Message("user", [Text("Hi")]), Message("model", [ToolCall("1", "add", {}, Pending())])])
        )


def test_what_the_model_called_stays_what_it_called_after_an_edit() -> None:
    call = ToolCall(
        "1", "add", {"a": 1}, Completed(3), edited={"a": 2}, native=Native(HERE, {"thoughtSignature": "eA=="})
    )
    contents = body(Messages([Message("user", [Text("Hi")]), Message("model", [call])]))["contents"]
    assert contents[1]["parts"][0]["functionCall"]["args"] == {"a": 1}


def test_every_common_option_reaches_the_wire() -> None:
    options = ChatOptions(0.5, 0.9, 100, "END", 7, 40, 0.1, 0.2, "low")
    assert config(options=options) == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "maxOutputTokens": 100,
        "stopSequences": ["END"],
        "seed": 7,
        "frequencyPenalty": 0.1,
        "presencePenalty": 0.2,
        "thinkingConfig": {"thinkingLevel": "LOW"},
    }


def test_common_options_win_over_those_of_the_wire() -> None:
    defaults = RequestDefaults(
        options=GeminiOptions(
            temperature=0.1, seed=1, candidate_count=2, logprobs=3, service_tier="flex", store=False
        )
    )
    sent = body(Messages.from_user("Hi"), options=ChatOptions(temperature=0.9), defaults=defaults)
    assert sent["generationConfig"] == {"temperature": 0.9, "seed": 1, "candidateCount": 2, "logprobs": 3}
    assert (sent["serviceTier"], sent["store"]) == ("flex", False)


@pytest.mark.parametrize(
    ("thinking", "origin", "sent"),
    [
        (Thinking(level="high"), HERE, {"thinkingLevel": "HIGH"}),
        (Thinking(include_thoughts=True), HERE, {"includeThoughts": True}),
        (Thinking(budget=0), OLDER, {"thinkingBudget": 0}),
        (Thinking(budget=-1, include_thoughts=True), OLDER, {"thinkingBudget": -1, "includeThoughts": True}),
    ],
)
def test_thinking_is_set_by_level_or_by_budget(thinking: Thinking, origin: Origin, sent: object) -> None:
    assert config(defaults=RequestDefaults(thinking=thinking), origin=origin) == {"thinkingConfig": sent}


def test_a_level_is_refused_where_only_a_budget_is_known() -> None:
    with pytest.raises(ConfigurationError, match=r"with_thinking\(budget"):
        config(options=ChatOptions(reasoning_effort="low"), origin=OLDER)
    with pytest.raises(ConfigurationError, match="takes no thinking"):
        config(
            defaults=RequestDefaults(thinking=Thinking(budget=0)),
            origin=Origin("gemini", "", "gemini-2.5-flash-image"),
        )


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ("add", {"mode": "ANY", "allowedFunctionNames": ["add"]}),
    ],
)
def test_a_tool_choice_is_a_function_calling_mode(choice: str, sent: object) -> None:
    options = ChatOptions(tool_choice=choice)
    assert body(Messages.from_user("Hi"), tools=[ADD], options=options)["toolConfig"] == {
        "functionCallingConfig": sent
    }


def test_a_choice_among_no_tools_is_nothing_or_a_mistake() -> None:
    assert "toolConfig" not in body(Messages.from_user("Hi"), options=ChatOptions(tool_choice="auto"))
    with pytest.raises(ConfigurationError, match="there is no such tool"):
        body(Messages.from_user("Hi"), options=ChatOptions(tool_choice="required"))
    with pytest.raises(ConfigurationError, match="parallel_tool_calls"):
        body(Messages.from_user("Hi"), tools=[ADD], options=ChatOptions(parallel_tool_calls=False))


def test_the_mode_of_the_builder_holds_where_the_chat_says_nothing() -> None:
    defaults = RequestDefaults(calling=FunctionCalling("VALIDATED", ("add",)))
    sent = body(Messages.from_user("Hi"), tools=[ADD], defaults=defaults)["toolConfig"]
    assert sent == {"functionCallingConfig": {"mode": "VALIDATED", "allowedFunctionNames": ["add"]}}
    chosen = body(
        Messages.from_user("Hi"), tools=[ADD], defaults=defaults, options=ChatOptions(tool_choice="none")
    )["toolConfig"]
    assert chosen == {"functionCallingConfig": {"mode": "NONE"}}

    encoded = encode(ChatRequest(Messages.from_user("Hi")), origin=HERE, defaults=defaults, stream=False)
    assert [notice.about for notice in encoded.notices] == ["function_calling_mode"]
    with pytest.raises(ConfigurationError, match="no tool 'sub'"):
        body(
            Messages.from_user("Hi"),
            tools=[ADD],
            defaults=RequestDefaults(calling=FunctionCalling("ANY", ("sub",))),
        )


def test_a_forced_mode_ends_with_the_first_turn() -> None:
    turn = Message("model", [ToolCall("1", "add", {"a": 1}, Completed(2))])
    messages = Messages([Message("user", [Text("Hi")]), turn])
    sent = body(messages, tools=[ADD], defaults=RequestDefaults(calling=FunctionCalling("ANY")))["toolConfig"]
    assert sent == {"functionCallingConfig": {"mode": "AUTO"}}


def test_tools_go_as_json_schema_and_to_older_models_in_the_older_dialect() -> None:
    newer = body(Messages.from_user("Hi"), tools=[ADD])["tools"]
    assert newer == [
        {
            "functionDeclarations": [
                {"name": "add", "description": "Add.", "parametersJsonSchema": ADD.parameters}
            ]
        }
    ]

    older = body(Messages.from_user("Hi"), Origin("gemini", "", "gemini-1.5-flash"), tools=[ADD])["tools"]
    schema = {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}, "required": ["a"]}
    assert older == [{"functionDeclarations": [{"name": "add", "description": "Add.", "parameters": schema}]}]


def test_typed_output_is_a_response_schema_together_with_tools_where_the_model_allows_it() -> None:
    output = OutputSchema(
        "Answer", {"type": "object", "properties": {"a": {"type": "string"}}}, "What is said."
    )
    sent = body(Messages.from_user("Hi"), tools=[ADD], output=output)
    assert sent["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseJsonSchema": {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "description": "What is said.",
        },
    }
    older = config(output=output, defaults=RequestDefaults(older_schema=True))
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "description": "What is said."}
    assert older == {"responseMimeType": "application/json", "responseSchema": schema}


NATIVE = {
    GoogleSearch(): {"googleSearch": {}},
    CodeExecution(): {"codeExecution": {}},
    GoogleMaps(): {"googleMaps": {}},
    GoogleMaps(widget=True): {"googleMaps": {"enableWidget": True}},
    UrlContext(): {"urlContext": {}},
    FileSearch(("fileSearchStores/a",), 3, 'author = "me"'): {
        "fileSearch": {
            "fileSearchStoreNames": ["fileSearchStores/a"],
            "topK": 3,
            "metadataFilter": 'author = "me"',
        }
    },
}


@pytest.mark.parametrize("tool", NATIVE, ids=repr)
def test_googles_own_tools(tool: GoogleSearch | CodeExecution | GoogleMaps | UrlContext | FileSearch) -> None:
    sent = body(Messages.from_user("Hi"), defaults=RequestDefaults(native_tools=(tool,)))
    assert sent["tools"] == [NATIVE[tool]]
    assert "toolConfig" not in sent


def test_maps_know_where_to_look() -> None:
    sent = body(Messages.from_user("Hi"), defaults=RequestDefaults(native_tools=(GoogleMaps((47.37, 8.54)),)))
    assert sent["toolConfig"] == {"retrievalConfig": {"latLng": {"latitude": 47.37, "longitude": 8.54}}}


def test_the_threshold_of_search_is_for_the_models_that_have_it() -> None:
    old = Origin("gemini", "", "gemini-1.5-pro")
    threshold = body(
        Messages.from_user("Hi"), old, defaults=RequestDefaults(native_tools=(GoogleSearch(0.3),))
    )["tools"]
    dynamic = {"mode": "MODE_DYNAMIC", "dynamicThreshold": 0.3}
    assert threshold == [{"googleSearchRetrieval": {"dynamicRetrievalConfig": dynamic}}]
    always = body(Messages.from_user("Hi"), old, defaults=RequestDefaults(native_tools=(GoogleSearch(),)))[
        "tools"
    ]
    assert always == [{"googleSearchRetrieval": {}}]
    with pytest.raises(ConfigurationError, match="dynamic_threshold is for"):
        body(Messages.from_user("Hi"), defaults=RequestDefaults(native_tools=(GoogleSearch(0.3),)))


@pytest.mark.parametrize(
    "model", ["gemini-3.5-flash", "gemini-4-argon", "gemini-flash-latest", "tunedModels/mine"]
)
def test_current_models_take_functions_beside_googles_tools_and_are_asked_to_show_their_steps(
    model: str,
) -> None:
    defaults = RequestDefaults(native_tools=(GoogleSearch(),))
    sent = body(Messages.from_user("Hi"), Origin("gemini", "", model), tools=[ADD], defaults=defaults)
    assert [list(entry) for entry in sent["tools"]] == [["functionDeclarations"], ["googleSearch"]]
    assert sent["toolConfig"] == {"includeServerSideToolInvocations": True}


def test_google_cloud_shows_the_steps_unasked_and_whoever_wants_none_gets_none() -> None:
    tools = (GoogleSearch(),)
    assert "toolConfig" not in body(
        Messages.from_user("Hi"), tools=[ADD], defaults=RequestDefaults(native_tools=tools, endpoint=VERTEX)
    )
    assert "toolConfig" not in body(
        Messages.from_user("Hi"),
        tools=[ADD],
        defaults=RequestDefaults(native_tools=tools, server_steps=False),
    )
    alone = body(Messages.from_user("Hi"), defaults=RequestDefaults(native_tools=tools, server_steps=True))
    assert alone["toolConfig"] == {"includeServerSideToolInvocations": True}


OUTPUT = OutputSchema("Answer", {"type": "object", "properties": {}})


@pytest.mark.parametrize(
    ("model", "tools", "defaults", "output", "complaint"),
    [
        (
            "gemini-2.5-flash",
            [ADD],
            RequestDefaults(native_tools=(GoogleSearch(),)),
            None,
            "either functions or Google's own tools",
        ),
        ("gemini-2.5-flash", [ADD], RequestDefaults(), OUTPUT, "no tools beside typed output"),
        (
            "gemini-2.5-pro",
            [],
            RequestDefaults(native_tools=(UrlContext(),)),
            OUTPUT,
            "no tools beside typed output",
        ),
        ("gemini-3-pro-image", [ADD], RequestDefaults(), None, "calls no functions"),
        (
            "gemini-2.5-flash",
            [],
            RequestDefaults(native_tools=(UrlContext(),), server_steps=True),
            None,
            "does not show the steps",
        ),
    ],
)
def test_what_a_generation_does_not_allow_is_refused_before_it_is_sent(
    model: str,
    tools: list[ToolDefinition],
    defaults: RequestDefaults,
    output: OutputSchema | None,
    complaint: str,
) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        body(
            Messages.from_user("Hi"),
            Origin("gemini", "", model),
            tools=tools,
            defaults=defaults,
            output=output,
        )


def test_googles_own_tools_go_together_in_older_models_too() -> None:
    sent = body(
        Messages.from_user("Hi"), OLDER, defaults=RequestDefaults(native_tools=(GoogleSearch(), UrlContext()))
    )
    assert sent["tools"] == [{"googleSearch": {}}, {"urlContext": {}}]


def test_cached_content_has_the_instructions_and_tools_in_it() -> None:
    defaults = RequestDefaults(options=GeminiOptions(cached_content="cachedContents/a"))
    assert body(Messages.from_user("Hi"), defaults=defaults)["cachedContent"] == "cachedContents/a"
    with pytest.raises(ConfigurationError, match="takes no systemInstruction, tools"):
        body(Messages.from_system("Be brief.").add_user("Hi"), tools=[ADD], defaults=defaults)


def test_safety_settings_and_the_extra_body_are_merged_in() -> None:
    defaults = RequestDefaults(
        options=GeminiOptions(temperature=0.5),
        safety={"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE"},
        extra={"generationConfig": {"topK": 3}, "labels": {"team": "x"}},
    )
    sent = body(Messages.from_user("Hi"), defaults=defaults)
    assert sent["safetySettings"] == [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    assert (sent["generationConfig"], sent["labels"]) == ({"temperature": 0.5, "topK": 3}, {"team": "x"})


def test_a_text_that_no_request_can_hold_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
        body(Messages.from_user("\ud800"))


def test_sending_changes_nothing_in_the_messages() -> None:
    messages = Messages.from_user("Hi", File.from_bytes(PNG))
    messages.append(
        Message(
            "model", [ToolCall("1", "add", {"a": 1}, Completed({"b": [1]}), native=Native(HERE, {"id": "w"}))]
        )
    )
    before = messages.to_json()
    dump(encode(ChatRequest(messages, [ADD]), origin=HERE, defaults=PLAIN, stream=False).body)
    assert messages.to_json() == before
