"""Typed output: the JSON schema of a type, and a value of the type from a model's text."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from typing_extensions import TypeForm

from chat_core.tools.function import untitled
from chat_core.types.errors import ConfigurationError, InvalidResponse
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.messages import FinishReason, Message
from chat_core.types.parts import Part, Text
from chat_core.types.pydantic_faults import faults_of
from chat_core.types.request import OutputSchema
from chat_core.types.response import ChatResponse

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


class OutputType(Generic[T]):
    """A model, dataclass, TypedDict, union, list or whatever else pydantic can read from JSON.

    Providers want an object at the root, so any other type travels as `{"value": …}` and is unwrapped here.
    """

    def __init__(self, form: TypeForm[T]) -> None:
        self._form = form

    @cached_property
    def schema(self) -> OutputSchema:
        """What the provider is asked for. Raises `ConfigurationError` where JSON schema cannot say it."""
        schema: JsonObject = self._schema
        if self._wrapped:
            definitions: JsonObject = {"$defs": schema["$defs"]} if "$defs" in schema else {}
            inner: JsonObject = {key: value for key, value in schema.items() if key != "$defs"}
            schema = {
                "type": "object",
                "properties": {"value": inner},
                "required": ["value"],
                "additionalProperties": False,
                **definitions,
            }
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", getattr(self._form, "__name__", "output"))[:64]
        described = schema.pop("description", None) if not self._wrapped else None
        return OutputSchema(name, schema, described if isinstance(described, str) else None)

    def read(self, response: ChatResponse) -> T:
        """The value that the turn's text is, asides left out. Raises `InvalidResponse`, which holds the turn, where it is none."""
        if response.refusal is not None:
            raise InvalidResponse(f"the model declined: {response.refusal}", response=response)
        from pydantic import ValidationError

        text = Message("model", without_asides(response.message)).text
        try:
            return self._adapter.validate_json(
                json.dumps(json.loads(text)["value"]) if self._wrapped else text
            )
        except (ValueError, KeyError, TypeError) as exc:
            cause = _CAUSES.get(response.finish_reason, "the answer does not fit the type asked for")
            fault = (
                faults_of(exc)
                if isinstance(exc, ValidationError)
                else f"it is not the JSON asked for: {text[:200]!r}"
            )
            raise InvalidResponse(f"{cause}: {fault}", response=response) from exc

    def snapshot(self, text: str) -> JsonValue:
        """The value as far as its text has come, None before there is any."""
        from pydantic_core import from_json

        try:
            value = cast("JsonValue", from_json(text, allow_partial="trailing-strings"))
        except ValueError:
            return None
        return value.get("value") if self._wrapped and isinstance(value, dict) else value

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        from pydantic import PydanticUserError, TypeAdapter

        try:
            return TypeAdapter(cast("type[T]", self._form))
        except PydanticUserError as exc:
            raise ConfigurationError(
                f"with_structured_output({self._form!r}): pydantic cannot read it: {exc}"
            ) from exc

    @cached_property
    def _schema(self) -> JsonObject:
        from pydantic import PydanticInvalidForJsonSchema

        try:
            return cast("JsonObject", untitled(cast("JsonValue", self._adapter.json_schema())))
        except PydanticInvalidForJsonSchema as exc:
            raise ConfigurationError(
                f"with_structured_output({self._form!r}): JSON schema cannot say it: {exc}"
            ) from exc

    @cached_property
    def _wrapped(self) -> bool:
        return self._schema.get("type") != "object"


def without_asides(message: Message) -> list[Part]:
    """The parts that may be the answer."""
    return [part for part in message.parts if not (isinstance(part, Text) and part.aside)]


_CAUSES: dict[FinishReason, str] = {
    "length": "the answer was cut at the token limit (raise max_tokens)",
    "content_filter": "the provider's filter withheld the answer",
    "refusal": "the model declined",
}


class Snapshots:
    """Partial values of a stream. Parsing starts from the front each time, so a snapshot is taken only when the text has grown
    by a sixty-fourth: the work stays proportional to the text."""

    def __init__(self, output: OutputType[object]) -> None:
        self._output = output
        self._pieces: list[str] = []
        self._size = 0
        self._seen = 0
        self._last: JsonValue = None

    def feed(self, text: str) -> JsonValue:
        """The value so far, or None where there is nothing new to show."""
        self._pieces.append(text)
        self._size += len(text)
        if self._size - self._seen <= self._size >> 6:
            return None
        self._seen = self._size
        self._pieces = ["".join(self._pieces)]
        value = self._output.snapshot(self._pieces[0])
        if value == self._last:
            return None
        self._last = value
        return value
