"""Where the sessions of a model are."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from chat_core import ConfigurationError
from chat_core.client import resource_path

from chat_gemini.live.settings import LiveAddress
from chat_gemini.names import model_path
from chat_gemini.servers import Address, is_version

TOKEN: re.Pattern[str] = re.compile(r"auth_tokens/\S+")
"""What a token for a browser looks like, which is given in place of a key."""

TOKEN_VERSION = "v1alpha"  # the only version of the API that takes and makes tokens


def live_address(address: Address, model: str, *, is_token: bool) -> tuple[str, LiveAddress]:
    """Return the base URL of sessions, and the address under it.

    A path behind the version, such as Vertex's `projects/…/locations/…`, is a part of the model's name.
    Raises `ConfigurationError` for a token on Vertex.
    """
    parsed = urlsplit(address.base_url)
    steps = parsed.path.split("/")
    at = next(number for number, step in enumerate(steps) if is_version(step))
    root, version, place = "/".join(steps[:at]), steps[at], "/".join(steps[at + 1 :])
    base_url = urlunsplit(parsed._replace(path=root))
    name = resource_path(model_path(model, address.endpoint))
    if place and not name.startswith("projects/"):
        name = f"{place}/{name}"
    if address.endpoint.provider == "vertex":
        if is_token:
            raise ConfigurationError("tokens are the Gemini API's: Vertex takes .with_credentials(...)")
        service = f"google.cloud.aiplatform.{version}.LlmBidiService"
        return base_url, LiveAddress(f"/ws/{service}/BidiGenerateContent", name)
    method = "BidiGenerateContentConstrained" if is_token else "BidiGenerateContent"
    path = f"/ws/google.ai.generativelanguage.{version}.GenerativeService.{method}"
    return base_url, LiveAddress(path, name, f"/{TOKEN_VERSION}/auth_tokens")
