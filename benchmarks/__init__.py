"""Our CPU time beside that of other LLM clients: `python -m benchmarks`.

How to read it: docs/performance.md.
"""
