"""A progress bar for `pull()`, in a terminal."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat_core import ConfigurationError

from chat_ollama.native.stream import PullProgress


async def show_progress(events: AsyncGenerator[PullProgress]) -> None:
    """Download, and show a bar on stderr: `await show_progress(client.pull())`. Raises what `pull` raises, and
    `ConfigurationError` without the extra `chat-ollama[progress]`."""
    try:
        from tqdm import tqdm  # here, since it is an extra
    except ImportError as exc:
        raise ConfigurationError("show_progress(...) needs the extra: pip install 'chat-ollama[progress]'") from exc
    sizes: dict[str, int] = {}
    there: dict[str, int] = {}
    async with aclosing(events):
        with tqdm(unit="B", unit_scale=True, unit_divisor=1024) as bar:
            async for event in events:
                bar.set_description(event.status)
                if event.digest and event.total:
                    sizes[event.digest], there[event.digest] = event.total, event.completed
                    bar.total = sum(sizes.values())
                    bar.n = sum(there.values())
                bar.refresh()
