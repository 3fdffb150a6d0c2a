"""Questions with few answers, and the answers: yes or no, one of several, a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeAlias, cast

from typing_extensions import TypeVar

from chat_core.types.errors import ConfigurationError, OutputRefused
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.misuse import checked_mapping, checked_text, is_a, kind_of
from chat_core.types.response import Notice
from chat_core.types.short_repr import ShortRepr
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from chat_core.types.messages import Messages

P_co = TypeVar("P_co", bound=float | None, covariant=True, default=float | None)

MOST_CHOICES = 255
MOST_QUESTIONS = 400


@dataclass(frozen=True, slots=True)
class YesNo:
    """A statement or a question about a conversation that is true or not.

    `yes` and `no` describe what counts as either. Raises `ConfigurationError` for a blank text.
    """

    instructions: str
    yes: str | None = None
    no: str | None = None

    def __post_init__(self) -> None:
        checked_text(self.instructions, "YesNo(instructions)", '"Is it spam?"')


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with one answer of several: `choices` are their names, or names with descriptions.

    Raises `ConfigurationError` for less than 2 or more than 255 choices, for blank and for equal ones.
    """

    instructions: str
    choices: Sequence[str] | Mapping[str, str | None]

    def __post_init__(self) -> None:
        checked_text(self.instructions, "Choice(instructions, choices)", '"What is it about?"')
        _check_labels("Choice", self.choices)

    @property
    def described(self) -> Mapping[str, str | None]:
        """The choices, each with its description or None."""
        given = self.choices
        return given if isinstance(given, Mapping) else dict.fromkeys(given)


@dataclass(frozen=True, slots=True)
class Score:
    """A question whose answer is on a scale: `levels` from the lowest, which counts 0.

    Raises `ConfigurationError` for less than 2 or more than 255 levels, for blank and for equal ones.
    """

    instructions: str
    levels: Sequence[str]

    def __post_init__(self) -> None:
        checked_text(self.instructions, "Score(instructions, levels)", '"How urgent is it?"')
        _check_labels("Score", self.levels)


Question: TypeAlias = YesNo | Choice | Score
"""What is decided about a conversation."""


def checked_questions(questions: object) -> Mapping[str, Question]:
    """Return questions by name. Raises `ConfigurationError` for none, too many, and anything else."""
    given = checked_mapping(questions, "decide(messages, questions)")
    if not 1 <= len(given) <= MOST_QUESTIONS:
        raise ConfigurationError(
            f"decide(messages, questions): 1 to {MOST_QUESTIONS} questions, not {len(given)}"
        )
    for name, question in given.items():
        checked_text(name, "the name of a question", '"spam"')
        if not is_a(question, YesNo, Choice, Score):
            raise ConfigurationError(
                f"question {name!r} is YesNo(...), Choice(...) or Score(...), not {kind_of(question)}"
            )
    return cast("Mapping[str, Question]", given)


def _check_labels(kind: str, labels: object) -> None:
    if is_a(labels, str) or not is_a(labels, Sequence, Mapping):
        raise ConfigurationError(f'{kind}(..., ["low", "high"]) takes a list of texts, not {kind_of(labels)}')
    listed = list(cast("Sequence[object]", labels))
    for label in listed:
        checked_text(label, f"{kind}(..., [...])", '["low", "high"]')
    if not 2 <= len(listed) <= MOST_CHOICES or len(set(listed)) < len(listed):
        raise ConfigurationError(f"{kind}(..., [...]) takes 2 to {MOST_CHOICES} texts, each once")


@dataclass(frozen=True, slots=True)
class YesNoAnswer(Generic[P_co]):
    """Whether it is so. `probability` is that of yes; None where the model was only asked for its answer."""

    yes: bool
    probability: P_co
    type: Literal["yes_no"] = field(default="yes_no", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class ChoiceAnswer(Generic[P_co]):
    """The likeliest choice. `probabilities` are those of all choices, empty where they are not known.

    `confidence` is the provider's own number between 0 and 1: with Gemini the probability of the choice, with
    OpenAI how concentrated the probabilities are. They cannot be compared.
    """

    choice: str
    confidence: P_co
    probabilities: Mapping[str, float] = field(default_factory=dict[str, float])
    type: Literal["choice"] = field(default="choice", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class ScoreAnswer(Generic[P_co]):
    """A number from 0, the first level: the mean of the levels by their probabilities where those are known.

    `probabilities` are in the order of the levels; `confidence` is as in `ChoiceAnswer`.
    """

    score: float
    confidence: P_co
    probabilities: Sequence[float] = ()
    type: Literal["score"] = field(default="score", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Declined:
    """The model did not answer this question."""

    type: Literal["declined"] = field(default="declined", kw_only=True, repr=False)


Answer: TypeAlias = YesNoAnswer[P_co] | ChoiceAnswer[P_co] | ScoreAnswer[P_co] | Declined


@dataclass(frozen=True, slots=True, repr=False)
class DecisionResponse(ShortRepr, Generic[P_co]):
    """Answers by the names of their questions, in the order of the questions."""

    answers: Mapping[str, Answer[P_co]]
    usage: Usage = Usage()
    model: str | None = None
    notices: tuple[Notice, ...] = ()
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)

    def yes_no(self, name: str) -> YesNoAnswer[P_co]:
        """Return the answer to a `YesNo`.

        Raises `OutputRefused` where the model declined it, `ConfigurationError` for another name or kind.
        """
        found = self._answer(name)
        if isinstance(found, YesNoAnswer):
            return found
        raise _other_kind(name, found)

    def choice(self, name: str) -> ChoiceAnswer[P_co]:
        """Return the answer to a `Choice`. Raises `ConfigurationError` where no question has this name or it
        is of another kind, and `OutputRefused` where the model declined.
        """
        found = self._answer(name)
        if isinstance(found, ChoiceAnswer):
            return found
        raise _other_kind(name, found)

    def score(self, name: str) -> ScoreAnswer[P_co]:
        """Return the answer to a `Score`. Raises `ConfigurationError` where no question has this name or it
        is of another kind, and `OutputRefused` where the model declined.
        """
        found = self._answer(name)
        if isinstance(found, ScoreAnswer):
            return found
        raise _other_kind(name, found)

    def _answer(self, name: str) -> YesNoAnswer[P_co] | ChoiceAnswer[P_co] | ScoreAnswer[P_co]:
        if name not in self.answers:
            raise ConfigurationError(f"there is no question {name!r}; there are {', '.join(self.answers)}")
        found = self.answers[name]
        if isinstance(found, Declined):
            raise OutputRefused(f"the model declined to answer {name!r}")
        return found


def _other_kind(name: str, found: object) -> ConfigurationError:
    return ConfigurationError(f"the answer to {name!r} is a {type(found).__name__}")


class Decider(Protocol):
    """Whoever answers questions about a conversation: a chat, or a client with probabilities."""

    async def decide(
        self, messages: Messages, questions: Mapping[str, Question], /
    ) -> DecisionResponse[float | None]:
        """Return an answer to each question. Raises a `ChatError`."""
        ...
