"""The builder of clients for Azure, for exchanges that were recorded there."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from chat_openai.azure import AzureOpenAIBuilder


def builder(url: str, base_url: str) -> AzureOpenAIBuilder | None:
    """Return a builder for the surface that was recorded, or None where it is not one of OpenAI's at
    Azure.
    """
    recorded = urlsplit(url)
    if not (recorded.hostname or "").endswith(".azure.com") or "/openai/" not in recorded.path:
        return None
    azure = AzureOpenAIBuilder().with_endpoint(base_url)
    version = parse_qs(recorded.query).get("api-version")
    return azure.with_api_version(version[0]) if version else azure


def is_model_inference(url: str) -> bool:
    """Return whether an exchange was recorded on Azure's older surface for the models of other vendors."""
    recorded = urlsplit(url)
    return (recorded.hostname or "").endswith("services.ai.azure.com") and recorded.path.startswith("/models")
