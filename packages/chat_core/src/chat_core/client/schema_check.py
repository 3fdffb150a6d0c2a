"""What a client makes of schemas: it encodes a request with each, and compares what is in the body."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from chat_core.client.schema_rules import SchemaRules
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object
from chat_core.types.messages import Messages
from chat_core.types.misuse import kind_of
from chat_core.types.native import Origin
from chat_core.types.request import ChatRequest, HasDefinition, OutputSchema, ToolDefinition
from chat_core.types.response import Notice
from chat_core.types.schema_findings import FindingKind, SchemaFinding, SchemaRefused, SchemaReport
from chat_core.types.type_schema import OutputForm, schema_of_form
from chat_core.wire.schema_comparison import compare_schemas, way_out
from chat_core.wire.write import Encoded

Encodes = Callable[[ChatRequest], Encoded]


def check_output(form: OutputForm, encode: Encodes, rules: SchemaRules, origin: Origin) -> SchemaReport:
    """Return what becomes of an output type. Raises `ConfigurationError` for what is none."""
    output = form if isinstance(form, OutputSchema) else schema_of_form(form)
    request = ChatRequest(Messages.from_user("Hello"), output=output)
    about = f"the output type {output.name}"
    findings = _findings(request, output.schema, encode, rules.output, rules.output_flag, rules)
    return SchemaReport(origin.provider, origin.model, about, findings)


def check_tools(
    tools: Sequence[HasDefinition | ToolDefinition],
    encode: Encodes,
    rules: SchemaRules,
    origin: Origin,
    *,
    strict: bool | None,
) -> tuple[SchemaReport, ...]:
    """Return what becomes of the parameters of each tool, and of all together where that is refused.

    Raises `ConfigurationError` for what is no tool.
    """
    definitions = [_definition(tool, strict) for tool in tools]
    reports = [
        SchemaReport(
            origin.provider,
            origin.model,
            f"tool {tool.name}",
            _findings(
                ChatRequest(Messages.from_user("Hello"), [tool]),
                tool.parameters,
                encode,
                rules.tools,
                rules.tool_flag,
                rules,
            ),
        )
        for tool in definitions
    ]
    if len(definitions) > 1 and all(report.ok for report in reports):
        try:
            encode(ChatRequest(Messages.from_user("Hello"), definitions))
        except ChatError as error:
            refused = SchemaFinding(
                "refused", "#", str(error), "send fewer of them, or leave strict off some"
            )
            reports.append(SchemaReport(origin.provider, origin.model, "all tools together", (refused,)))
    return tuple(reports)


def _definition(tool: object, strict: bool | None) -> ToolDefinition:
    found = tool.definition if isinstance(tool, HasDefinition) else tool
    if not isinstance(found, ToolDefinition):
        raise ConfigurationError(f"check_tools([...]) takes tools, not {kind_of(tool)}: @tool makes one")
    return found if strict is None else replace(found, strict=strict)


def _findings(
    request: ChatRequest,
    schema: JsonObject,
    encode: Encodes,
    paths: Sequence[str],
    flag: str | None,
    rules: SchemaRules,
) -> tuple[SchemaFinding, ...]:
    try:
        encoded = encode(request)
    except ConfigurationError as error:
        return tuple(_refusals(error))
    if not paths:
        raise ConfigurationError(
            "this client does not say where its requests carry schemas: define its _schema_rules"
        )
    body = cast("JsonObject", encoded.body)
    sent = next((found for path in paths for found in _at(body, path.split("/"))), None)
    if sent is None:
        return (_left_out(encoded.notices, schema),) if schema.get("properties") or request.output else ()
    holders, carried = sent
    findings: list[SchemaFinding] = []
    strict_together = bool(request.tools) and body.get(rules.tools_field) is True
    if flag is not None and not strict_together and all(one.get(flag) is not True for one in holders):
        unheld = _UNHELD_TOOL if request.tools else _UNHELD_OUTPUT
        findings.append(unheld if flag else replace(unheld, way_out=""))
    findings += compare_schemas(schema, carried, rules.unread)
    if rules.unrolls:
        findings += _unrolled(schema)
    return tuple(findings)


_UNHELD_OUTPUT = SchemaFinding(
    "unenforced",
    "#",
    "the server is asked to follow the schema, and does not promise it",
    "leave with_strict_output(False) out where the server has strict schemas",
)
_UNHELD_TOOL = SchemaFinding(
    "unenforced",
    "#",
    "the server does not hold the model to the parameters: arguments are checked before a tool runs",
    "@tool(strict=True), where the server has strict tools",
)


def _refusals(error: ConfigurationError) -> Iterator[SchemaFinding]:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, SchemaRefused):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, SchemaRefused):
        for at, reason in cause.faults:
            problem, _, remedy = reason.partition("; ")
            yield SchemaFinding("refused", at, problem, remedy or way_out(at, reason))
    else:
        yield SchemaFinding("refused", "#", str(error))


def _left_out(notices: Sequence[Notice], schema: JsonObject) -> SchemaFinding:
    """Return the finding for a schema that the body has no field for."""
    why = "; ".join(notice.message for notice in notices) or "the server takes no schema"
    kind: FindingKind = "in_words" if notices else "dropped"
    return SchemaFinding(kind, "#", why, "the answer is still checked against the type")


def _at(
    body: JsonValue, path: Sequence[str], holders: tuple[JsonObject, ...] = ()
) -> Iterator[tuple[tuple[JsonObject, ...], JsonObject]]:
    """Yield the schemas at a path, each with the objects that it stands in; one may be JSON text."""
    if not isinstance(body, dict):
        return
    name, rest = path[0], path[1:]
    inner = body.get(name)
    holders = (*holders, body)
    if not rest:
        schema = cast("JsonValue", json.loads(inner)) if isinstance(inner, str) else inner
        if isinstance(schema, dict):
            yield holders, schema
    elif rest[0] == "*":
        for item in as_list(inner):
            yield from _at(item, rest[1:], holders)
    else:
        yield from _at(inner, rest, holders)


def _unrolled(schema: JsonObject) -> Iterator[SchemaFinding]:
    named = as_object(schema.get("$defs"))
    for name, definition in named.items():
        if f'"#/$defs/{name}"' in json.dumps(definition):
            yield SchemaFinding(
                "changed",
                f"#/$defs/{name}",
                "it refers to itself: the server follows that for some levels only, in properties that are "
                "not required",
                way_out("", "refers to itself"),
            )
