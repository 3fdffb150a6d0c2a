"""What Google's own tools leave in a turn: the code that ran, and what the turn is grounded in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chat_core import ChatResponse, JsonObject, JsonValue, Message, Opaque
from chat_core.types.json_values import as_list, as_object, as_text


@dataclass(frozen=True, slots=True)
class CodeRun:
    """One piece of code that Google ran: `outcome` is "OUTCOME_OK", another word of theirs, or None where
    none came.
    """

    code: str
    language: str = "PYTHON"
    outcome: str | None = None
    output: str = ""


def code_runs(message: Message) -> list[CodeRun]:
    """Return the code that ran in a turn, with what it printed, in order."""
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

    Google's terms ask that `suggestions`, a piece of HTML, is shown with a response that was searched for.
    `raw` is the provider's own object.
    """

    queries: tuple[str, ...] = ()
    suggestions: str | None = None
    widget_token: str | None = None
    fetched: tuple[tuple[str, str], ...] = ()
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False)


def grounding(response: ChatResponse) -> Grounding:
    """Return the searches behind a turn, and the pages it read, each with its status; empty where there were
    none.
    """
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
