"""What the tests of telemetry record, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export as logs
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Starts(SpanProcessor):
    """Counts the spans that are started."""

    def __init__(self) -> None:
        self.count = 0

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.count += 1


class Recorded:
    """Providers to pass to `with_telemetry`, and what they have recorded."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._starts = Starts()
        self._reader = InMemoryMetricReader()
        # before 1.39 it has another name
        exporter = getattr(logs, "InMemoryLogRecordExporter", None) or logs.InMemoryLogExporter
        self._logs = exporter()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(self._starts)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.loggers = LoggerProvider(shutdown_on_exit=False)
        self.loggers.add_log_record_processor(logs.SimpleLogRecordProcessor(self._logs))

    @property
    def given(self) -> dict[str, Any]:
        return {
            "tracer_provider": self.tracers,
            "meter_provider": self.meters,
            "logger_provider": self.loggers,
        }

    @property
    def started(self) -> int:
        return self._starts.count

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans that have ended, in the order in which they did."""
        return list(self._spans.get_finished_spans())

    def span(self, name: str) -> ReadableSpan:
        [found] = [span for span in self.spans if span.name == name]
        return found

    @property
    def events(self) -> list[Any]:
        return [log.log_record for log in self._logs.get_finished_logs()]

    def metrics(self) -> dict[str, Any]:
        data = self._reader.get_metrics_data()
        if data is None:
            return {}
        return {
            metric.name: metric
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self, name: str) -> list[tuple[dict[str, Any], float]]:
        """The attributes and the value or sum of each point of a metric."""
        points = self.metrics()[name].data.data_points
        return [
            (dict(point.attributes), getattr(point, "value", getattr(point, "sum", 0))) for point in points
        ]

    def close(self) -> None:
        self.meters.shutdown()
        self.tracers.shutdown()
        self.loggers.shutdown()


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    found = Recorded()
    yield found
    found.close()


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    """The attributes of a span without those that are times."""
    return {name: value for name, value in (span.attributes or {}).items() if "time_to" not in name}
