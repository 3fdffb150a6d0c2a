"""Texts of a history as JSON can hold them."""

from __future__ import annotations


def sendable(text: str) -> str:
    """Return the text itself, or with U+FFFD for each half of a surrogate pair, which no request can hold."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def is_blank(text: str) -> bool:
    """Return whether a text is empty or white space: the wire refuses the one, and the other says nothing."""
    return not text or text.isspace()
