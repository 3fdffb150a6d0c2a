"""Message threads: the server holds a conversation, and a request has only what is new.

Facts: Anthropic's SDK and the changelog of its types, November 2026. A continued thread has the `system` and
the `tools` that it was begun with, and takes neither again; its betas have to be the same at every turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from chat_core import ChatResponse, ConfigurationError, Message, Messages, Notice, Origin, ProviderError
from chat_core.types.json_values import JsonValue, as_list, as_object
from chat_core.types.plain_json import as_json

from chat_claude.encode.encoded import EncodedRequest
from chat_claude.encode.model_blocks import is_paused
from chat_claude.encode.prefix import digests
from chat_claude.settings import RequestDefaults
from chat_claude.wire import SentMessage

_BETA: Final = "message-threads-2026-08-12"
_STORED: Final = ("system", "tools")
_LOST: Final = frozenset(
    {
        "thread_not_found",
        "thread_already_continued",
        "thread_continue_in_flight",
        "thread_fingerprint_mismatch",
    }
)
_CHANGED: Final = Notice(
    "thread",
    "the model, the betas, the instructions, the tools or earlier messages are not those of the thread: the "
    "whole conversation was sent, in a new one",
)
_REPLAYED: Final = Notice(
    "thread", "the server could not continue the thread: the whole conversation was sent, in a new one"
)


def check_thread(defaults: RequestDefaults) -> None:
    """Raise `ConfigurationError` for what cannot be combined with a thread."""
    if not defaults.thread:
        return
    given = defaults.extra.keys() & {"messages", "thread"}
    if given:
        raise ConfigurationError(
            f"with_thread() writes {min(given)} itself: leave it out of with_extra_body(...)"
        )
    if "compaction" in defaults.extra:
        raise ConfigurationError("a thread cannot be compacted: leave out compaction, or with_thread()")
    management = {**defaults.options.body(), **defaults.extra}.get("context_management")
    for edit in as_list(as_object(as_json(management)).get("edits")):
        if not _keeps_all(as_object(edit)):
            kind = as_object(edit).get("type")
            raise ConfigurationError(
                f"a thread takes no context edit {kind!r}, only clear_thinking_20251015 with keep='all': "
                "leave it out, or with_thread()"
            )


def in_thread(
    encoded: EncodedRequest, messages: Messages, origin: Origin, *, full_history: bool
) -> EncodedRequest:
    """Return the request as one that continues the thread of its conversation, or begins one.

    A thread is continued where the model's last turn is stored in it, and nothing before that turn has
    changed since. `full_history` begins one anyhow. Raises `ConfigurationError` for text that is no Unicode.
    """
    betas = tuple(dict.fromkeys((*encoded.betas, _BETA)))
    key = "\n".join((origin.endpoint, origin.model, *sorted(betas)))
    begun = replace(encoded, body={**encoded.body, "thread": {"type": "create"}}, betas=betas, thread_key=key)
    prefixes = _prefixes(encoded)
    last = _last_turn(messages)
    if full_history:
        return replace(begun, notices=(*begun.notices, _REPLAYED))
    if last is None or last.turn is None or not (last.turn.conversation or "").startswith(_PREFIX):
        return begun
    at = _last_assistant(encoded)
    if at is None or (at == _size(encoded) - 1 and not is_paused(last)):
        return begun
    if last.interrupted or not last.turn.id or last.turn.conversation != _mark(prefixes[at], key):
        return replace(begun, notices=(*begun.notices, _CHANGED))
    body = {name: value for name, value in encoded.body.items() if name not in _STORED}
    body["messages"] = _messages(encoded)[at + 1 :]
    body["thread"] = {"type": "continue", "previous_message_id": last.turn.id}
    return replace(begun, body=body, whole=encoded.body, continues=last.turn.id)


def stored_in_thread(response: ChatResponse, encoded: EncodedRequest) -> ChatResponse:
    """Return the response with the thread that its turn is stored in, from which the next turn continues.

    The server stores neither a turn that it refused nor one that another model stepped in for.
    """
    turn = response.message.turn
    if encoded.thread_key is None or turn is None or not turn.id or turn.finish_reason == "refusal":
        return response
    passes = as_list(as_object(turn.usage.raw).get("iterations"))
    if any(as_object(one).get("type") == "fallback_message" for one in passes):
        return response
    turn = replace(turn, conversation=_mark(encoded.digest(), encoded.thread_key))
    message = Message("model", response.message.parts, turn=turn, interrupted=response.message.interrupted)
    return replace(response, message=message)


def is_lost(error: ProviderError, encoded: EncodedRequest) -> bool:
    """Return whether the server does not continue a thread, and the whole conversation begins another."""
    return encoded.continues is not None and error.code in _LOST


_PREFIX: Final = "thread:"


def _keeps_all(edit: Mapping[str, JsonValue]) -> bool:
    return edit.get("type") == "clear_thinking_20251015" and edit.get("keep") in ("all", {"type": "all"})


def _last_turn(messages: Messages) -> Message | None:
    turns = (messages[at] for at in range(len(messages) - 1, -1, -1))
    return next((message for message in turns if message.role == "model"), None)


def _messages(encoded: EncodedRequest) -> Sequence[SentMessage]:
    return cast("Sequence[SentMessage]", encoded.body["messages"])


def _size(encoded: EncodedRequest) -> int:
    return len(_messages(encoded))


def _last_assistant(encoded: EncodedRequest) -> int | None:
    sent = _messages(encoded)
    return next((at for at in range(len(sent) - 1, -1, -1) if sent[at]["role"] == "assistant"), None)


def _prefixes(encoded: EncodedRequest) -> list[str]:
    """Return for each message of the request the digest of what stands before it, and one for its end."""
    try:
        return list(digests(encoded.body, encoded.facts))
    except UnicodeEncodeError as exc:
        raise ConfigurationError(f"the request cannot be written as JSON: {exc}") from exc


def _mark(prefix: str, key: str) -> str:
    """Return what a turn is stored with: what stood before it, and what has to stay the same after it."""
    return _PREFIX + hashlib.sha256(f"{prefix}\n{key}".encode()).hexdigest()[:32]
