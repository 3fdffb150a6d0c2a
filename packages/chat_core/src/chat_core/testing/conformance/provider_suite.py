"""What all suites for providers share: the builder under test, its tapes, and turns played from them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, cast

from chat_core.provider import ChatModel
from chat_core.testing.conformance.checks import Suite, fail, require, skip
from chat_core.testing.conformance.expected import checked_expectation, differences
from chat_core.testing.conformance.requests import plain_request, tool_request
from chat_core.testing.conformance.watched import OneEventEach, WatchedTransport
from chat_core.testing.tape.faults import Fault
from chat_core.testing.tape.form import Exchange, Tape
from chat_core.transport import Transport
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.events import Done, TurnEvent
from chat_core.types.json_values import JsonObject, as_object
from chat_core.types.misuse import is_a
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse

_HINT = "record it or write it by hand (docs/conformance.md has the form), or give a reason in `absent`"


class ConfiguredBuilder(Protocol):
    """A provider's builder with a model: what `builder()` returns."""

    def with_api_key(self, api_key: str, /) -> Self:
        """Set the key."""
        ...

    def with_base_url(self, base_url: str, /) -> Self:
        """Set the server's address."""
        ...

    def with_header(self, name: str, value: str, /) -> Self:
        """Add a header to every request."""
        ...

    def with_extra_body(self, extra: Mapping[str, object], /) -> Self:
        """Add fields to the body of every turn."""
        ...

    def with_timeout(self, total: float | None, /) -> Self:
        """Set the time limit of a whole request."""
        ...

    def with_transport(self, transport: Transport, /) -> Self:
        """Set what carries the requests."""
        ...

    def build(self) -> ChatModel:
        """Return the client."""
        ...


@dataclass(frozen=True, slots=True)
class Scenario:
    """A tape by its name: what a server answered, whole and streamed, and what is expected of it."""

    name: str
    exchanges: Sequence[Exchange]
    expected: JsonObject

    @property
    def whole(self) -> list[Exchange]:
        """The exchanges whose response was read whole."""
        return [each for each in self.exchanges if each.bursts is None]

    @property
    def streamed(self) -> list[Exchange]:
        """The exchanges whose response was read as events."""
        return [each for each in self.exchanges if each.bursts is not None]

    def expects(self, form: str) -> JsonObject:
        """Return what is expected in one form, "whole" or "streamed"."""
        return {**self.expected, **as_object(self.expected.get(form))}


@dataclass(frozen=True, slots=True)
class Played:
    """A turn that was played: its events where it was streamed, the error where it failed."""

    transport: WatchedTransport
    events: Sequence[TurnEvent] = ()
    response: ChatResponse | None = None
    error: ChatError | None = None

    @property
    def turn(self) -> ChatResponse:
        """The turn. Fails where there is none."""
        if self.response is None:
            fail(f"There is no turn: {self.error!r}" if self.error else "The stream ended without Done.")
        return self.response


