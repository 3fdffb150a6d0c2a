"""A tool: a function, and the schema of its arguments."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cached_property, partial
from typing import TYPE_CHECKING, Generic, Protocol, cast, get_type_hints, overload

import anyio
import anyio.to_thread
from typing_extensions import ParamSpec, TypeVar

from chat_core.tools.docstring import read_docstring
from chat_core.tools.json_schema import faults
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.parts import ToolCall
from chat_core.types.pydantic_faults import faults_of
from chat_core.types.request import ToolDefinition

if TYPE_CHECKING:
    from pydantic import BaseModel

P = ParamSpec("P", default=...)
R_co = TypeVar("R_co", covariant=True, default=object)
Q = ParamSpec("Q")
T = TypeVar("T")


class ArgumentsDoNotFit(ValueError):
    """The arguments of a call do not satisfy the tool's schema; the message is for the model."""


class Tool(Generic[P, R_co]):
    """A function that a model may call, sync or async; sync ones run in a worker thread. `@tool` makes one of a function.

    This constructor takes a JSON schema of an object instead, as MCP bridges need; `function` gets the arguments as keywords.
    `meta` is for strategies, `strict` asks the provider to hold the model to the schema. What the function returns is given to the
    model as JSON, or as it is where it is text; a `File`, or several in a list, goes along as a file.
    """

    def __init__(
        self,
        name: str,
        description: str,
        parameters: Mapping[str, object],
        function: Callable[P, R_co],
        *,
        meta: Mapping[str, object] | None = None,
        strict: bool | None = None,
    ) -> None:
        self.name = name
        self.description = description
        self.function = function
        self.meta: Mapping[str, object] = dict(meta or {})
        self.strict = strict
        self._signature: _Signature = _Schema(cast("JsonObject", dict(parameters)))

    @classmethod
    def from_function(
        cls,
        function: Callable[P, R_co],
        *,
        name: str | None = None,
        description: str | None = None,
        meta: Mapping[str, object] | None = None,
        strict: bool | None = None,
    ) -> Tool[P, R_co]:
        """What `@tool` does."""
        name = name or getattr(function, "__name__", None)
        if not name or name == "<lambda>":
            raise ConfigurationError(f"{function!r} has no name: @tool(name=...)")
        said, described = read_docstring(inspect.getdoc(_unwrapped(function)))
        made = cls(name, said if description is None else description, {}, function, meta=meta, strict=strict)
        made._signature = _Function(name, function, described)
        return made

    @cached_property
    def definition(self) -> ToolDefinition:
        """The tool as a model sees it."""
        return ToolDefinition(self.name, self.description, self._signature.schema(), self.strict)

    def read(self, call: ToolCall) -> Mapping[str, object]:
        """The keywords to call the function with. Raises `ArgumentsDoNotFit`."""
        return self._signature.read(call)

    async def run(self, arguments: Mapping[str, object]) -> object:
        """Call the function with what `read` gave; whatever it raises comes through."""
        call = cast("Callable[..., object]", self.function)
        if _is_async(call):
            result = call(**arguments)
        else:
            [result] = await _in_thread(
                lambda: [call(**arguments)]
            )  # in a list: trio takes no bare awaitable from a thread
        return await result if inspect.isawaitable(result) else result

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """The function itself."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"


@overload
def tool(function: Callable[Q, T], /) -> Tool[Q, T]: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    meta: Mapping[str, object] | None = None,
    strict: bool | None = None,
) -> Callable[[Callable[Q, T]], Tool[Q, T]]: ...
def tool(
    function: Callable[Q, T] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    meta: Mapping[str, object] | None = None,
    strict: bool | None = None,
) -> Tool[Q, T] | Callable[[Callable[Q, T]], Tool[Q, T]]:
    """Make a `Tool` of a function: the schema from its signature, the descriptions from its docstring.

    A parameter annotated with `ToolCall` is given the call itself (its `id` serves as an idempotency key) and is not in the schema.
    """

    def make(function: Callable[Q, T]) -> Tool[Q, T]:
        return Tool[Q, T].from_function(
            function, name=name, description=description, meta=meta, strict=strict
        )

    if function is None:
        return make
    return make(function)


class _Signature(Protocol):
    def schema(self) -> JsonObject: ...

    def read(self, call: ToolCall) -> Mapping[str, object]: ...


class _Schema:
    """Arguments as a JSON schema has them."""

    def __init__(self, parameters: JsonObject) -> None:
        self._parameters: JsonObject = {"type": "object", "properties": {}, **parameters}

    def schema(self) -> JsonObject:
        return self._parameters

    def read(self, call: ToolCall) -> Mapping[str, object]:
        if found := list(faults(call.effective_arguments, self._parameters)):
            raise ArgumentsDoNotFit("; ".join(found[:5]))
        return deepcopy(
            call.effective_arguments
        )  # the function may change what it is given, the call keeps what was said


class _Function:
    """Arguments as a function's signature has them. pydantic is imported when the first one is looked at."""

    def __init__(self, name: str, function: Callable[..., object], described: Mapping[str, str]) -> None:
        self._name = name
        self._function = function
        self._described = described
        if inspect.isfunction(function) and next(iter(self._parameters), None) in ("self", "cls"):
            raise ConfigurationError(
                f"tool {name} is a method: make the tool of a bound one, tool(instance.{name})"
            )
        for parameter in self._parameters.values():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise ConfigurationError(
                    f"tool {name}: parameter {parameter} cannot be given by name; a model names all its arguments"
                )

    def schema(self) -> JsonObject:
        from pydantic import PydanticInvalidForJsonSchema

        try:
            schema = self._model.model_json_schema()
        except PydanticInvalidForJsonSchema as exc:
            raise ConfigurationError(
                f"tool {self._name}: no JSON schema can say its parameters: {exc}"
            ) from exc
        return cast("JsonObject", untitled({"properties": {}, **schema}))

    def read(self, call: ToolCall) -> Mapping[str, object]:
        from pydantic import ValidationError

        try:
            read = self._model.model_validate_json(json.dumps(call.effective_arguments))
        except ValidationError as exc:
            raise ArgumentsDoNotFit(faults_of(exc, most=10)) from exc
        given = {self._names[field]: getattr(read, field) for field in read.model_fields_set}
        return given | dict.fromkeys(self._injected, call)

    @cached_property
    def _hints(self) -> Mapping[str, object]:
        function = _unwrapped(self._function)
        function = function if inspect.isroutine(function) else type(function).__call__
        try:
            return get_type_hints(function, include_extras=True)
        except NameError as exc:
            raise ConfigurationError(f"tool {self._name}: an annotation cannot be resolved: {exc}") from exc

    @cached_property
    def _parameters(self) -> dict[str, inspect.Parameter]:
        bound = _bound(self._function)
        parameters = inspect.signature(self._function).parameters
        return {
            name: parameter for name, parameter in parameters.items() if name not in bound
        }  # what is bound is not asked for

    @cached_property
    def _injected(self) -> list[str]:
        return [name for name in self._parameters if self._hints.get(name) is ToolCall]

    @cached_property
    def _names(self) -> dict[str, str]:
        # fields are numbered and the names are aliases, since a parameter may be called `schema` or `_x`, a field may not
        named = (name for name in self._parameters if name not in self._injected)
        return {f"p{number}": name for number, name in enumerate(named)}

    @cached_property
    def _model(self) -> type[BaseModel]:
        from pydantic import ConfigDict, PydanticUserError, create_model

        fields: dict[str, object] = {
            field: (self._hints.get(name, object), self._field(name)) for field, name in self._names.items()
        }
        make = cast("Callable[..., type[BaseModel]]", create_model)
        try:
            return make(self._name, __config__=ConfigDict(extra="forbid"), **fields)
        except PydanticUserError as exc:
            raise ConfigurationError(
                f"tool {self._name}: pydantic cannot read its parameters: {exc}"
            ) from exc

    def _field(self, name: str) -> object:
        from pydantic import Field

        default: object = self._parameters[name].default
        given = ... if default is inspect.Parameter.empty else default
        if name not in self._described:
            return Field(
                given, alias=name
            )  # with description=None it would hide that of a Field in the annotation
        return Field(given, alias=name, description=self._described[name])


