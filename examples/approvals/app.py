"""A web application in which a person watches an agent, and decides what it may do.

    python examples/approvals/app.py

Then open http://127.0.0.1:8484. `CHAT_APPROVALS_SCRIPTED=1` takes the scripted server although a model is
installed; `CHAT_APPROVALS_DATA` names the folder of the database and the key, `PORT` the port.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import anyio
import uvicorn
from chat_core import (
    ApprovalKey,
    ConfigurationError,
    ConversationConflict,
    InvalidDecision,
    decisions_from_json,
)
from office import TOOLS, Office, find_model
from runs import Run, Runs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from store import Store
from view import view

HERE = Path(__file__).parent
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class Site:
    """The routes. Whoever changes something names the token that the page was served with."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._data = data
        self.token = secrets.token_urlsafe()
        self.office: Office
        self.runs: Runs

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncGenerator[None]:
        """Open the model and the store, and look for calls that are due, for as long as the server runs."""
        with ExitStack() as stack:
            client, model = find_model(stack)
            self.office = Office(client, _key(self._data), Store(self._data / "approvals.db"), model)
            async with anyio.create_task_group() as tasks:
                self.runs = Runs(self.office, tasks)
                tasks.start_soon(self._wake)
                yield
                tasks.cancel_scope.cancel()
            await client.aclose()

    async def page(self, request: Request) -> Response:
        """The page, with its token."""
        html = (HERE / "page.html").read_text(encoding="utf-8")
        return HTMLResponse(html.replace("{{token}}", self.token), headers={"cache-control": "no-store"})

    async def conversation(self, request: Request) -> Response:
        """A conversation as it is stored, with what waits."""
        id = request.path_params["id"]
        messages, _ = self.office.load(id)
        shown = view(messages, self.office.store.postponed(id), datetime.now(UTC))
        running = self.runs.of(id) is not None
        more = {"running": running, "model": self.office.model, "effects": self.office.store.effects()}
        return JSONResponse({**shown, **more})

    async def send(self, request: Request) -> Response:
        """Append what the user wrote, close what was still open, and stream the answer."""
        text = str((await request.json())["text"])
        id = request.path_params["id"]
        if self.runs.of(id) is not None:
            return _refused(409, "the agent is still at work: wait until it has ended")
        return _stream(
            self.runs.start(id, lambda messages: (messages.close_open_calls(), messages.add_user(text)))
        )

    async def decide(self, request: Request) -> Response:
        """Apply decisions, all or none. A call that has changed since it was shown is not decided."""
        id = request.path_params["id"]
        try:
            decisions = decisions_from_json(await request.body())
            messages, known = self.office.load(id)
            messages.decide(decisions, tools=TOOLS, key=self.office.key)
            self.office.store.save(id, messages, known)
        except InvalidDecision as error:
            faults = [
                {"call": fault.call_id, "kind": fault.kind, "text": fault.message} for fault in error.faults
            ]
            return JSONResponse({"error": str(error), "faults": faults}, 409)
        except ConversationConflict as error:
            return _refused(409, str(error))
        except ConfigurationError as error:
            return _refused(400, str(error))
        return await self.conversation(request)

    async def postpone(self, request: Request) -> Response:
        """Leave a call for later."""
        body = await request.json()
        until = datetime.fromisoformat(body["until"])
        self.office.store.postpone(request.path_params["id"], str(body["call_id"]), until)
        return await self.conversation(request)

    async def resume(self, request: Request) -> Response:
        """Carry the conversation on, or come back to the run that does."""
        return _stream(self.runs.start(request.path_params["id"]))

    async def _wake(self) -> None:
        while True:
            for id in self.office.store.due(datetime.now(UTC)):
                self.runs.start(id)
            await anyio.sleep(0.5)


def build(data: Path) -> Starlette:
    """Return the application over the database and the key in a folder."""
    site = Site(data)

    def guarded(handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if not secrets.compare_digest(request.headers.get("x-token", ""), site.token):
                return _refused(403, "this page does not come from this server: load it again")
            return await handler(request)

        return checked

    one = "/conversations/{id}"
    return Starlette(
        routes=[
            Route("/", site.page),
            Route(one, site.conversation),
            Route(f"{one}/messages", guarded(site.send), methods=["POST"]),
            Route(f"{one}/decisions", guarded(site.decide), methods=["POST"]),
            Route(f"{one}/postponed", guarded(site.postpone), methods=["POST"]),
            Route(f"{one}/resume", guarded(site.resume), methods=["POST"]),
        ],
        lifespan=site.lifespan,
    )


def _stream(run: Run) -> Response:
    async def lines() -> AsyncGenerator[str]:
        async for event in run.read():
            yield json.dumps(event) + "\n"

    return StreamingResponse(
        lines(), media_type="application/x-ndjson", headers={"cache-control": "no-store"}
    )


def _refused(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)


def _key(data: Path) -> ApprovalKey:
    """Return the key of approvals, drawn with the first start. It does not lie in the database."""
    path = data / "approval.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return ApprovalKey(path.read_bytes())


if __name__ == "__main__":
    folder = Path(os.environ.get("CHAT_APPROVALS_DATA") or HERE / "data")
    uvicorn.run(
        build(folder), host="127.0.0.1", port=int(os.environ.get("PORT") or 8484), log_level="warning"
    )
