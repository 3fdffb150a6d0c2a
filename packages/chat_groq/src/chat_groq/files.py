"""Files of Groq's. Facts: Groq's SDK 1.7, November 2026."""

from __future__ import annotations

from typing import ClassVar

from chat_completions.files import CompletionFiles


class GroqFiles(CompletionFiles):
    """The files of an account, which are those of batches: JSON lines. Messages name no files at Groq."""

    PURPOSE: ClassVar[str | None] = "batch"
