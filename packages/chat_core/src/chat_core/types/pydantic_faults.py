"""What pydantic finds wrong, in a line that a person or a model can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def faults_of(exc: ValidationError, most: int = 3, *, wrapped: bool = False) -> str:
    """The first faults, each with its place.

    Of a union only what is wrong with the alternative that was meant by its `type`. A `wrapped` value was
    read as `{"value": …}`, which no place names.
    """
    found = exc.errors(include_url=False, include_input=False, include_context=False)
    for fault in found if wrapped else ():
        if fault["loc"][:1] == ("value",) and (len(fault["loc"]) > 1 or fault["type"] != "missing"):
            fault["loc"] = fault["loc"][1:]
    not_meant = [
        fault["loc"][:-1]
        for fault in found
        if fault["type"] == "literal_error" and fault["loc"][-1:] == ("type",)
    ]
    meant = [
        fault for fault in found if not any(fault["loc"][: len(branch)] == branch for branch in not_meant)
    ]
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'all of it'}: {fault['msg']}"
        for fault in (meant or sorted(found, key=_depth))[:most]
    )


def _depth(fault: ErrorDetails) -> int:
    """The deepest fault comes first: the alternative that fits furthest is most likely the one that was
    meant.
    """
    return -len(fault["loc"])
