"""A conversation moves between providers: what another one left in it is encoded, or left out with a
notice.
"""

from __future__ import annotations

from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.conversations import SEALED, foreign_history, sealed_history
from chat_core.testing.conformance.provider_suite import Played, ProviderSuite
from chat_core.testing.conformance.requests import in_order, missing_texts, tool_request, written
from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.request import ChatRequest, ToolDefinition


class HandOffSuite(ProviderSuite):
    """Only what the user puts in may be refused; what entered the history is sent or left out."""

    @check
    async def test_a_conversation_of_another_provider_can_go_on(self) -> None:
        """A history with blocks, calls, files and reasoning of another provider can be sent: leave out what
        the wire cannot carry, and raise nothing.
        """
        played = await self._handed_over()
        if isinstance(played.error, ConfigurationError):
            fail(f"It was refused: {played.error}")
        require(played.response, f"It raised {played.error!r}.")

    @check
    async def test_what_came_from_elsewhere_is_sent(self) -> None:
        """Texts, typed values, calls and results of another provider are in the body, in order."""
        body = (await self._handed_over()).transport.last_body
        wanted = ["canary-question-Wm8", "canary-words-Aa3", "canary-value-Ii6", "canary-end-Yy9"]
        if self._has_tools():
            wanted[3:3] = ["canary-city-Vv1", "canary-outcome-Ee2"]
        missing = missing_texts(body, [*wanted, "canary-next-Gf2"])
        require(not missing, f"{missing} are nowhere in the body.")
        texts = [text for text in wanted if "city" not in text and "outcome" not in text]
        require(in_order(body, [*texts, "canary-next-Gf2"]), f"{texts} are not in order.")

    @check
    async def test_what_another_provider_sealed_is_not_sent(self) -> None:
        """Native data of another origin are never sent: take them from `native.for_(origin)` alone."""
        body = (await self._handed_over()).transport.last_body
        require(missing_texts(body, [SEALED]), f"{SEALED} is in the body.")

    @check
    async def test_what_is_left_out_is_noticed(self) -> None:
        """What of a history is not sent is named in a `Notice` on the response."""
        played = await self._handed_over(sealed_history())
        require(played.turn.notices, "There is no notice, and a block of another provider was left out.")

    @check
    async def test_a_foreign_history_is_sent_the_same_way_each_time(self) -> None:
        """A history makes the same body each time, stored and restored too, so that caches of prompts hold:
        mint no ids while encoding.
        """
        first = written((await self._handed_over()).transport.last_body)
        again = written((await self._handed_over()).transport.last_body)
        require_equal("The second body", again, first)
        restored = Messages.from_json(foreign_history().to_json())
        body = (await self._handed_over(restored)).transport.last_body
        require_equal("The body of the restored history", written(body), first)

    @check
    async def test_a_foreign_history_stays_as_it_is(self) -> None:
        """Sending rewrites nothing in the history: the provider that sealed a block gets it back later."""
        messages = foreign_history()
        before = messages.to_json()
        await self._handed_over(messages)
        require_equal("The history afterwards", messages.to_json(), before)

    @check
    async def test_both_ways_carry_the_same(self) -> None:
        """A streamed request carries the same conversation as a whole one."""
        whole = (await self._handed_over()).transport.last_body
        request = ChatRequest(foreign_history(), self._tools())
        streamed = (await self.stream("text", request)).transport.last_body
        differing = [name for name in whole if name in streamed and whole[name] != streamed[name]]
        changed = [name for name in differing if not isinstance(whole[name], bool)]
        require(not changed, f"{changed} differ.")

    def _has_tools(self) -> bool:
        from chat_core.testing.conformance.suites.tools import ToolsSuite

        return isinstance(self, ToolsSuite)

    def _tools(self) -> tuple[ToolDefinition, ...]:
        return tuple(tool_request().tools) if self._has_tools() else ()

    async def _handed_over(self, messages: Messages | None = None) -> Played:
        request = ChatRequest(messages or foreign_history(), self._tools())
        return await self.complete("text", request)
