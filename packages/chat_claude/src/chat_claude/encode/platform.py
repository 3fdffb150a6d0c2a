"""Request bodies as each platform takes them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

from chat_core import ConfigurationError
from chat_core.types.json_values import as_text
from chat_core.wire import dump

from chat_claude.encode.encoded import EncodedRequest
from chat_claude.options import NativeTool
from chat_claude.platforms import Platform
from chat_claude.settings import RequestDefaults


def for_platform(encoded: EncodedRequest, defaults: RequestDefaults) -> EncodedRequest:
    """Return a request as the client's platform takes it.

    Raises `ConfigurationError` for what the platform lacks.
    """
    platform = defaults.platform
    _check(encoded, defaults.tools, platform)
    if platform.body_version is None:
        return encoded
    # the newer version has one name everywhere
    version = platform.body_version if defaults.version == "2023-06-01" else defaults.version
    body: dict[str, object] = {"anthropic_version": version, **encoded.body}
    betas = encoded.betas
    if platform.model_in_path:
        del body["model"]
    if platform.betas_in_body and betas:
        body["anthropic_beta"] = list(betas)
        betas = ()
    return replace(encoded, body=body, betas=betas)


def encoded_count(encoded: EncodedRequest) -> EncodedRequest:
    """Return the body of a count that holds the body of a message in base64."""
    inner = b64encode(dump(encoded.body)).decode("ascii")
    return replace(encoded, body={"input": {"invokeModel": {"body": inner}}})


def _check(encoded: EncodedRequest, tools: tuple[NativeTool, ...], platform: Platform) -> None:
    if platform.lacks_fields and (missing := platform.lacks_fields & encoded.body.keys()):
        raise ConfigurationError(f"{platform.name} has no {min(missing)}: leave it out")
    for tool in tools:
        kind = as_text(tool.declaration.get("type"))
        if kind.startswith(platform.lacks_tools or ("\0",)):
            raise ConfigurationError(f"{platform.name} has no tool {kind}: build the client without it")
