"""What a provider returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

from typing_extensions import TypeVar

from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.messages import FinishReason, Message, Turn
from chat_core.types.parts import ToolCall
from chat_core.types.received_numbers import clear_numbers
from chat_core.types.short_repr import ShortRepr
from chat_core.types.slot_setters import slot_setters
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from decimal import Decimal

    from chat_core.types.model_limits import ModelLimits

T_co = TypeVar("T_co", covariant=True)

_NO_TURN = Turn()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was done otherwise than the request wanted; `about` names an option or a field."""

    about: str
    message: str


@dataclass(frozen=True, slots=True, repr=False)
class ChatResponse(ShortRepr):
    """A model's turn.

    `total_usage` adds up all the model turns of the call that returned it, `usage` is of this one. `raw` is
    the body as received; of a stream it is what the events held besides the content. Numbers that JSON cannot
    hold, such as NaN, become null in what the message stores as received.
    """

    message: Message
    notices: tuple[Notice, ...] = ()
    raw: JsonObject | None = field(default=None, repr=False, compare=False)
    total_usage: Usage = Usage()

    def __init__(
        self,
        message: Message,
        notices: tuple[Notice, ...] = (),
        raw: JsonObject | None = None,
        total_usage: Usage = Usage(),
    ) -> None:
        _set_message(self, message)
        _set_notices(self, notices)
        _set_raw(self, raw)
        _set_total_usage(self, total_usage)
        self.__post_init__()

    def __post_init__(self) -> None:
        clear_numbers(self.message)

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
        """The tokens of this turn."""
        return self._turn.usage

    @property
    def cost(self) -> Decimal | None:
        """What this turn cost in US dollars; None where that is not known.

        `chat_core.middleware.CostTracker` puts it there.
        """
        from chat_core.types.cost import read_cost

        return read_cost(self._turn.cost)

    @property
    def model(self) -> str | None:
        """The model that responded, as the provider names it."""
        return self._turn.model

    @property
    def id(self) -> str | None:
        """The provider's id of this response."""
        return self._turn.id

    def _repr_markdown_(self) -> str:
        """Return the turn as Markdown, for a notebook. It loads nothing: pictures that its text names become
        links.
        """
        from chat_core.types.show_messages import response_markdown

        return response_markdown(self)

    @property
    def _turn(self) -> Turn:
        return self.message.turn or _NO_TURN


_set_message, _set_notices, _set_raw, _set_total_usage = slot_setters(ChatResponse)


@dataclass(frozen=True, slots=True, repr=False)
class StructuredResponse(ChatResponse, Generic[T_co]):
    """A model's turn whose text is a value of the type of the output."""

    value: T_co = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that the server offers; `raw` is the server's own object."""

    id: str
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)

    @property
    def limits(self) -> ModelLimits:
        """How much the model reads and writes, as far as the server says."""
        from chat_core.types.model_limits import listed_limits

        return listed_limits(self.raw)
