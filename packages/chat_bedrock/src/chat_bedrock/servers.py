"""Where Bedrock is: its servers by region."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chat_core import ConfigurationError
from chat_core.client import ResolvedServer, Server

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")
_ARN_REGION = re.compile(r"arn:aws[a-z-]*:bedrock:([a-z0-9-]+):")
URL_VARIABLE = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"


def region_of(model: str, variables: Mapping[str, str]) -> str | None:
    """Return the region that an ARN or the environment names."""
    if found := _ARN_REGION.match(model):
        return checked_region(found[1])
    named = variables.get("AWS_REGION", "").strip() or variables.get("AWS_DEFAULT_REGION", "").strip()
    return checked_region(named) if named else None


def checked_region(region: str) -> str:
    """Return the region. It becomes part of a host, so nothing but a region's name will do."""
    if not _REGION.fullmatch(region):
        raise ConfigurationError(f"not a region of AWS: {region!r}; they look like us-east-1")
    return region


def bedrock_server(region: str | None) -> Server:
    """Return Bedrock's server in a region, with the hosts that its key may go to."""
    hosts: tuple[str, ...] = ()
    base_url: str | None = None
    if region is not None:
        base_url = f"https://bedrock-runtime.{region}.{_domain(region)}"
        hosts = (
            f"bedrock-runtime-fips.{region}.{_domain(region)}",
            f"bedrock-runtime.{region}.vpce.{_domain(region)}",
        )
    return Server(
        "Amazon Bedrock",
        base_url,
        url_variables=(URL_VARIABLE,),
        key_variables=("AWS_BEARER_TOKEN_BEDROCK",),
        hosts=hosts,
    )


def _domain(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def control_url(server: ResolvedServer, region: str | None) -> str:
    """Return where models are listed: beside Amazon's own endpoint; behind any other base URL, there."""
    if region is not None and server.base_url == f"https://bedrock-runtime.{region}.{_domain(region)}":
        return f"https://bedrock.{region}.{_domain(region)}"
    return server.base_url
