"""A tool: a function that a model may call, and the schema of its arguments."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import cached_property
from typing import Concatenate, Generic, Protocol, cast, overload

import anyio
from typing_extensions import ParamSpec, TypeVar

from chat_core.tools.arguments import ArgumentsDoNotFit, Parameters, SchemaParameters
from chat_core.tools.context import ToolContext
from chat_core.tools.docstring import read_docstring
from chat_core.tools.signature import FunctionParameters, unwrapped
from chat_core.tools.threads import run_in_thread
from chat_core.tools.unchecked import unchecked
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject
from chat_core.types.misuse import check_json, checked_mapping, checked_text, kind_of
from chat_core.types.request import ToolDefinition
from chat_core.types.sealed import peek
from chat_core.types.tool_call import ToolCall

P = ParamSpec("P", default=...)
R_co = TypeVar("R_co", covariant=True, default=object)
D_contra = TypeVar("D_contra", contravariant=True, default=object)
Q = ParamSpec("Q")
T = TypeVar("T")
D = TypeVar("D")


class Tool(Generic[P, R_co, D_contra]):
    """A function that a model may call, sync or async; sync ones run in a worker thread.

    `@tool` makes one of a function.

    This constructor takes a JSON schema of an object instead, as MCP bridges need; `function` gets the
    arguments as keywords. What the function returns is given to the model as JSON, or as it is where it is
    text; files in it, at any depth, go along as files.

    `meta` is for strategies, `strict` makes the provider hold the model to the schema. A call may take
    `timeout` seconds (default: any time), `max_concurrency` calls of one turn run at once (default: all), and
    beside a call of a `sequential` tool no other call runs.

    The type parameters are the function's parameters, its result, and the dependencies that it wants. Raises
    `ConfigurationError` for an empty name, parameters that are no JSON schema of an object, and limits below
    one call or of no time.
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
        timeout: float | None = None,
        max_concurrency: int | None = None,
        sequential: bool = False,
    ) -> None:
        if not callable(function):
            raise ConfigurationError(
                f"a tool is made of a function, not {kind_of(function)}: @tool(name=...) names it"
            )
        checked_text(name, "Tool(name, ...)", '"get_weather"')
        kind = checked_mapping(parameters, "Tool(..., parameters)").get("type", "object")
        if kind in ("string", "number", "integer", "boolean", "array", "null"):
            raise ConfigurationError(
                f"tool {name}: its parameters are a JSON schema of an object, not of type {kind!r}: "
                'write {"type": "object", "properties": {...}}'
            )
        check_json(dict(parameters), f"tool {name}: its JSON schema")
        if timeout is not None and not timeout > 0:
            raise ConfigurationError(f"tool {name}: timeout={timeout} has to be more than 0 seconds")
        if max_concurrency is not None and max_concurrency < 1:
            raise ConfigurationError(f"tool {name}: max_concurrency={max_concurrency} has to be at least 1")
        self.name = name
        self.description = description
        self.function = function
        self.meta: Mapping[str, object] = dict(meta or {})
        self.strict = strict
        self.timeout = timeout
        self.max_concurrency = max_concurrency
        self.sequential = sequential
        self._parameters: Parameters = SchemaParameters(cast("JsonObject", dict(parameters)))

    @classmethod
    def from_function(
        cls,
        function: Callable[P, R_co],
        *,
        name: str | None = None,
        description: str | None = None,
        meta: Mapping[str, object] | None = None,
        strict: bool | None = None,
        timeout: float | None = None,
        max_concurrency: int | None = None,
        sequential: bool = False,
    ) -> Tool[P, R_co, D_contra]:
        """Return a tool made of a function, as `@tool` does.

        Raises `ConfigurationError` for what is no function, and for a lambda without `name`.
        """
        if not callable(function):
            raise ConfigurationError(
                f"@tool takes a function, not {kind_of(function)}: @tool(name=...) names it"
            )
        name = name or getattr(function, "__name__", None)
        if not name or name == "<lambda>":
            raise ConfigurationError(f"{function!r} has no name: @tool(name=...)")
        summary, descriptions = read_docstring(inspect.getdoc(unwrapped(function)))
        made = cls(
            name,
            summary if description is None else description,
            {},
            function,
            meta=meta,
            strict=strict,
            timeout=timeout,
            max_concurrency=max_concurrency,
            sequential=sequential,
        )
        made._parameters = FunctionParameters(name, function, descriptions)
        return made

    @property
    def definition(self) -> ToolDefinition:
        """The tool as a model sees it; one object, so that it is encoded once."""
        return self._definition

    @cached_property
    def _definition(self) -> ToolDefinition:
        return ToolDefinition(self.name, self.description, self._parameters.schema(), self.strict)

    @property
    def unchecked(self) -> list[str]:
        """The keywords of its JSON schema that arguments are not checked against; empty for a function's
        signature.
        """
        return unchecked(self._parameters.schema()) if isinstance(self._parameters, SchemaParameters) else []

    @property
    def wanted_deps(self) -> str | None:
        """The type of dependencies that the function cannot do without, or None."""
        return self._parameters.wanted_deps

    def read(self, call: ToolCall, context: ToolContext[object] | None = None) -> Mapping[str, object]:
        """Return the keywords to call the function with. Raises `ArgumentsDoNotFit`."""
        # both kinds of parameters make values of their own
        arguments = peek(call) if call.edited is None else call.edited
        return self._parameters.read(arguments, call, context or ToolContext(call, None))

    def arguments_fault(self, arguments: JsonObject) -> str | None:
        """Return what is wrong with arguments, or None where the tool takes them."""
        call = ToolCall("", self.name, arguments)
        try:
            self.read(call)
        except ArgumentsDoNotFit as exc:
            return str(exc)
        return None

    @property
    def reports_progress(self) -> bool:
        """Whether the function is an async generator: what it yields is progress, its last value the
        result.
        """
        return inspect.isasyncgenfunction(unwrapped(cast("Callable[..., object]", self.function)))

    async def run(
        self, arguments: Mapping[str, object], report: Callable[[object], None] | None = None
    ) -> object:
        """Call the function with what `read` returned. What it raises comes through.

        `report` is given the progress of an async generator. Raises `TimeoutError` after the tool's timeout.
        """
        function = cast("Callable[..., object]", self.function)
        seconds = float("inf") if self.timeout is None else self.timeout
        if self.reports_progress:
            result: object = _last_of(cast("AsyncGenerator[object]", function(**arguments)), report)
        elif _is_async(function):
            result = function(**arguments)
        else:
            result = await run_in_thread(lambda: function(**arguments), seconds)
        if not inspect.isawaitable(result):
            return result
        with anyio.move_on_after(seconds):
            return await result
        raise TimeoutError(f"it took longer than {seconds:g} s; it may have had its effect")

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function itself."""
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Tool({self.name!r})"


class ToolMaker(Protocol):
    """Makes a `Tool` of a function: what `@tool(...)` returns."""

    @overload
    def __call__(self, function: Callable[Concatenate[object, ...], T], /) -> Tool[..., T]: ...
    @overload
    def __call__(
        self, function: Callable[Concatenate[ToolContext[D], Q], T], /
    ) -> Tool[Concatenate[ToolContext[D], Q], T, D]: ...
    @overload
    def __call__(self, function: Callable[Q, T], /) -> Tool[Q, T]: ...


@overload  # before the next one: a function that takes any object takes a context, too, and wants no deps
def tool(function: Callable[Concatenate[object, ...], T], /) -> Tool[..., T]: ...
@overload
def tool(
    function: Callable[Concatenate[ToolContext[D], Q], T], /
) -> Tool[Concatenate[ToolContext[D], Q], T, D]: ...
@overload
def tool(function: Callable[Q, T], /) -> Tool[Q, T]: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    meta: Mapping[str, object] | None = None,
    strict: bool | None = None,
    timeout: float | None = None,
    max_concurrency: int | None = None,
    sequential: bool = False,
) -> ToolMaker: ...
def tool(
    function: Callable[..., object] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    meta: Mapping[str, object] | None = None,
    strict: bool | None = None,
    timeout: float | None = None,
    max_concurrency: int | None = None,
    sequential: bool = False,
) -> object:
    """Make a `Tool` of a function: the schema from its signature, the descriptions from its docstring.

    A parameter annotated with `ToolContext` or `ToolCall` is given that, and is not in the schema. Where the
    first one is a `ToolContext[Deps]`, type checkers know that the tool wants `deps` of that type.
    """

    def make(function: Callable[..., object]) -> Tool[..., object]:
        return Tool[..., object].from_function(
            function,
            name=name,
            description=description,
            meta=meta,
            strict=strict,
            timeout=timeout,
            max_concurrency=max_concurrency,
            sequential=sequential,
        )

    if function is None:
        return make
    return make(function)


def _is_async(function: Callable[..., object]) -> bool:
    function = unwrapped(function)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(_call_method(function))


def _call_method(function: Callable[..., object]) -> object:
    """Return the `__call__` of an object that is no function, or None."""
    return getattr(type(function), "__call__", None)  # noqa: B004  the method itself is wanted


async def _last_of(values: AsyncGenerator[object], report: Callable[[object], None] | None) -> object:
    """Return the last value of a generator, and report each."""
    last: object = None
    async with aclosing(values):
        async for last in values:
            if report is not None:
                report(last)
    return last
