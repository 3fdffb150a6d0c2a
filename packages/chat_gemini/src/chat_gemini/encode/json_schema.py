"""JSON Schema as Gemini reads it."""

from __future__ import annotations

from chat_core import JsonObject, JsonValue, Notice

# annotations that Gemini refuses or does not read, and that change nothing
_NOISE = frozenset(
    {
        *("$schema", "$id", "$comment", "title", "discriminator", "examples", "deprecated"),
        *("readOnly", "writeOnly"),
    }
)
# keywords of JSON Schema; any other one, such as those of `json_schema_extra`, is left out with a notice
_KEYWORDS = frozenset(
    {
        *("$defs", "definitions", "$ref", "$anchor", "type", "format", "description", "enum", "default"),
        *(
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "contains",
            "minContains",
            "maxContains",
        ),
        *("properties", "additionalProperties", "patternProperties", "propertyNames", "required"),
        *("minProperties", "maxProperties", "propertyOrdering", "dependentRequired", "dependentSchemas"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "nullable"),
        *("minLength", "maxLength", "pattern", "contentMediaType", "contentEncoding"),
        *(
            "anyOf",
            "oneOf",
            "allOf",
            "not",
            "if",
            "then",
            "else",
            "unevaluatedProperties",
            "unevaluatedItems",
        ),
    }
)
_NAMES = frozenset(
    {"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"}
)  # name: schema
_VALUES = frozenset({"default", "enum", "required", "dependentRequired", "type"})  # hold no schema


def json_schema(schema: JsonObject, about: str, notices: list[Notice]) -> JsonObject:
    """Return the schema without what Gemini refuses or does not read; `const` becomes an `enum` of one.

    Keywords that are not JSON Schema's are left out, with a notice that names them and says what the schema
    is `about`.
    """
    unknown: set[str] = set()
    cleaned = _schema(schema, unknown)
    if unknown:
        names = ", ".join(sorted(unknown))[:300]
        notices.append(Notice("schema", f"{about}: Gemini does not know {names}; it was left out"))
    return cleaned


def _schema(schema: JsonObject, unknown: set[str]) -> JsonObject:
    cleaned: JsonObject = {}
    for keyword, value in schema.items():
        if keyword in _NOISE:
            continue
        if keyword == "const":
            cleaned["enum"] = [value]
        elif keyword not in _KEYWORDS:
            unknown.add(keyword)
        elif keyword in _NAMES and isinstance(value, dict):
            cleaned[keyword] = {name: _value(inner, unknown) for name, inner in value.items()}
        else:
            cleaned[keyword] = value if keyword in _VALUES else _value(value, unknown)
    return _alone(cleaned)


def _alone(schema: JsonObject) -> JsonObject:
    """Return the schema with its reference alone: beside one, only names with a `$` may stand (google-genai
    3.6.1 on `response_json_schema`).
    """
    beside = {keyword: value for keyword, value in schema.items() if not keyword.startswith("$")}
    if "$ref" not in schema or not beside:
        return schema
    rest = {
        keyword: value for keyword, value in schema.items() if keyword.startswith("$") and keyword != "$ref"
    }
    return {"anyOf": [{"$ref": schema["$ref"]}], **beside, **rest}


def _value(value: JsonValue, unknown: set[str]) -> JsonValue:
    match value:
        case dict():
            return _schema(value, unknown)
        case list():
            return [_value(item, unknown) for item in value]
        case _:
            return value
