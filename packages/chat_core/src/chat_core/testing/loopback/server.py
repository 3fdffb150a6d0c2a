"""A model server on this machine's loopback: a real socket, answered from a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from chat_core.testing.loopback.catalog import about, models
from chat_core.testing.loopback.chat_completions import CHAT_COMPLETIONS
from chat_core.testing.loopback.embeddings import embeddings
from chat_core.testing.loopback.forms import read_form
from chat_core.testing.loopback.gemini import GEMINI
from chat_core.testing.loopback.http import Listener
from chat_core.testing.loopback.reaction import Reaction, failed, json_reaction, unscripted
from chat_core.testing.loopback.routes import Route, Want, route
from chat_core.testing.loopback.script import Failure, InOrder, RanOut, Raw, Received, Reply, Script
from chat_core.testing.loopback.wire import TurnRequest, error_reaction, turn_reaction
from chat_core.types.json_values import JsonValue
from chat_core.types.short_repr import Shown, Values


class LoopbackServer(Shown):
    """Serve models on the wires of Chat Completions, Responses, Claude, Gemini and Ollama from `script`:
    answers given out in order, or a function of the request's body.

        with LoopbackServer([Reply("Hello!")]) as server:
            client = ChatCompletionsBuilder().with_base_url(server.url).with_model("any").build()
            ...
        assert server.requests[0].body["model"] == "any"

    A `Reply` is written as the request's wire has it: `POST .../chat/completions`, `.../responses`,
    `.../messages`, `.../models/name:generateContent` and `:streamGenerateContent`, `.../api/chat` and
    `.../api/generate`. Token counts of these wires are a `Reply`'s `prompt_tokens`. Other endpoints are
    answered from the script with `Raw` or `Failure`: images, speech, transcriptions (the body has the fields
    of the form), Bedrock's, Cohere's, other methods as Google names them, Claude's message batches, for whose
    `GET` the body is `{"batch": "id", "results": false}`, `GET .../responses/id?stream=true`, whose body is
    then `{"response_id": "id", "stream": "true"}`, and `GET .../operations/id`: `{"operation": "id"}`.

    `port` is chosen by the system where it is 0. `model` is the name in lists of models.

    The function is called in a thread of the server, for one request at a time. Embeddings and lists of
    models need no script: vectors are made of a text's words, so texts that share words lie near each other.
    Raises `RuntimeError` where it is entered while it runs.
    """

    def __init__(self, script: Script = (), *, model: str = "loopback", port: int = 0) -> None:
        self.requests: list[Received] = []
        self._answers = script if callable(script) else InOrder(script)
        self._model = model
        self._port = port
        self._turn = threading.Lock()
        self._listener: Listener | None = None

    def _shown(self) -> Values:
        yield "url", None if self._listener is None else self.url
        yield "requests", len(self.requests)

    @property
    def url(self) -> str:
        """The base URL, with the `/v1` that clients expect in it."""
        return f"{self.host}/v1"

    @property
    def host(self) -> str:
        """The address without a path: what clients of Claude, Gemini and Ollama take.

        Raises `RuntimeError` while it does not run.
        """
        if self._listener is None:
            raise RuntimeError(
                "the server has no address yet; use it as `with LoopbackServer(...) as server:`"
            )
        return f"http://127.0.0.1:{self._listener.port}"

    def __enter__(self) -> Self:
        if self._listener is not None:
            raise RuntimeError("this server is already running; make a second LoopbackServer")
        self._listener = Listener(self._received, self._port)
        self._listener.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._listener is not None:
            self._listener.close()
        self._listener = None

    def _received(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Reaction:
        """Note a request and answer it."""
        kind = headers.get("content-type", "")
        try:
            is_form = kind.startswith("multipart/")
            body: JsonValue = read_form(kind, content) if is_form else json.loads(content or b"{}")
        except ValueError:
            body = None
        with self._turn:
            received = Received(method, path, headers, body if isinstance(body, dict) else {})
            self.requests.append(received)
            number = len(self.requests)
            if not isinstance(body, dict):
                answer: Reaction = failed(Failure(400, "the request body is not a JSON object"))
            else:
                answer = self._route(received, number)
        answer.headers.setdefault("x-request-id", f"req-{number}")
        return answer

    def _route(self, received: Received, number: int) -> Reaction:
        found = route(received)
        match found.want:
            case Want.TURN if found.wire is CHAT_COMPLETIONS and (fault := _fault(found)):
                return error_reaction(found.wire, fault, number)
            case Want.TURN | Want.COUNT | Want.SCRIPTED:
                return self._scripted(found, number)
            case Want.EMBEDDINGS:
                return embeddings(found, number)
            case Want.MODELS:
                return models(found.wire, self._model, received.path)
            case Want.ABOUT:
                return about(received.path)
            case Want.NOTHING:
                missing = f"no such endpoint: {received.method} {received.path}"
                return error_reaction(found.wire, Failure(404, missing, code="unknown_url"), number)

    def _scripted(self, found: Route, number: int) -> Reaction:
        """Return the script's reaction to a request."""
        try:
            answer = self._answers(found.body)
        except RanOut as exc:
            return unscripted(str(exc))
        except (
            Exception
        ) as exc:  # the script is the test's: what is wrong with it should show where the answer is read
            return unscripted(f"the script raised {type(exc).__name__}: {exc}")
        match answer:
            case Failure():
                return error_reaction(found.wire, answer, number)
            case Raw():
                return _raw(answer)
            case Reply():
                return _replied(answer, found, number)


def _replied(reply: Reply, found: Route, number: int) -> Reaction:
    if found.want is Want.SCRIPTED:
        return unscripted("only Raw and Failure answer on this wire")
    if fault := _fault(found):
        return error_reaction(found.wire, fault, number)
    if found.want is Want.COUNT:
        name = "totalTokens" if found.wire is GEMINI else "input_tokens"
        return json_reaction(200, {name: reply.prompt_tokens})
    model = found.model or found.body.get("model")
    request = TurnRequest(number, model if isinstance(model, str) else "", found.body, found.stream)
    return turn_reaction(found.wire, reply, request)


def _raw(answer: Raw) -> Reaction:
    body, size = answer.body, answer.chunk
    pieces = [body] if size is None else [body[at : at + size] for at in range(0, len(body), size)]
    headers = {"content-type": answer.content_type}
    return Reaction(answer.status, headers, pieces, size is not None, answer.pause, answer.cut_after)


_INPUTS = ("messages", "input", "contents", "prompt", "previous_response_id", "conversation")


def _fault(found: Route) -> Failure | None:
    """Return the error for a request that every server of its wire refuses, or None."""
    body = found.body
    if found.model is None and not isinstance(body.get("model"), str):
        return Failure(400, "you must provide a model parameter")
    if found.want is Want.TURN and not any(body.get(name) for name in _INPUTS):
        field = "contents" if found.model is not None else "messages"
        return Failure(400, f"you must provide a {field} parameter that is a list and not empty")
    return None
