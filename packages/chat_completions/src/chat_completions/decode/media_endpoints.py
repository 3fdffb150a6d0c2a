"""What the endpoint for images returns."""

from __future__ import annotations

import base64

from chat_core import ConfigurationError, File, InvalidResponse, JsonObject
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import error_from_object, is_error_object, read_object


def decode_images(body: bytes) -> list[File]:
    """Return the images of a response, as bytes or by URL. Raises `ProviderError`, `InvalidResponse`."""
    response = read_object(body, "a response with images")
    if "data" not in response and is_error_object(response):
        raise error_from_object(response)
    images = [as_object(item) for item in as_list(response.get("data"))]
    if not images:
        raise InvalidResponse(f"a response without images: {body[:200]!r}")
    try:
        return [_image(image) for image in images]
    except (ConfigurationError, ValueError) as exc:
        raise InvalidResponse(f"an image that cannot be read: {body[:200]!r}") from exc


def _image(image: JsonObject) -> File:
    mimetype = as_text(image.get("mime_type")) or "image/png"
    if data := as_text(image.get("b64_json")):
        return File.from_bytes(base64.b64decode(data), mimetype)
    return File.from_url(as_text(image.get("url")), mimetype)
