"""A chat: a model, its tools and its settings, ready for any number of conversations."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Never, TypeAlias, cast, overload

from typing_extensions import TypeVar

from chat_core.chat.chat_stream import ChatStream
from chat_core.chat.conversation import conversation_of, refuse_keywords
from chat_core.chat.inputs import Inputs
from chat_core.chat.loop import Work, converse
from chat_core.chat.retry import Answers, TurnSource, streamed_turn, whole_response, whole_turn
from chat_core.chat.setup import Setup
from chat_core.chat.side_requests import SideRequests
from chat_core.provider import (
    ChatModel,
    CompletionProvider,
    Provider,
    StreamProvider,
)
from chat_core.tools.pause import ChatEvent, Complete, Paused
from chat_core.types.events import Done
from chat_core.types.messages import Messages
from chat_core.types.response import ChatResponse
from chat_core.types.run import Run
from chat_core.types.short_repr import Values

if TYPE_CHECKING:
    from chat_core.realtime.provider import RealtimeProvider
    from chat_core.realtime.session import RealtimeSession
    from chat_core.types.options import ChatOptions

P_co = TypeVar("P_co", bound=Provider, covariant=True)
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
D_contra = TypeVar("D_contra", contravariant=True, default=object)


class Chat(SideRequests[P_co, R_co, V_co, D_contra]):
    """What `ChatBuilder.build()` makes. It holds no conversation, so one chat serves many at once.

    `R_co` is what `complete` returns, `V_co` the response within, `D_contra` what its tools want as `deps`.
    """

    @overload
    async def complete(
        self: Chat[CompletionProvider, ChatResponse, V_co, None],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    async def complete(
        self: Chat[CompletionProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    async def complete(
        self: Chat[CompletionProvider, ChatResponse, V_co, D_contra],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    @overload
    async def complete(
        self: Chat[CompletionProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    async def complete(
        self: Chat[CompletionProvider, object, V_co, Never],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> object:
        """Carry the conversation on until the model has responded, or calls wait; `messages` then ends with
        its turn.

        A text is a conversation of its own; a chat that may pause takes only `Messages`, since what waits is
        in them. `options` hold for this call, field by field before those of the chat. `deps` is for tools,
        as `ToolContext.deps`; it is needed where one wants a `ToolContext[Deps]`.
        Raises a `ChatError`; what had come by then is in `messages`, so calling again goes on from there.
        """
        if unknown:
            refuse_keywords("complete", unknown)
        setup = self._setup.now().with_options(options)
        conversation = conversation_of(messages, may_pause=setup.may_pause)
        source, answer = self._whole_turns(setup)
        work = Work(setup, source, Run(conversation, self._provider, deps), answer)
        async with work, aclosing(work.all_events()) as events:
            last: object = None
            async for event in events:
                last = event
        match last:
            case Done(response):
                return Complete(response) if setup.may_pause else response
            case Paused():
                return last
            case _:
                pass
        raise AssertionError("a call ends in Done or Paused")

    @overload
    async def resume(
        self: Chat[CompletionProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    async def resume(
        self: Chat[CompletionProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    async def resume(
        self: Chat[CompletionProvider, R_co, V_co, Never],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> R_co:
        """Do what `complete` does: after a pause, with some or all of the waiting calls decided.

        Raises as `complete` does, and `ConfigurationError` for options as keywords.
        """
        if unknown:
            refuse_keywords("resume", unknown)
        chat = cast("Chat[CompletionProvider, R_co, V_co]", self)
        return await chat.complete(messages, options=options, deps=deps)

    @overload
    def stream(
        self: Chat[StreamProvider, ChatResponse, V_co, None],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> ChatStream[V_co]: ...
    @overload
    def stream(
        self: Chat[StreamProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> ChatStream[V_co]: ...
    @overload
    def stream(
        self: Chat[StreamProvider, ChatResponse, V_co, D_contra],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> ChatStream[V_co]: ...
    @overload
    def stream(
        self: Chat[StreamProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> ChatStream[V_co]: ...
    def stream(
        self: Chat[StreamProvider, object, V_co, Never],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> ChatStream[V_co]:
        """Return the same as events, ending in `Done` or `Paused`:

        `async with chat.stream(messages) as events`.

        Leaving the block closes the connection; what had come by then is in `messages`, marked interrupted.
        Raises `ConfigurationError` where there is nothing to send, and, where calls may wait, for a text in
        the place of messages.
        """
        if unknown:
            refuse_keywords("stream", unknown)
        setup = self._setup.now().with_options(options)
        conversation = conversation_of(messages, may_pause=setup.may_pause)
        background = setup.tools.background()
        run, inputs = Run(conversation, self._provider, deps, streamed=True), Inputs()
        events = converse(Work(setup, self._streamed_turns(setup), run, None, background, inputs))
        return ChatStream(cast("AsyncGenerator[ChatEvent[V_co]]", events), background, inputs)

    def session(
        self: Chat[RealtimeProvider, object, V_co, Never],
        messages: Messages | None = None,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        keep_audio: bool = False,
        reconnect: bool = False,
    ) -> RealtimeSession:
        """Return a conversation that goes both ways: `async with chat.session(messages) as session`.

        `messages` are the turns before it, and receive those of the session. With `keep_audio` the model's
        speech is stored in them beside its words. `options` and `deps` as in `complete`.

        Before a server ends a connection because of its age, the session goes on over another one. With
        `reconnect` it does so too where a connection is lost, as often as the chat's retries allow. Raises
        `ConfigurationError` where the client has no sessions, and, where calls may wait, for a text in the
        place of messages.
        """
        from chat_core.realtime.provider import RealtimeProvider
        from chat_core.realtime.session import RealtimeSession

        self._require(RealtimeProvider, "has no sessions: chat_openai.realtime has a client that does")
        conversation = conversation_of(Messages() if messages is None else messages, may_pause=True)
        setup = self._setup.now().with_options(options)
        return RealtimeSession(
            self._provider, setup, conversation, deps, keep_audio=keep_audio, reconnect=reconnect
        )

    def _shown(self) -> Values:
        from chat_core.chat.shown import shown_setup

        yield "", self._provider
        yield from shown_setup(self._setup)

    def _whole_turns(
        self: Chat[CompletionProvider, object, V_co, Never], setup: Setup
    ) -> tuple[TurnSource, Answers | None]:
        """Return where turns come from, and the same without events where no middleware wants to see them."""
        self._require(CompletionProvider, "does not complete: use .stream(messages)")
        answer = partial(whole_response, self._provider.complete)
        is_hooked = setup.hooks is not None and setup.hooks.turns
        return _hooked(setup, partial(whole_turn, answer)), None if is_hooked else answer

    def _streamed_turns(self: Chat[StreamProvider, object, V_co, Never], setup: Setup) -> TurnSource:
        self._require(StreamProvider, "does not stream: use .complete(messages)")
        return _hooked(setup, partial(streamed_turn, self._provider.stream))


def _hooked(setup: Setup, source: TurnSource) -> TurnSource:
    return setup.hooks.around(source) if setup.hooks is not None else source


AnyChat: TypeAlias = Chat[ChatModel, ChatResponse | Complete | Paused, ChatResponse]
"""Any chat that completes and streams: what an application annotates a chat with."""
