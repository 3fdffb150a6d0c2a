"""Google's own tools, which run on its servers: what is sent for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chat_core import ConfigurationError, JsonObject, JsonValue

from chat_gemini.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class GoogleSearch:
    """Grounding with Google Search.

    `dynamic_threshold` is for models of the 1.5 generation: from 0, always search, to 1.
    """

    names: ClassVar[tuple[str, ...]] = ("google_search", "googleSearch")

    dynamic_threshold: float | None = None

    def encode(self, capabilities: Capabilities) -> JsonObject:
        """Return its entry in `tools`. Raises `ConfigurationError` where the model has no threshold."""
        if capabilities.google_search:
            if self.dynamic_threshold is not None:
                raise ConfigurationError(
                    f"{capabilities.name} decides by itself when to search; dynamic_threshold is for 1.5: "
                    f".with_google_search()"
                )
            return {"googleSearch": {}}
        if self.dynamic_threshold is None:
            return {"googleSearchRetrieval": {}}
        dynamic: JsonObject = {"mode": "MODE_DYNAMIC", "dynamicThreshold": self.dynamic_threshold}
        return {"googleSearchRetrieval": {"dynamicRetrievalConfig": dynamic}}


@dataclass(frozen=True, slots=True)
class CodeExecution:
    """Python that the model writes, run by Google."""

    names: ClassVar[tuple[str, ...]] = ("code_execution", "codeExecution")

    def encode(self, capabilities: Capabilities) -> JsonObject:
        """Return its entry in `tools`."""
        return {"codeExecution": {}}


@dataclass(frozen=True, slots=True)
class GoogleMaps:
    """Grounding with Google Maps, near a place where `lat_lng` says one.

    Google plans to remove the widget.
    """

    names: ClassVar[tuple[str, ...]] = ("google_maps", "googleMaps")

    lat_lng: tuple[float, float] | None = None
    widget: bool = False

    def encode(self, capabilities: Capabilities) -> JsonObject:
        """Return its entry in `tools`; the place goes into `toolConfig`."""
        return {"googleMaps": {"enableWidget": True} if self.widget else {}}


@dataclass(frozen=True, slots=True)
class UrlContext:
    """The model reads the pages whose addresses stand in the prompt."""

    names: ClassVar[tuple[str, ...]] = ("url_context", "urlContext")

    def encode(self, capabilities: Capabilities) -> JsonObject:
        """Return its entry in `tools`."""
        return {"urlContext": {}}


@dataclass(frozen=True, slots=True)
class FileSearch:
    """Search in stores of your own files."""

    names: ClassVar[tuple[str, ...]] = ("file_search", "fileSearch")

    stores: tuple[str, ...]
    top_k: int | None = None
    metadata_filter: str | None = None

    def encode(self, capabilities: Capabilities) -> JsonObject:
        """Return its entry in `tools`."""
        search: JsonObject = {"fileSearchStoreNames": list[JsonValue](self.stores)}
        if self.top_k is not None:
            search["topK"] = self.top_k
        if self.metadata_filter is not None:
            search["metadataFilter"] = self.metadata_filter
        return {"fileSearch": search}


NativeTool = GoogleSearch | CodeExecution | GoogleMaps | UrlContext | FileSearch


def place(tools: Sequence[NativeTool]) -> JsonObject:
    """Return the `retrievalConfig` that the tools need, empty where none does."""
    for tool in tools:
        if isinstance(tool, GoogleMaps) and tool.lat_lng is not None:
            latitude, longitude = tool.lat_lng
            return {"latLng": {"latitude": latitude, "longitude": longitude}}
    return {}
