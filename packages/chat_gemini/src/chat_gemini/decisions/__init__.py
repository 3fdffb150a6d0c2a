"""Answers to questions about a conversation, with probabilities."""
