"""A value that fits a JSON schema, for a server that has to answer with one and was given none."""

from __future__ import annotations

from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object

_DEPTH = 12
_BY_FORMAT = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "ann@example.com",
    "uri": "https://example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
}


def sample_value(schema: JsonObject, text: str) -> JsonValue:
    """Return a value that fits a schema, with `text` where any text fits. Patterns are not followed."""
    return _Sample(schema, text).of(schema, 0)


class _Sample:
    def __init__(self, root: JsonObject, text: str) -> None:
        self._root = root
        self._text = text

    def of(self, schema: JsonObject, depth: int) -> JsonValue:
        if depth > _DEPTH:
            return None
        if isinstance(reference := schema.get("$ref"), str):
            return self.of(self._resolved(reference), depth + 1)
        if "const" in schema:
            return schema["const"]
        if allowed := as_list(schema.get("enum")):
            return allowed[0]
        if choices := [*as_list(schema.get("anyOf")), *as_list(schema.get("oneOf"))]:
            return self.of(as_object(choices[0]), depth + 1)
        if parts := as_list(schema.get("allOf")):
            merged: JsonObject = {}
            for part in parts:
                merged |= as_object(part)
            return self.of(merged, depth + 1)
        return self._of_type(schema, depth)

    def _of_type(self, schema: JsonObject, depth: int) -> JsonValue:
        kinds = schema.get("type")
        kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
        match str(kind).lower():  # Gemini's own schemas have them in capitals
            case "integer" | "number" as number:
                return _number(schema, whole=number == "integer")
            case "boolean":
                return True
            case "null":
                return None
            case "array":
                return self._items(schema, depth)
            case "string":
                return self._string(schema)
            case _:
                return self._object(schema, depth)

    def _object(self, schema: JsonObject, depth: int) -> JsonValue:
        properties = as_object(schema.get("properties"))
        required = as_list(schema.get("required"))
        shown = {name: as_object(each) for name, each in properties.items() if name in required or depth < 3}
        return {name: self.of(each, depth + 1) for name, each in shown.items()}

    def _items(self, schema: JsonObject, depth: int) -> JsonValue:
        fixed = [self.of(as_object(item), depth + 1) for item in as_list(schema.get("prefixItems"))]
        least = schema.get("minItems")
        wanted = least if isinstance(least, int) else 0 if fixed else 1
        rest = max(0, min(wanted, 100) - len(fixed))
        return [*fixed, *(self.of(as_object(schema.get("items")), depth + 1) for _ in range(rest))]

    def _string(self, schema: JsonObject) -> str:
        if found := _BY_FORMAT.get(str(schema.get("format"))):
            return found
        least, most = schema.get("minLength"), schema.get("maxLength")
        text = self._text.ljust(least, ".") if isinstance(least, int) else self._text
        return text[:most] if isinstance(most, int) else text

    def _resolved(self, reference: str) -> JsonObject:
        found: JsonValue = self._root
        for name in reference.removeprefix("#").split("/")[1:]:
            found = as_object(found).get(name.replace("~1", "/").replace("~0", "~"))
        return as_object(found)


def _number(schema: JsonObject, *, whole: bool) -> JsonValue:
    step = 1 if whole else 0.5
    for name, moved in (
        ("minimum", 0),
        ("exclusiveMinimum", step),
        ("maximum", 0),
        ("exclusiveMaximum", -step),
    ):
        limit = schema.get(name)
        if isinstance(limit, int | float):
            found = limit + moved
            return int(found) if whole else found
    return 1 if whole else 1.5
