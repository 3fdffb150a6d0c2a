"""The mask of an edit, among the pictures that a user gives."""

from __future__ import annotations

from dataclasses import replace

from chat_core import File, Native, Origin

_MASK = Native(Origin("openai", "images", ""), {"type": "mask"})


def mask(file: File) -> File:
    """Return this file as the mask of an edit: where it is transparent, the first picture is drawn anew.

    It is a PNG of that picture's size.
    """
    return replace(file, native=_MASK)


def is_mask(file: File) -> bool:
    """Return whether a file came from `mask`."""
    return file.native == _MASK
