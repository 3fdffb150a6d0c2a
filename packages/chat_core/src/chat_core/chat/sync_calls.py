"""A chat, and the event loop on which its methods run in synchronous code."""

from __future__ import annotations

from typing import Generic

from typing_extensions import TypeVar

from chat_core.chat.chat import Chat
from chat_core.chat.sync_loop import SyncLoop
from chat_core.provider import Provider
from chat_core.types.misuse import checked_instance
from chat_core.types.response import ChatResponse

P_co = TypeVar("P_co", bound=Provider, covariant=True)
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
D_contra = TypeVar("D_contra", contravariant=True, default=object)


class SyncCalls(SyncLoop, Generic[P_co, R_co, V_co, D_contra]):
    """A chat, and the loop on which its methods run. The type parameters are those of `Chat`.

    Raises `ConfigurationError` for what is no `Chat`.
    """

    _example = "SyncChat(chat) as chat"
    _within = "the chat"

    def __init__(self, chat: Chat[P_co, R_co, V_co, D_contra]) -> None:
        instead = "write ChatBuilder().with_model(client).build() first"
        checked_instance(chat, Chat, "SyncChat", instead)
        super().__init__()
        self._chat = chat
