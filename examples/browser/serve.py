"""A page whose agent runs in the browser: Python, the chat and its tools are all there, by Pyodide.

    python tools/pyodide_site.py .pyodide && python examples/browser/serve.py .pyodide

Then open http://127.0.0.1:8486. This server gives out the page, Python and the packages, and passes on what
goes to `/v1`: to `CHAT_UPSTREAM` (a base URL of Chat Completions, with `CHAT_UPSTREAM_KEY`), so that no key
is in the page, else to a scripted server. `PORT` is the port.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import uvicorn
from chat_core import JsonObject
from chat_core.testing import Call, LoopbackServer, Reply
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent
PACKAGES = ("chat_core", "chat_completions")
NEEDED = ("annotated_types", "anyio", "httpx_sse", "idna", "pydantic", "sniffio", "typing_")
LEFT_OUT = ("/testing/", "/__pycache__/")


def scripted(body: JsonObject) -> Reply:
    """Say what a model might say that has a tool to paint the page."""
    messages = body["messages"]
    assert isinstance(messages, list)
    last = messages[-1]
    assert isinstance(last, dict)
    if last["role"] == "tool":
        return Reply(f"The tool says: {last['content']}", pause=0.02)
    text = str(last["content"])
    if "paint" in text.lower():
        return Reply(calls=(Call("paint", {"colour": text.split()[-1].strip(".!")}),))
    return Reply(f"You said: {text}. Ask me to paint the page in a colour.", pause=0.02)


def archive(site: Path) -> bytes:
    """Return what Python in the page imports, as a zip file: 2 MB."""
    content = io.BytesIO()
    sources = [
        *((site / "site").glob("*")),
        *(HERE.parents[1] / "packages" / name / "src" for name in PACKAGES),
    ]
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for source in sources:
            if source.parent.name == "site" and not source.name.startswith(NEEDED):
                continue
            root = source if source.name == "src" else source.parent
            for file in source.rglob("*") if source.is_dir() else [source]:
                name = f"/{file.relative_to(root)}"
                if file.is_file() and not any(part in name for part in LEFT_OUT):
                    packed.write(file, name)
        packed.write(HERE / "agent.py", "agent.py")
    return content.getvalue()


class Site:
    """The routes, and the connections to the model's server."""

    def __init__(self, folder: Path) -> None:
        self._archive = archive(folder)
        self._upstream = os.environ.get("CHAT_UPSTREAM", "")
        self._http = httpx.AsyncClient(timeout=300.0)

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncGenerator[None]:
        """Run a scripted server, where no other is named."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._http)
            if not self._upstream:
                self._upstream = stack.enter_context(LoopbackServer(scripted)).url
            yield

    async def page(self, request: Request) -> Response:
        """The page."""
        return FileResponse(HERE / "page.html", headers={"cache-control": "no-store"})

    async def packages(self, request: Request) -> Response:
        """What Python in the page imports."""
        return Response(self._archive, media_type="application/zip")

    async def model(self, request: Request) -> Response:
        """Pass a request on, with the key, and the response back as it arrives."""
        headers = {"content-type": request.headers.get("content-type", "application/json")}
        if key := os.environ.get("CHAT_UPSTREAM_KEY"):
            headers["authorization"] = f"Bearer {key}"
        url = f"{self._upstream.rstrip('/')}/{request.path_params['path']}"
        sent = self._http.build_request(request.method, url, headers=headers, content=await request.body())
        answer = await self._http.send(sent, stream=True)
        return StreamingResponse(
            answer.aiter_bytes(),
            status_code=answer.status_code,
            media_type=answer.headers.get("content-type"),
            background=BackgroundTask(answer.aclose),
        )


def main(folder: Path) -> None:
    site = Site(folder)
    routes = [
        Route("/", site.page),
        Route("/packages.zip", site.packages),
        Route("/v1/{path:path}", site.model, methods=["GET", "POST"]),
        Mount("/pyodide", StaticFiles(directory=folder / "node_modules/pyodide")),
    ]
    app = Starlette(routes=routes, lifespan=site.lifespan)
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8486")), log_level="warning")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
