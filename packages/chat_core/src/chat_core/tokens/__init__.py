"""Numbers of tokens before a request is sent: estimates, and what a model can read."""
