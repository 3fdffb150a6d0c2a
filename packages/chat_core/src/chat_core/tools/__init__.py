"""Functions that a model may call, and the decisions about their calls."""
