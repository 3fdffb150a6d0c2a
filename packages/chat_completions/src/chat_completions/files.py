"""Files of servers that have them as OpenAI has, beside Chat Completions."""

from __future__ import annotations

from functools import partial

from chat_core.client.form_files import FormFiles

from chat_completions.decode.errors import decode_server_error
from chat_completions.settings import Settings


class CompletionFiles(FormFiles[Settings]):
    """The files of an account at such a server."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings, settings.dialect.name, partial(decode_server_error, base_url=settings.base_url)
        )
