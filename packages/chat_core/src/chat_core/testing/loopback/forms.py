"""The fields of a form that a client has sent."""

from __future__ import annotations

from email import message_from_bytes

from chat_core.types.json_values import JsonObject


def read_form(content_type: str, content: bytes) -> JsonObject:
    """Return the fields of a multipart form: texts, and of each file its name, type and size."""
    fields: JsonObject = {}
    message = message_from_bytes(b"content-type: " + content_type.encode() + b"\r\n\r\n" + content)
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            continue
        file_name = part.get_filename()
        if file_name is None:
            fields[name] = data.decode(errors="replace")
        else:
            fields[name] = {"name": file_name, "type": part.get_content_type(), "size": len(data)}
    return fields