class ProviderSuite(Suite):
    """The base of the suites for providers. A provider's test sets `tapes` and writes `builder`.

    `tapes` are folders with a tape for each scenario, `text.tape` say; of two with one name the first counts.
    `key_variable` is the variable of the environment that the builder reads its key from. `key` is what the
    suites use as one: to be set where keys have a form, to something that stands nowhere by chance.
    """

    tapes: ClassVar[Path | str | Sequence[Path | str]]
    key_variable: ClassVar[str | None] = None
    key: ClassVar[str] = "canary-key-4Zx81QpLr7"

    def subject(self) -> object:
        """Return the builder."""
        return self.builder()

    def builder(self) -> ConfiguredBuilder:
        """Return the provider's builder with a model, and without a key and a transport."""
        raise NotImplementedError(f"{type(self).__name__}.builder() returns the builder that is tested")

    def client(self, transport: Transport) -> ChatModel:
        """Return a client on a transport, with a key that is none."""
        return self.builder().with_api_key(self.key).with_transport(transport).build()

    def scenario(self, name: str) -> Scenario:
        """Return a scenario. Skips where it is absent for a reason. Raises `ConformanceFailure` where it is
        missing, and `ConfigurationError` where its first line has unknown names.
        """
        if name in self.absent:
            skip(f"{name}: {self.absent[name]}")
        if not hasattr(self, "tapes"):
            fail(f"{type(self).__name__} has no `tapes`: set it to the folder of the tapes.")
        tape = find_tape(self.tapes, name)
        if tape is None:
            fail(f"There is no tape {name}.tape in {_shown(self.tapes)}: {_HINT}.")
        if not tape.exchanges:
            fail(f"{name}.tape has no exchange: {_HINT}.")
        return Scenario(name, tape.exchanges, checked_expectation(tape.expected, name))

    async def complete(
        self, name: str, request: ChatRequest | None = None, *faults: Fault | OneEventEach
    ) -> Played:
        """Play a scenario whole. Raises `ConformanceFailure` where no `ChatResponse` comes back."""
        exchanges = self.scenario(name).whole
        if not exchanges:
            skip(f"{name}.tape has no response that was read whole")
        transport = WatchedTransport(exchanges, *faults)
        try:
            response = await self.client(transport).complete(request or self.request_for(name))
        except ChatError as error:
            return Played(transport, error=error)
        if not is_a(response, ChatResponse):
            fail(f"complete(request) returned {response!r}: return a ChatResponse.")
        return Played(transport, response=response)

    async def stream(
        self, name: str, request: ChatRequest | None = None, *faults: Fault | OneEventEach
    ) -> Played:
        """Play a scenario streamed."""
        exchanges = self.scenario(name).streamed
        if not exchanges:
            skip(f"{name}.tape has no streamed response")
        transport = WatchedTransport(exchanges, *faults)
        return await played_stream(self.client(transport), transport, request or self.request_for(name))

    def request_for(self, name: str) -> ChatRequest:
        """Return the request that a scenario answers: with the tool that it calls, where it has calls."""
        has_calls = "calls" in {
            **self.scenario(name).expects("whole"),
            **self.scenario(name).expects("streamed"),
        }
        return tool_request() if has_calls else plain_request()

    async def both(self, name: str, judge: Callable[[Played], None]) -> None:
        """Play a scenario whole and streamed, as far as its tape has both, and judge each."""
        scenario = self.scenario(name)
        if scenario.whole:
            judge(await self.complete(name))
        if scenario.streamed:
            judge(await self.stream(name))

    async def require_expected(self, name: str) -> None:
        """Play a scenario whole and streamed, and hold both against what its tape expects."""
        scenario = self.scenario(name)
        require(scenario.expected, f"{name}.tape has no `expected` in its first line: {_HINT}.")
        for form, exchanges in (("whole", scenario.whole), ("streamed", scenario.streamed)):
            if exchanges:
                played = await (self.complete(name) if form == "whole" else self.stream(name))
                require_turn(played, form, scenario.expects(form))


def require_turn(played: Played, form: str, expected: JsonObject) -> None:
    """Hold a turn against what is expected of it."""
    wrong = list(differences(played.turn, expected))
    require(not wrong, f"Read {form}, {' '.join(wrong)}")


async def played_stream(client: ChatModel, transport: WatchedTransport, request: ChatRequest) -> Played:
    """Read a stream to its end."""
    events: list[TurnEvent] = []
    try:
        opened = client.stream(request)
        _require_generator(opened)
        async with aclosing(opened) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401  what came before an error is kept
    except ChatError as error:
        return Played(transport, events, error=error)
    last = events[-1] if events else None
    return Played(transport, events, last.response if isinstance(last, Done) else None)


def _require_generator(opened: object) -> None:
    """Fail where what `stream` returned is no async generator."""
    if is_a(opened, AsyncGenerator):
        return
    if is_a(opened, Coroutine):
        cast("Coroutine[object, object, object]", opened).close()
    fail(
        f"stream(request) returned a {type(opened).__name__}, which is no async generator: write `yield` in "
        "an `async def stream`, or return `self._stream_response(…)` from a `def stream`."
    )


def tapes_of(wire: str) -> Path:
    """Return the folder with the tapes of a wire that many servers speak: "chat_completions" or "responses".

    Raises `ConfigurationError` for others.
    """
    folder = Path(__file__).parent / "tapes"
    known = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if wire not in known:
        raise ConfigurationError(f"there are no tapes of {wire!r} here, only of {' and '.join(known)}")
    return folder / wire


def find_tape(folders: Path | str | Sequence[Path | str], name: str) -> Tape | None:
    """Return the tape of a scenario, from the first folder that has it."""
    for folder in [folders] if isinstance(folders, Path | str) else folders:
        path = Path(folder) / f"{name}.tape"
        if path.is_file():
            return _loaded(path)
    return None


@lru_cache(maxsize=256)
def _loaded(path: Path) -> Tape:
    """Return a tape, which is read once: a check plays it dozens of times, and changes nothing in it."""
    return Tape.load(path)


def capability(client: object, name: str) -> Any:
    """Return a method of a client that its type does not have; None where the client lacks it."""
    return getattr(client, name, None)


def _shown(folders: Path | str | Sequence[Path | str]) -> str:
    return str(folders) if isinstance(folders, Path | str) else " or ".join(map(str, folders))
