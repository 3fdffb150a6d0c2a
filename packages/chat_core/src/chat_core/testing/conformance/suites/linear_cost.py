"""What work costs: time grows with its size, and not with the square of it."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

import sniffio

from chat_core.testing.conformance.checks import check, fail
from chat_core.testing.conformance.conversations import answered_call
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import plain_request
from chat_core.testing.conformance.stream_shape import Shape
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.form import Burst
from chat_core.types.errors import ChatError
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.parts import Text
from chat_core.types.request import ChatRequest, ToolDefinition

_SMALL, _LARGE = 250, 2000
_ROUNDS = 6
_LEAST = 0.002  # seconds; below, the clock is too coarse

Work = Callable[[], Awaitable[None]]


class LinearCostSuite(ProviderSuite):
    """Eight times the size takes about eight times as long; the checks fail from 24 times on."""

    @check
    async def test_a_stream_costs_as_much_as_it_has_events(self) -> None:
        """The time of a stream grows with its events: join texts once, at the end, and search nothing in what
        has come before.
        """
        shape = await Shape.of(self, "text")
        await self._require_linear(lambda size: self._stream_of("text", shape, shape.text_pieces, size))

    @check
    async def test_arguments_cost_as_much_as_they_are_long(self) -> None:
        """The time of a call grows with its arguments: parse them once, when they are whole."""
        if "tool_call" in self.absent or not self._has("tool_call"):
            return
        shape = await Shape.of(self, "tool_call")
        if shape.call_pieces:
            pieces = shape.call_pieces
            await self._require_linear(lambda size: self._stream_of("tool_call", shape, pieces, size))

    @check
    async def test_a_history_costs_as_much_as_it_has_messages(self) -> None:
        """The time to encode grows with the messages."""
        await self._require_linear(self._history_of)

    @check
    async def test_calls_of_a_history_cost_as_much_as_there_are(self) -> None:
        """The time to encode grows with the calls of a history: look up an id, and search for none."""
        if self._has("tool_call"):
            await self._require_linear(self._calls_of)

    @check
    async def test_tools_cost_as_much_as_there_are(self) -> None:
        """The time to encode grows with the tools."""
        if self._has("tool_call"):
            await self._require_linear(self._tools_of)

    def _has(self, name: str) -> bool:
        from chat_core.testing.conformance.provider_suite import find_tape

        return name not in self.absent and find_tape(self.tapes, name) is not None

    def _stream_of(self, name: str, shape: Shape, pieces: tuple[int, ...], size: int) -> Work:
        """Return the reading of a stream in which one event comes `size` times."""
        at = pieces[-1] - 1
        events = [*shape.events[:at], *[shape.events[at]] * size, *shape.events[at + 1 :]]
        exchange = self.scenario(name).streamed[0]
        bursts = [Burst(0.0, (event,)) for event in events]
        request = self.request_for(name)

        async def work() -> None:
            client = self.client(WatchedTransport([replace(exchange, bursts=bursts)]))
            try:
                async with aclosing(client.stream(request)) as stream:
                    async for _ in stream:
                        pass
            except ChatError:
                pass  # what was repeated need not be a turn

        return work

    def _history_of(self, size: int) -> Work:
        messages = Messages()
        for number in range(size):
            messages.add_user(f"question {number}").append(Message("model", [Text(f"answer {number}")]))
        return self._encoding(ChatRequest(messages.add_user("next")))

    def _calls_of(self, size: int) -> Work:
        messages = Messages.from_user("begin")
        for number in range(size // 2):
            call = answered_call(f"call {number}", {"city": f"city {number}"}, f"result {number}")
            messages.append(Message("model", [call]))
        return self._encoding(ChatRequest(messages.add_user("next")))

    def _tools_of(self, size: int) -> Work:
        names = (f"tool_{number}" for number in range(size))
        tools = [
            ToolDefinition(name, f"about {name}", {"type": "object", "properties": {}}) for name in names
        ]
        return self._encoding(ChatRequest(plain_request().messages, tools))

    def _encoding(self, request: ChatRequest) -> Work:
        async def work() -> None:
            scenario = self.scenario("text")
            fresh = replace(request, messages=Messages.from_json(request.messages.to_json()))
            await self.client(WatchedTransport(scenario.whole)).complete(fresh)

        return work

    async def _require_linear(self, prepare: Callable[[int], Work]) -> None:
        if sniffio.current_async_library() != "asyncio":
            return  # the cost is that of the encoder and the decoder
        least = {_SMALL: math.inf, _LARGE: math.inf}
        works = {size: prepare(size) for size in least}
        for _ in range(_ROUNDS):
            for size, work in works.items():
                began = time.process_time()
                await work()
                least[size] = min(least[size], time.process_time() - began)
            if least[_LARGE] <= 3 * (_LARGE / _SMALL) * max(least[_SMALL], _LEAST):
                return
        times = least[_LARGE] / least[_SMALL]
        fail(f"{_LARGE // _SMALL} times the size took {times:.0f} times as long, {least[_LARGE]:.2f} s.")
