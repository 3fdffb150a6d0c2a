"""The names under which Temporal knows the activities, and the note on calls that are to run."""

ADVANCE = "chat-advance"
RUN_TOOL = "chat-run-tool"
CHECK = "chat-check-decisions"
TO_RUN = "chat-temporal: to run"
