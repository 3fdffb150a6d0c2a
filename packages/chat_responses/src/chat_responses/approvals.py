"""An MCP server's tools run at the provider, which may ask before it runs one: the asking, and the answer."""

from __future__ import annotations

from chat_core import ConfigurationError, JsonObject, Message, Native, Opaque
from chat_core.types.json_values import as_text


def approval_requests(message: Message) -> list[Opaque]:
    """What a turn asks to be allowed. `part.native.data` has the `server_label`, `name` and `arguments` of the call."""
    return [part for part in message.parts if isinstance(part, Opaque) and _asks(part)]


def approval(request: Opaque, approve: bool = True, reason: str | None = None) -> Opaque:
    """The answer to a request, to be said by the user: `messages.add_user(approval(request))`."""
    if not _asks(request):
        raise ConfigurationError("approval(part) answers a part out of approval_requests(response.message)")
    answer: JsonObject = {
        "type": "mcp_approval_response",
        "approval_request_id": as_text(request.native.data.get("id")),
        "approve": approve,
    }
    return Opaque(Native(request.native.origin, answer if reason is None else {**answer, "reason": reason}))


def _asks(part: Opaque) -> bool:
    return part.native.data.get("type") == "mcp_approval_request"