async def _in_thread(function: Callable[[], list[object]]) -> list[object]:
    with anyio.CancelScope(
        shield=True
    ):  # a thread cannot be stopped: wait for it, so that its outcome is known
        return await anyio.to_thread.run_sync(function)
    raise AssertionError("nothing cancels a shielded scope from within")


def untitled(schema: JsonValue) -> JsonValue:
    """The schema without the titles that pydantic puts everywhere: they tell a model nothing, and cost tokens."""
    match schema:
        case dict():
            return {key: _untitled_under(key, value) for key, value in schema.items() if key != "title"}
        case list():
            return [untitled(item) for item in schema]
        case _:
            return schema


def _untitled_under(keyword: str, value: JsonValue) -> JsonValue:
    if keyword in ("default", "const", "enum", "examples"):
        return value
    if keyword in ("properties", "$defs") and isinstance(value, dict):  # names here, and one may be `title`
        return {name: untitled(schema) for name, schema in value.items()}
    return untitled(value)


def _unwrapped(function: Callable[..., object]) -> Callable[..., object]:
    """The function under its partials."""
    while isinstance(function, partial):
        function = function.func
    return function


def _bound(function: Callable[..., object]) -> Mapping[str, object]:
    """The keywords that a partial has already been given."""
    return (
        cast("Mapping[str, object]", getattr(function, "keywords", {}))
        if function is not _unwrapped(function)
        else {}
    )


def _is_async(function: Callable[..., object]) -> bool:
    function = _unwrapped(function)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(_call_method(function))


def _call_method(function: Callable[..., object]) -> object:
    """The `__call__` of an object that is no function, or None."""
    return getattr(type(function), "__call__", None)  # noqa: B004  the method itself is looked at, not whether it is there
