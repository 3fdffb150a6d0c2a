"""Schemas in the strict subset of JSON schema, which a server holds a model to word for word.

Rules: OpenAI's structured-outputs guide, November 2026; Cerebras, Mistral and Groq take the same subset.
"""

from __future__ import annotations

from typing import NamedTuple

from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from chat_core.types.schema_findings import SchemaFault, SchemaRefused

_DROPPED = frozenset(
    {
        *("default", "title", "$schema", "$id", "$anchor", "discriminator", "examples"),
        *("deprecated", "readOnly", "writeOnly", "$comment"),
    }
)  # annotations that say nothing about a value
_IN_WORDS = frozenset(
    {
        *("minLength", "maxLength", "uniqueItems", "contentMediaType", "contentEncoding"),
    }
)
_REFUSED = frozenset(
    {
        *("patternProperties", "propertyNames", "minProperties", "maxProperties"),
        *("unevaluatedProperties", "unevaluatedItems", "contains", "minContains"),
        *("maxContains", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"),
        *("dependencies", "additionalItems", "$dynamicRef", "$recursiveRef"),
    }
)  # constraints that the subset lacks
_KEPT = frozenset(
    {
        *("type", "enum", "const", "anyOf", "oneOf", "$ref", "$defs", "definitions"),
        *("properties", "required", "additionalProperties", "items", "prefixItems"),
        *("minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum"),
        *("exclusiveMaximum", "multipleOf", "pattern", "format", "description", "nullable"),
    }
)
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_MOST_PROPERTIES, _MOST_LEVELS, _MOST_ENUM_VALUES = 5000, 10, 1000


class StrictSchema(NamedTuple):
    """A schema in the strict subset, and the keywords that were left out of it because no standard knows
    them.
    """

    schema: JsonObject
    left_out: tuple[str, ...]


def compile_strict(schema: JsonObject, what: str) -> StrictSchema:
    """Return the schema in the strict subset: all properties required, no others allowed.

    `what` names it in errors. Raises `ConfigurationError`, which names every place that the subset cannot
    express, as JSON pointers.
    """
    compiler = _Compiler()
    compiled = compiler.schema(schema, "#", 1)
    if as_object(compiled).get("type") != "object":
        compiler.faults.append(SchemaFault("#", "the root has to be an object"))
    if compiler.properties > _MOST_PROPERTIES:
        compiler.faults.append(
            SchemaFault("#", f"{compiler.properties} properties, {_MOST_PROPERTIES} at most")
        )
    if compiler.enum_values > _MOST_ENUM_VALUES:
        compiler.faults.append(
            SchemaFault("#", f"{compiler.enum_values} enum values, {_MOST_ENUM_VALUES} at most")
        )
    if compiler.faults:
        raise SchemaRefused.at(f"{what} cannot be strict", compiler.faults)
    return StrictSchema(as_object(compiled), tuple(compiler.left_out))


def strict_schema(schema: JsonObject, what: str) -> JsonObject:
    """Return the schema of `compile_strict` alone."""
    return compile_strict(schema, what).schema


class _Compiler:
    def __init__(self) -> None:
        self.faults: list[SchemaFault] = []
        self.properties = 0
        self.enum_values = 0
        self.left_out: dict[str, None] = {}

    def schema(self, node: JsonValue, at: str, level: int) -> JsonValue:
        if not isinstance(node, dict):
            allowed = "anything" if node is True else "nothing"
            self.faults.append(SchemaFault(at, f"{allowed} is allowed here; name a type"))
            return node
        if level > _MOST_LEVELS:
            self.faults.append(SchemaFault(at, f"nested deeper than {_MOST_LEVELS} levels"))
            return node
        node = self._merged(node, at)
        out: JsonObject = {}
        in_words: list[str] = []
        for keyword, value in node.items():
            if keyword in _REFUSED:
                self.faults.append(SchemaFault(f"{at}/{keyword}", "is not supported"))
            elif (
                keyword in _IN_WORDS
                or (keyword == "format" and as_text(value) not in _FORMATS)
                or _looks_around(keyword, value)
            ):
                in_words.append(f"{keyword}: {value}")
            elif keyword in _KEPT:
                self._keep(out, keyword, value, at, level)
            elif keyword not in _DROPPED:
                self.left_out[keyword] = None
        if "$ref" in out and len(out) - ("$defs" in out) > 1:  # a reference may have no neighbours
            out = {"anyOf": [{"$ref": out.pop("$ref")}], **out}
        if not out.keys() & {"type", "enum", "const", "anyOf", "$ref"}:
            self.faults.append(SchemaFault(at, "anything is allowed here; name a type"))
        if in_words:
            out["description"] = f"{out.get('description', '')} ({', '.join(in_words)})".strip()
        if _is(out, "object"):
            self._close(out, node, at)
        if _is(out, "array") and not out.keys() & {"items", "prefixItems"}:
            self.faults.append(SchemaFault(f"{at}/items", "has to say what the items are"))
        return out

    def _merged(self, node: JsonObject, at: str) -> JsonObject:
        parts = as_list(node.get("allOf"))
        if len(parts) == 1:
            alone = {key: value for key, value in node.items() if key != "allOf"}
            return alone | self._merged(as_object(parts[0]), f"{at}/allOf/0")
        if parts:
            self.faults.append(SchemaFault(f"{at}/allOf", "is not supported"))
        return {key: value for key, value in node.items() if key != "allOf"}

    def _keep(self, out: JsonObject, keyword: str, value: JsonValue, at: str, level: int) -> None:
        match keyword, value:
            case ("properties", dict()):
                self.properties += len(value)
                out[keyword] = {
                    name: self.schema(item, f"{at}/properties/{_escaped(name)}", level + 1)
                    for name, item in value.items()
                }
            case ("$defs" | "definitions", dict()):
                out[keyword] = {
                    name: self.schema(item, f"{at}/{keyword}/{_escaped(name)}", 1)
                    for name, item in value.items()
                }
            case ("anyOf" | "oneOf", list()):
                out["anyOf"] = [
                    self.schema(item, f"{at}/{keyword}/{index}", level) for index, item in enumerate(value)
                ]
            case ("prefixItems", list()):
                out[keyword] = [
                    self.schema(item, f"{at}/{keyword}/{index}", level + 1)
                    for index, item in enumerate(value)
                ]
            case ("items", _):
                if value is not False:  # `prefixItems` has closed the list already
                    out[keyword] = self.schema(value, f"{at}/{keyword}", level + 1)
            case ("enum", list()):
                self.enum_values += len(value)
                out[keyword] = value
            case ("additionalProperties" | "required", _):
                pass  # decided in _close
            case _:
                out[keyword] = value

    def _close(self, out: JsonObject, node: JsonObject, at: str) -> None:
        if node.get("additionalProperties", False) is not False:
            reason = "keys have to be named; use a list of key and value instead of a dict"
            self.faults.append(SchemaFault(f"{at}/additionalProperties", reason))
        properties = as_object(out.setdefault("properties", {}))
        out["required"] = list(properties)
        out["additionalProperties"] = False


def _is(schema: JsonObject, name: str) -> bool:
    return schema.get("type") == name or name in as_list(schema.get("type"))


def _looks_around(keyword: str, value: JsonValue) -> bool:
    return keyword == "pattern" and any(sign in as_text(value) for sign in ("(?=", "(?!", "(?<=", "(?<!"))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
