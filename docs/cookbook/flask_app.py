"""Flask: synchronous views, and a tool that waits for a decision, which comes in a request of its own."""

import os
import sys

from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatError,
    InvalidDecision,
    JsonObject,
    JsonValue,
    Messages,
    RequireApproval,
    ScopedCollection,
    decisions_from_json,
    tool,
)
from chat_core.sync import SyncChat
from flask import Flask, request

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")


@tool
def book_table(guests: int) -> str:
    """Book a table at the restaurant."""
    return f"booked for {guests}"


client = ChatCompletionsBuilder().with_base_url(BASE_URL).with_model("llama-4").build()
scoped = ScopedCollection([book_table], lambda call, meta: RequireApproval("Empty tables cost money."))
chat = ChatBuilder().with_model(client).with_scoped_tools(scoped).build()
stored: dict[str, str] = {}  # a real application has a database
app = Flask(__name__)


@app.errorhandler(ChatError)
def failed(error: ChatError) -> tuple[JsonObject, int]:
    """A decision that does not fit is the caller's fault; for the rest, the model's server is to blame."""
    return {"error": str(error)}, 409 if isinstance(error, InvalidDecision) else 502


@app.post("/chats/<id>")
def ask(id: str) -> JsonObject:
    """Add a question to the conversation and answer it."""
    return advanced(id, load(id).add_user(request.get_json()["question"]))


@app.post("/chats/<id>/decisions")
def decide(id: str) -> JsonObject:
    """Apply decisions, and go on."""
    messages = load(id)
    messages.decide(decisions_from_json(request.get_json()), tools=[book_table])
    return advanced(id, messages)


def load(id: str) -> Messages:
    """Return the stored conversation, or a new one."""
    return Messages.from_json(stored[id]) if id in stored else Messages()


def advanced(id: str, messages: Messages) -> JsonObject:
    """Complete the conversation and store it. Return the answer, and the calls that wait."""
    with SyncChat(chat) as sync_chat:
        sync_chat.complete(messages)
    stored[id] = messages.to_json()
    waiting: list[JsonValue] = [
        {"call_id": call.id, "arguments": call.arguments} for call in messages.pending
    ]
    return {"answer": messages[-1].text, "waiting": waiting}


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]) if sys.argv[1:] else 8080)
