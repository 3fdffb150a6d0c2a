"""The events of the GenAI conventions, which are log records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry._logs import LogRecord, SeverityNumber

from chat_core.middleware.telemetry.attributes import Attributes
from chat_core.middleware.telemetry.settings import Capture
from chat_core.types.json_values import JsonValue

if TYPE_CHECKING:
    from opentelemetry.context import Context


def details_event(attributes: Attributes, content: Mapping[str, JsonValue], context: Context) -> LogRecord:
    """Return the event of a model turn: what is on its span, and contents as structures."""
    return LogRecord(
        context=context,
        severity_number=SeverityNumber.INFO,
        attributes={**attributes, **content},
        event_name="gen_ai.client.inference.operation.details",
    )


def exception_event(
    error: BaseException, attributes: Attributes, context: Context, capture: Capture
) -> LogRecord:
    """Return the event of a failure. Its message may quote contents, so it is there only with contents."""
    known: Attributes = {**attributes, "exception.type": type(error).__qualname__}
    if capture.any_content:
        known["exception.message"] = str(error)
    return LogRecord(
        context=context,
        severity_number=SeverityNumber.WARN,
        attributes=known,
        event_name="gen_ai.client.operation.exception",
    )
