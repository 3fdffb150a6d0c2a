"""A provider as a member of a router: what is known of it, and how it has been doing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, TypeAlias, cast

from typing_extensions import TypeVar

from chat_core.provider import Provider
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import kind_of
from chat_core.types.native import Origin
from chat_core.types.short_repr import Shown, Values

P_co = TypeVar("P_co", bound=Provider, covariant=True, default=Provider)
FileKinds: TypeAlias = Collection[str]
_SMOOTHING = 0.3  # of the last latency in their moving average


class Member(Shown, Generic[P_co]):
    """A client with what a router may know of it. What is not given is unknown, and the client is tried.

    - `name`: how notices and errors call it; the model's name by default
    - `weight`: its share of requests under `weighted`, and of load under `least_in_flight`
    - `cost`: what its tokens cost, in any unit, for `lowest_cost`; such as dollars for a million of them
    - `context_window`: how many tokens its model reads
    - `tools`, `typed_output`: whether it has tools, and holds a schema
    - `files`: the kinds of files that it reads, such as `{"image", "document"}`
    - `embeddings`: a name that members share whose vectors may be mixed; the model's name by default

    Of its own it has `in_flight`, the requests that it is at, and `latency`, the moving average of the
    seconds until its first event or its whole response, None before the first one.
    """

    def __init__(
        self,
        client: P_co,
        *,
        name: str | None = None,
        weight: float = 1.0,
        cost: float | None = None,
        context_window: int | None = None,
        tools: bool | None = None,
        typed_output: bool | None = None,
        files: FileKinds | None = None,
        embeddings: str | None = None,
    ) -> None:
        """Raises `ConfigurationError` for what is no client, and for a weight that is not above 0."""
        given: object = client
        if isinstance(given, type) or not (hasattr(given, "model") and hasattr(given, "aclose")):
            raise ConfigurationError(
                f"a member of a router is a client, not {kind_of(given)}: "
                "write OpenAIBuilder().with_model(...).build(), say"
            )
        if not weight > 0:
            raise ConfigurationError(f"Member(weight={weight!r}): it is above 0; leave out who gets nothing")
        self.client: P_co = client
        self.name: str = name or client.model
        self.weight = weight
        self.cost = cost
        self.context_window = context_window
        self.tools = tools
        self.typed_output = typed_output
        self.files: frozenset[str] | None = None if files is None else frozenset(files)
        self.embeddings: str = embeddings or client.model
        self.in_flight = 0
        self.latency: float | None = None
        self.dimensions: int | None = None  # of its vectors, as soon as it has made one

    @property
    def model(self) -> str:
        """The model of the client."""
        return self.client.model

    @property
    def origin(self) -> Origin:
        """Where its turns come from; a client that does not tell is known by its class and model."""
        found: object = getattr(self.client, "origin", None)
        return found if isinstance(found, Origin) else Origin(type(self.client).__name__, "", self.model)

    def took(self, seconds: float) -> None:
        """Count a latency."""
        before = self.latency
        self.latency = seconds if before is None else before + _SMOOTHING * (seconds - before)

    def _shown(self) -> Values:
        yield "name", self.name
        yield "in_flight", self.in_flight


def as_member(given: object) -> Member:
    """Return a member. Raises `ConfigurationError` for what is neither that nor a client."""
    if isinstance(given, Member):
        return cast("Member", given)
    return Member(cast("Provider", given))
