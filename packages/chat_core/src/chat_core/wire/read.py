"""Reading JSON from a response body."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import cast

from chat_core.types.errors import InvalidResponse
from chat_core.types.json_values import MAX_DEPTH, JsonObject, JsonValue, depth_fault

_ARGUMENTS = frozenset({"input", "args", "arguments"})  # of a call, on the wires that send them as an object


def read_object(data: str | bytes, what: str) -> JsonObject:
    """Return the JSON object that `data` is.

    Raises `InvalidResponse`, which names `what` was expected and quotes `data`.
    """
    value = parse_object(data, what)
    check_depth(value, data, what)
    return value


def read_object_with(data: str | bytes, what: str, name: str) -> JsonObject:
    """Return the JSON object that `data` is.

    Raises `InvalidResponse` for one without the field `name`, such as an error under status 200.
    """
    value = read_object(data, what)
    if name not in value:
        raise InvalidResponse(f"not {what}, for it has no {name!r}: {_head(data)}")
    return value


def parse_object(data: str | bytes, what: str) -> JsonObject:
    """Return the JSON object that `data` is, however deep: whoever keeps any of it checks that before.

    Google's servers put an error into an array: then it is the object in it.
    """
    try:
        value = json_parser()(data)
    except ValueError:
        value = _read_again(data, what)
    if (
        isinstance(value, list)
        and len(value) == 1
        and isinstance(only := value[0], dict)
        and only.get("error")
    ):
        return only
    if not isinstance(value, dict):
        raise InvalidResponse(f"not {what}: {_head(data)}")
    return value


def check_depth(value: JsonObject, data: str | bytes, what: str) -> None:
    """Raise `InvalidResponse` where `value`, which was read from `data`, is nested deeper than
    `MAX_DEPTH`.

    Arguments of calls that are objects are put as text into a value that is too deep: the call alone fails.
    """
    if not _may_be_deep(data) or depth_fault(value) is None:
        return
    _put_arguments_as_text(value)
    if fault := depth_fault(value):
        raise InvalidResponse(f"not {what}, for {fault}: {_head(data)}")


def _put_arguments_as_text(value: JsonObject) -> None:
    waiting: list[JsonValue] = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            objects = (name for name in _ARGUMENTS & holder.keys() if isinstance(holder[name], dict | list))
            holder |= {name: json.dumps(holder[name], ensure_ascii=False) for name in objects}
            waiting += holder.values()
        elif isinstance(holder, list):
            waiting += holder


def _may_be_deep(data: str | bytes) -> bool:
    """Return whether there are enough brackets for a depth over the limit: walking the value costs more."""
    if isinstance(data, str):
        return len(data) > 2 * MAX_DEPTH and data.count("[") + data.count("{") > MAX_DEPTH
    for bracket in (b"{", b"["):  # objects first: lists of vectors consist of them
        at = -1
        for _ in range(MAX_DEPTH // 2):  # half of the limit is of one kind
            at = data.find(bracket, at + 1)  # in a long body this takes a tenth of counting
            if at < 0:
                break
        else:
            return True
    return False


@cache
def json_parser() -> Callable[[str | bytes], JsonValue]:
    """Return the fast parser, which raises `ValueError` also for what `json` reads."""
    from pydantic_core import from_json  # at the first answer; it takes less than half the time of json.loads

    return from_json


def _read_again(data: str | bytes, what: str) -> JsonValue:
    """Read what pydantic refuses but `json` takes: half a surrogate pair becomes U+FFFD, as it cannot be
    stored or sent.
    """
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False)
        return cast(
            "JsonValue", json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        )
    except RecursionError as exc:
        too_deep = f"it is nested deeper than {MAX_DEPTH} levels"
        raise InvalidResponse(f"not {what}, for {too_deep}: {_head(data)}") from exc
    except ValueError as exc:
        raise InvalidResponse(f"not {what}: {_head(data)}{_hint(data)}") from exc


def _head(data: str | bytes) -> str:
    return repr(_beginning(data)[:200])


def _hint(data: str | bytes) -> str:
    if not _beginning(data).startswith("<"):
        return ""
    return "; that is a web page: is the base URL right? It usually ends in /v1"


def _beginning(data: str | bytes) -> str:
    text = data[:1000].decode("utf-8", "replace") if isinstance(data, bytes) else data[:1000]
    return text.strip()
