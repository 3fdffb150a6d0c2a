"""FastAPI: answers as server-sent events, and a button that stops them. What had come stays in the
conversation.
"""

import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import anyio
import uvicorn
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatError, Done, Messages, TextChunk
from fastapi import Body, FastAPI
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")
client = ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4").build()
chat = ChatBuilder().with_model(client).build()
conversations: defaultdict[str, Messages] = defaultdict(Messages)  # a real application has a database
at_work: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Close the connections when the server ends."""
    async with client:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def page() -> FileResponse:
    """The page with the two buttons."""
    return FileResponse(Path(__file__).with_suffix(".html"))


@app.post("/chats/{id}", response_class=EventSourceResponse)
async def ask(id: str, question: Annotated[str, Body(embed=True)]) -> AsyncIterator[ServerSentEvent]:
    """Answer as it arrives. Where the browser hangs up, FastAPI cancels this, and the stream is closed."""
    async with at_work[id]:
        try:
            async with chat.stream(conversations[id].add_user(question)) as events:
                async for event in events:
                    match event:
                        case TextChunk(text):
                            yield ServerSentEvent(event="text", data=text)
                        case Done(response):
                            yield ServerSentEvent(event="done", data=response.usage.output_tokens)
        except ChatError as error:
            yield ServerSentEvent(event="error", data=str(error))


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]) if sys.argv[1:] else 8080)
