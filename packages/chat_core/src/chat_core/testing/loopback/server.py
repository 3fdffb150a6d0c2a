"""A model server on this machine's loopback: a real socket, answered from a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

from chat_core.testing.loopback.chat_completions import models, turn_chunks, whole_turn
from chat_core.testing.loopback.embeddings import embeddings
from chat_core.testing.loopback.http import Listener
from chat_core.testing.loopback.reaction import CREATED, Reaction, dump, failed, json_reaction, unscripted
from chat_core.testing.loopback.script import (
    Failure,
    InOrder,
    RanOut,
    Raw,
    Received,
    Reply,
    Script,
)
from chat_core.types.json_values import JsonObject, JsonValue


class LoopbackServer:
    """Serve `POST .../chat/completions` from `script`: answers given out in order, or a function of the
    request's body.

        with LoopbackServer([Reply("Hello!")]) as server:
            client = ChatCompletionsBuilder().with_base_url(server.url).with_model("any").build()
            ...
        assert server.requests[0].body["model"] == "any"

    `POST .../responses`, `POST .../messages`, their token counts, `POST .../images/generations` and
    `.../edits`, and `POST .../models/name:method`, as Google names them, Bedrock's `.../converse`,
    `.../converse-stream`, `.../invoke` and `.../count-tokens`, and Cohere's `.../v2/chat`, `.../v2/embed`,
    `.../rerank` and `.../tokenize` are answered from the script too, with `Raw` or `Failure`. So is `GET
    .../responses/id?stream=true`, whose body is then `{"response_id": "id", "stream": "true"}`.

    `port` is chosen by the system where it is 0.

    The function is called in a thread of the server, for one request at a time. `POST .../embeddings` and
    `GET .../models` need no script: vectors are made of a text's words, so texts that share words lie near
    each other.
    """

    def __init__(self, script: Script = (), *, model: str = "loopback", port: int = 0) -> None:
        self.requests: list[Received] = []
        self._answers = script if callable(script) else InOrder(script)
        self._model = model
        self._port = port
        self._turn = threading.Lock()
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL, with the `/v1` that clients expect in it."""
        if self._listener is None:
            raise RuntimeError(
                "the server has no address yet; use it as `with LoopbackServer(...) as server:`"
            )
        return f"http://127.0.0.1:{self._listener.port}/v1"

    def __enter__(self) -> Self:
        if self._listener is not None:
            raise RuntimeError("this server is already running; make a second LoopbackServer")
        self._listener = listener = Listener(self._received, self._port)
        self._thread = threading.Thread(
            target=listener.serve_forever, args=(0.02,), name="loopback", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._listener is not None and self._thread is not None:
            self._listener.close()
            self._thread.join()
        self._listener = self._thread = None

    def _received(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> Reaction:
        """Note a request and answer it."""
        try:
            body: JsonValue = json.loads(content or b"{}")
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
        match received.method, received.path.partition("?")[0].split("/"):
            case "POST", [*_, "chat", "completions"]:
                return self._completion(received.body, number)
            case "POST", [*_, "responses"] | [*_, "messages"] | [*_, "messages", "count_tokens"] | [
                *_,
                "responses",
                "input_tokens",
            ]:
                return self._scripted(received.body)
            case "POST", [*_, "converse" | "invoke" | "count-tokens"]:
                return self._scripted(received.body)
            case "POST", [*_, "converse-stream"]:  # the body does not say so
                return self._scripted({**received.body, "stream": True})
            case "POST", [*_, "v2", "chat" | "embed"] | [*_, "rerank" | "tokenize"]:
                return self._scripted(received.body)
            case "POST", [*_, "images", "generations" | "edits"]:
                return self._scripted(received.body)
            case "GET", [*_, "responses", response_id]:
                query: JsonObject = dict(parse_qsl(received.path.partition("?")[2]))
                return self._scripted({"response_id": response_id, **query})
            case "POST", [*_, "embeddings"]:
                return embeddings(received.body)
            case "GET", [*_, "models"]:
                return models(self._model)
            case "POST", [*_, method] if ":" in method:
                return self._scripted(received.body)
            case _:
                return failed(
                    Failure(404, f"no such endpoint: {received.method} {received.path}", code="unknown_url")
                )

    def _completion(self, body: JsonObject, number: int) -> Reaction:
        if not isinstance(body.get("model"), str):
            return failed(Failure(400, "you must provide a model parameter"))
        if not body.get("messages") or not isinstance(body["messages"], list):
            return failed(Failure(400, "you must provide a messages parameter that is a list and not empty"))
        match self._next(body):
            case Reaction() as answer:
                return answer
            case Reply() as answer:
                head: JsonObject = {"id": f"chatcmpl-{number}", "created": CREATED, "model": body["model"]}
                if body.get("stream") is not True:
                    response = json_reaction(
                        200, {**head, "object": "chat.completion", **whole_turn(answer, number)}
                    )
                    return Reaction(
                        200, response.headers, response.pieces, False, answer.pause, answer.cut_after
                    )
                options = body.get("stream_options")
                with_usage = isinstance(options, dict) and options.get("include_usage") is True
                chunks = turn_chunks(
                    {**head, "object": "chat.completion.chunk"}, answer, number, with_usage=with_usage
                )
                pieces = [b"data: %b\n\n" % dump(chunk) for chunk in chunks] + [b"data: [DONE]\n\n"]
                headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
                return Reaction(200, headers, pieces, True, answer.pause, answer.cut_after)

    def _scripted(self, body: JsonObject) -> Reaction:
        """Return the script's reaction to a request of another wire, which this server does not know."""
        answer = self._next(body)
        return unscripted("only Raw and Failure answer on this wire") if isinstance(answer, Reply) else answer

    def _next(self, body: JsonObject) -> Reply | Reaction:
        """Return the script's answer; one that is no turn as the HTTP response that it is."""
        try:
            answer = self._answers(body)
        except RanOut as exc:
            return unscripted(str(exc))
        except (
            Exception
        ) as exc:  # the script is the test's: what is wrong with it should show where the answer is read
            return unscripted(f"the script raised {type(exc).__name__}: {exc}")
        match answer:
            case Failure():
                return failed(answer)
            case Raw(body=raw, content_type=content_type, status=status, chunk=chunk):
                headers = {"content-type": content_type}
                pieces = (
                    [raw] if chunk is None else [raw[at : at + chunk] for at in range(0, len(raw), chunk)]
                )
                return Reaction(status, headers, pieces, chunk is not None, answer.pause, answer.cut_after)
            case Reply():
                return answer
