"""Play one recorded exchange through the public API, for `check_recordings.py` (its docstring says what is
returned).
"""

from __future__ import annotations

from chat_core import ChatError
from players import (
    batches,
    bedrock,
    claude,
    cohere,
    completions,
    files,
    gemini,
    live_sessions,
    neutral,
    ollama,
    responses,
    sessions,
)

PLAYERS = {
    "batches": batches.play,
    "bedrock-converse": bedrock.message,
    "bedrock-embeddings": bedrock.embeddings,
    "bedrock-invoke": claude.bedrock,
    "bedrock-token-count": bedrock.token_count,
    "chat-completions": completions.message,
    "claude-messages": claude.message,
    "claude-token-count": claude.count,
    "cohere": cohere.message,
    "cohere-embeddings": cohere.embeddings,
    "embeddings": completions.embeddings,
    "files": files.play,
    "openai-responses": responses.message,
    "openai-token-count": responses.count,
    "gemini": gemini.message,
    "gemini-embeddings": gemini.embeddings,
    "gemini-token-count": gemini.token_count,
    "ollama": ollama.message,
    "ollama-embeddings": ollama.embeddings,
}


async def drive(exchange: dict, base_url: str, *, stream: bool) -> dict | None:
    """One exchange, or None for a wire that no package speaks yet."""
    play = PLAYERS.get(exchange["wire"])
    if play is None:
        return None
    try:
        return await play(exchange, base_url, stream=stream)
    except ChatError as error:
        return neutral.failure(error)


SESSIONS = {"openai-realtime": sessions.openai, "gemini-live": live_sessions.gemini}


async def drive_session(recording: dict, base_url: str) -> dict | None:
    """One realtime session, or None for a wire that no package speaks yet."""
    play = SESSIONS.get(recording["wire"])
    if play is None:
        return None
    try:
        return await play(recording, base_url)
    except ChatError as error:
        return neutral.failure(error)
