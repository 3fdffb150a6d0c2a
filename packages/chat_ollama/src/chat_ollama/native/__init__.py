"""Ollama's own API: `/api/chat`, `/api/embed`, `/api/pull` and the rest."""
