"""Django: an asynchronous view that answers, and one that streams. One file; in a project the views go to
views.py.

curl "localhost:8080/ask?question=Hello"
curl -N "localhost:8080/stream?question=Hello"
"""

import os
import sys
from collections.abc import AsyncIterator

import django
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatError, Messages, RateLimited, TextChunk
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import path

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")
chat = (
    ChatBuilder()
    .with_model(ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4").build())
    .build()
)


async def ask(request: HttpRequest) -> HttpResponseBase:
    """Answer a question whole."""
    try:
        response = await chat.complete(Messages.from_user(request.GET["question"]))
    except RateLimited as error:
        headers = {"retry-after": str(int(error.retry_after or 1))}
        return JsonResponse({"error": str(error)}, status=429, headers=headers)
    except ChatError as error:
        return JsonResponse({"error": str(error)}, status=502)
    return JsonResponse({"answer": response.text, "tokens": response.usage.output_tokens})


async def stream(request: HttpRequest) -> HttpResponseBase:
    """Answer a question as it arrives. Where the reader hangs up, Django closes the generator."""
    pieces = pieces_of(Messages.from_user(request.GET["question"]))
    return StreamingHttpResponse(pieces, content_type="text/plain; charset=utf-8")


async def pieces_of(messages: Messages) -> AsyncIterator[str]:
    """Yield the text of the answer."""
    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, TextChunk):
                yield event.text


urlpatterns = [path("ask", ask), path("stream", stream)]
settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost", "127.0.0.1"], SECRET_KEY="of this example"
)
django.setup()
application = ASGIHandler()

if __name__ == "__main__":
    import uvicorn

    uvicorn.run(application, port=int(sys.argv[1]) if sys.argv[1:] else 8080, lifespan="off")
