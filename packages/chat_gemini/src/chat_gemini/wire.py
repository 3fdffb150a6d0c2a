"""The Gemini wire as types, and the names of its fields.

Facts: Google's API reference and SDK, November 2026.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from chat_core import JsonObject

# the fields that hold a part's data, of which a part has exactly one; all others stand beside it
DATA_FIELDS = (
    *("text", "inlineData", "fileData", "functionCall", "functionResponse"),
    *("executableCode", "codeExecutionResult", "toolCall", "toolResponse"),
)
SIGNATURE = "thoughtSignature"

# -- sent


class Blob(TypedDict):
    mimeType: str
    data: str


class FileData(TypedDict):
    fileUri: str
    mimeType: NotRequired[str]


class FunctionResponsePart(TypedDict, total=False):
    inlineData: Blob
    fileData: FileData


class FunctionCall(TypedDict):
    id: NotRequired[str]
    name: str
    args: JsonObject


class FunctionResponse(TypedDict):
    id: NotRequired[str]
    name: str
    response: JsonObject
    parts: NotRequired[list[FunctionResponsePart]]


class SentPart(TypedDict, total=False):
    """One of these, and what came beside it: `thought`, `thoughtSignature` and whatever else."""

    text: str
    inlineData: Blob
    fileData: FileData
    functionCall: FunctionCall
    functionResponse: FunctionResponse
    thought: bool
    thoughtSignature: str


class Content(TypedDict):
    role: Literal["user", "model"]
    parts: list[SentPart]


class FunctionDeclaration(TypedDict):
    name: str
    description: NotRequired[str]
    parameters: NotRequired[JsonObject]
    parametersJsonSchema: NotRequired[JsonObject]


class FunctionCallingConfig(TypedDict):
    mode: str
    allowedFunctionNames: NotRequired[list[str]]


class ToolConfig(TypedDict, total=False):
    functionCallingConfig: FunctionCallingConfig
    retrievalConfig: JsonObject
    includeServerSideToolInvocations: bool
