"""What one server of this wire may do otherwise than another: its fields, its messages, its files, its
reasoning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

FileKind: TypeAlias = Literal["image", "audio", "video", "document"]


@dataclass(frozen=True, slots=True)
class Fields:
    """What a server calls the fields of a request, which of them it lacks, and in which form it takes them.

    - `max_tokens`, `seed`, `dimensions`: the names of these fields; the last is None where vectors cannot be
      shortened
    - `lacks`: options that it ignores or refuses; to use one is a `ConfigurationError`
    - `without_effect`: options that it accepts without effect while the model thinks; to use one gives a
      notice
    - `logprobs`: whether the field is a flag or a count
    - `stream_usage`: whether to ask for usage in streams; a few servers refuse `stream_options`
    - `output`: whether it takes a schema for the answer, or knows only JSON, so that the schema is put into
      words
    - `strict`: the schemas that it can hold a model to: OpenAI's `subset`, any as they are (`as_is`), or
      `none`
    - `mixes_strict_tools`: whether strict tools and others can stand in one request
    - `tool_choice`: whether a tool can be named, or only "required" can, or nothing
    - `call_ids`: `nine` where the id of a call has to be nine letters or digits
    - `numbers_calls`: whether a call of an earlier turn carries its `index` in that turn
    - `embeddings`, `embedding_batch`: whether it has embeddings, and how many inputs one request may hold
    - `base64_vectors`: whether it sends vectors in base64 too
    - `rerank_limit`: what it calls the number of documents that a rerank returns; None where it has no rerank
    - `token_count`: how it counts the tokens of a conversation: of its `messages` by one request, or of the
      text that its `template` makes of them; None where it cannot
    """

    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed: str = "seed"
    dimensions: str | None = "dimensions"
    lacks: frozenset[str] = frozenset({"top_k"})
    without_effect: frozenset[str] = frozenset()
    logprobs: Literal["flag", "count"] = "flag"
    stream_usage: bool = True
    output: Literal["schema", "json"] = "schema"
    strict: Literal["subset", "as_is", "none"] = "subset"
    mixes_strict_tools: bool = True
    tool_choice: Literal["named", "words", "none"] = "named"
    call_ids: Literal["any", "nine"] = "any"
    numbers_calls: bool = False
    embeddings: bool = True
    embedding_batch: int = 2048
    base64_vectors: bool = True
    rerank_limit: Literal["top_n", "top_k"] | None = "top_n"
    token_count: Literal["messages", "template"] | None = None


@dataclass(frozen=True, slots=True)
class MessageRules:
    """Which messages a server takes, and in which order.

    - `system_role`: the role of instructions
    - `system_first`: whether there can be only one system message, at the beginning
    - `joins_neighbours`: whether two messages of one role have to be joined
    - `user_after_tool`: whether a user's message can follow a tool's directly
    - `final_assistant`: how an assistant's message ends a conversation: `as_is`, marked with `prefix`, or
      followed by a user's message that says to `continue`
    - `empty_content`: what stands as content beside tool calls where there is no text
    - `cache_points`: how a part is marked for the prompt cache: OpenAI's `breakpoint`, from GPT-5.6 on, or
      Anthropic's `cache_control`, which gateways hand on
    """

    system_role: Literal["system", "developer"] = "system"
    system_first: bool = False
    joins_neighbours: bool = False
    user_after_tool: bool = True
    final_assistant: Literal["as_is", "prefix", "continue"] = "as_is"
    empty_content: Literal["null", "text"] = "null"
    cache_points: Literal["breakpoint", "cache_control"] | None = None


@dataclass(frozen=True, slots=True)
class FileRules:
    """Which files a server takes, and in which form.

    - `kinds`: the kinds that it takes; text goes as one string where there are none
    - `image_urls`, `document_urls`, `media_urls`: whether it fetches images, documents, and audio and video
      itself
    - `audio`: whether audio is an `object` with its format, or a `string` of base64
    - `document`: whether a document is a `file`, or a `document_url` (with a data: URL where it is bytes)
    - `in_results`: whether files stand in a tool's result, or follow as the user's
    """

    kinds: frozenset[FileKind] = frozenset({"image", "audio", "document"})
    image_urls: bool = True
    document_urls: bool = False
    media_urls: bool = False
    audio: Literal["object", "string"] = "object"
    document: Literal["file", "document_url"] = "file"
    in_results: bool = False


@dataclass(frozen=True, slots=True)
class ReasoningRules:
    """How a server returns a model's reasoning, and how it wants it back.

    - `think_tags`: whether `<think>` in the text is reasoning; `open` where a response begins inside the
      reasoning
    - `replay`: the turns on which it wants its own reasoning back
    - `replay_as`: in the field that it came in, or as `<think>` in the text
    - `demanded`: the field without which it refuses the turns of a tool loop, even where it is empty
    - `outside_output`: whether its `completion_tokens` do not include reasoning
    """

    think_tags: Literal["text", "tags", "open"] = "text"
    replay: Literal["never", "tools", "always"] = "tools"
    replay_as: Literal["field", "tags"] = "field"
    demanded: Literal["reasoning_content"] | None = None
    outside_output: bool = False
