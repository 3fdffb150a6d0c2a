"""What a chat does, as lines of a log: turns and tool calls, and on request their contents, redacted."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from chat_core.middleware.pii.patterns import PATTERNS, Finder
from chat_core.types.errors import ConfigurationError
from chat_core.types.events import Done
from chat_core.types.misuse import kind_of
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from chat_core.middleware.hooks import NextTurn, RunTool
    from chat_core.types.events import TurnEvent
    from chat_core.types.json_values import JsonObject
    from chat_core.types.message import Message
    from chat_core.types.request import ChatRequest
    from chat_core.types.tool_call import ToolCall

Redact = Callable[[str], str]
"""Returns a text as it may be logged."""

_LOGGER = logging.getLogger("chat_core.conversation")


def redact_personal_data(text: str) -> str:
    """Return a text with `[EMAIL]`, `[KEY]` and so on in place of what the built-in patterns find."""
    pieces: list[str] = []
    at = 0
    for start, end, kind in _FINDER.find(text):
        pieces += [text[at:start], f"[{kind}]"]
        at = end
    return "".join((*pieces, text[at:])) if pieces else text


_FINDER = Finder(PATTERNS, {}, None)


class ConversationLog:
    """Middleware that logs one line for each model turn and for each tool call when it ends.

    A failure is a WARNING; a turn that was left or cancelled is not. The fields of a line are on the record
    too, as `record.chat`, for handlers that write JSON.
    """

    def __init__(
        self,
        logger: logging.Logger | None = None,
        *,
        level: int = logging.INFO,
        contents: bool = False,
        redact: Redact = redact_personal_data,
    ) -> None:
        """`logger` is by default `chat_core.conversation`. With `contents` the last message that was sent,
        what came, and arguments and results of tools are in the lines too, each text through `redact`.

        Raises `ConfigurationError` for a `redact` that is no function.
        """
        if not callable(redact):
            raise ConfigurationError(
                f"ConversationLog(redact=...) takes a function of a text, not {kind_of(redact)}"
            )
        self._logger = logger or _LOGGER
        self._level = level
        self._contents = contents
        self._redact = redact

    async def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Yield the events of a turn, and log the turn when it ends."""
        began = time.monotonic()
        fields: dict[str, object] = {"messages": len(request.messages)}
        if request.run is not None and request.run.provider is not None:
            fields["model"] = request.run.provider.model
        if self._contents and len(request.messages):
            fields["sent"] = self._text_of(request.messages[-1])
        try:
            async with aclosing(next(request)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        self._add_response(fields, event)
                    yield event
        except BaseException as error:
            self._log("turn", began, fields, error)
            raise
        self._log("turn", began, fields)

    async def wrap_tool(self, call: ToolCall, run: RunTool, /) -> ToolCall:
        """Return the call with its outcome, and log it."""
        began = time.monotonic()
        fields: dict[str, object] = {"tool": call.name, "id": call.id}
        if self._contents:
            fields["arguments"] = self._redact(_as_text(call.effective_arguments))
        try:
            returned = await run(call)
        except BaseException as error:
            self._log("tool call", began, fields, error)
            raise
        fields["status"] = returned.status.type
        if self._contents and returned.resolved:
            fields["outcome"] = self._redact(returned.outcome())
        self._log("tool call", began, fields, failed=returned.failed)
        return returned

    def _add_response(self, fields: dict[str, object], done: Done) -> None:
        response, usage = done.response, done.response.usage
        fields["finish_reason"] = response.finish_reason
        fields.update(_tokens(usage))
        if retries := sum(notice.about == "retry" for notice in response.notices):
            fields["retries"] = retries
        if self._contents:
            fields["received"] = self._text_of(response.message)

    def _text_of(self, message: Message) -> str:
        calls = [
            f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)})" for call in message.tool_calls
        ]
        return self._redact(" ".join(filter(None, (message.text, *calls))))

    def _log(
        self,
        what: str,
        began: float,
        fields: dict[str, object],
        error: BaseException | None = None,
        *,
        failed: bool = False,
    ) -> None:
        fields["seconds"] = round(time.monotonic() - began, 3)
        level = logging.WARNING if failed else self._level
        if isinstance(error, Exception):
            fields["error"] = type(error).__name__
            level = logging.WARNING
        elif error is not None:
            fields["interrupted"] = True
        if self._logger.isEnabledFor(level):
            shown = " ".join(f"{name}={value!r}" for name, value in fields.items())
            self._logger.log(level, "%s: %s", what, shown, extra={"chat": dict(fields)})


def _as_text(arguments: JsonObject) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def _tokens(usage: Usage) -> dict[str, object]:
    known = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    return {name: count for name, count in known.items() if count is not None}
