"""What a client has to do with a stream, whatever happens to it."""

from __future__ import annotations

from contextlib import aclosing

from chat_core.testing.conformance.checks import check, fail, require, require_equal, skip
from chat_core.testing.conformance.provider_suite import Played, ProviderSuite
from chat_core.testing.conformance.requests import plain_request
from chat_core.testing.conformance.stream_shape import (
    Shape,
    as_lines,
    event_count,
    size_of,
    with_event_broken,
)
from chat_core.testing.conformance.watched import OneEventEach, WatchedTransport
from chat_core.testing.laws import broken_laws
from chat_core.testing.tape.faults import Cut, Duplicate, Fault, Reset, Reslice, Stall, Status
from chat_core.types.errors import (
    ChatError,
    ConfigurationError,
    ConnectionFailed,
    InvalidResponse,
    StreamTruncated,
    TimedOut,
)
from chat_core.types.events import TextChunk
from chat_core.types.json_values import JsonValue, as_object
from chat_core.types.response import ChatResponse

_CUTS = 24  # of one stream
_SCENARIOS = ("text", "length", "tool_call", "parallel_calls", "reasoning", "usage")


class StreamingSuite(ProviderSuite):
    """A stream ends in exactly one `Done`, or in an error: nothing is lost, nothing is made up."""

    @check
    async def test_the_events_keep_the_laws(self) -> None:
        """A stream ends in exactly one `Done` whose response holds what the chunks held."""
        for name in self._there():
            played = await self.stream(name)
            require(played.response, f"{name}: it ended in {played.error!r}.")
            wrong = broken_laws(played.events)
            require(not wrong, f"{name}: {'; '.join(wrong)}.")

    @check
    async def test_a_streamed_turn_is_the_same_as_a_whole_one(self) -> None:
        """A turn is the same streamed and whole: text, reasoning, calls and finish reason."""
        for name in self._there():
            scenario = self.scenario(name)
            if not scenario.whole or scenario.expected.keys() & {"whole", "streamed"}:
                continue  # a model that was asked twice need not say the same
            whole, streamed = await self.complete(name), await self.stream(name)
            require_equal(f"{name}: the streamed turn", _content(streamed.turn), _content(whole.turn))

    @check
    async def test_chunks_come_as_they_arrive(self) -> None:
        """The text of an event is yielded before the next event has come: a client collects nothing."""
        shape = await Shape.of(self, "text")
        require(len(shape.text_pieces) > 1, "text.tape has its text in one event: give it several.")
        transport = WatchedTransport(self.scenario("text").streamed, OneEventEach())
        async with aclosing(self.client(transport).stream(plain_request())) as stream:
            async for event in stream:
                if isinstance(event, TextChunk):
                    break
        late = transport.pieces_given - shape.text_pieces[0]
        require(late <= 1, f"The first text came after {late} more events had been read.")

    @check
    async def test_the_slices_of_the_bytes_make_no_difference(self) -> None:
        """A stream is the same in any slices of its bytes, one at a time included."""
        for name in self._there():
            straight = await self.stream(name)
            for size in (1, 100) if name in ("text", "tool_call") else (7,):
                sliced = await self.stream(name, None, Reslice(size))
                require_equal(f"{name} in slices of {size}", _content(sliced.turn), _content(straight.turn))

    @check
    async def test_lines_of_json_are_read(self) -> None:
        """A stream of lines of JSON is read line by line, whatever the server calls it: where its content
        type is not one of JSON lines, pass `reads_as="application/x-ndjson"` to `_stream_response`.
        """
        lines = as_lines(self.scenario("text").streamed[0]) if self.scenario("text").streamed else None
        if lines is None:
            skip("by the content type in text.tape the stream is none of lines")
        straight = (await self.stream("text")).turn
        for faults in ((), (Reslice(1),), (Reslice(7),)):
            played = await self.stream_on(WatchedTransport([lines], *faults))
            require(played.response, f"Lines of JSON ended in {_end(played)}.")
            require_equal("The turn of the lines", _content(played.turn), _content(straight))
        transport = WatchedTransport([lines], Reslice(7))
        async with aclosing(self.client(transport).stream(plain_request())) as stream:
            async for event in stream:
                if isinstance(event, TextChunk):
                    break
        count = len(lines.response.body) // 7 if lines.response is not None else 0
        require(transport.pieces_given < count, "The first text came after all lines had been read.")

    @check
    async def test_a_cut_stream_is_truncated(self) -> None:
        """A stream whose bytes end before the wire's terminal sign raises `StreamTruncated`, wherever it is
        cut: `finish()` of the decoder raises it until that sign was fed.
        """
        for name in self._there("text", "tool_call"):
            await self._require_never_done(name, Cut)

    @check
    async def test_a_lost_connection_is_truncated(self) -> None:
        """A connection that is lost in the middle raises `StreamTruncated`: use `stream_response`, which
        lets the decoder judge.
        """
        for name in self._there("text", "tool_call"):
            await self._require_never_done(name, Reset)

    @check
    async def test_what_arrived_before_the_cut_is_kept(self) -> None:
        """`StreamTruncated.partial` has what the chunks had: `finish()` makes the turn, and then raises."""
        whole = (await self.stream("text")).turn.text
        size = size_of(self.scenario("text"))
        for part in (0.4, 0.6, 0.8):
            played = await self.stream("text", None, Cut(int(size * part)))
            if not isinstance(played.error, StreamTruncated):
                continue
            chunks = "".join(event.text for event in played.events if isinstance(event, TextChunk))
            require_equal("The text of partial", played.error.partial.text, chunks)
            require(whole.startswith(chunks), f"The chunks are {chunks!r} of {whole!r}.")

    @check
    async def test_a_connection_that_never_opens_fails(self) -> None:
        """A connection that fails before there is a response raises `ConnectionFailed`, as it is."""
        played = await self.stream("text", None, Reset(0))
        require(isinstance(played.error, ConnectionFailed), f"It ended in {_end(played)}.")

    @check
    async def test_an_empty_stream_is_an_error(self) -> None:
        """A stream without any event raises `StreamTruncated` or `InvalidResponse`: it is no empty turn."""
        played = await self.stream("text", None, Cut(0))
        require(isinstance(played.error, StreamTruncated | InvalidResponse), f"It ended in {_end(played)}.")

    @check
    async def test_a_web_page_is_no_turn(self) -> None:
        """A page of HTML under status 200 raises a `ChatError`: gateways send them."""
        page = Status(200, b"<html><body>Sign in</body></html>", {"content-type": "text/html"})
        played = await self.stream("text", None, page)
        require(played.error, f"It ended in {_end(played)}.")

    @check
    async def test_a_broken_frame_is_an_error(self) -> None:
        """A frame that cannot be read raises, and is not skipped: read frames with `FrameReader`."""
        count = event_count(self.scenario("text"))
        shape = await Shape.of(self, "text")
        for number in {shape.text_pieces[0] - 1, shape.text_pieces[-1] - 1}:
            require(number < count, "text.tape has fewer events than its text came in.")
            transport = WatchedTransport(with_event_broken(self.scenario("text"), number))
            played = await self.stream_on(transport)
            require(played.error, f"Event {number} was no JSON, and the stream ended in {_end(played)}.")

    @check
    async def test_an_error_frame_raises_its_error(self) -> None:
        """An error in the middle of a stream raises the provider's error, with its message: look for one in
        every frame, with `is_error_object`.
        """
        played = await self.stream("error_event")
        expected = self.scenario("error_event").expects("streamed")
        if played.error is None:
            fail(f"It ended in {_end(played)}.")
        require(not isinstance(played.error, StreamTruncated), f"It was taken for a cut: {played.error}.")
        require_expected_error(played.error, expected.get("error"))

    @check
    async def test_what_follows_the_terminal_sign_does_not_matter(self) -> None:
        """A turn whose terminal sign has come is never thrown away: neither a lost nor a stalled connection
        after it counts. `finished` of the decoder tells when.
        """
        size = size_of(self.scenario("text"))
        whole = (await self.stream("text")).turn
        for fault in (Reset(size), Stall(size)):
            played = await self.stream("text", None, fault)
            require(played.response, f"With {fault} after the end it ended in {_end(played)}.")
            require_equal("The turn", _content(played.turn), _content(whole))

    @check
    async def test_a_stalled_stream_times_out(self) -> None:
        """A stream in which nothing comes any more raises `TimedOut` after the idle limit: use
        `stream_response`, which holds the limits.
        """
        shape = await Shape.of(self, "text")
        stalled = Stall(shape.bytes_up_to(shape.text_pieces[0]))
        played = await self.stream("text", None, stalled)
        require(isinstance(played.error, TimedOut), f"It ended in {_end(played)}.")

    @check
    async def test_an_unknown_event_is_passed_over(self) -> None:
        """An event of a type that is not known yet does not fail the stream."""
        await self.require_expected("unknown_event")

    @check
    async def test_the_first_event_twice_makes_no_call_twice(self) -> None:
        """A server that repeats an event makes no second call: a known id continues its call."""
        if "tool_call" not in self._there():
            fail("There is no tool_call.tape.") if "tool_call" not in self.absent else None
            return
        shape = await Shape.of(self, "tool_call")
        if not shape.call_pieces:
            return
        straight = (await self.stream("tool_call")).turn
        played = await self.stream("tool_call", None, Duplicate(shape.call_pieces[0] - 1))
        if played.error is not None:
            return  # an error is no wrong turn
        require_equal("The number of calls", len(played.turn.tool_calls), len(straight.tool_calls))

    @check
    async def test_a_server_that_does_not_stream_loses_nothing(self) -> None:
        """A server that answers a streamed request with a whole body loses no text: read it, or raise."""
        scenario = self.scenario("text")
        transport = WatchedTransport(scenario.whole)
        played = await self.stream_on(transport)
        if played.error is None:
            require_equal("The text", played.turn.text, (await self.complete("text")).turn.text)

    async def stream_on(self, transport: WatchedTransport) -> Played:
        """Read a stream from a transport."""
        from chat_core.testing.conformance.provider_suite import played_stream

        return await played_stream(self.client(transport), transport, plain_request())

    def _there(self, *names: str) -> list[str]:
        """Return the scenarios that have a streamed response."""
        from chat_core.testing.conformance.provider_suite import find_tape

        found = [name for name in names or _SCENARIOS if find_tape(self.tapes, name) is not None]
        return [name for name in found if name not in self.absent and self.scenario(name).streamed]

    async def _require_never_done(self, name: str, kind: type[Cut] | type[Reset]) -> None:
        whole = _content((await self.stream(name)).turn)
        size = size_of(self.scenario(name))
        for at in range(1, size, max(1, size // _CUTS)):
            fault: Fault = kind(at)
            played = await self.stream(name, None, fault)
            if isinstance(played.error, StreamTruncated):
                ran = [call for call in played.error.partial.tool_calls if not call.failed]
                require(not ran, f"{name} with {fault}: {ran} could run.")
            elif played.error is None:
                at_all = played.response is not None
                require(at_all, f"{name} with {fault}: the stream ended without `Done` and without an error.")
                require_equal(f"{name} with {fault}: the turn", _content(played.turn), whole)
            else:
                kinds = ConnectionFailed | InvalidResponse
                require(isinstance(played.error, kinds), f"{name} with {fault}: {_end(played)}.")


def require_expected_error(error: ChatError, expectation: JsonValue) -> None:
    """Hold an error against what a tape expects of it: its type, and fields of it."""
    expected = as_object(expectation)
    require(not isinstance(error, ConfigurationError), f"It is a ConfigurationError: {error}.")
    names = [kind.__name__ for kind in type(error).__mro__]
    if (wanted := expected.get("type")) is not None:
        require(wanted in names, f"It is {error!r}; the tape expects {wanted}.")
    for name in ("message", "code", "status", "retry_after", "request_id", "retryable"):
        if name in expected:
            came = getattr(error, name, None)
            require_equal(f"{name} of the {type(error).__name__}", came, expected[name])


def _content(turn: ChatResponse) -> dict[str, object]:
    """Return what has to be the same in whatever way a turn came."""
    return {
        "text": turn.text,
        "reasoning": turn.reasoning,
        "refusal": turn.refusal,
        "finish_reason": turn.finish_reason,
        "calls": [(call.name, call.arguments, call.status.type) for call in turn.tool_calls],
    }


def _end(played: Played) -> str:
    return repr(played.error or played.response or "nothing at all")
