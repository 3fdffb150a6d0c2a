"""The engine: one loop behind `complete`, `resume` and `stream`."""
