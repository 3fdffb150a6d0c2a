"""What a turn is grounded in, as citations on its texts."""

from __future__ import annotations

import pytest
from chat_core import (
    Text,
)
from chat_gemini import grounding
from gemini_responses import answered, turn


def test_sources_are_cited_at_the_characters_that_they_support() -> None:
    said = "Zürich is big. Bern is not."
    grounded = {
        "webSearchQueries": ["big cities", ""],
        "searchEntryPoint": {"renderedContent": "<div>"},
        "groundingChunks": [
            {"web": {"uri": "https://a.example", "title": "a"}},
            {
                "retrievedContext": {
                    "uri": "https://b.example",
                    "title": "b",
                    "text": "Bern has 134000 people.",
                }
            },
            {"maps": {"uri": "https://maps.example", "title": "c", "placeId": "p"}},
        ],
        "groundingSupports": [
            {"segment": {"endIndex": 15, "text": "Zürich is big."}, "groundingChunkIndices": [0]},
            {
                "segment": {"startIndex": 16, "endIndex": 28, "text": "Bern is not."},
                "groundingChunkIndices": [0, 1, 9],
            },
        ],
    }
    context = {
        "urlMetadata": [
            {"retrievedUrl": "https://a.example", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}
        ]
    }
    response = answered(turn({"text": said}, groundingMetadata=grounded, urlContextMetadata=context))
    [text] = [part for part in response.message.parts if isinstance(part, Text)]
    cited = [
        (citation.url, said[citation.start : citation.end] if citation.end else None)
        for citation in text.citations
    ]
    assert cited == [
        ("https://a.example", "Zürich is big."),
        ("https://a.example", "Bern is not."),
        ("https://b.example", "Bern is not."),
        ("https://maps.example", None),
    ]
    assert [citation.title for citation in text.citations] == ["a", "a", "b", "c"]

    found = grounding(response)
    assert (found.queries, found.suggestions, found.raw) == (("big cities",), "<div>", grounded)
    assert found.fetched == (("https://a.example", "URL_RETRIEVAL_STATUS_SUCCESS"),)


def test_a_citation_finds_its_text_among_several_parts() -> None:
    grounded = {
        "groundingChunks": [{"web": {"uri": "https://a.example"}}],
        "groundingSupports": [
            {"segment": {"partIndex": 2, "endIndex": 6, "text": "Second"}, "groundingChunkIndices": [0]},
            {"segment": {"endIndex": 6, "text": "gone"}, "groundingChunkIndices": [0]},
        ],
    }
    response = answered(
        turn({"text": "First. ", "thoughtSignature": "eA=="}, {"text": "Second."}, groundingMetadata=grounded)
    )
    first, second = [part for part in response.message.parts if isinstance(part, Text)]
    assert first.citations == ()
    assert [(citation.start, citation.end) for citation in second.citations] == [(0, 6), (None, None)]


@pytest.mark.parametrize("field", ["citationSources", "citations"])
def test_what_is_recited_is_cited(field: str) -> None:
    sources = {field: [{"startIndex": 2, "endIndex": 4, "uri": "https://a.example", "license": "mit"}]}
    [text] = answered(turn({"text": "0123456"}, citationMetadata=sources)).message.parts
    assert isinstance(text, Text)
    assert [(citation.url, citation.start, citation.end) for citation in text.citations] == [
        ("https://a.example", 2, 4)
    ]


def test_nothing_is_cited_where_there_is_no_text() -> None:
    grounded = {"groundingChunks": [{"web": {"uri": "https://a.example"}}]}
    response = answered(turn({"functionCall": {"name": "add"}}, groundingMetadata=grounded))
    assert [part.type for part in response.message.parts] == ["tool_call"]
    assert grounding(response).raw == grounded
    assert grounding(answered(turn({"text": "Hi"}))).queries == ()
