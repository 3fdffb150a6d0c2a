"""What a tool is made of: the schema a model sees, the arguments a function gets, and what it gives back."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal, Optional

import anyio.lowlevel
import pytest
from chat_core import (
    ChatBuilder,
    Completed,
    ConfigurationError,
    Failed,
    File,
    Message,
    Messages,
    Tool,
    ToolCall,
    tool,
)
from chat_core.testing import ScriptedProvider
from chat_core.tools.function import ArgumentsDoNotFit
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

anyio_test = pytest.mark.anyio


class Place(BaseModel):
    """A point on the map."""

    title: str
    default: float = Field(0.5, description="A weight.")


@dataclass
class Box:
    width: int
    label: str = "plain"


class Pair(TypedDict):
    left: int
    right: int


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def schema_of(function: Callable[..., object]) -> dict[str, Any]:
    return tool(function).definition.parameters


async def ran(made: Tool[..., object], **arguments: Any) -> ToolCall:
    """The call, after a model has made it."""
    messages = Messages.from_user("go")
    provider = ScriptedProvider([ToolCall("c1", made.name, arguments), "done"])
    await ChatBuilder().with_model(provider).with_tools([made]).build().complete(messages)
    return messages.find_tool("c1")


# the schema


def test_a_signature_becomes_a_schema_and_a_docstring_its_words() -> None:
    @tool
    def book(city: str, nights: int = 1, breakfast: bool = True, *, price: float | None = None) -> str:
        """Book a room.

        It can be cancelled.

        Args:
            city: Where to.
            nights (int): How long,
                at least one.
        """
        return ""

    assert (book.definition.name, book.definition.description) == (
        "book",
        "Book a room.\n\nIt can be cancelled.",
    )
    assert book.definition.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Where to."},
            "nights": {"type": "integer", "default": 1, "description": "How long, at least one."},
            "breakfast": {"type": "boolean", "default": True},
            "price": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
        },
        "required": ["city"],
        "additionalProperties": False,
    }


def test_literals_enums_optionals_and_containers_are_spelled_out() -> None:
    def find(
        size: Literal["s", "m"],
        colour: Colour,
        since: Optional[date],  # noqa: UP045  people write it
        tags: list[str],
        counts: dict[str, int],
    ) -> None: ...

    found = schema_of(find)

    assert found["properties"]["size"] == {"type": "string", "enum": ["s", "m"]}
    assert found["$defs"]["Colour"]["enum"] == ["red", "blue"]
    assert {"type": "string", "format": "date"} in found["properties"]["since"]["anyOf"]
    assert found["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    assert found["properties"]["counts"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert found["required"] == ["size", "colour", "since", "tags", "counts"]


def test_models_dataclasses_and_typed_dicts_nest() -> None:
    def place(at: Place, box: Box, pair: Pair) -> None: ...

    found = schema_of(place)["$defs"]

    assert found["Place"]["description"] == "A point on the map."
    assert found["Box"]["required"] == ["width"]
    assert found["Pair"]["required"] == ["left", "right"]


def test_titles_go_but_fields_that_are_called_so_stay() -> None:
    def place(title: str, at: Place) -> None: ...

    found = schema_of(place)

    assert found["properties"]["title"] == {"type": "string"}
    assert found["$defs"]["Place"]["properties"] == {
        "title": {"type": "string"},
        "default": {"type": "number", "default": 0.5, "description": "A weight."},
    }
    assert "'title': 'Place'" not in str(found)


def test_a_field_in_the_annotation_says_more_than_a_type() -> None:
    def add(
        n: Annotated[int, Field(ge=1, le=9, description="One digit.")], m: Annotated[int, "a remark"] = 2
    ) -> None: ...

    assert schema_of(add)["properties"] == {
        "n": {"type": "integer", "minimum": 1, "maximum": 9, "description": "One digit."},
        "m": {"type": "integer", "default": 2},
    }


def test_names_that_a_model_class_could_not_have_are_fine() -> None:
    def odd(schema: int, _hidden: int, model_config: int, copy: int) -> None: ...

    made = tool(odd)

    assert list(made.definition.parameters["properties"]) == ["schema", "_hidden", "model_config", "copy"]  # type: ignore[arg-type]
    arguments = {"schema": 1, "_hidden": 2, "model_config": 3, "copy": 4}
    assert made.read(ToolCall("a", "odd", dict(arguments))) == arguments


def test_without_annotations_anything_goes() -> None:
    def loose(x, y=3): ...  # type: ignore[no-untyped-def]

    assert schema_of(loose)["properties"] == {"x": {}, "y": {"default": 3}}


def test_a_tool_without_parameters_has_an_empty_object() -> None:
    def ping() -> str:
        return "pong"

    assert schema_of(ping) == {"type": "object", "properties": {}, "additionalProperties": False}


def test_name_description_meta_and_strictness_can_be_given() -> None:
    @tool(name="other", description="Said.", meta={"risk": 3}, strict=True)
    def original() -> None:
        """Not said."""

    assert (original.name, original.definition.description, original.meta, original.definition.strict) == (
        "other",
        "Said.",
        {"risk": 3},
        True,
    )
    assert repr(original) == "Tool('other')"


def test_a_tool_can_still_be_called() -> None:
    @tool
    def add(a: int, b: int) -> int:
        return a + b

    assert add(1, b=2) == 3


# what can be one


class Counter:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def up(self, by: int) -> int:
        """Count up."""
        self.count += by
        return self.count

    async def later(self, by: int) -> int:
        return self.up(by)

    def __call__(self, by: int) -> int:
        return self.up(by)


class AsyncCounter(Counter):
    async def __call__(self, by: int) -> int:  # type: ignore[override]
        return self.up(by)


async def greet(greeting: str, name: str, *, secret: str) -> str:
    """Greet somebody.

    Args:
        name: Whom.
    """
    return f"{greeting} {name} ({secret})"


@anyio_test
@pytest.mark.parametrize(
    "kind", ["method", "async method", "object", "async object", "lambda of a coroutine"]
)
async def test_methods_and_callable_objects_are_tools(kind: str) -> None:
    counter = AsyncCounter() if kind == "async object" else Counter()
    made: dict[str, Tool[..., object]] = {
        "method": tool(counter.up),
        "async method": tool(counter.later),
        "object": tool(name="counter")(counter),
        "async object": tool(name="counter")(counter),
        "lambda of a coroutine": tool(name="late")(lambda by: counter.later(by)),
    }

    call = await ran(made[kind], by=2)

    assert (call.status, counter.count) == (Completed(2), 2)


@anyio_test
async def test_a_partial_keeps_types_and_words_and_never_shows_what_is_bound() -> None:
    made: Tool[..., object] = tool(name="greet")(partial(greet, "Hello", secret="s3cret"))

    assert made.definition.description == "Greet somebody."
    assert made.definition.parameters["properties"] == {"name": {"type": "string", "description": "Whom."}}
    assert "s3cret" not in str(made.definition)
    assert (await ran(made, name="Ada")).status == Completed("Hello Ada (s3cret)")
    overridden = await ran(made, name="Ada", secret="mine")
    assert isinstance(overridden.status, Failed)
    assert "secret" in overridden.status.error


@anyio_test
async def test_a_parameter_that_is_the_call_gets_it_and_the_model_does_not_see_it() -> None:
    seen: list[str] = []

    @tool
    def pay(amount: int, call: ToolCall) -> str:
        """Pay.

        Args:
            amount: How much.
            call: Never mind.
        """
        seen.append(f"{call.id} {call.status.type}")
        return "paid"

    assert list(pay.definition.parameters["properties"]) == ["amount"]  # type: ignore[arg-type]
    await ran(pay, amount=3)
    assert seen == ["c1 running"]


# what is refused, and when


def test_what_a_model_cannot_name_is_refused_where_it_is_written() -> None:
    def positional(x: int, /) -> None: ...
    def several(*args: int) -> None: ...
    def anything(**kwargs: int) -> None: ...

    for wrong, shown in ((positional, "x: 'int'"), (several, r"\*args"), (anything, r"\*\*kwargs")):
        with pytest.raises(
            ConfigurationError, match=rf"tool {wrong.__name__}: parameter {shown}.* cannot be given by name"
        ):
            tool(wrong)


def test_a_nameless_function_needs_a_name() -> None:
    with pytest.raises(ConfigurationError, match=r"has no name: @tool\(name=\.\.\.\)"):
        tool(lambda: 1)
    with pytest.raises(ConfigurationError, match="has no name"):
        tool(partial(greet, "Hello"))


def test_a_method_is_refused_before_it_is_bound() -> None:
    with pytest.raises(
        ConfigurationError, match=r"tool up is a method: make the tool of a bound one, tool\(instance\.up\)"
    ):
        tool(Counter.up)


class Opaque:
    pass


def unknown_type(x: Opaque) -> None: ...
def unresolved(x: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def unsayable(x: Callable[[int], int]) -> None: ...


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (unknown_type, "pydantic cannot read its parameters"),
        (unresolved, "an annotation cannot be resolved: name 'Nowhere'"),
        (unsayable, "no JSON schema can say its parameters"),
    ],
)
def test_what_no_schema_can_say_is_refused_when_the_chat_is_built(
    function: Callable[..., object], said: str
) -> None:
    builder = ChatBuilder().with_model(ScriptedProvider([])).with_tools([tool(function)])

    with pytest.raises(ConfigurationError, match=f"tool {function.__name__}: {said}"):
        builder.build()


def test_two_tools_of_one_name_and_things_that_are_no_tools_are_refused() -> None:
    one, two = tool(name="same")(greet), tool(name="same")(greet)

    with pytest.raises(
        ConfigurationError, match=r"two tools are called 'same': rename one with @tool\(name=\.\.\.\)"
    ):
        ChatBuilder().with_model(ScriptedProvider([])).with_tools([one]).with_tools([two]).build()
    with pytest.raises(
        ConfigurationError, match=r"<function greet .*> is no tool: decorate the function with @tool"
    ):
        ChatBuilder().with_model(ScriptedProvider([])).with_tools([greet]).build()  # type: ignore[list-item]


# arguments


def read(function: Callable[..., object], **arguments: Any) -> dict[str, object]:
    return dict(tool(function).read(ToolCall("a", "f", arguments)))


def test_arguments_arrive_as_the_types_of_the_signature() -> None:
    def place(at: Place, box: Box, on: date, colour: Colour, pair: Pair, n: int = 3) -> None: ...

    given = read(
        place,
        at={"title": "Top"},
        box={"width": 2},
        on="2026-11-22",
        colour="red",
        pair={"left": 1, "right": 2},
    )

    assert given == {
        "at": Place(title="Top"),
        "box": Box(2),
        "on": date(2026, 11, 22),
        "colour": Colour.RED,
        "pair": {"left": 1, "right": 2},
    }  # and the default is left to the function


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "city: Field required"),
        ({"city": 3}, "city: Input should be a valid string"),
        ({"city": "x", "nights": "many"}, "nights: Input should be a valid integer"),
        ({"city": "x", "nights": 0}, "nights: Input should be greater than or equal to 1"),
        ({"city": "x", "extra": 1}, "extra: Extra inputs are not permitted"),
    ],
)
def test_arguments_that_do_not_fit_are_named_with_what_is_wrong(arguments: dict[str, Any], said: str) -> None:
    def book(city: str, nights: Annotated[int, Field(ge=1)] = 1) -> None: ...

    with pytest.raises(ArgumentsDoNotFit, match=said):
        read(book, **arguments)


# tools with a schema of their own

SEARCH = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "minLength": 1},
        "filters": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["query"],
    "additionalProperties": False,
}


@anyio_test
async def test_a_tool_from_a_schema_shows_it_unchanged_and_checks_against_it() -> None:
    async def search(**arguments: Any) -> str:
        arguments["filters"].append("changed by the tool")
        return arguments["query"]  # type: ignore[no-any-return]

    made = Tool("search", "Searches.", SEARCH, search)

    assert made.definition.parameters == SEARCH
    call = await ran(made, query="x", filters=["a"])
    assert call.status == Completed("x")
    assert call.arguments == {
        "query": "x",
        "filters": ["a"],
    }  # the model's own, whatever the function does with its copy
    misfit = await ran(made, query="", filters=[1])
    assert misfit.status == Failed(
        "The arguments do not fit search, which was not run: "
        "/query: 0 characters is less than 1; /filters/0: expected string, got 1"
    )


def test_a_schema_without_a_word_about_objects_is_one_of_an_object() -> None:
    assert Tool("ping", "", {}, lambda: "pong").definition.parameters == {"type": "object", "properties": {}}


# results


@dataclass
class Weather:
    city: str
    on: date


class Unsayable:
    def __str__(self) -> str:
        return "something"


@anyio_test
@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("as it is: ü", "as it is: ü"),
        ("", ""),
        (None, "null"),
        (3, "3"),
        (True, "true"),
        ([1, "ü"], '[1, "ü"]'),
        ((1, 2), "[1, 2]"),
        ([], "[]"),
        ({"on": date(2026, 11, 22)}, '{"on": "2026-11-22"}'),
        (Weather("Bern", date(2026, 11, 22)), '{"city": "Bern", "on": "2026-11-22"}'),
        (Place(title="Top"), '{"title": "Top", "default": 0.5}'),
        ([Place(title="Top")], '[{"title": "Top", "default": 0.5}]'),
        (Colour.RED, "red"),
        (b"\x00\xff", "AP8="),
        ({1: 2}, '{"1": 2}'),
        (Unsayable(), "something"),
        ([Unsayable()], '["something"]'),
    ],
)
async def test_the_model_reads_a_result_as_text_or_as_json(result: object, told: str) -> None:
    call = await ran(tool(name="give")(lambda: result))

    assert call.outcome() == told
    assert (
        Messages.from_json(Messages([Message("model", [call])]).to_json()).find_tool("c1").outcome() == told
    )


@anyio_test
async def test_files_go_beside_the_result() -> None:
    picture, sound = File.from_bytes(b"GIF89a"), File.from_bytes(b"OggS")

    async def given(result: object) -> tuple[str, tuple[File, ...]]:
        call = await ran(tool(name="give")(lambda: result))
        return call.outcome(), call.files

    assert await given(picture) == ("1 file(s)", (picture,))
    assert await given([picture, sound]) == ("2 file(s)", (picture, sound))
    assert await given(["two of them", picture, sound]) == ("two of them", (picture, sound))
    assert await given((picture, {"n": 1}, "and more")) == ('[{"n": 1}, "and more"]', (picture,))


@anyio_test
async def test_a_result_that_json_cannot_say_is_a_failure_that_the_model_reads() -> None:
    def circle() -> object:
        around: list[object] = []
        around.append(around)
        return [File.from_bytes(b"GIF89a"), around]

    call = await ran(tool(circle))

    assert isinstance(call.status, Failed)
    assert call.status.error.startswith("ValueError: Circular reference")
    assert call.files == ()


@anyio_test
async def test_an_exception_is_a_failure_that_the_model_reads() -> None:
    def fail(how: str) -> None:
        raise {
            "words": ValueError("no such city"),
            "silent": KeyError(),
            "group": ExceptionGroup("two", [ValueError()]),
        }[how]

    async def told(how: str) -> object:
        return (await ran(tool(fail), how=how)).status

    assert await told("words") == Failed("ValueError: no such city")
    assert await told("silent") == Failed("KeyError")
    assert await told("group") == Failed("ExceptionGroup: two (1 sub-exception)")


@anyio_test
async def test_sync_functions_run_in_a_thread_and_async_ones_do_not() -> None:
    @tool
    def blocking() -> bool:
        return threading.current_thread() is threading.main_thread()

    @tool
    async def waiting() -> bool:
        await anyio.lowlevel.checkpoint()
        return threading.current_thread() is threading.main_thread()

    assert (await ran(blocking)).status == Completed(False)
    assert (await ran(waiting)).status == Completed(True)
