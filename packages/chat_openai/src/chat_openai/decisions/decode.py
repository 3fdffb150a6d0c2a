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
    JsonValue,
    Notice,
    Question,
    Score,
    ScoreAnswer,
    YesNo,
    YesNoAnswer,
)
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import as_probability, as_score, error_from_object, is_error_object, read_object
from chat_responses.decode.usage import usage


def decode(
    body: bytes, *, questions: Mapping[str, Question], notices: tuple[Notice, ...] = ()
) -> DecisionResponse[float]:
    """Return the answers, which come in the order of the questions.

    Raises `ProviderError` for an error, `InvalidResponse` for answers that are none.
    """
    response = read_object(body, "a response of decisions")
    if "answers" not in response and is_error_object(response):
        raise error_from_object(response)
    items = [as_object(item) for item in as_list(response.get("answers"))]
    if len(items) != len(questions):
        raise InvalidResponse(f"{len(items)} answers came for {len(questions)} questions")
    answers = {
        name: _answer(item, question) for item, (name, question) in zip(items, questions.items(), strict=True)
    }
    return DecisionResponse(
        answers, usage(response.get("usage")), as_text(response.get("model")) or None, notices, response
    )


def _answer(item: JsonObject, question: Question) -> Answer[float]:
    match item.get("type"), question:
        case "refusal", _:
            return Declined()
        case "predicate", YesNo():
            probability = as_probability(item.get("probability"), item)
            return YesNoAnswer(probability >= 0.5, probability)
        case "choice", Choice():
            probabilities = {
                as_text(each.get("value")): as_probability(each.get("probability"), item)
                for each in map(as_object, as_list(item.get("probabilities")))
            }
            choice = as_text(item.get("choice"))
            if choice not in question.described:
                raise InvalidResponse(f"an answer that is none of the choices: {str(item)[:300]}")
            return ChoiceAnswer(choice, as_probability(item.get("confidence"), item), probabilities)
        case "score", Score():
            return ScoreAnswer(
                as_score(item.get("score"), item),
                as_probability(item.get("confidence"), item),
                _by_level(as_list(item.get("probabilities")), len(question.levels), item),
            )
        case _:
            raise InvalidResponse(f"an answer to another kind of question: {str(item)[:300]}")


def _by_level(listed: list[JsonValue], count: int, item: JsonObject) -> tuple[float, ...]:
    found = [0.0] * count
    for each in map(as_object, listed):
        at = each.get("value")
        if not isinstance(at, int) or not 0 <= at < count:
            raise InvalidResponse(f"a score with a level that there is not: {str(item)[:300]}")
        found[at] = as_probability(each.get("probability"), item)
    return tuple(found)
