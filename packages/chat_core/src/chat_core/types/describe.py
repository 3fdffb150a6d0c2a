"""Text of a value or of an exception that can always be had, stored and sent."""

from __future__ import annotations


def describe(value: object) -> str:
    """Return `str(value)`, or the name of its type where that raises."""
    try:
        return whole_text(str(value))
    except Exception:  # a `__str__` of the application's, which may do anything
        return type(value).__name__


def describe_exception(exc: BaseException) -> str:
    """Return the type and the message of an exception, or its type alone where it has no message or its `str`
    raises.
    """
    name = type(exc).__name__
    message = describe(exc)
    return f"{name}: {message}" if message and message != name else name


def whole_text(text: str) -> str:
    """Return the text with U+FFFD for each half of a surrogate pair that stands alone:

    UTF-8 has no form for it.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
