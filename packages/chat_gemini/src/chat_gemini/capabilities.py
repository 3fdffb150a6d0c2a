"""What a model and an endpoint can do, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_GEMINI = re.compile(r"gemini-(\d{1,4})(?:\.(\d{1,4}))?\b")
_EMBEDDING = re.compile(r"gemini-embedding-(\d{1,4})(-preview)?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What differs between the endpoints that speak this wire. The defaults are those of the Gemini API.

    - `provider`: the name in the origin of native data: neither endpoint can open what the other has sealed
    - `shows_steps_on_request`: it takes `includeServerSideToolInvocations`; Vertex shows the steps unasked
    - `has_file_store`: it knows uploaded files by name, `files/…`, and stores for file search
    - `counts_whole_requests`: `countTokens` takes a `generateContentRequest`; Vertex takes its fields, and a
      few only
    - `has_batches`: batches go in the body, and not as files in Google's storage
    - `has_predict`: embeddings have their options in `embedContentConfig`, and models that are not Gemini's
      go to `:predict`
    - `models`: what stands in front of a model's name
    - `models_page`: how many models a page of their list may have, None for the server's choice
    """

    provider: str = "gemini"
    shows_steps_on_request: bool = True
    has_file_store: bool = True
    counts_whole_requests: bool = True
    has_batches: bool = True
    has_predict: bool = False
    models: str = "models"
    models_page: int | None = 1000


GEMINI_API = Endpoint()
VERTEX = Endpoint(
    provider="vertex",
    shows_steps_on_request=False,
    has_file_store=False,
    counts_whole_requests=False,
    has_batches=False,
    has_predict=True,
    models="publishers/google/models",
    models_page=None,
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model allows.

    A name without a number (`gemini-flash-latest`, a tuned model) is taken for a current one.

    Facts: Google's API reference and what its servers answered in recorded traffic, November 2026.

    - `mixes_tools`: functions and Google's own tools in one request, and typed output together with tools
    - `signs_calls`: it refuses a step whose first function call has lost its thought signature
    - `files_in_results`: a function's result may hold files
    - `levels`: thinking is set by level, before by budget
    - `json_schema`: it takes JSON Schema, before only a subset of OpenAPI's
    - `google_search`: it has `googleSearch`, before `googleSearchRetrieval`
    - `functions`: it calls functions; models that paint do not
    - `thinks`: it takes a thinking configuration at all
    """

    name: str
    mixes_tools: bool = True
    signs_calls: bool = True
    files_in_results: bool = True
    levels: bool = True
    json_schema: bool = True
    google_search: bool = True
    functions: bool = True
    thinks: bool = True

    @staticmethod
    @lru_cache(maxsize=256)
    def of(model: str) -> Capabilities:
        """Return what a model allows, by its name."""
        found = _GEMINI.search(model)
        version = [int(found[1]), int(found[2] or 0)] if found else [99]
        paints = "-image" in model
        current = version >= [3]
        return Capabilities(
            model,
            mixes_tools=current,
            signs_calls=current,
            files_in_results=current,
            levels=current,
            json_schema=version >= [2],
            google_search=version >= [2],
            functions=not paints,
            thinks=current or not paints,
        )


def prefixes_tasks(model: str) -> bool:
    """Return whether an embedding model reads its task in front of the text; the others take a `taskType`."""
    found = _EMBEDDING.search(model)
    return found is not None and int(found[1]) >= 2 and not (int(found[1]) == 2 and found[2])


def has_media_embeddings(model: str) -> bool:
    """Return whether an embedding model reads images, sounds, videos and documents, alone or with texts."""
    found = _EMBEDDING.search(model)
    return found is not None and int(found[1]) >= 2
