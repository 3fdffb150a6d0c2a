"""Functions and Google's own tools in a request, and which of them go together."""

from __future__ import annotations

import re

import pytest
from chat_core import (
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    Message,
    Messages,
    Origin,
    OutputSchema,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.types.call_status import Completed
from chat_gemini.capabilities import VERTEX
from chat_gemini.encode import encode
from chat_gemini.native_tools import CodeExecution, FileSearch, GoogleMaps, GoogleSearch, UrlContext
from chat_gemini.options import FunctionCalling, GeminiOptions
from chat_gemini.settings import RequestDefaults
from gemini_requests import ADD, HERE, OLDER, body


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


@pytest.mark.parametrize("tools", [[], [ADD]], ids=["alone", "beside functions"])
def test_with_a_choice_of_none_googles_own_tools_are_left_out(tools: list[ToolDefinition]) -> None:
    defaults = RequestDefaults(native_tools=(GoogleSearch(), UrlContext()))
    none = ChatOptions(tool_choice="none")
    sent = body(Messages.from_user("Hi"), tools=tools, defaults=defaults, options=none)
    assert "google" not in str(sent.get("tools"))
    assert sent.get("toolConfig", {}).keys() <= {"functionCallingConfig"}
    assert defaults.native_tools  # for the requests that follow


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
def test_current_models_take_functions_beside_googles_tools_and_are_to_show_their_steps(
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


@pytest.mark.parametrize("name", ["google_search", "googleSearch"])
def test_a_function_with_the_name_of_googles_tool_is_refused(name: str) -> None:
    tool = ToolDefinition(name, "Mine.", {})
    defaults = RequestDefaults(native_tools=(GoogleSearch(),))
    with pytest.raises(ConfigurationError, match="has the name of Google's own"):
        body(Messages.from_user("Hi"), tools=[tool], defaults=defaults)
    assert body(Messages.from_user("Hi"), tools=[tool])["tools"]


def test_two_functions_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="another tool"):
        body(Messages.from_user("Hi"), tools=[ADD, ADD])


def test_a_name_that_the_wire_refuses_is_mapped_everywhere() -> None:
    tool = ToolDefinition("mcp server/add it", "Add.", {})
    sent = body(Messages.from_user("Hi"), tools=[tool], options=ChatOptions(tool_choice=tool.name))
    [declared] = sent["tools"][0]["functionDeclarations"]
    assert re.fullmatch(r"mcp_server_add_it_[0-9a-f]{8}", declared["name"])
    assert sent["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"] == [declared["name"]]
    dotted = ToolDefinition("a.b:c-d" * 10, "Long, and as it is.", {})
    assert (
        body(Messages.from_user("Hi"), tools=[dotted])["tools"][0]["functionDeclarations"][0]["name"]
        == dotted.name
    )
