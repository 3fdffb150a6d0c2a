"""JSON as it comes off a wire: read, or refused with what came instead; and whether what came is the beginning of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import cast

from chat_core.types.errors import InvalidResponse
from chat_core.types.json_values import JsonObject, JsonValue


def read_object(data: str | bytes, what: str) -> JsonObject:
    """A JSON object. Raises `InvalidResponse`, which shows what came instead."""
    try:
        value = _parser()(data)
    except ValueError:
        value = _read_again(data, what)
    if not isinstance(value, dict):
        raise InvalidResponse(f"not {what}: {_head(data)}")
    return value


@cache
def _parser() -> Callable[[str | bytes], JsonValue]:
    from pydantic_core import from_json  # at the first answer; it takes less than half the time of json.loads

    return from_json


def _read_again(data: str | bytes, what: str) -> JsonValue:
    """`json` takes what pydantic refuses: half a surrogate pair. It becomes U+FFFD, since it could neither be stored nor sent."""
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False)
        return cast(
            "JsonValue", json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        )
    except (ValueError, RecursionError) as exc:
        raise InvalidResponse(f"not {what}: {_head(data)}{_hint(data)}") from exc


class Halves:
    """Some servers cut their text between the two halves of a surrogate pair, into two events: this puts them together."""

    def __init__(self) -> None:
        self._first = ""

    def join(self, data: str) -> str:
        """The data of an event, as it would be with the whole character in the second one."""
        if self._first:
            data = _SECOND_HALF.sub(lambda found: f'"{self._first}{found[1]}', data, count=1)
        found = _FIRST_HALF.search(data)
        self._first = found[1] if found else ""
        return _FIRST_HALF.sub('"', data, count=1)


_FIRST_HALF = re.compile(r'(?<!\\)(\\u[dD][89abAB][0-9a-fA-F]{2})"')
_SECOND_HALF = re.compile(r'(?<!\\)"(\\u[dD][c-fC-F][0-9a-fA-F]{2})')


def is_beginning(data: str) -> bool:
    """Whether more could make it a JSON document, or `[DONE]`: it is what a cut leaves."""
    if "[DONE]".startswith(data):
        return True
    try:
        json.JSONDecoder().raw_decode(data.lstrip())
    except ValueError:
        return _begins_json(data)
    except RecursionError:
        pass
    return False  # it is whole, and something follows


def _begins_json(data: str) -> bool:
    from pydantic_core import from_json

    try:
        from_json(data, allow_partial="trailing-strings")
    except ValueError:
        return False
    return True


def _head(data: str | bytes) -> str:
    return repr(_beginning(data)[:200])


def _hint(data: str | bytes) -> str:
    if not _beginning(data).startswith("<"):
        return ""
    return "; that is a web page: is the base URL right? It usually ends in /v1"


def _beginning(data: str | bytes) -> str:
    text = data[:1000].decode("utf-8", "replace") if isinstance(data, bytes) else data[:1000]
    return text.strip()
