"""What a session does with what the user sends."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core.chat.inputs import SentInput, SentInputs
from chat_core.realtime.inputs import AudioInput, Respond, user_input
from chat_core.realtime.link import Link
from chat_core.realtime.reading import Reading
from chat_core.types.files import File
from chat_core.types.parts import Opaque

_PIECE = 1 << 20  # bytes of speech in one message


@dataclass(slots=True)
class Sending:
    """Hands the inputs of a session to the server, one that is sent twice once."""

    link: Link
    reading: Reading
    sent: SentInputs = field(default_factory=SentInputs)

    async def send(
        self, content: str | File | Opaque | bytes, respond: bool | None, *, keep: bool, id: str | None
    ) -> SentInput | None:
        """Send a message, and request a response where it ends the user's turn; or more of the user's speech.

        Raises as the session's `send`; then the input counts as failed.
        """
        if isinstance(content, bytes | bytearray | memoryview):
            for start in range(0, len(content), _PIECE):
                await self.link.send(AudioInput(bytes(content[start : start + _PIECE])))
            return None
        given = user_input(content, respond)
        if (found := self.sent.find(id, given.message)) is not None:
            return found
        sent = self.sent.add(id, given.message)
        try:
            await self.link.send(given)
        except BaseException:
            sent.settle("failed")
            raise
        sent.settle("delivered")
        if keep:
            self.reading.user_sent(given.message)
        if given.ends_turn:
            await self.reading.request(Respond())
        return sent
