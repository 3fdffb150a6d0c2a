"""The results of a turn's calls: one tool message each, and the files that tools returned."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core import ConfigurationError, File, Message, Notice, Origin
from chat_core.wire import results_heading, unsent_file

from chat_completions.dialect import Dialect
from chat_completions.encode.caching import is_marked
from chat_completions.encode.calls import call_ids
from chat_completions.encode.files import encode_file
from chat_completions.wire import ContentPart, SentMessage, TextPart, ToolMessage


def encode_results(
    message: Message, origin: Origin, dialect: Dialect, notices: list[Notice]
) -> Iterator[SentMessage]:
    """Yield the tool messages of a turn. Raises `UnresolvedTool` where a call has no outcome yet.

    Files stand in the tool's message, or follow all of them as the user's, where tool messages hold text
    only.
    """
    outcomes = message.outcomes()
    in_results = dialect.files.in_results
    ids = call_ids([call for call, _ in outcomes], origin, dialect)
    for id, (call, outcome) in zip(ids, outcomes, strict=True):
        content: str | list[ContentPart] = outcome
        if call.files and in_results:
            text = [TextPart(type="text", text=outcome)] if outcome.strip() else []
            content = [*text, *(_file(file, dialect, notices) for file in call.files)]
        yield ToolMessage(role="tool", tool_call_id=id, content=content)
    for call, _ in outcomes:
        if call.files and not in_results:
            heading = TextPart(type="text", text=results_heading(call.name, call.id))
            files = (_file(file, dialect, notices) for file in call.files)
            yield {"role": "user", "content": texts_only([heading, *files], dialect)}


def texts_only(content: list[ContentPart], dialect: Dialect) -> str | list[ContentPart]:
    """Return content as a list of parts, or as one text where that is all it is or all that the server
    takes.
    """
    if len(content) == 1 and content[0]["type"] == "text" and not is_marked(content[0]):
        return content[0]["text"]
    if dialect.files.kinds:
        return content
    return "\n\n".join(part["text"] for part in content if part["type"] == "text")


def _file(file: File, dialect: Dialect, notices: list[Notice]) -> ContentPart:
    try:
        return encode_file(file, dialect)
    except ConfigurationError as exc:
        text, notice = unsent_file(file, exc)
        notices.append(notice)
        return TextPart(type="text", text=text.text)
