"""Messages in an order that the server takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from chat_core import ConfigurationError, Notice

from chat_completions.dialect import Dialect
from chat_completions.wire import AssistantMessage, ContentPart, SentMessage, TextPart, UserMessage

_BETWEEN = "I have the results."
_GO_ON = "Continue."


def in_order(messages: list[SentMessage], dialect: Dialect, notices: list[Notice]) -> list[SentMessage]:
    """Return the messages in an order that the server takes. What is added or moved for that gives a notice.

    Raises `ConfigurationError` where there is no message to send.
    """
    if not messages:
        raise ConfigurationError("there is no message to send: messages.add_user(...) adds one")
    rules = dialect.messages
    if rules.system_first:
        messages = _system_first(messages, dialect, notices)
    if rules.joins_neighbours:
        messages = list(_joined(messages))
    if not rules.user_after_tool:
        messages = list(_separated(messages, dialect, notices))
    last = messages[-1]
    if last["role"] != "assistant":
        return messages
    messages = [*messages[:-1], last := last.copy()]  # what was encoded is kept on its message
    if isinstance(content := last.get("content"), str) and content != content.rstrip():
        last["content"] = content.rstrip()  # some models refuse to go on from white space
    if rules.final_assistant == "prefix":
        last["prefix"] = True
    elif rules.final_assistant == "continue":
        why = f"{dialect.name} takes no conversation that ends with the model's turn, so {_GO_ON!r} was added"
        notices.append(Notice("messages", why))
        return [*messages, UserMessage(role="user", content=_GO_ON)]
    return messages


def _system_first(messages: list[SentMessage], dialect: Dialect, notices: list[Notice]) -> list[SentMessage]:
    texts = [str(each["content"]) for each in messages if each["role"] in ("system", "developer")]
    if not texts:
        return messages
    others = [message for message in messages if message["role"] not in ("system", "developer")]
    if any(message["role"] in ("system", "developer") for message in messages[len(texts) :]):
        why = f"{dialect.name} takes instructions only at the beginning, so all of them went there"
        notices.append(Notice("messages", why))
    first = "\n\n".join(texts)
    return [{"role": dialect.messages.system_role, "content": first}, *others]


def _joined(messages: list[SentMessage]) -> Iterator[SentMessage]:
    """Yield the messages, neighbours of the user's or of the model's joined into one."""
    before: SentMessage | None = None
    for message in messages:
        joined = _join(before, message) if before is not None else None
        if joined is None and before is not None:
            yield before
        before = joined or message
    if before is not None:
        yield before


def _join(first: SentMessage, second: SentMessage) -> SentMessage | None:
    if first["role"] == "user" and second["role"] == "user":
        return UserMessage(role="user", content=_contents(first["content"], second["content"]))
    match first, second:
        case {"role": "assistant", "content": str(text)}, {"role": "assistant", "content": more} if (
            "tool_calls" not in first and (more is None or isinstance(more, str))
        ):
            merged = cast("AssistantMessage", {**first, **second})
            merged["content"] = f"{text}\n\n{more}" if more else text
            return merged
        case _:
            return None


def _contents(first: str | list[ContentPart], second: str | list[ContentPart]) -> str | list[ContentPart]:
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    listed = [
        [TextPart(type="text", text=each)] if isinstance(each, str) else each for each in (first, second)
    ]
    return [part for parts in listed for part in parts]


def _separated(messages: list[SentMessage], dialect: Dialect, notices: list[Notice]) -> Iterator[SentMessage]:
    """Yield the messages, with an assistant's between a tool's and a user's that follows it directly."""
    before = ""
    for message in messages:
        if before == "tool" and message["role"] == "user":
            why = (
                f"{dialect.name} takes no user's message right after a tool's, so {_BETWEEN!r} stands between"
            )
            notices.append(Notice("messages", why))
            yield AssistantMessage(role="assistant", content=_BETWEEN)
        before = message["role"]
        yield message
