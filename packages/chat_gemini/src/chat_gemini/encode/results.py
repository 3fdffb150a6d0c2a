"""The results of a model's calls, as parts of the user's next content."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chat_core import (
    Completed,
    ConfigurationError,
    File,
    JsonValue,
    Message,
    Notice,
    ToolCall,
)
from chat_core.types.describe import whole_text
from chat_core.wire import results_heading, unsent_file

from chat_gemini.encode.files import file_part, result_part
from chat_gemini.names import function_name
from chat_gemini.wire import FunctionResponse, FunctionResponsePart, SentPart


class ResultEncoder:
    """Encodes the results of calls. What it leaves out is added to `notices`."""

    def __init__(self, files_url: str | None, files_in_results: bool, notices: list[Notice]) -> None:
        self._files_url = files_url
        self._files_in_results = files_in_results
        self._notices = notices

    def encode(self, message: Message, ids: list[str]) -> Iterator[SentPart]:
        """Yield one function response for each call, in order, then the files that cannot stand in one.

        `ids` are the calls' ids on the wire, empty for none. Raises `UnresolvedTool` for a call without an
        outcome.
        """
        outside: list[tuple[ToolCall, list[SentPart]]] = []
        for (call, outcome), id in zip(message.outcomes(), ids, strict=True):
            response = FunctionResponse(
                name=function_name(call.name),
                response={"error" if call.failed else "output": result_value(call, outcome)},
            )
            if id:
                response["id"] = id
            inside, beside = self._files(call)
            if inside:
                response["parts"] = inside
            if beside:
                outside.append((call, beside))
            yield {"functionResponse": response}
        for call, parts in outside:
            yield {"text": whole_text(results_heading(call.name, call.id))}
            yield from parts

    def _files(self, call: ToolCall) -> tuple[list[FunctionResponsePart], list[SentPart]]:
        """Return the files of a call that stand in its result, and those that stand beside it."""
        inside: list[FunctionResponsePart] = []
        beside: list[SentPart] = []
        for file in call.files:
            part = self._file(file)
            if self._files_in_results and (result := result_part(part)):
                inside.append(result)
            else:
                beside.append(part)
        return inside, beside

    def _file(self, file: File) -> SentPart:
        try:
            return file_part(file, self._files_url)
        except ConfigurationError as why:
            described, notice = unsent_file(file, why)
            self._notices.append(notice)
            return {"text": whole_text(described.text)}


def result_value(call: ToolCall, outcome: str) -> JsonValue:
    """Return what the model reads of a call.

    A key `$ref` would be taken for a reference to a part, and NaN is no JSON: such results go as text.
    """
    match call.status:
        case Completed(None | bool() | int() as result):
            return result
        case Completed(dict() | list() as result) if '"$ref":' not in outcome and _is_json(result, outcome):
            return result
        case _:
            return whole_text(outcome)


def _is_json(result: JsonValue, text: str) -> bool:
    """Return whether a value is JSON that can be sent. `text` is it, written with whatever Python allows."""
    if "NaN" in text or "Infinity" in text:
        try:
            json.dumps(result, allow_nan=False)
        except ValueError:
            return False
    return whole_text(text) is text
