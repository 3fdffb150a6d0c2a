"""What a client has to do with tools and calls."""

from __future__ import annotations

from chat_core.chat.builder import ChatBuilder
from chat_core.provider import ChatModel
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.conversations import AGENT_TEXT, answered_call, wire_ids
from chat_core.testing.conformance.provider_suite import Played, ProviderSuite
from chat_core.testing.conformance.requests import (
    WEATHER,
    in_order,
    missing_texts,
    plain_request,
    texts_in,
    tool_request,
    written,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.tools.function import Tool
from chat_core.types.call_status import Completed, Failed, Rejected
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.json_values import JsonObject
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.parts import ToolCall
from chat_core.types.request import ChatRequest, ToolDefinition


class ToolsSuite(ProviderSuite):
    """Calls come out as the model made them, run once or not at all, and their results go back."""

    @check
    async def test_tools_are_sent(self) -> None:
        """The name, the description and the schema of each tool are in the body: mend `encode`."""
        other = ToolDefinition(
            "canary_tool", "canary-about-Lm3", {"type": "object", "properties": {"canary_argument": {}}}
        )
        sent = (await self.complete("tool_call", tool_request(WEATHER, other))).transport.last_body
        wanted = ["weather", "canary-description-Hd5", "city", "canary_tool", "canary-about-Lm3"]
        missing = missing_texts(sent, [*wanted, "canary_argument"])
        require(not missing, f"{missing} are nowhere in the body.")

    @check
    async def test_a_call_comes_out_as_the_model_made_it(self) -> None:
        """The name and the arguments of a call are the model's, and the finish reason is "tool_calls"."""
        await self.require_expected("tool_call")
        await self.both(
            "tool_call", lambda played: require_equal("finish_reason", _reason(played), "tool_calls")
        )

    @check
    async def test_parallel_calls_come_in_order(self) -> None:
        """The calls of one turn come out in their order, each with its own arguments: tell them apart by
        their ids, not by an index alone.
        """
        await self.require_expected("parallel_calls")

    @check
    async def test_interleaved_calls_stay_apart(self) -> None:
        """Pieces of several calls that arrive in turns go to the call that they are of: assemble by id, and
        by index where there is no id; a new id at a used index is a new call.
        """
        await self.require_expected("interleaved_calls")

    @check
    async def test_a_new_id_at_a_used_index_is_a_new_call(self) -> None:
        """On a wire with indexes, a new id at a used index begins a new call: some servers send index 0 for
        all calls.
        """
        await self.require_expected("reused_index")

    @check
    async def test_calls_have_ids_that_differ(self) -> None:
        """The ids of calls are not empty and differ, in the turn and from those of the conversation, also
        where the server sends none or the same: take them from `CallIds.claim(…)`.
        """
        name = "calls_without_ids" if "calls_without_ids" not in self.absent else "parallel_calls"
        first = await self.complete(name, tool_request())
        request = ChatRequest(_after(first), (WEATHER,))
        second = await self.complete(name, request)
        for played in (first, second, await self.stream(name, request)):
            if played.transport.requests:
                _require_ids(played, [] if played is first else first.turn.tool_calls)

    @check
    async def test_broken_arguments_do_not_run(self) -> None:
        """Arguments that are no JSON object make a `Failed` call, which never runs, and the model reads why:
        use `tool_call(…)` of chat_core.wire, and repair nothing to `{}`.
        """
        await self.require_expected("broken_arguments")
        await self._require_not_run("broken_arguments")

    @check
    async def test_a_call_of_a_cut_turn_does_not_run(self) -> None:
        """A call of a turn that the token limit ended does not run, even where its arguments are JSON: the
        finish reason has to be "length", or the call `Failed`.
        """
        await self.require_expected("cut_arguments")
        await self._require_not_run("cut_arguments")

    @check
    async def test_a_call_runs_once(self) -> None:
        """A call that the server sends twice, whole or in a stream, runs once."""
        ran = await self._ran("repeated_call")
        require(len(ran) == 1, f"It ran {len(ran)} times.")

    @check
    async def test_a_call_without_arguments_runs(self) -> None:
        """A call without arguments has `{}`, and runs."""
        await self.require_expected("call_without_arguments")

    @check
    async def test_an_agent_calls_a_tool_and_answers(self) -> None:
        """A call is run with its arguments, and its result is in the next request."""
        scenario, text = self.scenario("tool_call"), self.scenario("text")
        transport = WatchedTransport([*scenario.whole[:1], *text.whole[:1]])
        ran: list[object] = []
        messages = Messages.from_user("canary-question-Wm8")
        chat = ChatBuilder().with_model(self.client(transport)).with_tools([_weather(ran)]).build()
        response = await chat.complete(messages)
        require(len(ran) == 1, f"The tool ran {len(ran)} times.")
        missing = missing_texts(transport.last_body, [AGENT_TEXT, "canary-question-Wm8"])
        require(not missing, f"{missing} are nowhere in the second request.")
        expected = text.expects("whole").get("text", response.text)
        require_equal("The answer", response.text, expected)

    @check
    async def test_results_are_sent_in_the_order_of_the_calls(self) -> None:
        """All results of a turn are sent, in the order of its calls, each with the id of its call."""
        calls = [answered_call(f"call_{n}", {"city": f"canary-c{n}"}, f"canary-r{n}") for n in range(3)]
        body = await self._sent_history(calls)
        require(in_order(body, [f"canary-r{n}" for n in range(3)]), "The results are in another order.")
        require(in_order(body, [f"canary-c{n}" for n in range(3)]), "The arguments are in another order.")

    @check
    async def test_a_failure_is_sent_to_the_model(self) -> None:
        """The error of a failed call and the reason of a rejected one are sent as their results."""
        failed = answered_call("call_a", {"city": "Bern"}, "")
        failed.status = Failed("canary-failure-Tr5")
        rejected = answered_call("call_b", {"city": "Rome"}, "")
        rejected.status = Rejected("canary-reason-Bq9")
        body = await self._sent_history([failed, rejected])
        missing = missing_texts(body, ["canary-failure-Tr5", "canary-reason-Bq9"])
        require(not missing, f"{missing} are nowhere in the body.")

    @check
    async def test_a_result_that_is_an_object_is_sent_whole(self) -> None:
        """A result that is JSON is sent as JSON, as `call.outcome()` writes it, not as Python shows it."""
        call = answered_call("call_a", {"city": "Bern"}, "")
        call.status = Completed({"canary_degrees": [21, None, True]})
        body = await self._sent_history([call])
        shown = [text for text in texts_in(body) if "canary_degrees" in text]
        require(shown, "The result is nowhere in the body.")
        require(not any("None" in text or "True" in text for text in shown), f"It was sent as {shown[0]!r}.")

    @check
    async def test_ids_of_another_provider_are_mapped(self) -> None:
        """Ids and names that the wire does not take are mapped, a call and its result to the same id, and the
        same way each time: use `wire_id` and `wire_name`.
        """
        calls = [answered_call("functions.weather:0|é ü", {"city": "canary-c0"}, "canary-r0")]
        first = await self._sent_history(calls)
        require_equal("The second request", written(await self._sent_history(calls)), written(first))
        lonely = wire_ids(first)
        require(not lonely, f"{lonely} stands in the body once: the call and its result have other ids.")

    @check
    async def test_arguments_go_back_as_the_model_wrote_them(self) -> None:
        """The arguments of a call go back with the values that the model wrote."""
        arguments: JsonObject = {"city": "canary-Zürich", "days": 3, "exact": True, "none": None}
        body = await self._sent_history([answered_call("call_a", arguments, "dry")])
        require(not missing_texts(body, ["canary-Zürich", "days", "exact", "none"]), "Some are not sent.")

    @check
    async def test_a_history_with_calls_is_sent_without_tools(self) -> None:
        """A conversation with calls can be sent in a request without tools."""
        messages = _history([answered_call("call_a", {"city": "canary-c0"}, "canary-r0")])
        played = await self.complete("text", ChatRequest(messages))
        missing = missing_texts(played.transport.last_body, ["canary-r0"])
        require(played.error is None and not missing, f"{played.error or missing}")

    @check
    async def test_open_calls_are_refused(self) -> None:
        """A history with a call that has no result yet is not sent: it raises `UnresolvedTool`, which
        `message.outcomes()` does.
        """
        messages = _history([ToolCall("call_a", "weather", {"city": "Bern"})])
        played = await self.complete("text", ChatRequest(messages, (WEATHER,)))
        require(isinstance(played.error, ChatError), "It was sent.")
        require(not played.transport.requests, "It was refused after a request had been sent.")

    @check
    async def test_the_choice_of_a_tool_reaches_the_wire(self) -> None:
        """`tool_choice` and `parallel_tool_calls` are sent, or refused with `ConfigurationError`, or become a
        `Notice`.
        """
        plain = await self.complete("tool_call", tool_request())
        for name, value in (
            *(("tool_choice", "required"), ("tool_choice", "none"), ("tool_choice", "weather")),
            ("parallel_tool_calls", False),
        ):
            options = ChatOptions(**{name: value})  # type: ignore[arg-type]  # by its name
            played = await self.complete("tool_call", tool_request(options=options))
            if isinstance(played.error, ConfigurationError):
                continue
            if any(name in f"{notice.about} {notice.message}" for notice in played.turn.notices):
                continue
            changed = played.transport.last_body != plain.transport.last_body
            require(changed, f"{name}={value!r} changes nothing in the body, and no notice tells of it.")

    async def _sent_history(self, calls: list[ToolCall]) -> JsonObject:
        """Send a conversation with these calls, and return the body."""
        request = ChatRequest(_history(calls), (WEATHER,))
        played = await self.complete("text", request)
        if played.error is not None:
            raise played.error
        return played.transport.last_body

    async def _ran(self, name: str) -> list[object]:
        """Return the arguments that the tool of a scenario was run with, whole and streamed."""
        scenario, text = self.scenario(name), self.scenario("text")
        found: list[object] = []
        for form in ("whole", "streamed"):
            ran: list[object] = []
            exchanges = [*getattr(scenario, form)[:1], *getattr(text, form)[:1]]
            if len(exchanges) == 2:
                await _run_agent(self.client(WatchedTransport(exchanges)), _weather(ran), form)
                found = ran if len(ran) >= len(found) else found
        return found

    async def _require_not_run(self, name: str) -> None:
        ran = await self._ran(name)
        require(not ran, f"The tool ran with {ran}.")


async def _run_agent(client: ChatModel, tool: Tool, form: str) -> None:
    chat = ChatBuilder().with_model(client).with_tools([tool]).build()
    messages = Messages.from_user("canary-question-Wm8")
    if form == "whole":
        await chat.complete(messages)
        return
    async with chat.stream(messages) as events:
        async for _ in events:
            pass


def _weather(ran: list[object]) -> Tool:
    """Return the tool that the tapes call, which notes what it was run with."""

    async def weather(**arguments: object) -> str:
        ran.append(arguments)
        return AGENT_TEXT

    open_schema = {**WEATHER.parameters, "required": []}  # so that a call with `{}` would run, too
    return Tool("weather", "canary-description-Hd5", open_schema, weather)


def _history(calls: list[ToolCall]) -> Messages:
    messages = Messages.from_user("canary-question-Wm8").append(Message("model", [*calls]))
    return messages.add_user("canary-next-Gf2")


def _after(played: Played) -> Messages:
    """Return the conversation after a turn whose calls have run."""
    message = played.turn.message
    for call in message.tool_calls:
        call.status = Completed("done")
    return plain_request().messages.append(message).add_user("canary-next-Gf2")


def _require_ids(played: Played, before: list[ToolCall]) -> None:
    ids = [call.id for call in played.turn.tool_calls]
    if not ids:
        fail("The turn has no calls.")
    require(all(ids) and len(set(ids)) == len(ids), f"The ids are {ids}.")
    used = {call.id for call in before} & set(ids)
    require(not used, f"{used} are ids of calls that the conversation has already.")


def _reason(played: Played) -> str:
    return played.turn.finish_reason
