"""Typed output: the JSON schema of a type, and a value of the type from a model's text."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from typing_extensions import TypeForm

from chat_core.chat.snapshots import Snapshots
from chat_core.types.describe import describe_exception
from chat_core.types.errors import (
    ConfigurationError,
    InvalidResponse,
    OutputMismatch,
    OutputRefused,
    OutputTruncated,
)
from chat_core.types.json_values import JsonObject, JsonValue, as_object, json_fault, may_have_fault
from chat_core.types.message import Message
from chat_core.types.parts import Part, Structured, Text, structured_text
from chat_core.types.pydantic_faults import faults_of
from chat_core.types.request import OutputSchema
from chat_core.types.response import ChatResponse, StructuredResponse
from chat_core.types.type_schema import output_schema
from chat_core.types.untitled import untitled

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

T = TypeVar("T")


class DoesNotFit(Exception):
    """A value does not fit the schema; the message tells where and why."""


class OutputType(Generic[T]):
    """A model, dataclass, TypedDict, union, list or whatever else pydantic can read from JSON.

    Providers want an object at the root, so any other type travels as `{"value": …}` and is unwrapped here.
    """

    _reads_text: ClassVar[bool] = True
    """Whether the text alone is enough to make the value: then it is parsed once."""

    def __init__(self, form: TypeForm[T]) -> None:
        self._form = form

    @property
    def name(self) -> str:
        """The name of the type, as far as it has one."""
        form: object = self._form
        return form.__name__ if isinstance(form, type) and not hasattr(form, "__origin__") else repr(form)

    @cached_property
    def schema(self) -> OutputSchema:
        """The schema that goes into the request.

        Raises `ConfigurationError` where JSON schema has no form for the type.
        """
        return output_schema(self._name, self._schema)

    def typed(self, response: ChatResponse) -> StructuredResponse[T]:
        """Return the response with the value that its text is, asides left out.

        A text that is the value alone becomes `Structured` in the message. Raises `InvalidResponse`, which
        holds the turn, where the text is no such value.
        """
        if response.refusal is not None:
            raise OutputRefused(f"the model declined: {response.refusal}", response=response)
        parts = _without_asides(response.message)
        text = Message("model", parts).text
        texts = [part for part in parts if isinstance(part, Text)]
        only = texts[0] if len(texts) == 1 else None
        stored, value = self._read(text, only, response)
        if stored is not None:
            response.message.parts[:] = [stored if part is only else part for part in response.message.parts]
        return StructuredResponse(
            response.message, response.notices, response.raw, response.total_usage, value=value
        )

    def _read(self, text: str, only: Text | None, response: ChatResponse) -> tuple[Structured | None, T]:
        """Return the value as a part, where it is in one text alone, and as the type."""
        from pydantic import ValidationError
        from pydantic_core import from_json

        document = _unfenced(text)
        at_once = self._reads_text and not may_have_fault(document)
        if self._wrapped and self._in_document is None:
            at_once = False
        try:
            if at_once:
                value = self._read_once(document)
                read = _wrapped_value if self._wrapped else _value
                is_alone = only is not None and only.text == text
                return (structured_text(text, only.native, read) if only and is_alone else None), value
            plain = cast("JsonValue", from_json(document, allow_inf_nan=False))
            if fault := json_fault(plain):
                raise ValueError(fault)
            inner = cast("JsonObject", plain)["value"] if self._wrapped else plain
            value = self._validated(inner, None if self._wrapped else document)
            return (Structured(inner, only.text, native=only.native) if only else None), value
        except ValidationError as exc:
            error = exc.errors(include_url=False)[0]
            is_json = error["type"] != "json_invalid" or error["loc"]
            faults = faults_of(exc, wrapped=self._wrapped and at_once)
            raise _invalid(response, faults if is_json else _no_json(text, error["msg"])) from exc
        except DoesNotFit as exc:
            raise _invalid(response, str(exc)) from None
        except (ValueError, KeyError, TypeError) as exc:
            reason = f"Invalid JSON: {exc}" if isinstance(exc, ValueError) else ""
            raise _invalid(response, _no_json(text, reason)) from exc
        except Exception as exc:  # a validator of the application's may raise anything
            raise _invalid(response, f"it cannot be validated: {describe_exception(exc)}") from exc

    def _read_once(self, document: str) -> T:
        """Return the value of a text that is parsed once."""
        if self._in_document is None:
            return self._adapter.validate_json(document)
        return cast("T", self._in_document.validate_json(document)["value"])

    def _validated(self, value: JsonValue, document: str | None) -> T:
        """Return a JSON value as the type. `document` is its text, where that is the value alone."""
        from pydantic_core import to_json

        return self._adapter.validate_json(to_json(value) if document is None else document)

    def snapshot(self, text: str) -> JsonValue:
        """Return the value as far as its text has come, None before there is any."""
        from pydantic_core import from_json

        try:
            value = cast("JsonValue", from_json(_unfenced(text), allow_partial="trailing-strings"))
        except ValueError:
            return None
        return value.get("value") if self._wrapped and isinstance(value, dict) else value

    def snapshots(self) -> Snapshots:
        """Return what makes the partial values of one streamed turn."""
        return Snapshots(self.snapshot)

    @property
    def _name(self) -> str:
        return str(getattr(self._form, "__name__", "output"))

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
    def _in_document(self) -> SchemaValidator | None:
        """What reads the type where it travels as `{"value": …}`; None where it does not, and where pydantic
        can make none of it.
        """
        from pydantic_core import SchemaError, SchemaValidator, core_schema

        if not self._wrapped:
            return None
        try:
            field = core_schema.typed_dict_field(self._adapter.core_schema)
            return SchemaValidator(core_schema.typed_dict_schema({"value": field}))
        except (SchemaError, TypeError):  # of a type that is built later
            return None

    @cached_property
    def _schema(self) -> JsonObject:
        from pydantic import PydanticInvalidForJsonSchema

        try:
            return cast("JsonObject", untitled(cast("JsonValue", self._adapter.json_schema())))
        except PydanticInvalidForJsonSchema as exc:
            raise ConfigurationError(
                f"with_structured_output({self._form!r}): no JSON schema can describe it: {exc}"
            ) from exc

    @cached_property
    def _wrapped(self) -> bool:
        return self._schema.get("type") != "object"


def _without_asides(message: Message) -> list[Part]:
    """Return the parts that may be the value."""
    return [part for part in message.parts if not (isinstance(part, Text) and part.aside)]


def _value(text: str) -> JsonValue:
    """Return the value of a text in which JSON without faults was found."""
    from pydantic_core import from_json

    return cast("JsonValue", from_json(_unfenced(text)))


def _wrapped_value(text: str) -> JsonValue:
    return as_object(_value(text))["value"]


_FENCE = re.compile(r"```[a-zA-Z0-9]*\s*(.*)```|```[a-zA-Z0-9]*\s*(.*)", re.DOTALL)


def _unfenced(text: str) -> str:
    """Return what stands in the code fence that some models put around JSON, perhaps with words around it."""
    if text.lstrip()[:1] in ("{", "[", '"') or "```" not in text:
        return text
    found = _FENCE.search(text)
    return (found[1] or found[2] or "") if found else text


def _no_json(text: str, reason: str) -> str:
    return f"it is not the JSON asked for: {text[:200]!r}" + (f" ({reason})" if reason else "")


def _invalid(response: ChatResponse, fault: str) -> InvalidResponse:
    elsewhere = "; there is JSON in the reasoning instead" if _is_json(response.reasoning) else ""
    match response.finish_reason:
        case "length":
            cause = "the response was cut at the token limit (raise max_tokens)"
            return OutputTruncated(f"{cause}: {fault}{elsewhere}", response=response)
        case "content_filter":
            return OutputRefused(
                f"the provider's filter withheld the response: {fault}{elsewhere}", response=response
            )
        case "refusal":
            return OutputRefused(f"the model declined: {fault}{elsewhere}", response=response)
        case _:
            cause = "the response does not fit the type asked for"
            return OutputMismatch(f"{cause}: {fault}{elsewhere}", response=response, fault=fault)


def _is_json(text: str) -> bool:
    from pydantic_core import from_json

    try:
        return bool(text.strip()) and isinstance(from_json(_unfenced(text)), dict | list)
    except ValueError:
        return False
