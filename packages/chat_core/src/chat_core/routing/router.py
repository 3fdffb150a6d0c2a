"""Several providers that are one: a router chooses who gets a request, a fallback tries them in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack, cast, overload

from chat_core.provider import (
    ChatModel,
    CompletionProvider,
    EmbeddingsProvider,
    Provider,
    RerankProvider,
    StreamProvider,
)
from chat_core.routing.capabilities import (
    ChatAndEmbeddings,
    Completes,
    CountingChat,
    Embeds,
    Streams,
    with_capabilities,
)
from chat_core.routing.group import Group
from chat_core.routing.member import Member, as_member
from chat_core.routing.options import RouterOptions
from chat_core.routing.ordering import checked_members
from chat_core.routing.side_requests import Counts, ListsModels, Reranks
from chat_core.routing.strategies import Strategy, as_strategy


class Router(Group):
    """A provider made of several: each request goes to the member that the strategy puts first, and on to the
    next where that fails before anything of its turn has come.

    It can do what all of its members can, for type checkers too: it has no `stream` where one of them has
    none. Messages go to each member unchanged, and it encodes them itself: signatures go back only to where
    they came from. After one pass over the members the last error is raised; the chat's retries repeat whole
    passes.
    """

    @overload
    def __new__(
        cls,
        members: Sequence[ChatAndEmbeddings | Member[ChatAndEmbeddings]],
        strategy: Strategy | str | None = None,
        **options: Unpack[RouterOptions],
    ) -> ChatEmbeddingsRouter: ...
    @overload
    def __new__(
        cls,
        members: Sequence[CountingChat | Member[CountingChat]],
        strategy: Strategy | str | None = None,
        **options: Unpack[RouterOptions],
    ) -> CountingChatRouter: ...
    @overload
    def __new__(
        cls,
        members: Sequence[ChatModel | Member[ChatModel]],
        strategy: Strategy | str | None = None,
        **options: Unpack[RouterOptions],
    ) -> ChatRouter: ...
    @overload
    def __new__(
        cls,
        members: Sequence[CompletionProvider | Member[CompletionProvider]],
        strategy: Strategy | str | None = None,
        **options: Unpack[RouterOptions],
    ) -> CompletionRouter: ...
    @overload
    def __new__(
        cls,
        members: Sequence[StreamProvider | Member[StreamProvider]],
        strategy: Strategy | str | None = None,
        **options: Unpack[RouterOptions],
    ) -> StreamRouter: ...
    @overload
    def __new__(
        cls,
        members: Sequence[EmbeddingsProvider | Member[EmbeddingsProvider]],
        strategy: Strategy | str | None = None,
        **options: Unpack[RouterOptions],
    ) -> EmbeddingsRouter: ...
    @overload
    def __new__(
        cls,
        members: Sequence[RerankProvider | Member[RerankProvider]],
        strategy: Strategy | str | None = None,
        **options: Unpack[RouterOptions],
    ) -> RerankRouter: ...
    def __new__(
        cls,
        members: Sequence[Provider | Member[Provider]],
        strategy: Strategy | str | None = None,
        **options: Unpack[RouterOptions],
    ) -> Router:
        """Take clients, or a `Member` of a client where more is known of it. `RouterOptions` has the options.

        `strategy` is a function, or the name of a ready one: "in_order" (the default), "round_robin",
        "weighted", "least_in_flight", "lowest_latency", "lowest_cost". Raises `ConfigurationError` for no
        members, for members that have nothing in common, and for options that are none.
        """
        checked = checked_members([as_member(one) for one in members])
        made = object.__new__(with_capabilities(cls, [member.client for member in checked]))
        made._set_up(checked, as_strategy(strategy), options)
        return made


class Fallback(Router):
    """A router that tries its members in the order given, for each request from the first one on.

    A conversation comes back to the first member as soon as that is well again: `sticky=True` lets it stay
    where its last turn was.
    """

    _sticky = False

    @overload
    def __new__(
        cls,
        members: Sequence[ChatAndEmbeddings | Member[ChatAndEmbeddings]],
        **options: Unpack[RouterOptions],
    ) -> ChatEmbeddingsFallback: ...
    @overload
    def __new__(
        cls,
        members: Sequence[CountingChat | Member[CountingChat]],
        **options: Unpack[RouterOptions],
    ) -> CountingChatFallback: ...
    @overload
    def __new__(
        cls,
        members: Sequence[ChatModel | Member[ChatModel]],
        **options: Unpack[RouterOptions],
    ) -> ChatFallback: ...
    @overload
    def __new__(
        cls,
        members: Sequence[CompletionProvider | Member[CompletionProvider]],
        **options: Unpack[RouterOptions],
    ) -> CompletionFallback: ...
    @overload
    def __new__(
        cls,
        members: Sequence[StreamProvider | Member[StreamProvider]],
        **options: Unpack[RouterOptions],
    ) -> StreamFallback: ...
    @overload
    def __new__(
        cls,
        members: Sequence[EmbeddingsProvider | Member[EmbeddingsProvider]],
        **options: Unpack[RouterOptions],
    ) -> EmbeddingsFallback: ...
    @overload
    def __new__(
        cls,
        members: Sequence[RerankProvider | Member[RerankProvider]],
        **options: Unpack[RouterOptions],
    ) -> RerankFallback: ...
    def __new__(
        cls, members: Sequence[Provider | Member[Provider]], **options: Unpack[RouterOptions]
    ) -> Fallback:
        """Take clients, or a `Member` of a client where more is known of it. `RouterOptions` has the options.

        Raises `ConfigurationError` for no members, for members that have nothing in common, and for options
        that are none.
        """
        made: object = Router.__new__(cls, cast("Sequence[ChatModel]", members), None, **options)
        return cast("Fallback", made)


class CompletionRouter(Router, Completes):
    """A router whose members return whole turns."""


class StreamRouter(Router, Streams):
    """A router whose members stream."""


class EmbeddingsRouter(Router, Embeds):
    """A router whose members embed."""


class RerankRouter(Router, Reranks):
    """A router whose members rank documents."""


class ChatRouter(CompletionRouter, StreamRouter):
    """A router whose members complete and stream."""


class CountingChatRouter(ChatRouter, Counts, ListsModels):
    """A router whose members complete, stream, count tokens and list models."""


class ChatEmbeddingsRouter(ChatRouter, EmbeddingsRouter):
    """A router whose members complete, stream and embed."""


class CompletionFallback(Fallback, CompletionRouter):
    """A fallback whose members return whole turns."""


class StreamFallback(Fallback, StreamRouter):
    """A fallback whose members stream."""


class EmbeddingsFallback(Fallback, EmbeddingsRouter):
    """A fallback whose members embed."""


class RerankFallback(Fallback, RerankRouter):
    """A fallback whose members rank documents."""


class ChatFallback(CompletionFallback, StreamFallback, ChatRouter):
    """A fallback whose members complete and stream."""


class CountingChatFallback(ChatFallback, CountingChatRouter):
    """A fallback whose members complete, stream, count tokens and list models."""


class ChatEmbeddingsFallback(ChatFallback, EmbeddingsFallback, ChatEmbeddingsRouter):
    """A fallback whose members complete, stream and embed."""
