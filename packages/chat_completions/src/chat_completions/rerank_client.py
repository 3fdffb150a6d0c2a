"""Rerank, at the servers of this wire that have it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chat_core import RerankResponse
from chat_core.wire import rerank_body

from chat_completions.client import ChatCompletionsClient
from chat_completions.decode.rerank import decode_rerank


class RerankingClient(ChatCompletionsClient):
    """A client whose server ranks documents, by `/rerank`."""

    async def rerank(
        self, query: str, documents: Sequence[str], /, *, top_n: int | None = None
    ) -> RerankResponse:
        """Return the documents, best first, each with its index and score; `top_n` limits how many.

        Raises a `ChatError`; retries nothing.
        """
        dialect, texts = self._settings.dialect, list(documents)
        if not texts:
            return RerankResponse((), model=self.model)
        limit_field = dialect.fields.rerank_limit or "top_n"
        body = rerank_body(query, texts, model=self.model, top_n=top_n, limit_field=limit_field)
        read = partial(decode_rerank, documents=texts, top_n=top_n, model=self.model, dialect=dialect)
        return await self._send("POST", "/rerank", read, body)
