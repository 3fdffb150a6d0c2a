"""What to do about thinking whose prefix is no longer what it was, before the server refuses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from chat_core import ConfigurationError, JsonObject, Notice
from chat_core.types.json_values import as_object

from chat_claude.encode.block_facts import Facts
from chat_claude.encode.messages import SignedBlock
from chat_claude.encode.prefix import digests
from chat_claude.options import PrefixPolicy
from chat_claude.wire import SIGNED, Block, SentMessage


class PrefixCheck(NamedTuple):
    """The fields of the body that change, the betas that this needs, and notices."""

    changes: Mapping[str, object] = {}
    betas: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


def check_prefixes(
    body: Mapping[str, object], signed: Sequence[SignedBlock], policy: PrefixPolicy, facts: Facts
) -> PrefixCheck:
    """Compare what stands before each signed block with what stood before it when it was received.

    Where that has changed the thinking is left out: by the server where it can do that, else here. Raises
    `ConfigurationError` under the policy "error".
    """
    if not any(block.prefix for block in signed):
        return PrefixCheck()
    current = list(digests(body, facts))
    changed = {block.message for block in signed if block.prefix and block.prefix != current[block.message]}
    if not changed:
        return PrefixCheck()
    what = (
        "the instructions, the tools or earlier messages have changed since the model thought; "
        "its thinking is bound to them"
    )
    if policy == "error":
        raise ConfigurationError(f"{what}: keep them as they were, or .with_changed_prefix('drop')")
    notice = Notice("thinking", f"{what}, and is left out from {len(changed)} of the model's turns")
    thinking = as_object(cast("JsonObject | None", body.get("thinking"))) or {"type": "adaptive"}
    if thinking["type"] == "adaptive":
        dropping = {**thinking, "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
        return PrefixCheck({"thinking": dropping}, ("thinking-binding-controls-2026-08-01",), (notice,))
    messages = cast("list[SentMessage]", body["messages"])
    return PrefixCheck({"messages": _without_thinking(messages, changed)}, notices=(notice,))


def _without_thinking(messages: list[SentMessage], changed: set[int]) -> list[SentMessage]:
    found: list[SentMessage] = []
    for index, message in enumerate(messages):
        if index not in changed:
            found.append(message)
            continue
        content = cast("list[Block]", message["content"])
        if rest := [block for block in content if block["type"] not in SIGNED]:
            found.append({"role": "assistant", "content": rest})
    return found
