"""From a whole response of `/api/chat` to a core response."""

from __future__ import annotations

from typing import Literal

from chat_core import ChatResponse, InvalidResponse, JsonObject, JsonValue, Message, Origin, Turn, Usage
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire import CallIds, fail_pending, finish_notices, finish_reason, read_object

from chat_ollama.native.decode.frames import check_frame
from chat_ollama.native.decode.parts import TurnAssembler

ThinkTags = Literal["text", "tags", "open"]


def decode(body: bytes, *, origin: Origin, ids: CallIds, think_tags: ThinkTags = "text") -> ChatResponse:
    """Return the turn of a whole response.

    Raises `ProviderError` for an error under status 200, `InvalidResponse` for what is no whole turn.
    """
    answer = read_object(body, "a response of Ollama's")
    check_frame(answer)
    if not isinstance(answer.get("message"), dict) or answer.get("done") is False:
        raise InvalidResponse(f"not a whole response of Ollama's: {body[:300].decode('utf-8', 'replace')!r}")
    assembler = TurnAssembler(origin, ids, think_tags)
    assembler.add(as_object(answer["message"]))
    return response(assembler, answer)


def response(assembler: TurnAssembler, last: JsonObject) -> ChatResponse:
    """Return a turn from its parts and its last line. The durations, in nanoseconds, are in `raw`."""
    assembler.flush()
    message = Message("model", assembler.parts())
    reason, word = finish_reason(last.get("done_reason"))
    calls = message.tool_calls
    if reason == "stop" and calls:
        reason = "tool_calls"  # the wire has one word for both
    if reason not in ("stop", "tool_calls"):  # arguments that did not come may have been cut off
        without = [
            call for call in calls if call.arguments_text is not None and not call.arguments_text.strip()
        ]
        fail_pending(without, f"The turn ended ({word}) before the arguments; the call was not run.")
    model = as_text(last.get("model")) or None
    message.turn = Turn(reason, word, usage=usage(last), model=model)
    return ChatResponse(message, finish_notices(reason, word), raw=last)


def usage(answer: JsonObject) -> Usage:
    """Return the server's counts.

    It leaves out those that are 0, and those that it does not know: they are None.
    """
    counts: dict[str, JsonValue] = {name: value for name, value in answer.items() if name.endswith("_count")}
    return Usage(
        input_tokens=as_count(answer.get("prompt_eval_count")),
        output_tokens=as_count(answer.get("eval_count")),
        raw=counts,
    )
