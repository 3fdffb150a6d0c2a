"""The tools of a server as tools of a chat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import anyio
from chat_core import (
    ChatError,
    ConfigurationError,
    JsonObject,
    NetworkError,
    Notice,
    Tool,
    ToolCall,
    ToolContext,
    ToolDefinition,
)
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import wire_name

from chat_mcp.client import McpClient
from chat_mcp.decode import input_responses, tool_result, wanted_input
from chat_mcp.encode import argument_headers
from chat_mcp.errors import SessionLost, ToolError
from chat_mcp.schemas import header_places, schema_fault, sendable_schema
from chat_mcp.wire import CALL

_ROUNDS: Final = 10  # of one call that needs input, before it is given up
_PAUSES: Final = (0.05, 0.1, 0.2)  # seconds before a call goes on that needs nothing but time

Client: TypeAlias = Callable[[], McpClient]
"""Returns the open client. Raises `ConfigurationError` where the server has been closed."""


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """How the tools of a server are made."""

    server: str
    prefix: str | None = None
    timeout: float | None = None
    progress: bool = False


class RemoteTool(Tool[..., object]):
    """A tool of a server. `meta` has what the server states of it, and `mcp_server` and `mcp_tool`."""

    def __init__(self, listed: JsonObject, client: Client, options: ToolOptions) -> None:
        self._remote_name = as_text(listed["name"])
        self._schema = as_object(listed.get("inputSchema"))
        self._headers = header_places(self._schema)
        self._client = client
        name = f"{options.prefix}_{self._remote_name}" if options.prefix else self._remote_name
        super().__init__(
            wire_name(name),
            as_text(listed.get("description")),
            self._schema,
            self._report_and_run if options.progress else self._run,
            meta=_meta(listed, options.server),
            timeout=options.timeout,
        )

    @cached_property
    def _definition(self) -> ToolDefinition:
        schema = {"type": "object", "properties": {}, **sendable_schema(self._schema)}
        return ToolDefinition(self.name, self.description, schema)

    def read(self, call: ToolCall, context: ToolContext[object] | None = None) -> Mapping[str, object]:
        """Return the call itself, once its arguments fit. Raises `ArgumentsDoNotFit`."""
        super().read(call, context)
        return {"call": call}

    async def _run(self, call: ToolCall) -> object:
        result: object = None
        async with aclosing(self._report_and_run(call)) as values:
            async for value in values:
                result = value
        return result

    async def _report_and_run(self, call: ToolCall) -> AsyncGenerator[object]:
        """Yield the progress of a call and, last, its result. It is sent once; what it needs is added."""
        params: JsonObject = {"name": self._remote_name, "arguments": call.effective_arguments}
        request = call.input_request
        if request is not None and request.values is not None:
            params |= input_responses(as_object(request.state), request.values)
        for number in range(_ROUNDS):
            result: JsonObject = {}
            async with aclosing(self._exchange(params, call)) as values:
                async for value, is_result in values:
                    if is_result:
                        result = value
                    else:
                        yield value
            if result.get("resultType") != "input_required":
                yield tool_result(result)
                return
            params = {
                "name": params["name"],
                "arguments": params["arguments"],
                **(await self._input(result, number)),
            }
        raise ToolError(f"the tool wanted input {_ROUNDS} times, and was given up")

    async def _input(self, result: JsonObject, number: int) -> JsonObject:
        """Return what a call goes on with. Raises `NeedsInput` where only a person can give it."""
        needs = wanted_input(result)
        client = self._client()
        if needs is None:
            await anyio.sleep(_PAUSES[min(number, len(_PAUSES) - 1)])
            return input_responses({"requestState": result.get("requestState")}, {})
        if not client.elicits:
            raise needs
        state = as_object(needs.request.state)
        forms = {key: as_object(form) for key, form in as_object(state["inputRequests"]).items()}
        answers: JsonObject = {
            key: await client.elicited(as_object(form.get("params"))) for key, form in forms.items()
        }
        return {**input_responses({"requestState": state["requestState"]}, {}), "inputResponses": answers}

    async def _exchange(self, params: JsonObject, call: ToolCall) -> AsyncGenerator[tuple[JsonObject, bool]]:
        headers = argument_headers(self._headers, call.effective_arguments)
        try:
            values = self._client().exchange(CALL, params, self._remote_name, headers)
            async with aclosing(values):
                async for value in values:
                    yield value
        except SessionLost as exc:
            raise ToolError(
                f"the server has lost its session, so {self.name} was not run; it may be called again"
            ) from exc
        except NetworkError as exc:
            raise ToolError(f"{exc}; {self.name} may have had its effect") from exc
        except ConfigurationError:
            raise
        except ChatError as exc:
            raise ToolError(str(exc)) from exc


def remote_tools(
    listed: Iterable[JsonObject], client: Client, options: ToolOptions
) -> tuple[list[RemoteTool], list[Notice]]:
    """Return the tools of a list, and a notice for each that is left out or changed."""
    tools: dict[str, RemoteTool] = {}
    notices: list[Notice] = []
    for one in listed:
        name = as_text(one.get("name"))
        if not name:
            notices.append(
                Notice("tools", f"{options.server} lists a tool without a name, which is left out")
            )
            continue
        if fault := schema_fault(one.get("inputSchema", {})):
            notices.append(Notice(name, f"the tool {name!r} of {options.server} is left out: {fault}"))
            continue
        tool = RemoteTool(one, client, options)
        if tool.name in tools:
            notices.append(
                Notice(name, f"{options.server} lists the tool {name!r} twice; the first one counts")
            )
            continue
        notices += (Notice(name, note) for note in _changes(name, one, options.server))
        tools[tool.name] = tool
    return list(tools.values()), notices


def digest_of(listed: Iterable[JsonObject]) -> str:
    """Return a SHA-256 of all that the server states of its tools, whatever their order."""
    shown = [
        [one.get(member) for member in ("name", "title", "description", "inputSchema", "annotations")]
        for one in listed
    ]
    return hashlib.sha256(json.dumps(sorted(map(json.dumps, shown))).encode()).hexdigest()


def _meta(listed: JsonObject, server: str) -> dict[str, object]:
    annotations = as_object(listed.get("annotations"))
    title = as_text(listed.get("title")) or as_text(annotations.get("title"))
    meta: dict[str, object] = {**annotations, "mcp_server": server, "mcp_tool": listed["name"]}
    return {**meta, "title": title} if title else meta


def _changes(name: str, listed: JsonObject, server: str) -> Iterator[str]:
    schema = as_object(listed.get("inputSchema"))
    if any(keyword in schema for keyword in ("anyOf", "oneOf", "allOf", "not", "if", "enum", "const")):
        yield (
            f"the input schema of {name!r} of {server} has a choice at its root, which models refuse: it is "
            "sent without, and arguments are checked against the whole"
        )
