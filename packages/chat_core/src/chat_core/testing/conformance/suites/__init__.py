"""The suites, one for each capability."""
