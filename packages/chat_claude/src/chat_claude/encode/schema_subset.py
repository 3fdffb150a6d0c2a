"""JSON schemas in the subset that Claude follows exactly, or why they are not in it.

Rules: Anthropic's structured-outputs guide, and what its SDK makes of schemas, November 2026. Keywords that
the subset lacks are written into the description.
"""

from __future__ import annotations

from collections.abc import Iterator

from chat_core import JsonObject, JsonValue
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.types.schema_findings import SchemaFault

_DROPPED = frozenset(
    {"title", "$schema", "$id", "$comment", "discriminator", "deprecated", "readOnly", "writeOnly"}
)
_REFUSED = frozenset(
    {
        *("patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties"),
        *("unevaluatedItems", "contains", "minContains", "maxContains", "not", "if", "then", "else"),
        *(
            "dependentRequired",
            "dependentSchemas",
            "prefixItems",
            "additionalItems",
            "$dynamicRef",
            "$recursiveRef",
        ),
    }
)
_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
_MAX_DEPTH = 100  # of arrays and objects in the schema


class SubsetCompiler:
    """Compiles one schema. `faults` are the places that the subset cannot express, as JSON pointers.

    `optional` and `unions` are the places of what the wire counts.
    """

    def __init__(self, schema: JsonObject) -> None:
        named = "$defs" if "$defs" in schema else "definitions"
        self._schema = {keyword: value for keyword, value in schema.items() if keyword != named}
        self._named = as_object(schema.get(named))
        self._prefix = f"#/{named}/"
        self.faults: list[SchemaFault] = []
        self.optional: list[str] = []
        self.unions: list[str] = []

    def compile(self) -> JsonObject:
        """Return the schema in the subset. It counts only where there are no `faults`."""
        if _is_deeper(self._schema, _MAX_DEPTH) or _is_deeper(self._named, _MAX_DEPTH):
            self.faults.append(SchemaFault("#", f"nested deeper than {_MAX_DEPTH} levels"))
            return {}
        root = self._schema
        for _ in self._named:  # a root that only refers is replaced: the wire requires its type there
            if "$ref" not in root:
                break
            root = as_object(self._named.get(as_text(root["$ref"]).removeprefix(self._prefix)))
        if recursive := self._recursive():
            reason = "refers to itself; say how deep by naming each level"
            self.faults.append(SchemaFault(f"{self._prefix}{recursive}", reason))
            return {}
        compiled = self.schema(root, "#")
        if compiled.get("type") != "object":
            self.faults.append(SchemaFault("#", "the root has to be an object"))
        definitions: JsonObject = {
            name: self.schema(value, f"{self._prefix}{name}") for name, value in self._named.items()
        }
        if definitions:
            compiled["$defs"] = definitions
        return compiled

    def schema(self, node: JsonValue, at: str) -> JsonObject:
        if not isinstance(node, dict) or not node.keys() - _DROPPED - {"description", "default", "examples"}:
            allowed = "nothing" if node is False else "anything"
            self.faults.append(SchemaFault(at, f"{allowed} is allowed here; name a type"))
            return {}
        node = self._merged(node, at)
        refused = sorted(node.keys() & _REFUSED)
        self.faults += [SchemaFault(f"{at}/{keyword}", "is not supported") for keyword in refused]
        rest = {
            keyword: value
            for keyword, value in node.items()
            if keyword not in _DROPPED and keyword not in _REFUSED
        }
        described = as_text(rest.pop("description", None))
        out = self._take_known(rest, at)
        if rest:  # the subset lacks it: the model reads it
            others = "{" + ", ".join(f"{keyword}: {value}" for keyword, value in rest.items()) + "}"
            described = f"{described}\n\n{others}" if described else others
        if described and "$ref" in out:  # a reference may have no neighbours
            alone: JsonObject = {"anyOf": [out]}
            out = alone
        if described:
            out["description"] = described
        return out

    def _merged(self, node: JsonObject, at: str) -> JsonObject:
        parts = as_list(node.get("allOf"))
        if len(parts) > 1:
            self.faults.append(SchemaFault(f"{at}/allOf", "is not supported; write one schema"))
        rest = {keyword: value for keyword, value in node.items() if keyword != "allOf"}
        return as_object(parts[0]) | rest if parts else rest

    def _take_known(self, rest: JsonObject, at: str) -> JsonObject:
        """Return what the subset has of a schema, and take it out of `rest`."""
        if "$ref" in rest:
            return self._reference(as_text(rest.pop("$ref")), at)
        if "const" in rest or "enum" in rest:
            return self._values(rest, at)
        for keyword in ("anyOf", "oneOf"):
            if keyword in rest:
                rest.pop("type", None)
                variants = as_list(rest.pop(keyword))
                return {
                    "anyOf": [
                        self.schema(variant, f"{at}/{keyword}/{index}")
                        for index, variant in enumerate(variants)
                    ]
                }
        match rest.pop("type", None):
            case [str(name)]:
                return self._typed(name, rest, at)
            case list(names):
                shared = {
                    keyword: rest.pop(keyword)
                    for keyword in list(rest)
                    if keyword not in ("default", "examples")
                }
                return {
                    "anyOf": [
                        self.schema({"type": name, **_of_type(as_text(name), shared)}, at) for name in names
                    ]
                }
            case str(name) if name in _TYPES:
                return self._typed(name, rest, at)
            case other:
                self.faults.append(SchemaFault(at, f"there is no type {other!r}" if other else "name a type"))
                return {}

    def _reference(self, target: str, at: str) -> JsonObject:
        name = target.removeprefix(self._prefix)
        if name not in self._named:
            self.faults.append(SchemaFault(f"{at}/$ref", f"{target!r} is not in the schema"))
        return {"$ref": f"#/$defs/{name}"}

    def _values(self, rest: JsonObject, at: str) -> JsonObject:
        keyword = "const" if "const" in rest else "enum"
        value = rest.pop(keyword)
        rest.pop("type", None)
        if any(isinstance(one, dict | list) for one in (as_list(value) if keyword == "enum" else [value])):
            self.faults.append(SchemaFault(f"{at}/{keyword}", "only texts, numbers, booleans and null"))
        return {keyword: value}

    def _typed(self, name: str, rest: JsonObject, at: str) -> JsonObject:
        match name:
            case "object":
                return self._object(rest, at)
            case "array":
                return self._array(rest, at)
            case "string" if as_text(rest.get("format")) in _FORMATS:
                return {"type": name, "format": rest.pop("format")}
            case _:
                return {"type": name}

    def _object(self, rest: JsonObject, at: str) -> JsonObject:
        if rest.pop("additionalProperties", False) is not False:
            reason = "keys have to be named; use a list of key and value instead of a dict"
            self.faults.append(SchemaFault(f"{at}/additionalProperties", reason))
        required = as_list(rest.pop("required", None))
        properties: JsonObject = {}
        for name, value in as_object(rest.pop("properties", None)).items():
            inner = f"{at}/properties/{_escaped(name)}"
            properties[name] = self.schema(value, inner)
            if name not in required:
                self.optional.append(inner)
            if isinstance(value, dict) and (
                value.keys() & {"anyOf", "oneOf"} or isinstance(value.get("type"), list)
            ):
                self.unions.append(inner)
        out: JsonObject = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            out["required"] = required
        return out

    def _array(self, rest: JsonObject, at: str) -> JsonObject:
        out: JsonObject = {"type": "array"}
        if "items" in rest:
            out["items"] = self.schema(rest.pop("items"), f"{at}/items")
        else:
            self.faults.append(SchemaFault(f"{at}/items", "has to say what the items are"))
        if rest.get("minItems") in (0, 1):
            out["minItems"] = rest.pop("minItems")
        return out

    def _recursive(self) -> str | None:
        """Return the name of a definition that contains itself, or None."""
        uses = {
            name: {target.removeprefix(self._prefix) for target in _references(value)}
            for name, value in self._named.items()
        }
        for name in uses:
            seen: set[str] = set()
            waiting = [*uses[name]]
            while waiting:
                used = waiting.pop()
                if used == name:
                    return name
                if used not in seen:
                    seen.add(used)
                    waiting += uses.get(used, ())
        return None


def _references(node: JsonValue) -> Iterator[str]:
    match node:
        case {"$ref": str(target)}:
            yield target
        case dict():
            for value in node.values():
                yield from _references(value)
        case list():
            for value in node:
                yield from _references(value)
        case _:
            pass


_OF_TYPE = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "string": ("format", "pattern", "minLength", "maxLength"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def _of_type(name: str, shared: JsonObject) -> JsonObject:
    return {keyword: value for keyword, value in shared.items() if keyword in _OF_TYPE.get(name, ())}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _is_deeper(value: JsonValue, levels: int) -> bool:
    """Return whether arrays and objects lie deeper in each other than this many levels."""
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
