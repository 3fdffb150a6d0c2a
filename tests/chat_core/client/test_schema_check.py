"""What becomes of a schema on its way to a server, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_core import ChatRequest, ConfigurationError, JsonObject, Messages, ToolDefinition, tool
from chat_core.client import SchemaRules
from chat_core.provider import SchemaCheckingProvider
from chat_core.testing import FakeTransport
from chat_core.types.request import OutputSchema
from chat_core.types.schema_findings import SchemaReport
from chat_deepseek import DeepSeekBuilder
from chat_gemini import GeminiBuilder
from chat_groq import GroqBuilder
from chat_mistral import MistralBuilder
from chat_ollama import OllamaBuilder, OllamaClient
from chat_openai import OpenAIBuilder
from pydantic import BaseModel, Field
from schema_corpus import CORPUS, PAIR, WIRES

VERDICTS = {
    "h": "held",
    "c": "changed",
    "w": "in_words",
    "u": "unenforced",
    "d": "dropped",
    "r": "refused",
}
BUILDERS: dict[str, Any] = {
    "strict subset": OpenAIBuilder().with_model("gpt-5.6"),
    "claude": ClaudeBuilder().with_model("claude-opus-4-8"),
    "gemini": GeminiBuilder().with_model("gemini-3-pro"),
    "older gemini": GeminiBuilder().with_model("gemini-1.5-pro"),
    "cohere": CohereBuilder().with_model("command-a-03-2025"),
    "bedrock": BedrockBuilder().with_region("eu-west-1").with_model("anthropic.claude-sonnet-4-5"),
}


def client_of(wire: str, transport: FakeTransport | None = None) -> Any:
    builder = BUILDERS[wire].with_api_key("k").with_transport(transport or FakeTransport())
    return builder.build()


def test_the_corpus_has_more_than_150_types() -> None:
    assert len(CORPUS) >= 150


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", CORPUS)
def test_the_verdict_is_what_the_vendors_rules_say(wire: str, name: str) -> None:
    schema, letters = CORPUS[name]
    expected = VERDICTS[letters[WIRES.index(wire)]]
    client = client_of(wire)

    report = client.check_output(schema)

    assert report.verdict == expected, f"{report}"
    for finding in report.findings:
        assert finding.at.startswith("#")
        assert finding.message
        assert finding.way_out
    request = ChatRequest(Messages.from_user("Hi"), output=OutputSchema("output", schema))
    if expected == "refused":  # sending it is refused for the same places
        with pytest.raises(ConfigurationError) as caught:
            client.explain(request)
        assert all(finding.at in f"{caught.value}" for finding in report.findings)
        return
    body = client.explain(request).body
    for finding in report.findings:
        keyword = finding.at.rpartition("/")[2]
        match finding.kind:
            case "in_words":
                assert f"{keyword}: " in _descriptions(body)
            case "unenforced":
                assert keyword in _keys(body)
            case "dropped":
                assert keyword not in _keys(body) or keyword == "format"
            case _:
                assert finding.kind == "changed"


def _keys(value: object) -> set[str]:
    match value:
        case dict():
            return set(value).union(*map(_keys, value.values()))
        case list():
            return set[str]().union(*map(_keys, value))
        case _:
            return set()


def _descriptions(body: JsonObject) -> str:
    """The descriptions in a body, also of a schema that is written as text."""
    text = json.dumps(body)
    return text.replace('\\"', '"')


@dataclass
class Pet:
    name: Annotated[str, Field(min_length=1)]
    age: int = 3


class Owner(BaseModel):
    pets: list[Pet]
    notes: dict[str, str]


def test_each_finding_has_a_place_and_a_way_out() -> None:
    report = client_of("strict subset").check_output(Pet)
    assert [(finding.kind, finding.at) for finding in report.findings] == [
        ("in_words", "#/properties/name/minLength"),
        ("changed", "#/properties/age"),
    ]
    assert report.ok
    assert report.about == "the output type Pet"
    assert f"{report}".splitlines()[0] == "openai (gpt-5.6), the output type Pet: in words"
    assert "its default is never used -> let it be null" in f"{report}"

    refused = client_of("strict subset").check_output(Owner)
    assert not refused.ok
    (finding,) = refused.findings
    assert finding.at == "#/properties/notes/additionalProperties"
    assert finding.way_out == "use a list of key and value instead of a dict"


def test_findings_within_a_definition_point_there() -> None:
    report = client_of("gemini").check_output(list[Pet])
    assert [finding.at for finding in report.findings] == ["#/$defs/Pet/properties/name/minLength"]


@pytest.mark.parametrize("form", [int, list[str], str | int, Literal["a", "b"], tuple[int, str] | None])
def test_a_type_that_is_no_object_is_checked_as_it_is_sent(form: object) -> None:
    assert client_of("gemini").check_output(form).ok


@pytest.mark.parametrize("form", [None, "City", 3, [int]])
def test_what_is_no_type_is_refused(form: object) -> None:
    with pytest.raises(ConfigurationError, match="an output type is a type or a JSON schema"):
        client_of("claude").check_output(form)


def test_a_type_without_a_schema_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="pydantic cannot read"):
        client_of("claude").check_output(FakeTransport)


def test_a_keyword_that_no_server_knows_is_named_in_a_notice() -> None:
    schema, _ = CORPUS["a keyword of nobody's as a property"]
    strict = ToolDefinition("measure", "", schema, strict=True)
    request = ChatRequest(Messages.from_user("Hi"), [strict], output=OutputSchema("output", schema))
    for wire in ("strict subset", "gemini"):
        words = " ".join(notice.message for notice in client_of(wire).explain(request).notices)
        assert "the output type: " in words
        assert "tool measure: " in words
        assert words.count("x-unit") == 2


def test_servers_of_the_strict_subset_have_the_same_verdicts() -> None:
    for builder in (MistralBuilder(), GroqBuilder()):
        client = builder.with_model("m").with_api_key("k").build()
        for name, (schema, letters) in CORPUS.items():
            assert client.check_output(schema).verdict == VERDICTS[letters[0]], name


def test_a_server_without_schemas_has_all_of_them_in_words() -> None:
    client = DeepSeekBuilder().with_model("deepseek-chat").with_api_key("k").build()
    for schema, _ in CORPUS.values():
        report = client.check_output(schema)
        assert report.verdict == "in_words"
        assert [finding.at for finding in report.findings] == ["#"]


def test_a_server_that_only_reads_a_schema_does_not_enforce_it() -> None:
    client = GroqBuilder().with_model("m").with_api_key("k").with_strict_output(False).build()
    report = client.check_output(Owner)
    assert report.verdict == "unenforced"
    assert report.findings[0].at == "#"


def test_a_grammar_holds_all_of_a_schema() -> None:
    assert OllamaBuilder().with_native().with_model("m").build().check_output(Owner).verdict == "held"


@tool(strict=True)
def weather(city: str, days: Annotated[int, Field(ge=1)] = 1) -> str:
    """The weather."""
    return city


@tool
def note(values: dict[str, str]) -> str:
    """Take notes."""
    return ""


@pytest.mark.parametrize(
    ("wire", "verdicts", "as_strict"),
    [
        ("strict subset", ["changed", "unenforced"], ["changed", "refused"]),
        ("claude", ["in_words", "unenforced"], ["in_words", "refused"]),
        ("gemini", ["unenforced", "unenforced"], ["unenforced", "unenforced"]),
        ("older gemini", ["unenforced", "refused"], ["unenforced", "refused"]),
        ("bedrock", ["in_words", "unenforced"], ["in_words", "held"]),
    ],
)
def test_tools_are_checked_as_they_are_sent(wire: str, verdicts: list[str], as_strict: list[str]) -> None:
    client = client_of(wire)
    assert [report.verdict for report in client.check_tools([weather, note])] == verdicts
    assert [report.verdict for report in client.check_tools([weather, note], strict=True)] == as_strict


def test_strict_tools_of_cohere_are_checked_together() -> None:
    definitions = [ToolDefinition("a", parameters=PAIR)]
    assert client_of("cohere").check_tools(definitions)[0].verdict == "unenforced"
    assert client_of("cohere").check_tools(definitions, strict=True)[0].verdict == "held"


def test_tools_that_are_too_many_together_are_reported_as_such() -> None:
    tools = [ToolDefinition(f"t{number}", "", PAIR, strict=True) for number in range(21)]
    reports = client_of("claude").check_tools(tools)
    last = reports[-1]
    assert (len(reports), last.about, last.verdict) == (22, "all tools together", "refused")
    assert "21 strict tools in one request, 20 at most" in last.findings[0].message


def test_what_is_no_tool_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"check_tools\(\[\.\.\.\]\) takes tools, not a function"):
        client_of("claude").check_tools([test_what_is_no_tool_is_refused])


def test_a_client_that_does_not_say_where_its_schemas_are_is_not_judged() -> None:
    class Silent(OllamaClient):
        @property
        def _schema_rules(self) -> SchemaRules:
            return SchemaRules((), ())

    built = OllamaBuilder().with_model("m").build()
    silent = Silent(built._settings, built._native)
    for check in (lambda: silent.check_output(Pet), lambda: silent.check_tools([weather])):
        with pytest.raises(ConfigurationError, match="define its _schema_rules"):
            check()


def test_nothing_is_sent() -> None:
    transport = FakeTransport()
    client = client_of("claude", transport)
    assert isinstance(client, SchemaCheckingProvider)
    client.check_output(Pet)
    client.check_tools([weather])
    assert transport.requests == []


def test_a_report_without_findings_passes() -> None:
    assert SchemaReport("a", "m", "tool t").verdict == "held"
