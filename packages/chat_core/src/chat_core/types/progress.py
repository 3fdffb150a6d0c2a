"""How far something has come, as a bar of tqdm or as calls of a function."""

from __future__ import annotations

from typing import Protocol

from chat_core.types.errors import ConfigurationError


class _Tqdm(Protocol):
    n: float

    def update(self, n: float, /) -> object: ...
    def set_postfix_str(self, s: str, /, refresh: bool) -> object: ...
    def refresh(self) -> object: ...
    def close(self) -> object: ...


class ProgressBar:
    """A bar of tqdm.

    Raises `ConfigurationError`, which names `method`, where that is not installed.
    """

    def __init__(self, method: str, *, total: int, unit: str, desc: str) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError as exc:
            raise ConfigurationError(
                f"{method}(progress=True) needs tqdm: pip install 'chat-core[progress]', or pass a function"
            ) from exc
        self._bar: _Tqdm = tqdm(total=total, unit=unit, desc=desc)

    def update(self, done: int, note: str = "") -> None:
        """Show how many are done, and a word."""
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)
        self._bar.refresh()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()
