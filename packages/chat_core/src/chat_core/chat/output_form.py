"""What may be passed as the type of the output."""

from __future__ import annotations

from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, cast

from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import kind_of

if TYPE_CHECKING:
    from chat_core.chat.structured import OutputType

_VALUES: tuple[type, ...] = (str, bytes, int, float, list, tuple, set)


def output_of(form: object) -> OutputType[object]:
    """Return the output type of a type or of a JSON schema. Raises `ConfigurationError` for anything else."""
    if isinstance(form, Mapping):
        from chat_core.chat.schema_output import SchemaOutput

        return cast("OutputType[object]", SchemaOutput(cast("Mapping[str, object]", form)))
    if form is None or isinstance(form, _VALUES):
        raise ConfigurationError(
            f"with_structured_output(...) takes a type, such as City or list[City], or a JSON schema as a "
            f"dict, "
            f"not {kind_of(form)}"
        )
    if not isinstance(form, type) and (
        hasattr(form, "model_fields_set") or hasattr(form, "__dataclass_fields__")
    ):
        raise ConfigurationError(
            f"with_structured_output(...) takes the class {type(form).__name__} itself, not an instance of it"
        )
    if isinstance(form, FunctionType | MethodType | BuiltinFunctionType):
        raise ConfigurationError(
            f"with_structured_output(...) takes a type, not the function {form.__name__}: "
            "a tool goes to with_tools([...])"
        )
    from chat_core.chat.structured import OutputType  # here: most chats answer in text

    return OutputType(cast("type[object]", form))
