"""Bugs in the packages here, where a wire has what the example's wire has not."""

from __future__ import annotations

from plant import Mutation

MUTATIONS = [
    Mutation(
        "the signature of thinking is dropped",
        "TestClaude",
        "chat_claude.decode.blocks",
        '                block.signature.append(as_text(delta.get("signature")))',
        "                pass",
        ("test_what_is_sealed_goes_back",),
    ),
    Mutation(
        "thinking goes back wherever it came from",
        "TestClaude",
        "chat_core.types.native",
        "peek(native) if native is not None and origin == native.origin else None",
        "peek(native) if native is not None and origin.provider == native.origin.provider else None",
        ("test_what_is_sealed_stays_with_its_origin",),
    ),
    Mutation(
        "cached tokens are not counted as input",
        "TestClaude",
        "chat_claude.decode.usage",
        "uncached + (read or 0) + (written or 0)",
        "uncached",
        ("test_usage_includes_what_the_cache_has",),
    ),
    Mutation(
        "pieces of arguments go to the call that began last",
        "TestChatCompletions",
        "chat_completions.decode.calls",
        "call = self._by_index.get(index) if type(index) is int else None",
        "call = self._calls[-1] if self._calls else None",
        ("test_interleaved_calls_stay_apart",),
    ),
    Mutation(
        "embeddings come in the order of the body",
        "TestChatCompletions",
        "chat_core.wire.vectors",
        "ordered = [by_index[index] for index in range(count)]",
        "ordered = list(items)",
        ("test_vectors_come_in_the_order_of_the_inputs",),
    ),
    Mutation(
        "documents come in the order of their numbers",
        "TestCohere",
        "chat_core.wire.rerank",
        "key=lambda result: result.score, reverse=True",
        "key=lambda result: result.index",
        ("test_documents_come_best_first",),
    ),
    Mutation(
        "a document that was not sent is taken",
        "TestCohere",
        "chat_core.wire.rerank",
        "if index is None or not 0 <= index < len(documents):",
        "index = min(index or 0, len(documents) - 1)\n    if index is None:",
        ("test_a_body_without_results_is_an_error",),
    ),
    Mutation(
        "thoughts are not counted as output",
        "TestGemini",
        "chat_gemini.decode.usage",
        "else (output or 0) + (thoughts or 0)",
        "else output",
        ("test_usage_includes_what_the_cache_has",),
    ),
    Mutation(
        "an exception of the event stream is passed over",
        "TestBedrock",
        "chat_bedrock.stream",
        "            raise stream_error(event.type, frame)",
        "            return ()",
        ("test_an_error_frame_raises_its_error",),
    ),
    Mutation(
        "a stream counts as whole without messageStop",
        "TestBedrock",
        "chat_bedrock.stream",
        '        if not self.complete:\n            raise self._frames.truncated("messageStop", whole)',
        '        if not whole.message.parts:\n            raise self._frames.truncated("messageStop", whole)',
        ("test_a_cut_stream_is_truncated",),
    ),
    Mutation(
        "a failed request of a batch is left out",
        "TestClaude",
        "chat_core.client.batches",
        "            return Refused(id, error)",
        '            return NotRun(id, "missing", error)',
        ("test_a_batch_goes_from_its_requests_to_its_results",),
    ),
    Mutation(
        "an error line of a stream is taken for an empty one",
        "TestOllamaNative",
        "chat_ollama.native.stream",
        "            check_frame(frame)\n",
        "            pass\n",
        ("test_an_error_frame_raises_its_error",),
    ),
]
