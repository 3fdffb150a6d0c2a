"""What a loopback server tells of itself and of its one model, on each wire."""

from __future__ import annotations

from chat_core.testing.loopback.chat_completions import CHAT_COMPLETIONS
from chat_core.testing.loopback.claude import CLAUDE
from chat_core.testing.loopback.gemini import GEMINI
from chat_core.testing.loopback.ollama import CREATED_AT, OLLAMA
from chat_core.testing.loopback.reaction import CREATED, Reaction, json_reaction
from chat_core.testing.loopback.wire import Wire
from chat_core.types.json_values import JsonObject, JsonValue


def models(wire: Wire, name: str, path: str) -> Reaction:
    """Return the list of models, or the one model where the path names one."""
    described = _MODELS[wire](name)
    if path.partition("?")[0].rstrip("/").endswith(("/models", "/tags")):
        return json_reaction(200, _LISTS[wire]([described]))
    return json_reaction(200, described)


def about(path: str) -> Reaction:
    """Return what Ollama's `/api/version`, `/api/show` and `/` tell."""
    if path.endswith("/api/version"):
        return json_reaction(200, {"version": "0.0.0"})
    if path.endswith("/api/show"):
        shown: JsonObject = {"details": _details(), "model_info": {}, "parameters": "", "template": ""}
        abilities: list[JsonValue] = ["completion", "tools", "thinking", "vision", "embedding"]
        return json_reaction(200, {**shown, "capabilities": abilities, "modified_at": CREATED_AT})
    return Reaction(200, {"content-type": "text/plain; charset=utf-8"}, [b"Ollama is running"])


def _openai_model(name: str) -> JsonObject:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "loopback"}


def _claude_model(name: str) -> JsonObject:
    return {"id": name, "type": "model", "display_name": name, "created_at": CREATED_AT}


def _gemini_model(name: str) -> JsonObject:
    methods: list[JsonValue] = ["generateContent", "countTokens", "embedContent"]
    limits: JsonObject = {"inputTokenLimit": 131_072, "outputTokenLimit": 8192}
    return {"name": f"models/{name}", "displayName": name, **limits, "supportedGenerationMethods": methods}


def _ollama_model(name: str) -> JsonObject:
    size: JsonObject = {"size": 1, "digest": "0" * 64}
    return {"name": name, "model": name, "modified_at": CREATED_AT, **size, "details": _details()}


def _details() -> JsonObject:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": "loopback",
        "families": ["loopback"],
        "parameter_size": "0B",
        "quantization_level": "F16",
    }


_MODELS = {
    CHAT_COMPLETIONS: _openai_model,
    CLAUDE: _claude_model,
    GEMINI: _gemini_model,
    OLLAMA: _ollama_model,
}


def _claude_list(found: list[JsonValue]) -> JsonObject:
    ends: JsonObject = {"has_more": False, "first_id": None, "last_id": None}
    return {"data": found, **ends}


def _openai_list(found: list[JsonValue]) -> JsonObject:
    return {"object": "list", "data": found}


def _listed(found: list[JsonValue]) -> JsonObject:
    return {"models": found}


_LISTS = {CHAT_COMPLETIONS: _openai_list, CLAUDE: _claude_list, GEMINI: _listed, OLLAMA: _listed}
