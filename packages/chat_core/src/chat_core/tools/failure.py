"""How a tool says that it failed, in words for the model."""

from __future__ import annotations


class ToolFailure(Exception):
    """Raised by a tool's function: the call is `Failed`, and the model reads the message as it is.

    Of any other exception it reads the type too.
    """
