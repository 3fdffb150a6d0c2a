"""The options that were given, of those that could be: nearly always none or a few of many."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core.types.memo import Memo, keep_memo


def set_fields(options: Memo) -> Mapping[str, object]:
    """Return the fields of a frozen dataclass that are not None, in order.

    They are looked for once: an encoder that looked at twenty fields with each request would take longer than
    writing the body.
    """
    kept: tuple[Mapping[str, object]] | None = getattr(options, "_memo", None)
    if kept is None:
        values = ((name, getattr(options, name)) for name in options.__dataclass_fields__)
        kept = ({name: value for name, value in values if value is not None},)
        keep_memo(options, kept)
    return kept[0]
