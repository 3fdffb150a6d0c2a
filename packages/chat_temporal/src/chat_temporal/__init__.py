"""Conversations as Temporal workflows: durable over workers, deployments and machines.

The names that stand here are public.
"""

from typing import TYPE_CHECKING

from chat_core.types.lazy_names import lazy_names  # alone: each workflow imports this package anew

if TYPE_CHECKING:
    from chat_temporal.activities import ChatActivities, Publish
    from chat_temporal.conversation import Conversation, start_conversation
    from chat_temporal.encryption import EncryptionCodec
    from chat_temporal.values import Start, View
    from chat_temporal.workflow import ConversationWorkflow

__version__ = "0.1.0"

__all__ = [
    "ChatActivities",
    "Conversation",
    "ConversationWorkflow",
    "EncryptionCodec",
    "Publish",
    "Start",
    "View",
    "start_conversation",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_temporal.activities": "ChatActivities Publish",
            "chat_temporal.conversation": "Conversation start_conversation",
            "chat_temporal.encryption": "EncryptionCodec",
            "chat_temporal.values": "Start View",
            "chat_temporal.workflow": "ConversationWorkflow",
        },
    )
