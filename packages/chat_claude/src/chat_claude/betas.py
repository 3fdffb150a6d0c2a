"""The header that names beta features."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def beta_header(headers: Mapping[str, str], betas: Collection[str]) -> dict[str, str]:
    """Return the header that names these betas, and those that are in the client's own; empty without any."""
    custom = headers.get("anthropic-beta")
    if not custom and not betas:
        return {}
    names: dict[str, None] = dict.fromkeys([*([custom] if custom else []), *betas])
    return {"anthropic-beta": ",".join(names)} if names else {}
