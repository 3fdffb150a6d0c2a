"""The metrics of the GenAI conventions, and on request those of their former names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chat_core.middleware.telemetry.attributes import Attributes
from chat_core.middleware.telemetry.modalities import Split, by_modality, input_split, output_split
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter

_SECONDS = [0.01 * 2**step for step in range(14)]  # to 81.92
_AGENT_SECONDS = [0.1 * 2**step for step in range(13)]  # to 409.6
_TOKENS = [4.0**step for step in range(14)]  # to 67108864
_CALLS = [2.0**step for step in range(8)]  # to 128
_USAGE = "gen_ai.client.inference.usage"
_INFERENCE = "gen_ai.client.inference"
_OPERATION = "gen_ai.client.operation"


class Metrics:
    """The instruments of one meter. With `old_names`, those that backends know from before are fed too."""

    def __init__(self, meter: Meter, *, old_names: bool) -> None:
        self._duration = _seconds(meter, f"{_INFERENCE}.duration", "Duration of a model turn")
        self._first_chunk = _seconds(meter, f"{_INFERENCE}.time_to_first_chunk", "Time to the first chunk")
        self._next_chunk = _seconds(meter, f"{_INFERENCE}.time_per_output_chunk", "Time between two chunks")
        self._input = _tokens(meter, f"{_INFERENCE}.operation.input_tokens", "Input tokens of a model turn")
        self._output = _tokens(
            meter, f"{_INFERENCE}.operation.output_tokens", "Output tokens of a model turn"
        )
        self._used = {
            name: _counter(meter, f"{_USAGE}.{name}")
            for name in (
                "input_tokens",
                "output_tokens",
                "cache_read.input_tokens",
                "cache_write.input_tokens",
                "reasoning.output_tokens",
            )
        }
        self._operation = _seconds(meter, f"{_OPERATION}.duration", "Duration of an operation")
        self._old = _OldNames(meter) if old_names else None
        self._tool = _seconds(meter, "gen_ai.execute_tool.duration", "Duration of a tool call")
        self._agent = _seconds(meter, "gen_ai.invoke_agent.duration", "Duration of an agent", _AGENT_SECONDS)
        self._agent_turns = _calls(meter, "gen_ai.invoke_agent.inference_calls", "{inference_call}")
        self._agent_calls = _calls(meter, "gen_ai.invoke_agent.tool_calls", "{tool_call}")

    def turn(self, seconds: float, usage: Usage, attributes: Attributes, *, failed: bool) -> None:
        """Record a model turn when it ends; the distribution of tokens is of those that ended well."""
        self._duration.record(seconds, attributes)
        self._count(usage, attributes)
        if not failed:
            _record(self._input, usage.input_tokens, attributes)
            _record(self._output, usage.output_tokens, attributes)
        if self._old is not None:
            self._operation.record(seconds, attributes)
            self._old.tokens(usage, attributes)

    def first_chunk(self, seconds: float, attributes: Attributes) -> None:
        """Record the time from the request to the first event of a stream."""
        self._first_chunk.record(seconds, attributes)
        if self._old is not None:
            self._old.first_chunk.record(seconds, attributes)

    def next_chunk(self, seconds: float, attributes: Attributes) -> None:
        """Record the time between two events of a stream."""
        self._next_chunk.record(seconds, attributes)
        if self._old is not None:
            self._old.next_chunk.record(seconds, attributes)

    def embeddings(self, seconds: float, usage: Usage, attributes: Attributes) -> None:
        """Record a request for embeddings."""
        self._operation.record(seconds, attributes)
        self._count(usage, attributes)
        if self._old is not None:
            self._old.tokens(usage, attributes)

    def tool(self, seconds: float, attributes: Attributes) -> None:
        """Record a tool call that was executed."""
        self._tool.record(seconds, attributes)

    def agent(self, seconds: float, turns: int, calls: int, attributes: Attributes) -> None:
        """Record what an agent did until it responded, paused or failed."""
        self._agent.record(seconds, attributes)
        self._agent_turns.record(turns, attributes)
        self._agent_calls.record(calls, attributes)

    def _count(self, usage: Usage, attributes: Attributes) -> None:
        """Add tokens to the counters. A modality is named only where the provider names it."""
        known: Mapping[str, tuple[int | None, Split]] = {
            "input_tokens": (usage.input_tokens, input_split(usage.raw)),
            "output_tokens": (usage.output_tokens, output_split(usage.raw)),
            "cache_read.input_tokens": (usage.cache_read_tokens, {}),
            "cache_write.input_tokens": (usage.cache_write_tokens, {}),
            "reasoning.output_tokens": (usage.reasoning_tokens, {}),
        }
        for name, (total, split) in known.items():
            if total is None:
                continue
            for modality, count in by_modality(total, split).items():
                self._used[name].add(count, {**attributes, "gen_ai.token.modality": modality})


class _OldNames:
    """The metrics that the conventions have renamed."""

    def __init__(self, meter: Meter) -> None:
        self._usage = _tokens(meter, "gen_ai.client.token.usage", "Tokens of an operation")
        self.first_chunk = _seconds(meter, f"{_OPERATION}.time_to_first_chunk", "Time to the first chunk")
        self.next_chunk = _seconds(meter, f"{_OPERATION}.time_per_output_chunk", "Time between two chunks")

    def tokens(self, usage: Usage, attributes: Attributes) -> None:
        for kind, count in (("input", usage.input_tokens), ("output", usage.output_tokens)):
            _record(self._usage, count, {**attributes, "gen_ai.token.type": kind})


def _record(histogram: Histogram, count: int | None, attributes: Attributes) -> None:
    if count is not None:
        histogram.record(count, attributes)


def _seconds(meter: Meter, name: str, about: str, buckets: list[float] = _SECONDS) -> Histogram:
    return _histogram(meter, name, "s", about, buckets)


def _tokens(meter: Meter, name: str, about: str) -> Histogram:
    return _histogram(meter, name, "{token}", about, _TOKENS)


def _calls(meter: Meter, name: str, unit: str) -> Histogram:
    return _histogram(meter, name, unit, "Calls of one agent invocation", _CALLS)


def _histogram(meter: Meter, name: str, unit: str, about: str, buckets: list[float]) -> Histogram:
    return meter.create_histogram(name, unit, about, explicit_bucket_boundaries_advisory=buckets)


def _counter(meter: Meter, name: str) -> Counter:
    return meter.create_counter(name, "{token}", "Tokens used, as the provider reports them")
