"""A progress bar for a terminal."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat_core import ConfigurationError

from chat_ollama.native.pull import PullProgress


async def show_progress(events: AsyncGenerator[PullProgress]) -> None:
    """Show a download until it ends: `await show_progress(client.pull())`.

    Raises what the download raises, and `ConfigurationError` where tqdm is missing.
    """
    try:
        from tqdm import tqdm
    except ImportError as exc:
        raise ConfigurationError('a progress bar needs tqdm: pip install "chat-ollama[progress]"') from exc
    async with aclosing(events):
        with tqdm(unit="B", unit_scale=True, unit_divisor=1024) as bar:
            async for progress in events:
                bar.set_description_str(progress.status, refresh=False)
                bar.total = progress.total_bytes or None
                bar.update(progress.completed_bytes - bar.n)
                bar.refresh()
