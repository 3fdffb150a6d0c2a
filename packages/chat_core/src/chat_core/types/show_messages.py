"""How conversations and turns are shown to a person: a few lines of text, or Markdown for a notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from chat_core.types.files import File
from chat_core.types.parts import Citation, Opaque, Part, Reasoning, Refusal, Structured, Text, ToolCall

if TYPE_CHECKING:
    from chat_core.types.message import Message
    from chat_core.types.response import ChatResponse

_WIDTH = 100  # characters of a line of text
_FIRST, _LAST = 2, 6  # messages of a long conversation that are shown as lines
_MARKDOWN_MESSAGES = 50
_MARKDOWN_TEXT = 20_000  # characters
_MARKDOWN_IMAGE = 1 << 18  # bytes
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_CODE = re.compile(r"(`+)(?:.|\n)*?(?<!`)\1(?!`)")
_LOADS = re.compile(r"!(?=\[)|<(?=[a-zA-Z/!?])")


def lines_of(messages: Sequence[Message]) -> str:
    """Return a conversation in at most a dozen lines: the first and the last messages, one line each."""
    waiting = sum(call.waiting for message in messages for call in message.tool_calls)
    count = f"{len(messages):,} message{'' if len(messages) == 1 else 's'}"
    noted = f", {waiting:,} call{' waits' if waiting == 1 else 's wait'}" if waiting else ""
    lines = [f"Messages({count}{noted})"]
    skipped = len(messages) - _FIRST - _LAST
    first, last = (messages, ()) if skipped <= 1 else (messages[:_FIRST], messages[-_LAST:])
    lines += map(_line, first)
    if last:
        lines.append(f"  … {skipped:,} more …")
    lines += map(_line, last)
    return "\n".join(lines)


def _line(message: Message) -> str:
    role = f"  {message.role}{' (interrupted)' if message.interrupted else ''}: "
    text = ""
    width = _WIDTH // min(len(message.parts) or 1, 4)  # a long text leaves room for what stands beside it
    for part in message.parts:
        words = _words(part)
        text += (" " if text else "") + (words if len(words) <= width else f"{words[: width - 1]}…")
        if len(role) + len(text) > _WIDTH:
            return f"{role}{text}"[: _WIDTH - 1] + "…"
    return role + text


def _words(part: Part) -> str:
    """Return a part in words of one line."""
    match part:
        case Text(text):
            return _one_line(text)
        case Reasoning(text):
            return f"({_one_line(text) or 'reasoning'})"
        case Refusal(text):
            return f"(refusal) {_one_line(text)}"
        case Structured():
            return _one_line(part.as_text())
        case ToolCall():
            return f"[{part.name}({_one_line(_arguments(part))}): {part.status.type}]"
        case File():
            return f"[{_file_words(part)}]"
        case Opaque():
            return f"[a block of {part.native.origin.provider}]"


def _one_line(text: str) -> str:
    return " ".join(text[: 2 * _WIDTH].split())


def _arguments(call: ToolCall) -> str:
    text = call.arguments_text
    return json.dumps(call.arguments, ensure_ascii=False) if text is None or call.edited else text


def _file_words(file: File) -> str:
    size = "" if file.data is None else f"{len(file.data):,} bytes"
    place = file.name or file.url or file.id or ""
    return " ".join(filter(None, (file.mimetype or "file", place[:_WIDTH], size)))


def markdown_of(messages: Sequence[Message]) -> str:
    """Return a conversation as Markdown, the last 50 messages of it."""
    shown = messages[-_MARKDOWN_MESSAGES:]
    blocks = [f"*{len(messages) - len(shown):,} earlier messages*"] if len(shown) < len(messages) else []
    for message in shown:
        mark = " *(interrupted)*" if message.interrupted else ""
        blocks += [f"**{message.role}**{mark}", *_blocks(message.parts)]
    return "\n\n".join(blocks)


def response_markdown(response: ChatResponse) -> str:
    """Return a turn as Markdown, with its notices."""
    notices = (f"> **{notice.about}**: {_harmless(notice.message)}" for notice in response.notices)
    return "\n\n".join([*_blocks(response.message.parts), *islice(notices, 20)])


def _blocks(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        match part:
            case Text(text, citations):
                yield "".join([_harmless(text), *_sources(citations)])
            case Reasoning(text):
                yield _quoted(text or "(reasoning)")
            case Refusal(text):
                yield _quoted(text)
            case Structured():
                yield _code_block(part.as_text(), "json")
            case ToolCall():
                yield _code_block(f"{part.name}({_arguments(part)})", "")
                yield _code_block(part.outcome(), "") if part.resolved else f"*{part.status.type}*"
            case File():
                yield _picture(part) or f"*{_harmless(_file_words(part))}*"
            case Opaque():
                yield f"*a block of {part.native.origin.provider}*"


def _harmless(text: str) -> str:
    """Return Markdown that loads nothing: a picture whose address a model wrote would tell its server that,
    and what, the reader reads. Pictures become links, and HTML becomes text; code stays as it is.
    """
    lines: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in _cut(text).split("\n"):
        mark = _FENCE.match(line)
        if not fence and not mark:
            prose.append(line)
            continue
        if not fence and mark:
            lines += _harmless_prose(prose)
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip(" " + fence[0]):
            fence = ""
        lines.append(line)
    return "\n".join([*lines, *_harmless_prose(prose), *([fence] if fence else [])])


def _harmless_prose(prose: list[str]) -> list[str]:
    """Return the lines without pictures and HTML, and empty the list."""
    text = "\n".join(prose)
    found: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        found += [_LOADS.sub(_replacement, text[at : code.start()]), code[0]]
        at = code.end()
    found.append(_LOADS.sub(_replacement, text[at:]))
    lines = "".join(found).split("\n") if prose else []
    prose.clear()
    return lines


def _replacement(match: re.Match[str]) -> str:
    return "" if match[0] == "!" else "&lt;"


def _cut(text: str) -> str:
    if len(text) <= _MARKDOWN_TEXT:
        return text
    return f"{text[:_MARKDOWN_TEXT]}… ({len(text):,} characters)"


def _sources(citations: Sequence[Citation]) -> Iterator[str]:
    for number, citation in enumerate(islice(citations, 50), start=1):
        if citation.url is not None and citation.url.startswith(("https://", "http://")):
            address = re.sub(r"[<>\s]", "", citation.url)
            yield f" [\\[{number}\\]](<{address}>)"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in _harmless(text).split("\n"))


def _code_block(text: str, language: str) -> str:
    marks = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, marks + 1)
    return f"{fence}{language}\n{_cut(text)}\n{fence}"


def _picture(file: File) -> str | None:
    """Return an image whose bytes are here, and not many."""
    if file.kind != "image" or file.data is None or len(file.data) > _MARKDOWN_IMAGE:
        return None
    name = re.sub(r"[^\w .-]", "", file.name or "image")
    return f"![{name}]({file.data_url()})"
