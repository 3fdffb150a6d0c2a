"""The client of decisions: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from chat_core import DecisionResponse, Messages, Question
from chat_core.client import ProviderClient
from chat_core.types.questions import checked_questions
from chat_core.types.request import messages_of
from chat_responses.decode import decode_error
from chat_responses.settings import Settings

from chat_openai.decisions.decode import decode
from chat_openai.decisions.encode import encode


class OpenAIDecisions(ProviderClient[Settings]):
    """Decisions by a model of OpenAI's that makes them, such as "gpt-6-luna".

    A chat built with it has `decide` with retries; strategies take either.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.provider, decode_error)

    async def decide(
        self, messages: Messages, questions: Mapping[str, Question], /
    ) -> DecisionResponse[float]:
        """Return an answer to each question about the conversation, by one request.

        Raises a `ChatError`; retries nothing.
        """
        settings, by_name = self._settings, checked_questions(questions)
        encoded = encode(
            messages_of(messages), by_name, model=settings.model, options=settings.defaults.options
        )
        read = partial(decode, questions=by_name, notices=encoded.notices)
        return await self._send("POST", "/decisions", read, encoded.body)
