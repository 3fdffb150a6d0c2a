"""A server of videos: each is there at the third look."""

import base64
import json
from collections import Counter

from chat_core.testing.loopback import Raw, Reply
from chat_core.types.json_values import JsonObject

NAME = "projects/my-project/locations/global/publishers/google/models/veo-3.1-generate-001/operations/17"
_looks: Counter[str] = Counter()


def answer(body: JsonObject) -> Raw | Reply:
    if "instances" in body:
        _looks.clear()
        return whole({"name": NAME})
    if "operationName" not in body:
        return Reply("A cat walks over a piano.")
    _looks["all"] += 1
    if _looks["all"] < 3:
        return whole({"name": NAME})
    video = {"mimeType": "video/mp4", "bytesBase64Encoded": base64.b64encode(b"....ftypmp42").decode()}
    return whole({"name": NAME, "done": True, "response": {"videos": [video]}})


def whole(value: JsonObject) -> Raw:
    return Raw(json.dumps(value).encode(), "application/json")
