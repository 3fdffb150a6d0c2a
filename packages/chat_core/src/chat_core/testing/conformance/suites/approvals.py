"""What a client has to do so that a person can decide about its calls, in another process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chat_core.chat.builder import ChatBuilder
from chat_core.testing.conformance.checks import check, require, require_equal, skip
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import QUESTION, in_order, missing_texts
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.tools.action import Action, Defer, RequireApproval
from chat_core.tools.function import Tool
from chat_core.tools.pause import Paused
from chat_core.tools.scoped import ScopedCollection
from chat_core.types.decisions import Decision
from chat_core.types.errors import InvalidDecision
from chat_core.types.json_values import JsonObject, JsonValue, as_object
from chat_core.types.messages import Messages
from chat_core.types.parts import ToolCall
from chat_core.types.seals import ApprovalKey

_RESULT = "canary-result-Sd7"
_KEY, _OTHER_KEY = ApprovalKey(b"k" * 32), ApprovalKey(b"o" * 32)


class ApprovalsSuite(ProviderSuite):
    """A turn whose call waits is stored as JSON, decided about, and continued by another client.

    It is part of `ChatProviderSuite`, and takes the tapes of `ToolsSuite`: `tool_call`, `parallel_calls` and
    `text`. Providers without tools skip it.
    """

    @check
    async def test_a_call_waits_and_can_be_stored(self) -> None:
        """A call that needs an approval pauses the turn, does not run, and is the same after `to_json` and
        `from_json`: native data of a part is plain JSON.
        """
        for streamed in (False, True):
            messages, ran = await self._paused_turn("tool_call", streamed=streamed)
            require(not ran, "The call ran before it was approved.")
            restored = Messages.from_json(messages.to_json())
            require_equal("The restored conversation", restored, messages)
            require_equal("The calls that wait", len(restored.pending), 1)

    @check
    async def test_an_approved_call_runs_in_another_process(self) -> None:
        """A stored turn is continued by a new client: the call runs once, with the arguments of the model,
        and its result is sent. A client keeps nothing of a conversation.
        """
        messages, _ = await self._paused_turn("tool_call")
        restored = Messages.from_json(messages.to_json())
        arguments = dict(restored.pending[0].arguments)
        restored.pending[0].approve(by="canary-person")
        transport, ran, outcome = await self._resumed_turn(restored)
        require_equal("What ran", ran, [arguments])
        missing = missing_texts(transport.last_body, [QUESTION, _RESULT])
        require(not missing, f"{missing} are nowhere in the next request.")
        came = outcome.response.text
        require_equal("The answer", came, self.scenario("text").expects("whole").get("text", came))

    @check
    async def test_edited_arguments_are_what_runs(self) -> None:
        """The arguments of an approval are what runs, and the model reads the result."""
        messages, _ = await self._paused_turn("tool_call")
        restored = Messages.from_json(messages.to_json())
        restored.pending[0].approve({"city": "canary-edited-Ed6"})
        transport, ran, _ = await self._resumed_turn(restored)
        require_equal("What ran", ran, [{"city": "canary-edited-Ed6"}])
        require(not missing_texts(transport.last_body, [_RESULT]), "The result was not sent.")

    @check
    async def test_a_denied_call_does_not_run(self) -> None:
        """A call that was rejected does not run, and the model reads the reason."""
        messages, _ = await self._paused_turn("tool_call")
        restored = Messages.from_json(messages.to_json())
        restored.pending[0].reject("canary-denied-De8")
        transport, ran, _ = await self._resumed_turn(restored)
        require(not ran, "It ran.")
        require(not missing_texts(transport.last_body, ["canary-denied-De8"]), "The reason was not sent.")

    @check
    async def test_what_is_not_decided_still_waits(self) -> None:
        """Of several calls any can be decided first: nothing is sent until all are, and then their results go
        in the order of the calls.
        """
        messages, _ = await self._paused_turn("parallel_calls")
        restored = Messages.from_json(messages.to_json())
        waiting = restored.pending
        require(len(waiting) > 1, "parallel_calls.tape has fewer than two calls.")
        waiting[-1].reject("canary-denied-De8")
        transport, ran, outcome = await self._resumed_turn(restored)
        require(isinstance(outcome, Paused), f"With calls that wait it went on: {outcome!r}.")
        require(not ran and not transport.requests, "Something was run, or sent.")
        again = Messages.from_json(restored.to_json())
        for call in again.pending:
            call.approve()
        transport, ran, _ = await self._resumed_turn(again)
        require_equal("The number of runs", len(ran), len(waiting) - 1)
        in_turn = in_order(transport.last_body, [_RESULT, "canary-denied-De8"])
        require(in_turn, "The results are missing, or in another order than the calls.")

    @check
    async def test_a_deferred_call_waits_for_its_time(self) -> None:
        """A call that is deferred is stored with its time, and is not run before."""
        until = datetime.now(UTC) + timedelta(days=3)
        messages, _ = await self._paused_turn("tool_call", Defer(until))
        restored = Messages.from_json(messages.to_json())
        require_equal("next_wake()", restored.next_wake(), until)
        transport, ran, outcome = await self._resumed_turn(restored, Defer(until))
        require(isinstance(outcome, Paused), f"It went on before its time: {outcome!r}.")
        require(not ran and not transport.requests, "Something was run, or sent.")

    @check
    async def test_an_approval_with_another_key_is_refused(self) -> None:
        """Where a chat has an approval key, a decision that was sealed with another one does not run."""
        messages, _ = await self._paused_turn("tool_call", key=_KEY)
        restored = Messages.from_json(messages.to_json())
        try:
            restored.decide([Decision(restored.pending[0].id, "approve")], key=_OTHER_KEY)
        except InvalidDecision:
            return
        await self._require_still_waiting(restored)

    @check
    async def test_a_call_that_was_changed_is_refused(self) -> None:
        """Where a chat has an approval key, a call whose stored arguments were changed does not run."""
        messages, _ = await self._paused_turn("tool_call", key=_KEY)
        restored = Messages.from_json(messages.to_json())
        restored.decide([Decision(restored.pending[0].id, "approve")], key=_KEY)
        good = Messages.from_json(restored.to_json())
        stored: JsonValue = json.loads(restored.to_json())
        _forge(stored)
        await self._require_still_waiting(Messages.from_json(as_object(stored)))
        _, ran, _ = await self._resumed_turn(good, key=_KEY)
        require_equal("What ran of the call as it was", len(ran), 1)

    async def _require_still_waiting(self, messages: Messages) -> None:
        transport, ran, outcome = await self._resumed_turn(messages, key=_KEY)
        require(not ran and not transport.requests, "It ran, or something was sent.")
        require(isinstance(outcome, Paused), f"It went on: {outcome!r}.")
        require(messages.pending[0].note, "The call does not say why it waits again.")

    async def _paused_turn(
        self,
        name: str,
        action: Action | None = None,
        *,
        streamed: bool = False,
        key: ApprovalKey | None = None,
    ) -> tuple[Messages, Sequence[JsonObject]]:
        """Play a turn with calls, and return the conversation that waits, and what ran."""
        if not any(base.__name__ == "ToolsSuite" for base in type(self).__mro__):
            skip("the provider has no tools")
        scenario = self.scenario(name)
        exchanges = scenario.streamed if streamed else scenario.whole
        if not exchanges:
            skip(f"{name}.tape has no such response")
        ran: list[JsonObject] = []
        messages = Messages.from_user(QUESTION)
        chat = self._approving_chat(WatchedTransport(exchanges), ran, action or RequireApproval(), key)
        outcome: object = None
        if streamed:
            async with chat.stream(messages) as events:
                outcome = [event async for event in events][-1]
        else:
            outcome = await chat.complete(messages)
        require(isinstance(outcome, Paused), f"The turn did not wait: it ended in {outcome!r}.")
        return messages, ran

    async def _resumed_turn(
        self, messages: Messages, action: Action | None = None, *, key: ApprovalKey | None = None
    ) -> tuple[WatchedTransport, Sequence[JsonObject], Any]:
        """Continue a conversation with a new client, and return what it sent, what ran, and what came."""
        scenario = self.scenario("text")
        if not scenario.whole:
            skip("text.tape has no response that was read whole")
        ran: list[JsonObject] = []
        transport = WatchedTransport(scenario.whole)
        chat = self._approving_chat(transport, ran, action or RequireApproval(), key)
        return transport, ran, await chat.resume(messages)

    def _approving_chat(
        self, transport: WatchedTransport, ran: list[JsonObject], action: Action, key: ApprovalKey | None
    ) -> Any:
        def decide(call: ToolCall, meta: object) -> Action:
            return action

        scoped = ScopedCollection([_weather(ran)], decide)
        builder: Any = ChatBuilder().with_model(self.client(transport)).with_scoped_tools(scoped)
        return (builder if key is None else builder.with_approval_key(key)).build()


def _weather(ran: list[JsonObject]) -> Tool:
    async def weather(**arguments: JsonValue) -> str:
        ran.append(arguments)
        return _RESULT

    parameters: JsonObject = {"type": "object", "properties": {"city": {"type": "string"}}}
    return Tool("weather", "canary-description-Hd5", parameters, weather)


def _forge(stored: JsonValue) -> None:
    """Change the arguments of all calls in a stored conversation."""
    match stored:
        case dict():
            if isinstance(stored.get("arguments"), dict):
                stored["arguments"] = {"city": "canary-forged-Fg1"}
            for each in stored.values():
                _forge(each)
        case list():
            for each in stored:
                _forge(each)
        case _:
            pass
