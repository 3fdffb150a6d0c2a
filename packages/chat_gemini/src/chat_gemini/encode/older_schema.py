"""JSON Schema in the older dialect of Gemini, a subset of OpenAPI's: types in capitals, no references, no
maps.
"""

from __future__ import annotations

from collections.abc import Mapping

from chat_core import ConfigurationError, JsonObject, JsonValue
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.types.schema_findings import SchemaFault, SchemaRefused


def older_schema(schema: JsonObject, about: str) -> JsonObject:
    """Return the schema in the older dialect.

    What only narrows values and has no word there is left out, since results are validated here anyway.
    Raises `ConfigurationError`, which points into the schema, for a form that the dialect cannot express.
    """
    definitions = as_object(schema.get("$defs")) | as_object(schema.get("definitions"))
    return _Compiler(definitions, about).schema(schema, "#", ())


_KEYWORDS = frozenset(
    {
        *("description", "nullable", "minItems", "maxItems", "minimum", "maximum", "minLength", "maxLength"),
        *("pattern", "minProperties", "maxProperties", "default"),
    }
)
_FORMATS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"date-time"}),
    "number": frozenset({"float", "double"}),
    "integer": frozenset({"int32", "int64"}),
}


class _Compiler:
    def __init__(self, definitions: JsonObject, about: str) -> None:
        self._definitions = definitions
        self._about = about

    def schema(self, schema: JsonObject, at: str, within: tuple[str, ...]) -> JsonObject:
        schema, within = self._resolved(schema, at, within)
        compiled: JsonObject = {keyword: value for keyword, value in schema.items() if keyword in _KEYWORDS}
        kinds = self._kinds(schema, compiled, at, within)
        if kinds is None:
            return compiled
        compiled["type"] = kinds.upper()
        if as_text(schema.get("format")) in _FORMATS.get(kinds, ()):
            compiled["format"] = schema["format"]
        self._enum(schema, compiled, kinds, at)
        if kinds == "object":
            self._object(schema, compiled, at, within)
        if kinds == "array":
            if "prefixItems" in schema:
                raise self._refusal(at, "a tuple")
            compiled["items"] = self.schema(as_object(schema.get("items")), f"{at}/items", within)
        return compiled

    def _resolved(
        self, schema: JsonObject, at: str, within: tuple[str, ...]
    ) -> tuple[JsonObject, tuple[str, ...]]:
        """Return the schema with its reference, and an `allOf` of one, put in place."""
        match schema:
            case {"allOf": [dict(only)]}:
                schema = only | {keyword: value for keyword, value in schema.items() if keyword != "allOf"}
            case {"allOf": _}:
                raise self._refusal(at, "allOf")
            case _:
                pass
        match schema:
            case {"$ref": str(reference)}:
                name = reference.rpartition("/")[2]
                if name in within:
                    raise self._refusal(at, f"a type that holds itself ({name})")
                beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
                return self._resolved(as_object(self._definitions.get(name)) | beside, at, (*within, name))
            case _:
                return schema, within

    def _kinds(
        self, schema: JsonObject, compiled: JsonObject, at: str, within: tuple[str, ...]
    ) -> str | None:
        """Return the one type, in lower case; or None for a choice, which is then in `compiled`."""
        choices = [
            as_object(choice) for choice in as_list(schema.get("anyOf")) + as_list(schema.get("oneOf"))
        ]
        kind = schema.get("type")
        if isinstance(kind, list):
            choices = [schema | {"type": one} for one in kind]
        if choices:
            some = [choice for choice in choices if choice.get("type") != "null"]
            if len(some) < len(choices):
                compiled["nullable"] = True
            inner = [
                self.schema(choice, f"{at}/anyOf/{number}", within) for number, choice in enumerate(some)
            ]
            if len(inner) == 1:
                compiled |= inner[0] | compiled
            else:
                compiled["anyOf"] = list[JsonValue](inner)
            return None
        if isinstance(kind, str):
            return kind
        values = as_list(schema.get("enum")) or ([schema["const"]] if "const" in schema else [])
        if values and all(isinstance(value, str) for value in values):
            return "string"
        if "properties" in schema:
            return "object"
        raise self._refusal(at, "a value of any type")

    def _enum(self, schema: JsonObject, compiled: JsonObject, kind: str, at: str) -> None:
        values = as_list(schema.get("enum")) or ([schema["const"]] if "const" in schema else [])
        if values and kind == "string":
            compiled["enum"] = values
            compiled["format"] = "enum"
        elif values:
            raise self._refusal(at, f"a choice of values that are no strings ({kind})")

    def _object(self, schema: JsonObject, compiled: JsonObject, at: str, within: tuple[str, ...]) -> None:
        properties = as_object(schema.get("properties"))
        if (
            schema.get("additionalProperties")
            or schema.get("patternProperties")
            or (not properties and at != "#")
        ):
            raise self._refusal(at, "an object with free keys, which would come back empty")
        compiled["properties"] = {
            name: self.schema(as_object(inner), f"{at}/properties/{name}", within)
            for name, inner in properties.items()
        }
        if len(properties) > 1:
            compiled["propertyOrdering"] = list[JsonValue](properties)
        if required := as_list(schema.get("required")):
            compiled["required"] = required

    def _refusal(self, at: str, what: str) -> ConfigurationError:
        reason = f"the older schema dialect cannot express {what}"
        instead = "models from gemini-2.0 on take JSON Schema"
        message = f"{self._about}: {reason}, at {at}; {instead}"
        return SchemaRefused(message, (SchemaFault(at, f"{reason}; {instead}"),))
