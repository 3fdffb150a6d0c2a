"""Files of OpenAI's, and of Azure's. Facts: OpenAI's reference and recorded traffic, November 2026."""

from __future__ import annotations

from typing import ClassVar

from chat_core.client.form_files import FormFiles
from chat_responses.decode import decode_error
from chat_responses.settings import Settings


class OpenAIFiles(FormFiles[Settings]):
    """The files of an organization. A message names images and documents of the purpose "user_data".

    `expires_in` is from an hour to 30 days. Files of that purpose are not given back.
    """

    EXPIRES: ClassVar[bool] = True

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.provider, decode_error)
