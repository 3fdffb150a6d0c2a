"""Batches of Groq's. Facts: Groq's SDK 1.7 and reference, November 2026."""

from __future__ import annotations

from typing import ClassVar

from chat_completions.batch import CompletionBatches
from chat_core.client.batch_spool import BatchLimits


class GroqBatches(CompletionBatches):
    """The batches of a model at Groq: at most 50,000 requests and 100 MB go into one. A day is given."""

    LIMITS: ClassVar[BatchLimits] = BatchLimits(50_000, 100_000_000)
