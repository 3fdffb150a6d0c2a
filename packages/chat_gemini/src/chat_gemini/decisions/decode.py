"""The answers in a response."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core import (
    Answer,
    Choice,
    ChoiceAnswer,
    DecisionResponse,
    Declined,
    InvalidResponse,
    JsonObject,
    Notice,
    Question,
    Score,
    ScoreAnswer,
    Usage,
    YesNo,
    YesNoAnswer,
)
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire import as_probability, as_score, read_object

from chat_gemini.decode.errors import check_frame


def decode(
    body: bytes, *, questions: Mapping[str, Question], model: str, notices: tuple[Notice, ...] = ()
) -> DecisionResponse[float]:
    """Return the answers in the order of the questions; all are declined where a filter blocked the input.

    Raises `ProviderError` for an error, `InvalidResponse` for answers that are none.
    """
    response = read_object(body, "a response of decisions")
    check_frame(response)
    found: JsonObject = as_object(response.get("answers"))
    feedback = as_object(response.get("prompt_feedback"))
    if feedback and not found:
        notices = (*notices, Notice("messages", f"the input was blocked: {str(feedback)[:300]}"))
        declined: JsonObject = {"type": "declined"}
        found = dict.fromkeys(questions, declined)
    if missing := questions.keys() - found.keys():
        raise InvalidResponse(f"no answers came to {', '.join(sorted(missing))}")
    answers = {name: _answer(as_object(found[name]), question) for name, question in questions.items()}
    return DecisionResponse(answers, _usage(as_object(response.get("usage"))), model, notices, response)


def _answer(item: JsonObject, question: Question) -> Answer[float]:
    match item.get("type"), question:
        case "declined", _:
            return Declined()
        case "noul", YesNo():
            probability = as_probability(item.get("noul"), item)
            return YesNoAnswer(probability >= 0.5, probability)
        case "choice", Choice():
            choice, each = as_text(item.get("choice")), as_object(item.get("probabilities"))
            if choice not in question.described:
                raise InvalidResponse(f"an answer that is none of the choices: {str(item)[:300]}")
            probabilities = {name: as_probability(value, item) for name, value in each.items()}
            return ChoiceAnswer(choice, as_probability(item.get("confidence"), item), probabilities)
        case "score", Score():
            each = as_object(item.get("probabilities"))
            levels = [each.get(str(number), 0.0) for number in range(len(question.levels))]
            return ScoreAnswer(
                as_score(item.get("score"), item),
                as_probability(item.get("confidence"), item),
                tuple(as_probability(value, item) for value in levels),
            )
        case _:
            raise InvalidResponse(f"an answer to another kind of question: {str(item)[:300]}")


def _usage(used: JsonObject) -> Usage:
    """Return the usage, whose names are those of the Interactions API."""
    return Usage(
        input_tokens=as_count(used.get("total_input_tokens")),
        output_tokens=as_count(used.get("total_output_tokens")),
        cache_read_tokens=as_count(used.get("total_cached_tokens")),
        reasoning_tokens=as_count(used.get("total_thought_tokens")),
        total_tokens=as_count(used.get("total_tokens")),
        raw=used,
    )
