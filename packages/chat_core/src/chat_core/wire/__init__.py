"""The kit for encoding and decoding: pure functions and machines that providers share. They do no I/O."""

from chat_core.types.call_ids import CallIds, free_wire_id, wire_id, wire_name
from chat_core.types.encode_prefix import PrefixEncoder, encode_from_prefix
from chat_core.wire.breakpoints import (
    CacheBreakpoint,
    explicit_breakpoint,
    has_breakpoints,
    unwritten_points,
)
from chat_core.wire.characters import sendable
from chat_core.wire.countable_text import countable_text
from chat_core.wire.described_schema import described_schema
from chat_core.wire.embedding_inputs import texts_and_tokens
from chat_core.wire.encode_once import encoded_once
from chat_core.wire.error_body import ErrorWords, decode_error, error_from_object, is_error_object
from chat_core.wire.finish_words import finish_notices, finish_reason
from chat_core.wire.frame_shape import FrameShape
from chat_core.wire.frames import FrameReader
from chat_core.wire.part_text import (
    NO_CACHE_POINTS,
    UNMARKED_POINT,
    dropped_points,
    foreign_block,
    generated_file,
    joined_text,
    misplaced,
    part_text,
    results_heading,
    text_of,
    unsent_file,
)
from chat_core.wire.probability import as_probability, as_score
from chat_core.wire.read import read_object
from chat_core.wire.rerank import ranked_documents, rerank_body
from chat_core.wire.retry_after import retry_after
from chat_core.wire.side_bodies import read_done, read_page
from chat_core.wire.strict_schema import StrictSchema, compile_strict, strict_schema
from chat_core.wire.tool_calls import fail_pending, mark_truncated, read_arguments, tool_call
from chat_core.wire.vectors import check_count, embeddings_in_order, read_vector
from chat_core.wire.write import Encoded, SentList, dump

__all__ = [
    "NO_CACHE_POINTS",
    "UNMARKED_POINT",
    "CacheBreakpoint",
    "CallIds",
    "Encoded",
    "ErrorWords",
    "FrameReader",
    "FrameShape",
    "PrefixEncoder",
    "SentList",
    "StrictSchema",
    "as_probability",
    "as_score",
    "check_count",
    "compile_strict",
    "countable_text",
    "decode_error",
    "described_schema",
    "dropped_points",
    "dump",
    "embeddings_in_order",
    "encode_from_prefix",
    "encoded_once",
    "error_from_object",
    "explicit_breakpoint",
    "fail_pending",
    "finish_notices",
    "finish_reason",
    "foreign_block",
    "free_wire_id",
    "generated_file",
    "has_breakpoints",
    "is_error_object",
    "joined_text",
    "mark_truncated",
    "misplaced",
    "part_text",
    "ranked_documents",
    "read_arguments",
    "read_done",
    "read_object",
    "read_page",
    "read_vector",
    "rerank_body",
    "results_heading",
    "retry_after",
    "sendable",
    "strict_schema",
    "text_of",
    "texts_and_tokens",
    "tool_call",
    "unsent_file",
    "unwritten_points",
    "wire_id",
    "wire_name",
]
