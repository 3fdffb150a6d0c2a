"""What a provider implements of its batches: the wire."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, TypeVar

from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.client.batch_spool import BatchLimits
from chat_core.client.json_lines import stream_lines
from chat_core.types.batch import BatchCounts, BatchPart, BatchState, NotRun
from chat_core.types.json_values import JsonObject
from chat_core.types.native import Origin
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse

S = TypeVar("S", bound=ClientSettings)
Kind: TypeAlias = Literal["chat", "embeddings"]
Outcome: TypeAlias = JsonObject | NotRun


@dataclass(frozen=True, slots=True)
class EncodedItem:
    """One request as it goes into a batch: its body, and what reading its result will need.

    `weight` is what it counts for in the limit; `features` are names that the whole batch has to be sent
    with.
    """

    body: Mapping[str, object]
    memory: JsonObject
    weight: int = 1
    features: tuple[str, ...] = ()


class BatchWire(ProviderClient[S], ABC):
    """The requests of one server's batches, and what they return. `Batches` puts them together."""

    LIMITS: ClassVar[BatchLimits]

    def _stream_lines(self, path: str) -> AsyncGenerator[JsonObject]:
        """Yield the objects of a body of JSON lines."""
        request = self._request("GET", path)
        return stream_lines(
            self._settings.transport, request, self._decode_error, "a result of a batch", self._logger
        )

    def _check_server(self) -> None:
        """Raise `ConfigurationError` where the wire has batches, and this server of it has none."""

    @abstractmethod
    def _encode_chat(self, request: ChatRequest) -> EncodedItem:
        """Return the body of a request, without what a batch does not take."""

    @abstractmethod
    def _line(self, kind: Kind, id: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """Return what the batch holds for a request."""

    @abstractmethod
    async def _create(self, kind: Kind, lines: bytes, size: int, features: tuple[str, ...]) -> BatchPart:
        """Send `size` requests, each a line of JSON, and return the batch that they are."""

    @abstractmethod
    async def _poll(self, part: BatchPart) -> BatchPart:
        """Return a part as it is now."""

    @abstractmethod
    async def _cancel(self, part: BatchPart) -> BatchPart:
        """Stop a part, and return it as it is then."""

    @abstractmethod
    def _result_lines(self, part: BatchPart) -> AsyncGenerator[JsonObject]:
        """Yield the results of a part, as the server has them."""

    @abstractmethod
    def _id_of(self, line: JsonObject) -> str:
        """Return the id of the request that a result is of."""

    @abstractmethod
    def _outcome(self, id: str, line: JsonObject) -> Outcome:
        """Return the body of a result, or why there is none. Raises the request's `ChatError` too."""

    @abstractmethod
    def _decode(self, body: JsonObject, memory: JsonObject, origin: Origin) -> ChatResponse:
        """Return the turn in the body of a result."""


def state_of(word: str, final: Mapping[str, BatchState]) -> BatchState:
    """Return the state that a server's word stands for; others mean that it runs."""
    return final[word] if word in final else "running"  # noqa: SIM401  a checker widens the type of get


def counts_of(state: BatchState, size: int, succeeded: int, failed: int) -> BatchCounts:
    """Return the counts of a batch whose server counts what has succeeded and failed: the rest follows from
    its state.
    """
    rest = max(0, size - succeeded - failed)
    match state:
        case "running":
            return BatchCounts(size, rest, succeeded, failed)
        case "cancelled":
            return BatchCounts(size, 0, succeeded, failed, cancelled=rest)
        case "expired":
            return BatchCounts(size, 0, succeeded, failed, expired=rest)
        case "failed":
            return BatchCounts(size, 0, succeeded, failed + rest)
        case "done":
            return BatchCounts(size, 0, succeeded, failed)
