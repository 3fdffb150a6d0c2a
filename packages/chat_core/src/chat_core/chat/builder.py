"""How a chat is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Never, overload

from typing_extensions import TypeForm, TypeVar

from chat_core.chat.checked_client import checked_client
from chat_core.provider import Provider
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonValue
from chat_core.types.misuse import checked_count, checked_instance, kind_of
from chat_core.types.options import ChatOptions, checked_options
from chat_core.types.response import ChatResponse, StructuredResponse
from chat_core.types.retry_policy import RetryPolicy
from chat_core.types.short_repr import Shown, Values
from chat_core.types.typestate import HasModel, MayPause, NeverPauses, NoModel

if TYPE_CHECKING:  # each is imported by the `with_…` that needs it, or by `build()`
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from chat_core.chat.chat import Chat
    from chat_core.chat.checkpoints import Checkpoint
    from chat_core.chat.structured import OutputType
    from chat_core.chat.toolbox import AnyCollection
    from chat_core.middleware.chain import Hooks
    from chat_core.middleware.hooks import Middleware, ToolMiddleware
    from chat_core.middleware.telemetry.settings import Content
    from chat_core.tools.pause import Complete, Paused
    from chat_core.tools.scoped import ScopedCollection, ToolsFor
    from chat_core.types.messages import Messages
    from chat_core.types.seals import ApprovalKey

M = TypeVar("M", default=NoModel)
P = TypeVar("P", bound=Provider, default=Provider)
V = TypeVar("V", bound=ChatResponse, default=ChatResponse)
S = TypeVar("S", default=NeverPauses)
D_contra = TypeVar("D_contra", contravariant=True, default=object)
D = TypeVar("D")
OtherProvider = TypeVar("OtherProvider", bound=Provider)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _Choices:
    """What has been chosen so far."""

    provider: Provider | None = None
    options: ChatOptions = ChatOptions()
    tools: tuple[AnyCollection, ...] = ()
    may_pause: bool = False
    output: OutputType[object] | None = None
    snapshots: bool = True
    max_steps: int = 20
    retry: RetryPolicy = RetryPolicy()
    checkpoint: Checkpoint | None = None
    approval_key: ApprovalKey | None = None
    show_edits: bool = True
    output_retries: int = 0
    hooks: Hooks | None = None


class ChatBuilder(Shown, Generic[M, P, V, S, D_contra]):
    """Returns a new builder from each `with_…` and does no I/O.

    The type parameters tell how far it has come: without a model there is no `build()`, and what `complete`
    returns follows from the tools and the type of the output, and which `deps` it needs from the tools.
    Raises `ConfigurationError` in its methods for a value of another type, and for a number out of range.
    """

    def __init__(self, _choices: _Choices | None = None) -> None:
        self._choices = _choices or _Choices()

    def with_model(self, client: OtherProvider) -> ChatBuilder[HasModel, OtherProvider, V, S, D_contra]:
        """Use this client, from a provider's builder."""
        return ChatBuilder(replace(self._choices, provider=checked_client(client)))

    def with_options(self, options: ChatOptions) -> ChatBuilder[M, P, V, S, D_contra]:
        """Send these common options with every model turn. Default: all left to the provider.

        Adds to those given before, field by field; a call may have options of its own.
        """
        given = checked_options(options, "with_options")
        return ChatBuilder(replace(self._choices, options=self._choices.options.merged(given)))

    def with_deps(self: ChatBuilder[M, P, V, S, object], form: TypeForm[D]) -> ChatBuilder[M, P, V, S, D]:
        """Tell type checkers of which type the `deps` of the tools are. Nothing changes when it runs.

        They find it out themselves of tools whose first parameter is a `ToolContext[Deps]`, all of one list.
        Call it before `with_tools` where the context stands elsewhere, or where several types fit together.
        """
        return ChatBuilder(self._choices)

    @overload
    def with_tools(self, tools: ToolsFor[D_contra]) -> ChatBuilder[M, P, V, S, D_contra]: ...
    @overload
    def with_tools(
        self: ChatBuilder[M, P, V, S, object], tools: ToolsFor[D]
    ) -> ChatBuilder[M, P, V, S, D]: ...
    def with_tools(self, tools: ToolsFor[Never]) -> object:
        """Add tools that run whenever the model calls them: a list, or a function of the `Step`.

        The function, sync or async, chooses the tools that each turn is offered. The calls of a turn find
        theirs among the same, also after a restart: the function is then called with an equal step.
        """
        from chat_core.tools.scoped import ScopedCollection, checked_tools, execute_always

        given = checked_tools(tools, "with_tools")
        return self._with_collection(ScopedCollection(given, execute_always), self._choices.may_pause)

    @overload
    def with_scoped_tools(
        self, collection: ScopedCollection[D_contra]
    ) -> ChatBuilder[M, P, V, MayPause, D_contra]: ...
    @overload
    def with_scoped_tools(
        self: ChatBuilder[M, P, V, S, object], collection: ScopedCollection[D]
    ) -> ChatBuilder[M, P, V, MayPause, D]: ...
    def with_scoped_tools(self, collection: ScopedCollection[Never]) -> object:
        """Add tools whose calls a strategy decides about: `complete` then returns `Complete` or `Paused`."""
        from chat_core.tools.scoped import ScopedCollection

        instead = "with_scoped_tools(ScopedCollection([add], strategy))"
        checked_instance(collection, ScopedCollection, "with_scoped_tools", instead)
        return self._with_collection(collection, may_pause=True)

    def _with_collection(self, collection: AnyCollection, may_pause: bool) -> object:
        tools = (*self._choices.tools, collection)
        return ChatBuilder(replace(self._choices, tools=tools, may_pause=may_pause))

    @overload
    def with_structured_output(
        self, form: Mapping[str, object], *, snapshots: bool = True
    ) -> ChatBuilder[M, P, StructuredResponse[JsonValue], S, D_contra]: ...
    @overload
    def with_structured_output(
        self, form: TypeForm[T], *, snapshots: bool = True
    ) -> ChatBuilder[M, P, StructuredResponse[T], S, D_contra]: ...
    def with_structured_output(self, form: object, *, snapshots: bool = True) -> object:
        """Make the response's `.value` one of this type: a model, dataclass, TypedDict, union, list, …

        A mapping is a JSON schema: the value is then the JSON, checked against it. Streams show the value as
        it grows (`StructuredChunk`) unless `snapshots` is False. Raises `ConfigurationError` for a form that
        is neither.
        """
        from chat_core.chat.output_form import output_of

        return ChatBuilder(replace(self._choices, output=output_of(form), snapshots=snapshots))

    def with_output_retries(self, retries: int) -> ChatBuilder[M, P, V, S, D_contra]:
        """Tell the model what does not fit the output type and let it answer again, so many times.

        Default: 0. The corrections are messages of the conversation, and their turns count in `total_usage`,
        not in `with_max_steps`. An answer that was declined or cut is not asked for again. Streams say that
        the value begins anew by `StructuredChunk(None)`, also without snapshots.
        """
        count = checked_count(retries, "with_output_retries", least=0)
        return ChatBuilder(replace(self._choices, output_retries=count))

    def with_max_steps(self, steps: int) -> ChatBuilder[M, P, V, S, D_contra]:
        """Limit the model turns of one call; then it raises `StepLimitReached`. Default: 20."""
        count = checked_count(steps, "with_max_steps", least=1)
        return ChatBuilder(replace(self._choices, max_steps=count))

    def with_retry(self, policy: RetryPolicy) -> ChatBuilder[M, P, V, S, D_contra]:
        """Set how often a model request is sent again. Default: twice; `max_retries=0` is never."""
        instead = "with_retry(RetryPolicy(max_retries=3))"
        given = checked_instance(policy, RetryPolicy, "with_retry", instead)
        return ChatBuilder(replace(self._choices, retry=given))

    def with_checkpoint(self, save: Callable[[Messages], object]) -> ChatBuilder[M, P, V, S, D_contra]:
        """Store the conversation with `save`, a function, sync or async, of the messages
        (`messages.to_json()`).

        It is awaited after each model turn, before tools run, after each result, and when the call fails, is
        cancelled or left. A call that runs when the process dies is then stored as running, and comes back as
        `Unknown`. What `save` raises goes to the caller; what it could not store before tools run keeps them
        from running.
        """
        if not callable(save):
            raise ConfigurationError(f"with_checkpoint takes a function of the messages, not {kind_of(save)}")
        return ChatBuilder(replace(self._choices, checkpoint=save))

    def with_approval_key(self, key: ApprovalKey) -> ChatBuilder[M, P, V, S, D_contra]:
        """Run only calls whose approval is sealed with this key.

        Calls that the strategies let run or postpone are sealed by the chat itself, those that people approve
        by `messages.decide(decisions, key=key)`. An approval that was forged, changed, taken from another
        call, has expired, or was sealed with another key is refused: the call waits again, with a note that
        tells why.
        """
        from chat_core.types.seals import ApprovalKey

        given = checked_instance(
            key, ApprovalKey, "with_approval_key", "with_approval_key(ApprovalKey(secret))"
        )
        return ChatBuilder(replace(self._choices, approval_key=given))

    def with_edit_notice(self, shown: bool) -> ChatBuilder[M, P, V, S, D_contra]:
        """Tell the model in the result of a call that a reviewer changed its arguments, and to what.

        Default: True.
        """
        return ChatBuilder(replace(self._choices, show_edits=shown))

    def with_middleware(self, *middleware: Middleware) -> ChatBuilder[M, P, V, S, D_contra]:
        """Put functions around each model turn and each tool call; the first given is outermost.

        Around a turn, with its retries: `async def wrap(request, next)`, which yields the events of
        `next(request)`. Around a tool call: `async def wrap(call, run)`, which returns `await run(call)`. An
        object has them as `wrap_turn` and `wrap_tool`, one or both. Raises `ConfigurationError` for anything
        else.
        """
        return ChatBuilder(replace(self._choices, hooks=self._hooks.adding(middleware)))

    def with_tool_middleware(self, *middleware: ToolMiddleware) -> ChatBuilder[M, P, V, S, D_contra]:
        """Put functions around each tool call, also such as are not declared `async def`.

        Else as `with_middleware`.
        """
        return ChatBuilder(replace(self._choices, hooks=self._hooks.adding_tools(middleware)))

    def with_telemetry(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        content: Content | None = None,
        agent: str | None = None,
        conversation_id: str | None = None,
        *,
        logger_provider: LoggerProvider | None = None,
        old_metrics: bool = False,
    ) -> ChatBuilder[M, P, V, S, D_contra]:
        """Trace and measure each call with OpenTelemetry (`chat-core[otel]`), outside all middleware.

        The providers are the global ones by default. `content` tells where messages go: "none", "span",
        "event" or "both"; by default the environment decides, else none. `agent` names the agent that the
        chat is, and `conversation_id` a conversation that really has this id. `old_metrics` feeds the
        metrics of the former names too. Raises `ConfigurationError`.
        """
        from chat_core.middleware.telemetry.builder import telemetry_of

        given = tracer_provider, meter_provider, logger_provider
        telemetry = telemetry_of(given, content, agent, conversation_id, old_metrics=old_metrics)
        return ChatBuilder(replace(self._choices, hooks=self._hooks.inside(telemetry)))

    @property
    def _hooks(self) -> Hooks:
        from chat_core.middleware.chain import Hooks

        return self._choices.hooks or Hooks()

    @overload
    def build(self: ChatBuilder[HasModel, P, V, NeverPauses, D_contra]) -> Chat[P, V, V, D_contra]: ...
    @overload
    def build(
        self: ChatBuilder[HasModel, P, V, MayPause, D_contra],
    ) -> Chat[P, Complete[V] | Paused, V, D_contra]: ...
    def build(self) -> object:
        """Return a chat.

        Raises `ConfigurationError` without a model, for two tools of one name, and for types without a JSON
        schema.
        """
        choices = self._choices
        if choices.provider is None:
            raise ConfigurationError("ChatBuilder.build() needs .with_model(client) first")
        if choices.output_retries and choices.output is None:
            raise ConfigurationError("with_output_retries(...) needs .with_structured_output(...) too")
        if choices.output is not None:
            _ = choices.output.schema  # its faults come now, not with the first request
        from chat_core.chat.chat import Chat
        from chat_core.chat.setup import Setup
        from chat_core.chat.toolbox import ToolBox

        tools = ToolBox.of(choices.tools, key=choices.approval_key, show_edits=choices.show_edits)
        _ = tools.definitions
        setup = Setup(
            tools,
            choices.options,
            choices.output,
            choices.max_steps,
            choices.retry,
            choices.may_pause,
            choices.checkpoint,
            choices.output_retries,
            choices.snapshots,
            choices.hooks,
        )
        return Chat(choices.provider, setup)

    def _shown(self) -> Values:
        from chat_core.chat.shown import shown_collections, shown_settings

        choices = self._choices
        if choices.provider is not None:
            yield "model", choices.provider
        yield from shown_collections(choices.tools)
        yield from shown_settings(choices.options, choices.output, choices.max_steps, choices.retry)
