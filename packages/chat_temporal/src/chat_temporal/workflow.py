"""The workflow of one conversation. It does no I/O and holds nothing but data, so it can be replayed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from chat_temporal.names import ADVANCE, CHECK, RUN_TOOL
from chat_temporal.values import Json, Progress, Start, Step, View

_ONCE = RetryPolicy(maximum_attempts=1)


@workflow.defn(name="chat-conversation")
class ConversationWorkflow:
    """One conversation: model turns, tool calls, and pauses of any length.

    | waits for | comes by |
    |---|---|
    | a person's decision, a result from outside | the update `decide` |
    | the time of a deferred call | a timer |
    | the user's next words | the update `say` |
    | another try after an error | the update `go_on` |
    | nothing more | the signal `close`; with `once` it ends with its answer |

    A model turn may be repeated; a call of a tool is started at most once: where its worker is lost, the
    call is unknown, and somebody decides about it.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self._start = start
        self._state = start.state
        self._next = Step(start.state, texts=list(start.texts))  # what the next step goes on from
        self._called = (
            bool(start.texts) or start.go_on
        )  # whether something has come that the next step is for
        self._deciding: set[object] = set()
        self._view = start.view or View()
        self._closed = False

    @workflow.run
    async def run(self, start: Start) -> str:
        """Return the conversation as `Messages.from_json` reads it."""
        while True:
            if self._has_work():
                await self._work()
            elif self._closed or (start.once and not self._view.waiting):
                await workflow.wait_condition(workflow.all_handlers_finished)
                if not self._has_work():
                    return self._state or ""
            elif self._is_long():
                await workflow.wait_condition(workflow.all_handlers_finished)
                self._continue()
            else:
                await self._wait()

    @workflow.query
    def view(self) -> View:
        """Return how it stands."""
        return self._view

    @workflow.query
    def state(self) -> str | None:
        """Return the conversation as it is stored; None before its first step."""
        return self._state

    @workflow.update
    def say(self, text: str) -> None:
        """Go on with what the user says. Calls that still wait are closed."""
        self._next.texts.append(text)
        self._called = True

    @say.validator
    def check_say(self, text: str) -> None:
        """Refuse words after the end."""
        self._refuse_after_the_end()

    @workflow.update
    def go_on(self) -> None:
        """Try again, after an error."""
        self._called = True

    @workflow.update
    async def decide(self, decisions: list[Json]) -> None:
        """Decide about calls that wait: all of these, or none where one does not fit.

        Each is a decision as `decisions_from_json` reads it: `call_id`, `verdict`, and what belongs to it.
        """
        ids = {decision.get("call_id") for decision in decisions}
        self._deciding |= ids
        try:
            await workflow.execute_activity(
                CHECK,
                Step(self._state, decisions=decisions),
                start_to_close_timeout=timedelta(seconds=self._start.turn_timeout),
            )
        except ActivityError as error:
            self._deciding -= ids
            faults = error.cause.details if isinstance(error.cause, ApplicationError) else ()
            raise ApplicationError(_reason(error), *faults, type="InvalidDecision") from None
        self._next.decisions += decisions
        self._called = True

    @decide.validator
    def check_decide(self, decisions: list[Json]) -> None:
        """Refuse decisions about calls that do not wait, or that somebody decides about already."""
        self._refuse_after_the_end()
        waiting = {call["id"] for call in self._view.waiting}
        for decision in decisions:
            id = decision.get("call_id")
            if id in self._deciding:
                raise _fault(id, "already_decided", f"call {id!r} is being decided already")
            if id not in waiting:
                raise _fault(id, "unknown_call", f"no call {id!r} waits")

    @workflow.signal
    def close(self) -> None:
        """End the workflow once nothing is at work."""
        self._closed = True

    def _refuse_after_the_end(self) -> None:
        if self._closed:
            raise ApplicationError("the conversation is closed", type="Closed")

    def _is_long(self) -> bool:
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() >= self._start.most_events
        )

    def _has_work(self) -> bool:
        due = self._view.wake is not None and datetime.fromisoformat(self._view.wake) <= workflow.now()
        return self._called or due

    async def _wait(self) -> None:
        timeout = None
        if self._view.wake is not None:
            timeout = max(datetime.fromisoformat(self._view.wake) - workflow.now(), timedelta(0))
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._has_work() or self._closed, timeout=timeout)

    async def _work(self) -> None:
        """Go on until the conversation waits or has its answer. What an error keeps from being taken in is
        kept for the next try.
        """
        self._view.working, self._view.error, self._called = True, None, False
        try:
            progress = await self._advance()
            while progress.run:
                await self._run_tools(progress)
                progress = await self._advance()
        except ActivityError as error:
            self._view.error, self._view.wake = _reason(error), None
            if self._start.once:
                raise ApplicationError(self._view.error, type="TurnFailed", non_retryable=True) from error
        finally:
            self._view.working = False

    async def _advance(self) -> Progress:
        step, self._next = self._next, Step(None)
        try:
            progress: Progress = await workflow.execute_activity(
                ADVANCE,
                step,
                result_type=Progress,
                start_to_close_timeout=timedelta(seconds=self._start.turn_timeout),
                heartbeat_timeout=timedelta(seconds=self._start.heartbeat_timeout),
                retry_policy=RetryPolicy(maximum_attempts=self._start.turn_attempts),
            )
        except ActivityError:
            self._next = step.before(self._next)
            raise
        self._state = self._next.state = progress.state
        self._deciding -= {decision.get("call_id") for decision in step.decisions}
        view = self._view
        view.waiting, view.wake, view.answer = progress.waiting, progress.wake, progress.answer or view.answer
        return progress

    async def _run_tools(self, progress: Progress) -> None:
        """Run the calls, all at once, each at most once."""
        results = await asyncio.gather(
            *(self._run_tool(progress.state, id) for id in progress.run), return_exceptions=True
        )
        for id, result in zip(progress.run, results, strict=True):
            if isinstance(result, str):
                self._next.outcomes.append(result)
            elif isinstance(result, ActivityError):
                self._next.unknown.append(id)  # its worker was lost, or could not report: it may have run
            else:
                raise result

    async def _run_tool(self, state: str, id: str) -> str:
        outcome: str = await workflow.execute_activity(
            RUN_TOOL,
            args=[state, id],
            result_type=str,
            start_to_close_timeout=timedelta(seconds=self._start.tool_timeout),
            heartbeat_timeout=timedelta(seconds=self._start.heartbeat_timeout),
            retry_policy=_ONCE,
        )
        return outcome

    def _continue(self) -> None:
        """Go on as a new run with a short history."""
        start = self._start
        workflow.continue_as_new(
            Start(
                state=self._state,
                once=start.once,
                turn_attempts=start.turn_attempts,
                turn_timeout=start.turn_timeout,
                tool_timeout=start.tool_timeout,
                heartbeat_timeout=start.heartbeat_timeout,
                most_events=start.most_events,
                view=self._view,
            )
        )


def _reason(error: ActivityError) -> str:
    cause = error.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause or error)


def _fault(id: object, kind: str, message: str) -> ApplicationError:
    return ApplicationError(message, [str(id), kind, message], type="InvalidDecision")
