"""The span of one tool call that is executed."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from chat_core.middleware.hooks import RunTool
from chat_core.middleware.telemetry.attributes import Attributes, error_type, is_interruption
from chat_core.middleware.telemetry.call import CallState
from chat_core.middleware.telemetry.content import as_json_text, tool_result
from chat_core.types.call_status import Failed
from chat_core.types.tool_call import ToolCall

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_EXCEPTION = re.compile(r"[A-Za-z_][\w.]{0,63}(?=\Z|: )")
"""What the text of a failure begins with: the name of the exception that the tool raised."""


async def observed_tool(state: CallState, call: ToolCall, run: RunTool) -> ToolCall:
    """Return the call with its outcome; its span is current while the tool runs."""
    state.calls += 1
    attributes: Attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": run.tool.name,
        "gen_ai.tool.type": "function",
    }
    if state.agent is not None:
        attributes["gen_ai.agent.name"] = state.agent
    span = state.recorder.tracer.start_span(
        f"execute_tool {run.tool.name}",
        state.context,
        SpanKind.INTERNAL,
        {**attributes, "gen_ai.tool.call.id": call.id},
        state.links,
    )
    began = time.perf_counter()
    try:
        if run.tool.definition.description:
            span.set_attribute("gen_ai.tool.description", run.tool.definition.description)
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            returned = await run(call)
        if isinstance(returned.status, Failed):
            attributes["error.type"] = _failure(returned.status.error)
        return returned
    except BaseException as error:
        if is_interruption(error):
            span.set_attribute("chat.interrupted", True)
        else:
            attributes["error.type"] = error_type(error)
        raise
    finally:
        _end(state, call, span, attributes)
        if state.recorder.metrics is not None:
            state.recorder.metrics.tool(time.perf_counter() - began, attributes)


def _end(state: CallState, call: ToolCall, span: Span, attributes: Attributes) -> None:
    if state.capture.on_spans:
        span.set_attribute("gen_ai.tool.call.arguments", as_json_text(call.effective_arguments))
        if call.resolved:
            span.set_attribute("gen_ai.tool.call.result", as_json_text(tool_result(call)))
    word = attributes.get("error.type")
    if isinstance(word, str):
        failed = isinstance(call.status, Failed) and state.capture.any_content
        text = call.outcome() if failed else word
        span.set_attribute("error.type", word)
        span.set_status(Status(StatusCode.ERROR, text))
    span.end()


def _failure(text: str) -> str:
    """Return the exception that a failure tells of. Other texts are no small set, so they are one class."""
    found = _EXCEPTION.match(text)
    return found.group() if found else "_OTHER"
