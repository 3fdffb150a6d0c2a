"""pydantic-ai, through `pydantic_ai.direct`: a model request without an agent around it."""

from collections.abc import Sequence

from pydantic_ai import Embedder
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
)
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender, Library, Turns


class Client(Contender):
    def __init__(self, server: str, library: Library) -> None:
        base_url = f"{server}/v1"
        self.provider = OpenAIProvider(base_url=base_url, api_key="key")
        self.model = OpenAIChatModel("m", provider=self.provider)

    async def complete(self, turns: Turns) -> str:
        return await self.send(self.listed(turns))

    def listed(self, turns: Turns) -> list[ModelMessage]:
        return [
            ModelRequest.user_text_prompt(text) if role == "user" else ModelResponse(parts=[TextPart(text)])
            for role, text in turns
        ]

    async def send(self, messages: list[ModelMessage]) -> str:
        response = await model_request(self.model, messages)
        return response.text or ""

    async def stream(self, *, first: bool = False) -> str:
        pieces = []
        async with model_request_stream(self.model, [ModelRequest.user_text_prompt(QUESTION)]) as events:
            async for event in events:
                match event:
                    case (
                        PartStartEvent(part=TextPart(content=text))
                        | PartDeltaEvent(delta=TextPartDelta(content_delta=text))
                    ):
                        pieces.append(text)
                        if first:
                            first = self.mark()
                    case _:
                        pass
        return "".join(pieces)

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        embedder = Embedder(OpenAIEmbeddingModel("m", provider=self.provider))
        result = await embedder.embed_documents(inputs)
        return result.embeddings

    async def aclose(self) -> None:
        await self.provider.client.close()
