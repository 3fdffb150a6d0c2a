"""Google's own tools, which run on its servers: what is sent for each, and what they leave in a turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chat_core import ChatResponse, ConfigurationError, JsonObject, JsonValue, Message, Opaque
from chat_core.types.json_values import as_list, as_object, as_text

from chat_gemini.generation import Generation


@dataclass(frozen=True, slots=True)
class GoogleSearch:
    """Grounding with Google Search. `dynamic_threshold` is for models of the 1.5 generation: from 0, always search, to 1."""

    dynamic_threshold: float | None = None

    def sent(self, generation: Generation) -> JsonObject:
        """Its entry in `tools`. Raises `ConfigurationError` where the model has no threshold."""
        if generation.google_search:
            if self.dynamic_threshold is not None:
                raise ConfigurationError(
                    f"{generation.name} decides by itself when to search; dynamic_threshold is for 1.5: .with_google_search()"
                )
            return {"googleSearch": {}}
        if self.dynamic_threshold is None:
            return {"googleSearchRetrieval": {}}
        dynamic: JsonObject = {"mode": "MODE_DYNAMIC", "dynamicThreshold": self.dynamic_threshold}
        return {"googleSearchRetrieval": {"dynamicRetrievalConfig": dynamic}}


@dataclass(frozen=True, slots=True)
class CodeExecution:
    """Python that the model writes, run by Google."""

    def sent(self, generation: Generation) -> JsonObject:
        """Its entry in `tools`."""
        return {"codeExecution": {}}


@dataclass(frozen=True, slots=True)
class GoogleMaps:
    """Grounding with Google Maps, near a place where `lat_lng` says one. Google plans to remove the widget."""

    lat_lng: tuple[float, float] | None = None
    widget: bool = False

    def sent(self, generation: Generation) -> JsonObject:
        """Its entry in `tools`; the place goes into `toolConfig`."""
        return {"googleMaps": {"enableWidget": True} if self.widget else {}}


@dataclass(frozen=True, slots=True)
class UrlContext:
    """The model reads the pages whose addresses stand in the prompt."""

    def sent(self, generation: Generation) -> JsonObject:
        """Its entry in `tools`."""
        return {"urlContext": {}}


@dataclass(frozen=True, slots=True)
class FileSearch:
    """Search in stores of your own files."""

    stores: tuple[str, ...]
    top_k: int | None = None
    metadata_filter: str | None = None

    def sent(self, generation: Generation) -> JsonObject:
        """Its entry in `tools`."""
        search: JsonObject = {"fileSearchStoreNames": list[JsonValue](self.stores)}
        if self.top_k is not None:
            search["topK"] = self.top_k
        if self.metadata_filter is not None:
            search["metadataFilter"] = self.metadata_filter
        return {"fileSearch": search}


NativeTool = GoogleSearch | CodeExecution | GoogleMaps | UrlContext | FileSearch


def place(tools: Sequence[NativeTool]) -> JsonObject:
    """The `retrievalConfig` that the tools ask for, empty where none does."""
    for tool in tools:
        if isinstance(tool, GoogleMaps) and tool.lat_lng is not None:
            latitude, longitude = tool.lat_lng
            return {"latLng": {"latitude": latitude, "longitude": longitude}}
    return {}


@dataclass(frozen=True, slots=True)
class CodeRun:
    """One piece of code that Google ran: `outcome` is "OUTCOME_OK", another word of theirs, or None where none came."""

    code: str
    language: str = "PYTHON"
    outcome: str | None = None
    output: str = ""


def code_runs(message: Message) -> list[CodeRun]:
    """The code that ran in a turn, with what it printed, in order."""
    runs: list[CodeRun] = []
    for block in _blocks(message):
        match block:
            case {"executableCode": dict(code)}:
                runs.append(CodeRun(as_text(code.get("code")), as_text(code.get("language"))))
            case {"codeExecutionResult": dict(result)}:
                before = runs.pop() if runs and runs[-1].outcome is None else CodeRun("")
                outcome, output = as_text(result.get("outcome")), as_text(result.get("output"))
                runs.append(CodeRun(before.code, before.language, outcome, output))
            case _:
                pass
    return runs


def _blocks(message: Message) -> Iterator[JsonObject]:
    return (part.native.data for part in message.parts if isinstance(part, Opaque))


@dataclass(frozen=True, slots=True)
class Grounding:
    """What a turn is grounded in, beside the citations on its texts.

    Google's terms ask that `suggestions`, a piece of HTML, is shown with a searched answer. `raw` is the provider's own object.
    """

    queries: tuple[str, ...] = ()
    suggestions: str | None = None
    widget_token: str | None = None
    fetched: tuple[tuple[str, str], ...] = ()
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False)


def grounding(response: ChatResponse) -> Grounding:
    """The searches behind a turn, and the pages it read, each with its status. Empty where there were none."""
    candidates = as_list((response.raw or {}).get("candidates"))
    candidate = as_object(candidates[0]) if candidates else {}
    metadata = as_object(candidate.get("groundingMetadata"))
    pages = [
        as_object(page) for page in as_list(as_object(candidate.get("urlContextMetadata")).get("urlMetadata"))
    ]
    return Grounding(
        queries=tuple(query for query in map(as_text, as_list(metadata.get("webSearchQueries"))) if query),
        suggestions=as_text(as_object(metadata.get("searchEntryPoint")).get("renderedContent")) or None,
        widget_token=as_text(metadata.get("googleMapsWidgetContextToken")) or None,
        fetched=tuple(
            (as_text(page.get("retrievedUrl")), as_text(page.get("urlRetrievalStatus"))) for page in pages
        ),
        raw=metadata,
    )
