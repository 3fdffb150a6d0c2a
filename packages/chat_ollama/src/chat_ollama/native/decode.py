"""From the body of a native answer to a core response. (What an error body says is read by `chat_core.wire.error_body`.)"""

from __future__ import annotations

from collections.abc import Mapping

from chat_completions.dialect import Dialect
from chat_core import (
    ChatResponse,
    FinishReason,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    ModelInfo,
    Origin,
    Turn,
    Usage,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_text
from chat_core.wire.error_body import error_from_object
from chat_core.wire.read import read_object

from chat_ollama.native.assembly import NativeAssembly

_FINISH: Mapping[str, FinishReason] = {"stop": "stop", "length": "length"}


def decode(body: bytes, *, origin: Origin, dialect: Dialect, ids: CallIds) -> ChatResponse:
    """The turn in a whole answer. Raises `ProviderError` for an error under status 200, `InvalidResponse` for anything else."""
    answer = read_answer(body, "an answer of Ollama's")
    if not isinstance(answer.get("message"), dict) or answer.get("done") is False:
        raise InvalidResponse(f"not a whole answer of Ollama's: {body[:300].decode('utf-8', 'replace')!r}")
    assembly = NativeAssembly(origin, dialect, ids)
    assembly.add(answer)
    return response(assembly, answer)


def read_answer(body: bytes, what: str) -> JsonObject:
    """A JSON object that is no error. Raises `ProviderError`, `InvalidResponse`."""
    answer = read_object(body, what)
    check_line(answer)
    return answer


def check_line(line: JsonObject) -> None:
    """Raise the error that a line, or a body under status 200, describes."""
    if line.get("error"):
        raise error_from_object(line)


def response(assembly: NativeAssembly, last: JsonObject) -> ChatResponse:
    """A turn from its content, and what its last line says besides. The durations, in nanoseconds, are in `raw`."""
    assembly.flush()
    message = Message("model", assembly.parts())
    word = as_text(last.get("done_reason"))
    common = _FINISH.get(word, "other")
    message.turn = Turn(
        "tool_calls" if common == "stop" and message.tool_calls else common,  # the wire says "stop" of both
        word or None,
        usage=usage(last),
        model=as_text(last.get("model")) or None,
    )
    return ChatResponse(message, raw=last)


def usage(said: JsonObject) -> Usage:
    """The server's counts. It leaves out those that are 0, and those that it does not know: they are None."""
    counts: dict[str, JsonValue] = {name: value for name, value in said.items() if name.endswith("_count")}
    return Usage(
        input_tokens=as_count(said.get("prompt_eval_count")),
        output_tokens=as_count(said.get("eval_count")),
        raw=counts,
    )


def decode_models(body: bytes) -> list[ModelInfo]:
    """The models of `/api/tags`."""
    listed = as_list(read_answer(body, "a list of models").get("models"))
    return [
        ModelInfo(as_text(model.get("model")) or as_text(model.get("name")), model)
        for model in listed
        if isinstance(model, dict)
    ]


def decode_version(body: bytes) -> str:
    """The server's version."""
    version = as_text(read_answer(body, "a version").get("version"))
    if not version:
        raise InvalidResponse(f"not a version of Ollama's: {body[:200].decode('utf-8', 'replace')!r}")
    return version
