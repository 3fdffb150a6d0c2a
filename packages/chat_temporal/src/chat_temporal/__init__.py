"""Conversations as Temporal workflows: durable over workers, deployments and machines."""

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
