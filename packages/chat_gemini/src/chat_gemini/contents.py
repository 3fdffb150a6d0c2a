"""From the messages of a conversation to the contents of a request."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chat_core import (
    Completed,
    ConfigurationError,
    File,
    JsonObject,
    JsonValue,
    Message,
    Messages,
    Native,
    Notice,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    UnresolvedTool,
)
from chat_core.types.json_values import as_text

from chat_gemini.generation import Generation
from chat_gemini.wire import (
    Blob,
    Content,
    FileData,
    FunctionCall,
    FunctionResponse,
    FunctionResponsePart,
    SentPart,
)

# Google's word for a call whose signature is lost, or was another server's: it is then not checked. In base64, as all bytes are.
UNSIGNED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="

_IN_RESULTS = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"})


class Contents:
    """The contents of one request: `contents`, `instructions`, and what could not be sent. Parts keep their order and are never
    joined; only messages of one role are."""

    def __init__(self, origin: Origin, generation: Generation, files_url: str) -> None:
        self._origin = origin
        self._generation = generation
        self._files_url = files_url
        self.contents: list[Content] = []
        self.instructions: list[SentPart] = []
        self.notices: list[Notice] = []

    def add(self, messages: Messages) -> None:
        """Take a conversation. Raises `ConfigurationError` for what the wire cannot say, `UnresolvedTool` for open calls."""
        for message in messages:
            match message.role:
                case "system":
                    self._instruct(message)
                case "user":
                    self._append("user", [self._user_part(part) for part in message.parts])
                case "model":
                    self._append("model", list(self._model_parts(message)))
                    self._append("user", list(self._results(message.tool_calls)))

    def _append(self, role: str, parts: list[SentPart]) -> None:
        if not parts:
            return
        if self.contents and self.contents[-1]["role"] == role:
            self.contents[-1]["parts"] += parts
        else:
            self.contents.append(Content(role="model" if role == "model" else "user", parts=parts))

    def _instruct(self, message: Message) -> None:
        if self.contents:
            self.notices.append(
                Notice(
                    "messages",
                    "a system message from within the conversation was sent at its start, the wire's one place for it",
                )
            )
        for part in message.parts:
            if not isinstance(part, Text | Structured):
                raise ConfigurationError(f"a system message holds text, not {type(part).__name__}")
            self.instructions.append({"text": _text(part)})

    def _user_part(self, part: Part) -> SentPart:
        match part:
            case Text() | Structured():
                return {"text": _text(part)}
            case File():
                return self._file(part)
            case _:
                raise ConfigurationError(
                    f"a user's message cannot hold {type(part).__name__}; it holds text, files and structured values"
                )

    def _model_parts(self, message: Message) -> Iterator[SentPart]:
        first = next(iter(message.tool_calls), None)
        for part in message.parts:
            match part:
                case Text() | Structured():
                    own = self._own(part.native)
                    if (text := _text(part)) or own:
                        yield _with({"text": text}, own)
                case Reasoning():
                    if own := self._own(part.native):  # another model's thoughts are not this one's
                        yield _with({"text": part.text}, own)
                case Refusal(text):
                    yield {"text": text}
                case ToolCall():
                    yield self._call(part, first=part is first)
                case File():
                    yield _with(self._file(part), self._own(part.native))
                case Opaque(native):
                    if own := self._own(native):
                        yield _with({}, own)
                    else:
                        self.notices.append(
                            Notice(
                                "messages",
                                f"a block that only {native.origin.provider} can read was not sent",
                            )
                        )

    def _own(self, native: Native | None) -> JsonObject:
        """What stood beside a part that comes from where it is now sent, else nothing."""
        return (native.for_(self._origin) if native else None) or {}

    def _call(self, call: ToolCall, *, first: bool) -> SentPart:
        own = call.native.for_(self._origin) if call.native else None
        sent = FunctionCall(name=call.name, args=call.arguments)
        if id := self._id(call):
            sent["id"] = id
        if own is not None:
            return _with({"functionCall": sent}, {key: value for key, value in own.items() if key != "id"})
        if first and self._generation.signs_calls:
            return {"functionCall": sent, "thoughtSignature": UNSIGNED}
        return {"functionCall": sent}

    def _id(self, call: ToolCall) -> str:
        """The id that a call has on the wire: the server's own, none if it gave none, ours for calls from elsewhere."""
        own = call.native.for_(self._origin) if call.native else None
        return call.id if own is None else as_text(own.get("id"))

    def _results(self, calls: list[ToolCall]) -> Iterator[SentPart]:
        if unresolved := tuple(call for call in calls if not call.resolved):
            raise UnresolvedTool(unresolved)
        beside: list[tuple[ToolCall, list[File]]] = []
        for call in calls:
            told = FunctionResponse(
                name=call.name, response={"error" if call.failed else "output": _outcome(call)}
            )
            if id := self._id(call):
                told["id"] = id
            inside = [
                file
                for file in call.files
                if self._generation.files_in_results and file.mimetype in _IN_RESULTS
            ]
            if inside:
                told["parts"] = [self._result_part(file) for file in inside]
            if rest := [file for file in call.files if file not in inside]:
                beside.append((call, rest))
            yield {"functionResponse": told}
        for call, files in beside:
            yield {"text": f"What {call.name} returned for call {call.id}:"}
            for file in files:
                yield self._file(file)

    def _result_part(self, file: File) -> FunctionResponsePart:
        match self._file(file):
            case {"inlineData": blob}:
                return {"inlineData": blob}
            case {"fileData": data}:
                return {"fileData": data}
            case _:
                raise AssertionError("a file is its data, or where it lies")

    def _file(self, file: File) -> SentPart:
        if file.data is not None:
            if not file.mimetype:
                raise ConfigurationError(
                    "Gemini wants to know what a file is: File.from_bytes(data, mimetype='...')"
                )
            return {"inlineData": Blob(mimeType=file.mimetype, data=file.base64())}
        uri = file.url or file.id or ""
        if "://" not in uri:  # the name of an uploaded file
            uri = f"{self._files_url}/files/{uri.removeprefix('files/')}"
        data = FileData(fileUri=uri)
        if mimetype := file.mimetype or ("video/mp4" if _on_youtube(uri) else None):
            data["mimeType"] = mimetype
        return {"fileData": data}


def _with(sent: SentPart, own: JsonObject) -> SentPart:
    return {**sent, **own}  # type: ignore[typeddict-item]  # what came beside the data goes back as it is


def _text(part: Text | Structured) -> str:
    return part.text if isinstance(part, Text) else part.as_text()


def _outcome(call: ToolCall) -> JsonValue:
    """What the model is told. A key `$ref` would be taken for a reference, and NaN is no JSON: such results go as text."""
    match call.status:
        case Completed(dict() | list() as result):
            try:
                text = json.dumps(result, ensure_ascii=False, allow_nan=False)
            except ValueError:
                return call.outcome()
            return text if '"$ref":' in text else result
        case Completed(None | bool() | int() as result):
            return result
        case _:
            return call.outcome()


def _on_youtube(url: str) -> bool:
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    return host in ("youtu.be", "youtube.com") or host.endswith(".youtube.com")
