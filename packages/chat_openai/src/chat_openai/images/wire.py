"""The Images wire: what is sent, as types. What is received is read as plain JSON.

Facts: OpenAI's API reference and recorded traffic of OpenAI and xAI, November 2026.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict


class Picture(TypedDict):
    """A picture to edit, or a mask: exactly one of the two. A URL may be a data URL."""

    image_url: NotRequired[str]
    file_id: NotRequired[str]
