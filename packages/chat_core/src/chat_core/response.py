"""What a provider answers."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from typing_extensions import TypeVar

from chat_core.jsonvalue import JsonObject, JsonValue
from chat_core.messages import FinishReason, Message, Turn
from chat_core.parts import File, ToolCall
from chat_core.shortrepr import ShortRepr
from chat_core.usage import Usage

T_co = TypeVar("T_co", covariant=True)

_UNSAID = Turn()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that went otherwise than asked, though it went: `about` is an option's or field's name."""

    about: str
    message: str


@dataclass(frozen=True, slots=True, repr=False)
class ChatResponse(ShortRepr):
    """A model's turn.

    `total_usage` adds up all the model turns of the call that returned it, `usage` is of this one. `raw` is the body as
    received; of a stream it is what the events said besides the content.
    """

    message: Message
    notices: tuple[Notice, ...] = ()
    raw: JsonObject | None = field(default=None, repr=False, compare=False)
    total_usage: Usage = Usage()

    @property
    def text(self) -> str:
        """The visible text, joined."""
        return self.message.text

    @property
    def reasoning(self) -> str:
        """The readable reasoning, joined."""
        return self.message.reasoning

    @property
    def refusal(self) -> str | None:
        """Why the model declined, where it did so in words of their own."""
        return self.message.refusal

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls, in order."""
        return self.message.tool_calls

    @property
    def files(self) -> list[File]:
        """Generated files, in order."""
        return self.message.files

    @property
    def finish_reason(self) -> FinishReason:
        """Why the turn ended; "other" where the provider's word has no common one, or is missing."""
        return self._turn.finish_reason

    @property
    def raw_finish_reason(self) -> str | None:
        """The provider's own word for it."""
        return self._turn.raw_finish_reason

    @property
    def usage(self) -> Usage:
        """What this turn cost."""
        return self._turn.usage

    @property
    def model(self) -> str | None:
        """The model that answered, as the provider names it."""
        return self._turn.model

    @property
    def id(self) -> str | None:
        """The provider's id of this answer."""
        return self._turn.id

    @property
    def _turn(self) -> Turn:
        return self.message.turn or _UNSAID


@dataclass(frozen=True, slots=True, repr=False)
class StructuredResponse(ChatResponse, Generic[T_co]):
    """A model's turn whose text is a value of the type asked for."""

    value: T_co = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Embedding:
    """One vector, which `numpy.asarray(embedding.vector)` reads without a copy: float32 from base64, float64 from JSON."""

    vector: array[float] = field(repr=False)

    def __len__(self) -> int:
        return len(self.vector)


@dataclass(frozen=True, slots=True)
class EmbeddingsResponse:
    """Vectors, in the order of the inputs."""

    embeddings: tuple[Embedding, ...] = field(repr=False)
    usage: Usage = Usage()
    model: str | None = None
    notices: tuple[Notice, ...] = ()


def joined(answers: Sequence[EmbeddingsResponse]) -> EmbeddingsResponse:
    """The answers to several batches as one."""
    if len(answers) == 1:
        return answers[0]
    return EmbeddingsResponse(
        tuple(embedding for answer in answers for embedding in answer.embeddings),
        usage=sum((answer.usage for answer in answers), Usage()),
        model=answers[0].model,
        notices=tuple(notice for answer in answers for notice in answer.notices),
    )


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model the server offers; `raw` is all that it says of it."""

    id: str
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)
