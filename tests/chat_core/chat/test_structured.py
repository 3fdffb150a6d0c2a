"""Typed answers: what is asked for, what comes back, and what is told where it does not fit."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from chat_core import (
    ChatBuilder,
    ChatResponse,
    ConfigurationError,
    Done,
    InvalidResponse,
    Message,
    Messages,
    OutputMismatch,
    Refusal,
    Structured,
    StructuredChunk,
    StructuredResponse,
    Text,
    TextChunk,
    ToolCall,
    Turn,
    Usage,
    tool,
)
from chat_core.testing import ScriptedProvider
from chat_core.types.messages import FinishReason
from pydantic import BaseModel, Field, field_validator
from typing_extensions import TypedDict

pytestmark = pytest.mark.anyio


class City(BaseModel):
    """A place where people live."""

    name: str
    people: int = Field(ge=0)


@dataclass
class River:
    name: str
    length: float


class Pair(TypedDict):
    left: int
    right: int


class Tree(BaseModel):
    children: list[Tree] = []


async def asked(form: Any, *lines: Any) -> tuple[StructuredResponse[Any], Messages, ScriptedProvider]:
    provider = ScriptedProvider(lines)
    messages = Messages.from_user("go")
    response = (
        await ChatBuilder().with_model(provider).with_structured_output(form).build().complete(messages)
    )
    return response, messages, provider


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (City, '{"name": "Bern", "people": 3}', City(name="Bern", people=3)),
        (River, '{"name": "Aare", "length": 295}', River("Aare", 295.0)),
        (Pair, '{"left": 1, "right": 2}', {"left": 1, "right": 2}),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (City | River, '{"value": {"name": "Aare", "length": 1.5}}', River("Aare", 1.5)),
        (list[City], '{"value": [{"name": "Bern", "people": 3}]}', [City(name="Bern", people=3)]),
        (Literal["yes", "no"], '{"value": "no"}', "no"),
        (int, '{"value": 42}', 42),
        (City | None, '{"value": null}', None),
        (tuple[int, str], '{"value": [1, "a"]}', (1, "a")),
        (Tree, '{"value": {"children": [{"children": []}]}}', Tree(children=[Tree()])),
    ],
    ids=str,
)
async def test_the_value_is_of_the_requested_type(form: Any, text: str, value: object) -> None:
    response, messages, provider = await asked(form, text)

    assert response.value == value
    assert type(response.value) is type(value)
    [request] = provider.requests
    assert request.output is not None
    assert request.output.schema["type"] == "object"  # at the root, as providers want it
    [kept] = messages[-1].parts
    assert isinstance(kept, Structured)
    assert (kept.as_text(), response.text) == (text, text)  # byte for byte as it came
    assert Messages.from_json(messages.to_json()) == messages


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"name": "Bern", "people": 5}\n```',
        '```\n{"name": "Bern", "people": 5}\n```\n',
        '```json {"name": "Bern", "people": 5}```',
        'Here it is:\n```json\n{"name": "Bern", "people": 5}\n```\nAnything else?',
        '```json\n{"name": "Bern", "people": 5}',
    ],
)
async def test_a_value_in_a_code_fence_is_read(text: str) -> None:
    response, _, _ = await asked(City, text)
    assert response.value == City(name="Bern", people=5)


async def test_a_fence_inside_of_a_value_is_part_of_it() -> None:
    response, _, _ = await asked(City, '{"name": "a ```json {}``` b", "people": 5}')
    assert response.value.name == "a ```json {}``` b"
    response, _, _ = await asked(City, '```json\n{"name": "a ``` b", "people": 5}\n```')
    assert response.value.name == "a ``` b"


async def test_the_schema_is_named_described_and_without_titles() -> None:
    _, _, provider = await asked(City, '{"name": "Bern", "people": 3}')

    [request] = provider.requests
    assert request.output is not None
    assert (request.output.name, request.output.description) == ("City", "A place where people live.")
    assert request.output.schema == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "people": {"type": "integer", "minimum": 0}},
        "required": ["name", "people"],
    }


async def test_definitions_stay_at_the_root_of_a_wrapped_schema() -> None:
    _, _, provider = await asked(list[City], '{"value": []}')

    [request] = provider.requests
    assert request.output is not None
    assert request.output.schema["properties"] == {
        "value": {"type": "array", "items": {"$ref": "#/$defs/City"}}
    }
    assert "City" in request.output.schema["$defs"]  # type: ignore[operator]
    assert request.output.name.isidentifier()


def ended(reason: FinishReason, *parts: Any) -> ChatResponse:
    return ChatResponse(Message("model", list(parts), turn=Turn(reason, reason, Usage(input_tokens=10))))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Bern, I think", "the response does not fit the type asked for: .*Invalid JSON"),
        ('{"name": "Bern"}', "the response does not fit the type asked for: .*people"),
        ("[]", "the response does not fit the type asked for"),
        ("", "the response does not fit the type asked for"),
        (ended("refusal", Refusal("I would rather not.")), "the model declined: I would rather not."),
        (
            ended("length", Text('{"name": "Be')),
            r"the response was cut at the token limit \(raise max_tokens\)",
        ),
        (ended("content_filter"), "the provider's filter withheld the response"),
        (ended("refusal"), "the model declined"),
    ],
)
async def test_what_does_not_fit_is_an_error_that_holds_the_turn_and_its_cost(answer: Any, said: str) -> None:
    messages = Messages.from_user("go")
    chat = ChatBuilder().with_model(ScriptedProvider([answer])).with_structured_output(City).build()

    with pytest.raises(InvalidResponse, match=f"(?s){said}") as refused:
        await chat.complete(messages)

    assert refused.value.response is not None
    assert refused.value.response.message is messages[-1]
    assert refused.value.usage is not None
    assert refused.value.usage.input_tokens == 10


@pytest.mark.parametrize("answer", ['{"name": "Atlantis"}', '```json\n{"name": "Atlantis"}\n```'])
async def test_an_application_s_validators_run_once_on_an_answer_that_does_not_fit(answer: str) -> None:
    seen: list[str] = []

    class Place(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def exists(cls, name: str) -> str:
            seen.append(name)
            raise ValueError("it is on no map")

    chat = ChatBuilder().with_model(ScriptedProvider([answer])).with_structured_output(Place).build()
    with pytest.raises(OutputMismatch, match="name: Value error, it is on no map"):
        await chat.complete("Where?")
    assert seen == ["Atlantis"]


@pytest.mark.parametrize("answer", ["42", '{"other": 42}', '{"value": "many"}', '"value"', "[42]"])
async def test_a_wrapped_value_that_is_not_there_is_an_error_too(answer: str) -> None:
    with pytest.raises(InvalidResponse, match="the response does not fit the type asked for"):
        await asked(int, answer)


async def test_tools_come_first_and_only_the_last_turn_is_the_value() -> None:
    @tool
    def count(city: str) -> int:
        return 3

    provider = ScriptedProvider(
        [["I look it up.", ToolCall("c1", "count", {"city": "Bern"})], '{"name": "Bern", "people": 3}']
    )
    chat = ChatBuilder().with_model(provider).with_tools([count]).with_structured_output(City).build()
    messages = Messages.from_user("go")

    response = await chat.complete(messages)

    assert response.value == City(name="Bern", people=3)
    assert messages[1].parts[0] == Text("I look it up.")
    assert response.total_usage.input_tokens == 20


async def test_a_stream_shows_the_value_as_it_grows() -> None:
    chat = (
        ChatBuilder()
        .with_model(ScriptedProvider(['{"name": "Bern", "people": 133883}']))
        .with_structured_output(City)
        .build()
    )

    async with chat.stream(Messages.from_user("go")) as stream:
        events = [event async for event in stream]

    shown = [event.value for event in events if isinstance(event, StructuredChunk)]
    assert shown == [
        {},
        {"name": "Bern"},
        {"name": "Bern", "people": 13388},
        {"name": "Bern", "people": 133883},
    ]
    last = events[-1]
    assert isinstance(last, Done)
    assert isinstance(last.response, StructuredResponse)
    assert last.response.value == City(name="Bern", people=133883)


LOOKING = Text("Let me look. ", aside=True)


async def test_an_aside_before_the_answer_is_no_part_of_the_value() -> None:
    answer = '{"name": "Bern", "people": 3}'
    response, messages, _ = await asked(City, [LOOKING, answer])
    assert response.value == City(name="Bern", people=3)
    assert response.text == "Let me look. " + answer
    assert messages[-1].parts == [LOOKING, Structured({"name": "Bern", "people": 3}, answer)]


async def test_an_aside_is_in_no_snapshot() -> None:
    chat = (
        ChatBuilder()
        .with_model(ScriptedProvider([[LOOKING, '{"value": ["one"]}']]))
        .with_structured_output(list[str])
        .build()
    )
    async with chat.stream(Messages.from_user("go")) as stream:
        events = [event async for event in stream]
    assert [event.value for event in events if isinstance(event, StructuredChunk)][-1] == ["one"]
    assert [event.aside for event in events if isinstance(event, TextChunk)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert isinstance(events[-1], Done)
    assert isinstance(events[-1].response, StructuredResponse)
    assert events[-1].response.value == ["one"]


async def test_an_aside_alone_is_no_value() -> None:
    with pytest.raises(InvalidResponse, match="it is not the JSON asked for: ''"):
        await asked(int, [Text('{"value": 3}', aside=True)])


async def test_an_aside_stays_one_in_a_turn_that_was_left() -> None:
    messages = Messages.from_user("go")
    async with (
        ChatBuilder()
        .with_model(ScriptedProvider([[LOOKING, "The answer is long."]]))
        .build()
        .stream(messages) as stream
    ):
        async for event in stream:
            if event == TextChunk("The answ"):
                break
    assert messages[-1].parts == [LOOKING, Text("The answ")]
    assert Messages.from_json(messages.to_json()) == messages


async def test_a_wrapped_value_is_shown_unwrapped() -> None:
    chat = (
        ChatBuilder()
        .with_model(ScriptedProvider(['{"value": ["one", "two"]}']))
        .with_structured_output(list[str])
        .build()
    )

    async with chat.stream(Messages.from_user("go")) as stream:
        shown = [event.value async for event in stream if isinstance(event, StructuredChunk)]

    assert shown[-1] == ["one", "two"]
    assert all(value is None or isinstance(value, list) for value in shown)


def test_snapshots_of_a_long_text_are_few_and_end_near_its_end() -> None:
    from chat_core.chat.structured import OutputType

    read: list[int] = []

    class Counting(OutputType[Any]):
        def snapshot(self, text: str) -> Any:
            read.append(len(text))
            return super().snapshot(text)

    text = '{"name": "' + "x" * 200_000 + '", "people": 1}'
    snapshots = Counting(City).snapshots()
    for at in range(0, len(text), 8):
        snapshots.feed(text[at : at + 8])

    assert sum(read) < 20 * len(text)
    assert read[-1] > len(text) * 0.93


async def test_a_chat_without_snapshots_streams_the_text_and_ends_with_the_value() -> None:
    provider = ScriptedProvider(['{"name": "Bern", "people": 1}'])
    chat = ChatBuilder().with_model(provider).with_structured_output(City, snapshots=False).build()

    async with chat.stream(Messages.from_user("go")) as stream:
        events = [event async for event in stream]

    assert not any(isinstance(event, StructuredChunk) for event in events)
    assert "".join(event.text for event in events if isinstance(event, TextChunk)).startswith('{"name"')
    assert isinstance(done := events[-1], Done)
    assert done.response.value == City(name="Bern", people=1)


class Unreadable:
    pass


@pytest.mark.parametrize("form", [Unreadable, list[Unreadable]])
def test_a_type_that_cannot_be_read_is_refused_when_the_chat_is_built(form: Any) -> None:
    builder = ChatBuilder().with_model(ScriptedProvider([])).with_structured_output(form)

    with pytest.raises(
        ConfigurationError, match=r"with_structured_output\(.*Unreadable.*\): pydantic cannot read it"
    ):
        builder.build()


async def test_a_text_is_parsed_once_and_its_plain_value_when_somebody_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = '{"people": 2,  "name": "Ulm"}'
    with monkeypatch.context() as patched:
        patched.setattr("pydantic_core.from_json", None)  # there is no second parser
        response, messages, _ = await asked(City, text)
    part = response.message.parts[0]
    same = Structured({"people": 2, "name": "Ulm"}, text)

    assert response.value == City(name="Ulm", people=2)
    assert isinstance(part, Structured)
    assert part.as_text() == text
    assert (
        copy.deepcopy(part)
        == pickle.loads(pickle.dumps(part))
        == Structured({"people": 2, "name": "Ulm"}, text)
    )
    assert part.value is part.value
    assert repr(part) == repr(same)
    with pytest.raises(AttributeError, match="no attribute 'values'"):
        _ = part.values  # type: ignore[attr-defined]  # this is the error
    assert Messages.from_json(messages.to_json()) == messages


@pytest.mark.parametrize(
    ("form", "text", "value", "plain"),
    [
        (int, '{"value": 42}', 42, 42),
        (City | River, '{"value": {"name": "Aare", "length": 1.5}}', River("Aare", 1.5), None),
        (list[City], '{"value": [{"name": "Bern", "people": 3}]}', [City(name="Bern", people=3)], None),
        (Tree | None, '{"value": {"children": [{"children": []}]}}', Tree(children=[Tree()]), None),
        (Literal["yes", "no"], '```json\n{"value": "no"}\n```', "no", "no"),
        (City, '```json\n{"name": "Bern", "people": 5}\n```', City(name="Bern", people=5), None),
    ],
    ids=str,
)
async def test_what_is_wrapped_or_fenced_is_parsed_once_too(
    form: Any, text: str, value: object, plain: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("pydantic_core.from_json", None)
        patched.setattr("pydantic_core.to_json", None)
        response, messages, _ = await asked(form, text)
    part = response.message.parts[0]

    assert response.value == value
    assert isinstance(part, Structured)
    assert part.text == text
    if plain is not None:
        assert part.value == plain
    assert pickle.loads(pickle.dumps(part)) == part
    assert Messages.from_json(messages.to_json()) == messages


async def test_the_fault_of_a_wrapped_value_is_found_in_one_pass_and_its_place_is_within_the_value() -> None:
    seen: list[int] = []

    class Place(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def exists(cls, number: int) -> int:
            seen.append(number)
            raise ValueError("it is on no map")

    with pytest.raises(OutputMismatch, match=r": 1\.Place\.number: Value error, it is on no map"):
        await asked(list[Place | int], '{"value": [2, {"number": 3}]}')
    assert seen == [3]
    with pytest.raises(OutputMismatch, match="all of it: Input should be a valid integer"):
        await asked(int, '{"value": "many"}')
    with pytest.raises(OutputMismatch, match="value: Field required"):
        await asked(int, '{"other": 42}')


@pytest.mark.parametrize("number", ["1e999", "NaN", "1" * 400])
async def test_a_number_that_cannot_be_stored_is_no_value_where_the_type_passes_over_it(
    number: str,
) -> None:
    with pytest.raises(InvalidResponse, match="not the JSON asked for"):
        await asked(City, f'{{"name": "Ulm", "people": 2, "more": {number}}}')


async def test_a_value_that_is_too_deep_is_none_even_where_the_type_passes_over_it() -> None:
    with pytest.raises(InvalidResponse, match="nested deeper than 100 levels"):
        await asked(City, f'{{"name": "Ulm", "people": 2, "more": {"[" * 100}{"]" * 100}}}')
