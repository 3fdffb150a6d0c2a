"""Keys of a request, kept out of errors."""

from __future__ import annotations

import json
from typing import cast

from chat_core.transport import Request
from chat_core.types.errors import ProviderError
from chat_core.types.json_values import JsonValue


def scrub_secrets(error: ProviderError, request: Request) -> None:
    """Replace the secrets of the request's headers in the error: some servers repeat the key that they refuse."""
    for name, value in request.headers.items():
        secret = value.rpartition(" ")[2]  # what follows "Bearer"
        if len(secret) >= 8 and any(word in name.lower() for word in ("auth", "key", "token", "secret")):
            error.args = tuple(str(arg).replace(secret, "***") for arg in error.args)
            for attribute, text in vars(error).items():
                if isinstance(text, str):
                    setattr(error, attribute, text.replace(secret, "***"))
            error.body = cast(
                "JsonValue", json.loads(json.dumps(error.body).replace(json.dumps(secret)[1:-1], "***"))
            )
