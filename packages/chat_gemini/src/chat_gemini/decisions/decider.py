"""The client of decisions: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from chat_core import ConfigurationError, DecisionResponse, Messages, Question
from chat_core.client import ProviderClient
from chat_core.types.questions import checked_questions
from chat_core.types.request import messages_of

from chat_gemini.decisions.decode import decode
from chat_gemini.decisions.encode import encode
from chat_gemini.decode import decode_error
from chat_gemini.names import model_path
from chat_gemini.settings import Settings


class GeminiDecisions(ProviderClient[Settings]):
    """Decisions by a model of Google's that makes them.

    A chat built with it has `decide` with retries; strategies take either. Raises `ConfigurationError` for a
    client of Vertex, which makes none.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.defaults.endpoint.has_predict:
            raise ConfigurationError("Vertex makes no decisions: build the client without with_vertex(...)")
        super().__init__(settings, settings.defaults.endpoint.provider, decode_error)

    async def decide(
        self, messages: Messages, questions: Mapping[str, Question], /
    ) -> DecisionResponse[float]:
        """Return an answer to each question about the conversation, by one request.

        Raises a `ChatError`; retries nothing.
        """
        settings, by_name = self._settings, checked_questions(questions)
        model = model_path(settings.model, settings.defaults.endpoint)
        encoded = encode(messages_of(messages), by_name, model=model)
        read = partial(decode, questions=by_name, model=settings.model, notices=encoded.notices)
        return await self._send("POST", "/decisions", read, encoded.body)
