"""Servers that want their user to log in (`chat-mcp[oauth]`), by way of the official SDK."""
