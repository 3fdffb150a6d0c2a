"""Whether a JSON value fits a JSON schema, in bounded time.

For tools that come with a schema, as those of MCP servers do. The `jsonschema` library would bring five
distributions, one of them compiled, and 60 ms of import, for the two dozen keywords that tools use.
`tools.unchecked` names the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from chat_core.tools.patterns import matches
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object

_STEPS = 50_000  # of checking, for any value; and
_STEPS_PER_NODE = 50  # more for each part of it

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class _Unbounded(Exception):
    """The schema takes more steps than the value allows."""


def faults(value: JsonValue, schema: JsonValue, owner: str = "the tool's schema") -> list[str]:
    """Return what is wrong with `value`, each with a JSON pointer to the place; nothing if it fits.

    A schema that cannot be checked in bounded time, because it refers to itself without end or tries too many
    alternatives, is a fault too, with that reason; `owner` names it.
    """
    checker = _Checker(schema, _STEPS + _STEPS_PER_NODE * _size(value))
    try:
        return list(checker.faults(value, schema, "", ()))
    except _Unbounded as exc:
        return [f"/: {owner} cannot be checked: {exc}"]
    except RecursionError:
        return [f"/: {owner} cannot be checked: it is nested too deeply"]


class _Checker:
    """One check. `steps` bounds it; `refs` are the references followed since the value last changed."""

    def __init__(self, root: JsonValue, steps: int) -> None:
        self._root = root
        self._steps = steps

    def faults(self, value: JsonValue, schema: JsonValue, at: str, refs: tuple[str, ...]) -> Iterator[str]:
        self._steps -= 1
        if self._steps < 0:
            raise _Unbounded("it tries too many alternatives")
        if schema is False:
            yield f"{at or '/'}: nothing is allowed here"
        if not isinstance(schema, dict):
            return
        yield from self._reference(value, schema, at, refs)
        yield from _type_faults(value, schema, at)
        yield from self._choices(value, schema, at, refs)
        match value:
            case dict():
                yield from self._object(value, schema, at)
            case list():
                yield from self._array(value, schema, at)
            case str():
                yield from _string_faults(value, schema, at)
            case bool() | None:
                pass
            case int() | float():
                yield from _number_faults(value, schema, at)

    def _fits(self, value: JsonValue, schema: JsonValue, refs: tuple[str, ...] = ()) -> bool:
        return next(self.faults(value, schema, "", refs), None) is None

    def _reference(
        self, value: JsonValue, schema: JsonObject, at: str, refs: tuple[str, ...]
    ) -> Iterator[str]:
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return
        if reference in refs:
            raise _Unbounded(f"{reference} refers to itself without end")
        yield from self.faults(value, _resolve(reference, self._root), at, (*refs, reference))

    def _choices(self, value: JsonValue, schema: JsonObject, at: str, refs: tuple[str, ...]) -> Iterator[str]:
        for part in as_list(schema.get("allOf")):
            yield from self.faults(value, part, at, refs)
        for keyword in ("anyOf", "oneOf"):
            if not (choices := as_list(schema.get(keyword))):
                continue
            first = [next(self.faults(value, choice, at, refs), None) for choice in choices]
            fitting = first.count(None)
            if not fitting:
                yield f"{at or '/'}: fits no alternative: {'; '.join(filter(None, first))}"[:300]
            elif keyword == "oneOf" and fitting > 1:
                yield f"{at or '/'}: fits {fitting} alternatives instead of one"
        if "not" in schema and self._fits(value, schema["not"], refs):
            yield f"{at or '/'}: fits what it must not fit: {schema['not']}"[:200]
        if "if" in schema:
            branch = "then" if self._fits(value, schema["if"], refs) else "else"
            yield from self.faults(value, schema.get(branch, True), at, refs)

    def _object(self, value: JsonObject, schema: JsonObject, at: str) -> Iterator[str]:
        yield from _range_faults(len(value), schema, ("minProperties", "maxProperties"), "properties", at)
        for name in as_list(schema.get("required")):
            if isinstance(name, str) and name not in value:
                yield f"{at}/{name}: is missing"
        for name, others in as_object(schema.get("dependentRequired")).items():
            for other in as_list(others) if name in value else ():
                if isinstance(other, str) and other not in value:
                    yield f"{at}/{other}: is missing, and {name} needs it"
        known = as_object(schema.get("properties"))
        patterns = as_object(schema.get("patternProperties"))
        for name, item in value.items():
            if "propertyNames" in schema:
                yield from self.faults(name, schema["propertyNames"], f"{at}/{name}", ())
            matched = [part for pattern, part in patterns.items() if matches(pattern, name) is not False]
            other = [] if matched else [schema.get("additionalProperties", True)]
            for part in [known[name], *matched] if name in known else matched or other:
                yield from self.faults(item, part, f"{at}/{name}", ())

    def _array(self, value: list[JsonValue], schema: JsonObject, at: str) -> Iterator[str]:
        yield from _range_faults(len(value), schema, ("minItems", "maxItems"), "items", at)
        first = as_list(schema.get("prefixItems"))
        rest = schema.get("items", True)
        for index, item in enumerate(value):
            part = first[index] if index < len(first) else rest
            yield from self.faults(item, part, f"{at}/{index}", ())
        if "contains" in schema and not any(self._fits(item, schema["contains"]) for item in value):
            yield f"{at or '/'}: no item fits {schema['contains']}"[:200]
        if schema.get("uniqueItems") is True and len({_identity(item) for item in value}) < len(value):
            yield f"{at or '/'}: two items are equal"


def _type_faults(value: JsonValue, schema: JsonObject, at: str) -> Iterator[str]:
    wanted = schema.get("type")
    names = [wanted] if isinstance(wanted, str) else as_list(wanted)
    if names and not any(isinstance(name, str) and _is_a(value, name) for name in names):
        yield f"{at or '/'}: expected {' or '.join(str(name) for name in names)}, got {value!r}"[:200]
    if "enum" in schema and not any(_equal(value, one) for one in as_list(schema["enum"])):
        yield f"{at or '/'}: expected one of {schema['enum']}, got {value!r}"[:200]
    if "const" in schema and not _equal(value, schema["const"]):
        yield f"{at or '/'}: expected {schema['const']!r}, got {value!r}"[:200]


def _is_a(value: JsonValue, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))


def _equal(one: JsonValue, other: JsonValue) -> bool:
    """Whether two JSON values are the same. Python takes `True` for 1; JSON does not."""
    return one == other and _identity(one) == _identity(other)


def _identity(value: JsonValue) -> object:
    match value:
        case bool():
            return ("boolean", value)
        case dict():
            return frozenset((name, _identity(item)) for name, item in value.items())
        case list():
            return tuple(_identity(item) for item in value)
        case _:
            return value


def _string_faults(value: str, schema: JsonObject, at: str) -> Iterator[str]:
    yield from _range_faults(len(value), schema, ("minLength", "maxLength"), "characters", at)
    if isinstance(pattern := schema.get("pattern"), str) and matches(pattern, value) is False:
        yield f"{at or '/'}: does not match {pattern!r}"


def _number_faults(value: float, schema: JsonObject, at: str) -> Iterator[str]:
    yield from _range_faults(value, schema, ("minimum", "maximum"), "", at)
    if isinstance(low := schema.get("exclusiveMinimum"), int | float) and value <= low:
        yield f"{at or '/'}: {value} is not above {low}"
    if isinstance(high := schema.get("exclusiveMaximum"), int | float) and value >= high:
        yield f"{at or '/'}: {value} is not below {high}"
    if isinstance(step := schema.get("multipleOf"), int | float) and step and not _is_multiple(value, step):
        yield f"{at or '/'}: {value} is no multiple of {step}"


def _is_multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    if not all(_is_finite(number) for number in (value, step)):
        return False
    try:
        times = value / step
        return math.isclose(times, round(times))  # 0.3 is a multiple of 0.1, though not in binary
    except OverflowError:  # the quotient is out of a float's range
        from fractions import Fraction

        return Fraction(value) % Fraction(step) == 0


def _range_faults(
    size: float, schema: JsonObject, keywords: tuple[str, str], unit: str, at: str
) -> Iterator[str]:
    low, high = (schema.get(keyword) for keyword in keywords)
    if isinstance(low, int | float) and size < low:
        yield f"{at or '/'}: {size} {unit}".rstrip() + f" is less than {low}"
    if isinstance(high, int | float) and size > high:
        yield f"{at or '/'}: {size} {unit}".rstrip() + f" is more than {high}"


def _resolve(reference: str, root: JsonValue) -> JsonValue:
    node = root
    for step in reference.removeprefix("#").split("/")[1:]:
        node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    return node


def _size(value: JsonValue) -> int:
    """Return how many values lie within a value."""
    count, waiting = 0, [value]
    while waiting:
        count += 1
        match waiting.pop():
            case dict() as inner:
                waiting += inner.values()
            case list() as items:
                waiting += items
            case _:
                pass
    return count


def _is_finite(number: int | float) -> bool:
    return isinstance(number, int) or math.isfinite(
        number
    )  # math has no word for integers out of a float's range
