"""What a provider is: the engine's side of every client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from chat_core.events import TurnEvent
from chat_core.jsonvalue import JsonObject, JsonValue
from chat_core.messages import Messages
from chat_core.options import ChatOptions
from chat_core.response import ChatResponse, EmbeddingsResponse


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as a model sees it; `parameters` is a JSON schema of an object. `strict` asks the provider to hold the model to it."""

    name: str
    description: str = ""
    parameters: JsonObject = field(default_factory=dict[str, JsonValue])
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The JSON schema that a turn's text has to satisfy; its root is an object."""

    name: str
    schema: JsonObject
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One model turn to be had. Encoders read it and change nothing."""

    messages: Messages
    tools: Sequence[ToolDefinition] = ()
    options: ChatOptions = ChatOptions()
    output: OutputSchema | None = None


class Provider(Protocol):
    """What every client has."""

    @property
    def model(self) -> str:
        """The model it asks for."""
        ...

    async def aclose(self) -> None:
        """Close what is open on the running event loop."""
        ...


@runtime_checkable
class CompletionProvider(Provider, Protocol):
    """A client that answers whole."""

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """One turn. Raises a `ChatError`; retries nothing."""
        ...


@runtime_checkable
class StreamProvider(Provider, Protocol):
    """A client that answers as it goes."""

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield a turn as it arrives, ending with exactly one `Done`.

        Raises a `ChatError`, `StreamTruncated` where the bytes end before the wire's terminal sign; retries nothing. Closing the
        generator frees the connection; it holds no cancel scope across a yield.
        """
        ...


@runtime_checkable
class EmbeddingsProvider(Provider, Protocol):
    """A client that turns texts into vectors. One whose requests hold only so many says so as `embedding_batch: int`."""

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """One vector per input, in order, by one request. Raises a `ChatError`; retries nothing."""
        ...
