"""The suites find each of the bugs that authors of providers are known to make."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from chat_core.testing.conformance import ConformanceFailure

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [
    str(HERE),
    str(HERE.parent / "conformance"),
    str(ROOT / "examples/chat_acme/src"),
    str(ROOT / "examples/chat_acme/tests"),
]

import bugs_beside_turns  # noqa: E402
import bugs_of_acme  # noqa: E402  the paths are set first
import bugs_of_providers  # noqa: E402
from plant import Mutation, planted  # noqa: E402

MODULES = {
    "TestAcme": "test_conformance",
    "TestBedrock": "test_bedrock",
    "TestChatCompletions": "test_chat_completions",
    "TestClaude": "test_claude",
    "TestClaudeOnVertex": "test_claude",
    "TestCohere": "test_cohere",
    "TestGemini": "test_gemini",
    "TestGeminiOnVertex": "test_gemini",
    "TestGroq": "test_compatible",
    "TestMistral": "test_compatible",
    "TestOllamaNative": "test_ollama",
    "TestOpenAI": "test_compatible",
    "TestTogether": "test_compatible",
}
MUTATIONS = [*bugs_of_acme.MUTATIONS, *bugs_of_providers.MUTATIONS, *bugs_beside_turns.MUTATIONS]


def suite_of(mutation: Mutation) -> Any:
    suite: Any = getattr(import_module(MODULES[mutation.suite]), mutation.suite)()
    type(suite).backends = ("asyncio",)
    return suite


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.bug)
def test_a_bug_is_found_by_the_check_that_is_named(mutation: Mutation) -> None:
    suite = suite_of(mutation)
    for name in mutation.caught_by:
        getattr(suite, name)()  # without the bug it passes
        with planted(mutation):
            with pytest.raises(ConformanceFailure) as caught:
                getattr(suite, name)()
        sentence, _, evidence = str(caught.value).partition("\n")
        assert len(sentence) > 30
        assert evidence.strip(), "a failure tells what came instead"
        getattr(suite, name)()  # and the bug is gone


def test_there_are_enough_bugs_and_each_is_another() -> None:
    assert len(MUTATIONS) >= 40
    assert len({mutation.bug for mutation in MUTATIONS}) == len(MUTATIONS)
