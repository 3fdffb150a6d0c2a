"""What became of a JSON schema: the one that an application has, beside the one that is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from chat_core.types.json_values import MAX_DEPTH, JsonObject, JsonValue, as_list, as_object, as_text
from chat_core.types.schema_findings import FindingKind, SchemaFinding

# followed by structure, or annotations that hold for no value
_STRUCTURE = frozenset(
    {
        *("type", "properties", "items", "prefixItems", "anyOf", "oneOf", "allOf", "$ref", "$defs"),
        *("definitions", "required", "additionalProperties", "description", "nullable", "discriminator"),
        *("title", "default", "examples", "$schema", "$id", "$anchor", "$comment", "deprecated"),
        *("readOnly", "writeOnly"),
    }
)
_IN_VALIDATION = "values are checked here all the same; say it in the description too"
WAYS_OUT: Mapping[str, str] = {
    "additionalProperties": "name the keys, or use a list of objects with a key and a value",
    "patternProperties": "name the keys, or use a list of objects with a key and a value",
    "propertyNames": "use a list of objects with a key and a value",
    "minProperties": "use a list with minItems",
    "maxProperties": "use a list with maxItems",
    "prefixItems": "use an object with a property for each place",
    "items": "say what the items are: list[str], not list",
    "allOf": "write one schema: one class with all the fields",
    "not": "say in the description what it must not be, and check it in a validator",
    "if": "use a union of one class for each case",
    "then": "use a union of one class for each case",
    "else": "use a union of one class for each case",
    "dependentRequired": "use a union of one class for each case",
    "dependentSchemas": "use a union of one class for each case",
    "contains": "say it in the description, and check it in a validator",
    "const": "use an enum of one text",
    "enum": "use texts: a choice of names that the application looks up",
}
"""What to write instead, by keyword."""


def way_out(at: str, reason: str = "") -> str:
    """Return what to do about a place that a wire cannot express."""
    keyword = at.rpartition("/")[2]
    if found := WAYS_OUT.get(keyword):
        return found
    if "anything is allowed" in reason:
        return "name a type: str, or a union of the classes that it may be"
    if "refers to itself" in reason or "holds itself" in reason:
        return "name each level by a class of its own, or keep a flat list with the id of the parent"
    if "deeper" in reason or "at most" in reason:
        return "ask for it in parts"
    if "tuple" in reason:
        return WAYS_OUT["prefixItems"]
    return "use a type that it can express" if not keyword or keyword == "#" else _IN_VALIDATION


def compare_schemas(given: JsonObject, sent: JsonObject, unread: Set[str]) -> list[SchemaFinding]:
    """Return what of a schema was dropped, changed or put into words in the one that is sent, by place.

    `unread` are keywords that the server takes and does not hold a model to.
    """
    comparison = _Comparison(given, unread)
    comparison.node(given, sent, "#", 0)
    named, sent_named = _named(given), _named(sent)
    for name, definition in named.items():
        if isinstance(definition, dict) and isinstance(twin := sent_named.get(name), dict):
            comparison.node(definition, twin, f"#/$defs/{_escaped(name)}", 0)
    return list(comparison.found.values())


@dataclass(slots=True)
class _Comparison:
    root: JsonObject
    unread: Set[str]
    found: dict[tuple[str, str], SchemaFinding] = field(default_factory=dict[tuple[str, str], SchemaFinding])
    within: list[str] = field(default_factory=list[str])

    def node(self, given: JsonObject, sent: JsonObject, at: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            return
        given = _merged(given)
        candidates = list(_candidates(given, sent))
        self._keywords(given, candidates, at)
        if "$ref" in given:
            self._reference(given, sent, at, depth)
            return
        for inner_given, inner_sent, inner in _pairs(given, candidates, at):
            if isinstance(inner_given, dict) and isinstance(inner_sent, dict):
                self.node(inner_given, inner_sent, inner, depth + 1)
        self._required(given, candidates, at)

    def _reference(self, given: JsonObject, sent: JsonObject, at: str, depth: int) -> None:
        """Go on with what a reference names, where it stands in its place."""
        name = as_text(given.get("$ref")).rpartition("/")[2]
        if any("$ref" in candidate for candidate in _candidates(given, sent)) or name in self.within:
            return
        target = _named(self.root).get(name)
        if isinstance(target, dict):
            self.within.append(name)
            self.node(target, sent, f"#/$defs/{_escaped(name)}", depth + 1)
            self.within.pop()

    def _keywords(self, given: JsonObject, candidates: Sequence[JsonObject], at: str) -> None:
        words = " ".join(as_text(candidate.get("description")) for candidate in candidates)
        for keyword, value in given.items():
            place = f"{at}/{_escaped(keyword)}"
            if keyword in self.unread:
                kept = any(keyword in candidate for candidate in candidates)
                self._add("unenforced" if kept else "dropped", place, f"{keyword} is not held by the server")
            elif keyword in _STRUCTURE or any(_holds(one, keyword, value) for one in candidates):
                continue
            elif f"{keyword}: " in words:
                self._add("in_words", place, f"{keyword} became words in the description")
            else:
                self._add("dropped", place, f"{keyword} is left out")

    def _required(self, given: JsonObject, candidates: Sequence[JsonObject], at: str) -> None:
        required = as_list(given.get("required"))
        demanded = [name for one in candidates for name in as_list(one.get("required"))]
        for name in as_object(given.get("properties")):
            if name in demanded and name not in required:
                self._add(
                    "changed",
                    f"{at}/properties/{_escaped(name)}",
                    "the model always writes it: it is required here, and its default is never used",
                    "let it be null: str | None, without a default that matters",
                )

    def _add(self, kind: FindingKind, at: str, message: str, out: str | None = None) -> None:
        finding = SchemaFinding(kind, at, message, way_out(at) if out is None else out)
        self.found.setdefault((kind, at), finding)


def _candidates(given: JsonObject, sent: JsonObject) -> Iterator[JsonObject]:
    """Yield the objects that may hold what a schema says: the one that is sent, and within it the branches of
    a choice that the schema itself has not.
    """
    yield sent
    if not given.keys() & {"anyOf", "oneOf"}:
        for branch in as_list(sent.get("anyOf")):
            if isinstance(branch, dict):
                yield branch


def _pairs(
    given: JsonObject, candidates: Sequence[JsonObject], at: str
) -> Iterator[tuple[JsonValue, JsonValue, str]]:
    """Yield what is within a schema beside what is within the one that is sent, with its place."""
    for candidate in candidates:
        twins = as_object(candidate.get("properties"))
        for name, inner in as_object(given.get("properties")).items():
            yield inner, twins.get(name), f"{at}/properties/{_escaped(name)}"
        for keyword in ("items", "additionalProperties"):
            yield given.get(keyword), candidate.get(keyword), f"{at}/{keyword}"
        for number, (inner, twin) in enumerate(
            zip(as_list(given.get("prefixItems")), as_list(candidate.get("prefixItems")), strict=False)
        ):
            yield inner, twin, f"{at}/prefixItems/{number}"
    keyword = "anyOf" if "anyOf" in given else "oneOf"
    yield from _choices(as_list(given.get(keyword)), candidates[0], f"{at}/{keyword}")


def _choices(
    choices: Sequence[JsonValue], sent: JsonObject, at: str
) -> Iterator[tuple[JsonValue, JsonValue, str]]:
    twins = as_list(sent.get("anyOf")) or as_list(sent.get("oneOf"))
    numbered = list(enumerate(choices))
    if len(twins) != len(choices):  # null is written in another way there
        numbered = [(number, one) for number, one in numbered if as_object(one).get("type") != "null"]
    if not twins and len(numbered) == 1:
        twins = [sent]
    for (number, choice), twin in zip(numbered, twins, strict=False):
        yield choice, twin, f"{at}/{number}"


def _holds(sent: JsonObject, keyword: str, value: JsonValue) -> bool:
    if keyword == "const":
        return sent.get("const", _NOTHING) == value or sent.get("enum") == [value]
    return sent.get(keyword, _NOTHING) == value


_NOTHING = object()


def _merged(schema: JsonObject) -> JsonObject:
    """Return a schema with an `allOf` of one in place."""
    match schema:
        case {"allOf": [dict(only)]}:
            return only | {keyword: value for keyword, value in schema.items() if keyword != "allOf"}
        case _:
            return schema


def _named(schema: JsonObject) -> JsonObject:
    return as_object(schema.get("$defs")) | as_object(schema.get("definitions"))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
