"""Documents of the application's own, for the model to answer from and cite."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core import JsonObject, Native, Opaque, Origin
from chat_core.types.json_values import as_object
from chat_core.types.plain_json import as_json

MARKED = Origin("cohere", "", "")  # by the application, for whichever model of Cohere's it is sent to


def document(data: Mapping[str, object] | str, *, id: str | None = None) -> Opaque:
    """Return a document as a part of a user's message, or of a tool's result: its text, or fields such as
    title and text.

    Citations name its `id`, and its fields. Other providers leave it out.
    """
    fields: JsonObject = {"text": data} if isinstance(data, str) else as_object(as_json(dict(data)))
    shown: JsonObject = {"data": fields} if id is None else {"id": id, "data": fields}
    return Opaque(Native(MARKED, {"document": shown}))
