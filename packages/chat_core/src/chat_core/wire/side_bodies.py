"""Bodies of requests beside turns, whose own fields may be missing: an error in their place is an error."""

from __future__ import annotations

import json

from chat_core.types.json_values import JsonObject, as_object
from chat_core.wire.error_body import error_from_object, is_error_object
from chat_core.wire.read import read_object


def read_page(body: bytes, what: str, fields: tuple[str, ...] = ("data",)) -> JsonObject:
    """Return a page of a list, whose entries are in one of the `fields`.

    Raises `ProviderError` for an error in its place, though the status was 200, and `InvalidResponse` for
    what is no object. A page without the fields is an empty one: some servers leave empty lists out.
    """
    page = read_object(body, what)
    if not page.keys() & set(fields) and is_error_object(page):
        raise error_from_object(page)
    return page


def read_done(body: bytes) -> None:
    """Read a body that tells nothing but that something was done; it may be empty, or no JSON at all.

    Raises `ProviderError` for an `error` in it, though the status was 200. A message alone is none.
    """
    try:
        found = as_object(json.loads(body))
    except ValueError:
        return
    if found.get("error") or found.get("errors") or found.get("type") == "error":
        raise error_from_object(found)
