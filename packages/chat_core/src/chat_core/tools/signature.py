"""The arguments of a tool as its function's signature describes them, read by pydantic."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from chat_core.tools.arguments import ArgumentsDoNotFit
from chat_core.tools.context import ToolContext
from chat_core.types.describe import describe_exception
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject
from chat_core.types.pydantic_faults import faults_of
from chat_core.types.tool_call import ToolCall
from chat_core.types.untitled import untitled

if TYPE_CHECKING:
    from pydantic import BaseModel


class FunctionParameters:
    """Parameters as a function's signature has them. pydantic is imported when the first one is looked at."""

    def __init__(self, name: str, function: Callable[..., object], descriptions: Mapping[str, str]) -> None:
        self._name = name
        self._function = function
        self._descriptions = descriptions
        if inspect.isfunction(function) and next(iter(self._parameters), None) in ("self", "cls"):
            raise ConfigurationError(
                f"tool {name} is a method: make the tool of a bound one, tool(instance.{name})"
            )
        for parameter in self._parameters.values():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise ConfigurationError(
                    f"tool {name}: parameter {parameter} cannot be given by name, as models do"
                )

    def schema(self) -> JsonObject:
        """Return the JSON schema of the parameters that a model fills in."""
        from pydantic import PydanticInvalidForJsonSchema

        try:
            schema = self._model.model_json_schema()
        except PydanticInvalidForJsonSchema as exc:
            raise ConfigurationError(
                f"tool {self._name}: no JSON schema can say its parameters: {exc}"
            ) from exc
        return cast("JsonObject", untitled({"properties": {}, **schema}))

    def read(
        self, arguments: JsonObject, call: ToolCall, context: ToolContext[object]
    ) -> Mapping[str, object]:
        """Return the validated arguments, and the call or its context where the function wants them."""
        from pydantic import ValidationError

        try:
            read = self._model.model_validate_json(json.dumps(arguments))
        except ValidationError as exc:
            raise ArgumentsDoNotFit(faults_of(exc, most=10)) from exc
        except Exception as exc:  # a validator of the application's may raise anything
            raise ArgumentsDoNotFit(f"they cannot be validated: {describe_exception(exc)}") from exc
        given = {self._names[field]: getattr(read, field) for field in read.model_fields_set}
        injected = {name: call if kind is ToolCall else context for name, kind in self._injected.items()}
        return given | injected

    @property
    def wanted_deps(self) -> str | None:
        """The `Deps` of a `ToolContext[Deps]` among the parameters, unless they may be None."""
        for name, kind in self._injected.items():
            wanted = get_args(_bare(self._hints[name])) if kind is ToolContext else ()
            if wanted and not _takes_none(wanted[0]):
                return (
                    str(wanted[0]) if get_args(wanted[0]) else getattr(wanted[0], "__name__", str(wanted[0]))
                )
        return None

    @cached_property
    def _hints(self) -> Mapping[str, object]:
        function = unwrapped(self._function)
        function = function if inspect.isroutine(function) else type(function).__call__
        try:
            return get_type_hints(function, include_extras=True)
        except NameError as exc:
            raise ConfigurationError(f"tool {self._name}: an annotation cannot be resolved: {exc}") from exc

    @cached_property
    def _parameters(self) -> dict[str, inspect.Parameter]:
        bound = _bound(self._function)  # the model does not fill in what a partial has
        parameters = inspect.signature(self._function).parameters
        return {name: parameter for name, parameter in parameters.items() if name not in bound}

    @cached_property
    def _injected(self) -> Mapping[str, object]:
        kinds = {name: _bare(self._hints.get(name)) for name in self._parameters}
        origins = {name: get_origin(kind) or kind for name, kind in kinds.items()}
        return {name: origin for name, origin in origins.items() if origin in (ToolCall, ToolContext)}

    @cached_property
    def _names(self) -> dict[str, str]:
        # fields are numbered and the names are aliases: a parameter may be called `schema` or `_x`, a field
        # may not
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
        if name not in self._descriptions:  # description=None would hide that of a Field in the annotation
            return Field(given, alias=name)
        return Field(given, alias=name, description=self._descriptions[name])


def unwrapped(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function under its partials."""
    while isinstance(function, partial):
        function = function.func
    return function


def _bound(function: Callable[..., object]) -> Mapping[str, object]:
    """Return the keywords that a partial has already been given."""
    return function.keywords if isinstance(function, partial) else {}


def _bare(form: object) -> object:
    """Return a type without `Annotated` and without `| None` around it."""
    if get_origin(form) is Annotated:
        return _bare(get_args(form)[0])
    others = [one for one in get_args(form) if one is not type(None)]
    optional = len(others) == 1 and type(None) in get_args(form) and get_origin(form) in (Union, UnionType)
    return _bare(others[0]) if optional else form


def _takes_none(form: object) -> bool:
    return (
        form in (None, type(None), object, Any) or isinstance(form, TypeVar) or type(None) in get_args(form)
    )
