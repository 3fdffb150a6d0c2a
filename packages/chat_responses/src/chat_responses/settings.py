"""What a client was built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_core import JsonObject
from chat_core.client import ClientSettings

from chat_responses.dialect import Dialect
from chat_responses.memory import Chained, Conversation, Memory, Stateless
from chat_responses.options import ResponsesOptions


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """What every request of a client carries.

    - `options`: the options of this wire beyond the common ones
    - `memory`: who remembers the conversation
    - `native_tools`: tools that the server runs, as the wire has them
    - `strict_output`: whether the server holds the model to an output type exactly
    - `background`: whether responses are made in the background
    - `full_history`: whether all items are sent even where the server remembers them
    - `extra`: fields of the body that this library has no name for; they are merged last
    - `dialect`: how the server differs from OpenAI
    """

    options: ResponsesOptions = ResponsesOptions()
    memory: Memory = Stateless()
    native_tools: tuple[JsonObject, ...] = field(default=(), repr=False)
    strict_output: bool = True
    background: bool = False
    full_history: bool = False
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    dialect: Dialect = Dialect()

    @property
    def server_remembers(self) -> bool:
        """Whether only what is new has to be sent."""
        return not isinstance(self.memory, Stateless) and not self.full_history

    @property
    def server_stores(self) -> bool:
        """Whether the server keeps the items of earlier responses, so that an id is enough to name one."""
        memory = self.memory
        return isinstance(memory, Conversation) or (isinstance(memory, Chained) and memory.store)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ClientSettings):
    """What a client was built with.

    `provider` is the name in the origin of native data. `poll` is the number of seconds between two requests
    for the state of a response in the background, None where responses are made in the foreground.
    `embeddings_extra` are fields of the bodies of embeddings requests.
    """

    provider: str
    defaults: RequestDefaults = RequestDefaults()
    poll: float | None = None
    embeddings_extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
