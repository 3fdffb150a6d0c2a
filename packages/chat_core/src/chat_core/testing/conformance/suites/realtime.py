"""What a client has to do with sessions that talk both ways."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from chat_core.chat.builder import ChatBuilder
from chat_core.provider import Provider
from chat_core.realtime.session import RealtimeSession
from chat_core.testing.conformance.checks import (
    ConformanceFailure,
    check,
    fail,
    require,
    require_equal,
)
from chat_core.testing.conformance.expected import differences
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import SYSTEM
from chat_core.testing.conformance.stream_shape import events_of
from chat_core.testing.socket import FakeSocket
from chat_core.testing.transport import FakeTransport
from chat_core.tools.function import Tool
from chat_core.transport import Transport
from chat_core.types.errors import AuthenticationError, ChatError, ConnectionFailed, StreamTruncated
from chat_core.types.events import Done, TextChunk, ToolResult
from chat_core.types.messages import Messages
from chat_core.types.response import ChatResponse


class RealtimeSuite(ProviderSuite):
    """A session opens one socket, gives turns as they come, runs tools, and ends in the open.

    `realtime.tape` has what the server sends in a session in which one text is answered, as the events of a
    stream; `realtime_tool.tape` one in which the tool `weather` is called, and, as a second exchange, what
    comes after its result was sent.
    """

    def realtime_client(self, transport: Transport) -> Provider:
        """Return the client that opens sessions, with `self.key` as its key."""
        return self.client(transport)

    @check
    async def test_a_text_is_answered(self) -> None:
        """A turn of a session comes out as `realtime.tape` expects, and stands in the conversation."""
        socket = self._socket("realtime")
        messages = Messages.from_system(SYSTEM)
        async with self._session(FakeTransport().accept(socket), messages) as session:
            await session.send("canary-question-Wm8")
            response, chunks = await _turn(session)
        wrong = list(differences(response, self.scenario("realtime").expected))
        require(not wrong, " ".join(wrong))
        require_equal("The chunks", chunks, response.text)
        require_equal("The roles", [message.role for message in messages], ["system", "user", "model"])

    @check
    async def test_instructions_and_texts_are_sent(self) -> None:
        """The instructions and what the user says are sent over the socket."""
        socket = self._socket("realtime")
        async with self._session(FakeTransport().accept(socket), Messages.from_system(SYSTEM)) as session:
            await session.send("canary-question-Wm8")
            await _turn(session)
        sent = "".join(message for message in socket.messages if isinstance(message, str))
        missing = [text for text in (SYSTEM, "canary-question-Wm8") if text not in sent]
        require(not missing, f"{missing} were not sent.")

    @check
    async def test_a_tool_is_run_and_its_result_sent(self) -> None:
        """A call in a session is run once, and its result is sent."""
        exchanges = self.scenario("realtime_tool").exchanges
        require(
            len(exchanges) == 2,
            "realtime_tool.tape has two exchanges: until the call, and from its result on.",
        )
        first, then = ([event.data for event in events_of(each)] for each in exchanges)
        socket = FakeSocket().push(*first)
        ran: list[object] = []

        async def weather(**arguments: object) -> str:
            ran.append(arguments)
            return "canary-result-Sd7"

        tool = Tool("weather", "canary-description-Hd5", {"type": "object", "properties": {}}, weather)
        async with self._session(FakeTransport().accept(socket), Messages(), tool) as session:
            await session.send("canary-question-Wm8")
            async for event in session:
                if isinstance(event, ToolResult):
                    socket.push(*then)
                if isinstance(event, Done) and event.response.text:
                    break
        require_equal("The number of runs", len(ran), 1)
        sent = "".join(message for message in socket.messages if isinstance(message, str))
        require("canary-result-Sd7" in sent, "The result was not sent.")

    @check
    async def test_the_key_is_in_a_header_of_the_handshake(self) -> None:
        """The key is in a header of the handshake, and not in its URL, nor in what is sent."""
        socket, transport = self._socket("realtime"), FakeTransport()
        async with self._session(transport.accept(socket), Messages()):
            pass
        request = transport.requests[0]
        require(self.key not in request.url, "The key is in the URL.")
        require(any(self.key in value for value in request.headers.values()), "No header has the key.")
        require(
            not any(self.key in str(message) for message in socket.messages), "It was sent over the socket."
        )

    @check
    async def test_a_refused_handshake_is_the_providers_error(self) -> None:
        """A handshake that the server refuses with a status raises the error of that status."""
        transport = FakeTransport().answer({"error": {"message": "no"}}, status=401)
        try:
            async with self._session(transport, Messages()):
                pass
        except AuthenticationError:
            return
        fail("Status 401 did not raise AuthenticationError.")

    @check
    async def test_a_connection_that_breaks_is_an_error(self) -> None:
        """A session whose connection ends in the middle of a turn raises `StreamTruncated` with what came."""
        count = len(self._session_events("realtime"))
        for kept in range(1, count):
            socket = FakeSocket().push(*self._session_events("realtime")[:kept]).close(None)
            try:
                async with self._session(FakeTransport().accept(socket), Messages()) as session:
                    await session.send("canary-question-Wm8")
                    response, _ = await _turn(session)
            except (StreamTruncated, ConnectionFailed):
                continue
            require(kept >= count - 1, f"After {kept} of {count} messages there was the turn {response!r}.")

    @check
    async def test_leaving_a_session_closes_the_socket(self) -> None:
        """Leaving the session closes its socket, also in the middle of a turn."""
        socket = FakeSocket().push(*self._session_events("realtime")[:-1])
        async with self._session(FakeTransport().accept(socket), Messages()) as session:
            await session.send("canary-question-Wm8")
        require(socket.is_closed, "The socket is still open.")

    @check
    async def test_a_message_that_cannot_be_read_is_an_error(self) -> None:
        """A message that is no JSON raises a `ChatError`, and is not skipped."""
        socket = FakeSocket().push("{not JSON", *self._session_events("realtime"))
        try:
            async with self._session(FakeTransport().accept(socket), Messages()) as session:
                await session.send("canary-question-Wm8")
                await _turn(session)
        except ChatError:
            return
        fail("The session went on.")

    def _session_events(self, name: str) -> list[str]:
        return [event.data for exchange in self.scenario(name).exchanges for event in events_of(exchange)]

    def _socket(self, name: str) -> FakeSocket:
        return FakeSocket().push(*self._session_events(name))

    @asynccontextmanager
    async def _session(
        self, transport: FakeTransport, messages: Messages, *tools: Tool
    ) -> AsyncGenerator[RealtimeSession]:
        client: Any = self.realtime_client(transport)
        chat: Any = ChatBuilder().with_model(client).with_tools(list(tools)).build()
        async with chat.session(messages) as session:
            yield session


async def _turn(session: RealtimeSession) -> tuple[ChatResponse, str]:
    """Return the next turn of a session, and its chunks of text joined."""
    chunks: list[str] = []
    async for event in session:
        match event:
            case TextChunk(text):
                chunks.append(text)
            case Done(response):
                return response, "".join(chunks)
            case _:
                pass
    raise ConformanceFailure("The session ended without a turn.")
