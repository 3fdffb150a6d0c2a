"""How telemetry is put together: what the application chose, and what the environment says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from chat_core.middleware.telemetry.settings import CONTENT_VARIABLE, EVENT_VARIABLE, capture_of
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import checked_text

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from chat_core.middleware.telemetry.telemetry import Telemetry

Given: TypeAlias = "tuple[TracerProvider | None, MeterProvider | None, LoggerProvider | None]"
"""The providers that the application passes; None stands for the global one."""


def telemetry_of(
    providers: Given,
    content: str | None,
    agent: str | None,
    conversation_id: str | None,
    *,
    old_metrics: bool,
) -> Telemetry:
    """Return the middleware. Raises `ConfigurationError` without OpenTelemetry's API, and for wrong words."""
    for value, name in ((agent, "agent"), (conversation_id, "conversation_id")):
        if value is not None:
            checked_text(value, f"with_telemetry({name}=...)", f'{name}="support"')
    capture = capture_of(content, {name: os.environ.get(name) for name in (CONTENT_VARIABLE, EVENT_VARIABLE)})
    try:
        from chat_core.middleware.telemetry.recorder import Providers, Recorders
        from chat_core.middleware.telemetry.telemetry import Telemetry
    except ModuleNotFoundError as exc:
        if not (exc.name or "").startswith("opentelemetry"):
            raise
        raise ConfigurationError(
            "with_telemetry(...) needs OpenTelemetry's API: pip install 'chat-core[otel]'"
        ) from exc
    recorders = Recorders(Providers(*providers), old_metrics=old_metrics)
    return Telemetry(recorders, capture, agent, conversation_id)
