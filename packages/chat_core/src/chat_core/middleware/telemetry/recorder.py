"""Where telemetry goes, and whether anything records it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry import _logs, metrics, trace

from chat_core.middleware.telemetry.metrics import Metrics
from chat_core.types.version import VERSION

if TYPE_CHECKING:
    from opentelemetry._logs import Logger, LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Tracer, TracerProvider

_SCOPE = "chat_core"


@dataclass(frozen=True, slots=True)
class Providers:
    """The OpenTelemetry providers that an application passes; None stands for the global one."""

    tracer: TracerProvider | None = None
    meter: MeterProvider | None = None
    logger: LoggerProvider | None = None


@dataclass(frozen=True, slots=True)
class Recorder:
    """A tracer, and the metrics and the logger where they are recorded."""

    tracer: Tracer
    metrics: Metrics | None
    logger: Logger | None


class Recorders:
    """The recorder of these providers.

    Global providers may be set after a chat was built, so they are looked up each time, and the recorder is
    made once for each set of them.
    """

    def __init__(self, providers: Providers, *, old_metrics: bool) -> None:
        self._given = providers
        self._old_metrics = old_metrics
        self._found: tuple[object, object, object] | None = None
        self._recorder: Recorder | None = None

    def current(self) -> Recorder | None:
        """Return the recorder, or None where nothing records: no SDK is installed or set up."""
        given = self._given
        tracers = given.tracer or trace.get_tracer_provider()
        meters = given.meter or metrics.get_meter_provider()
        loggers = given.logger or _logs.get_logger_provider()
        found = (tracers, meters, loggers)
        if found != self._found:
            self._recorder = self._made(tracers, meters, loggers)
            self._found = found
        return self._recorder

    def _made(
        self, tracers: TracerProvider, meters: MeterProvider, loggers: LoggerProvider
    ) -> Recorder | None:
        records = [_records(provider) for provider in (tracers, meters, loggers)]
        if not any(records):
            return None
        _, measures, logs = records
        meter = meters.get_meter(_SCOPE, VERSION) if measures else None
        return Recorder(
            tracers.get_tracer(_SCOPE, VERSION),
            None if meter is None else Metrics(meter, old_names=self._old_metrics),
            loggers.get_logger(_SCOPE, VERSION) if logs else None,
        )


def _records(provider: object) -> bool:
    """Whether a provider does anything: those of the API alone pass over what they are given."""
    return not type(provider).__module__.startswith(_API)


_API = ("opentelemetry.trace", "opentelemetry.metrics", "opentelemetry._logs")
