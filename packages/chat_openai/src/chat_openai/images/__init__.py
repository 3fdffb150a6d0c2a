"""The Images API: a prompt and perhaps pictures out, pictures back."""
