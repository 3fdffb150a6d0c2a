"""A model server to try programs and the documentation with: `python -m chat_core.testing --port 8000`.

It speaks Chat Completions, and answers from a rule file or repeats what the user said.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from chat_core.testing.loopback import Call, LoopbackServer, Reply
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text

_ABOUT = """\
Serve Chat Completions on this machine, from rules or by repeating what the user said.

A rule file is a JSON list. The first rule counts whose "when" stands in the last message; one without "when" always
counts: [{"when": "weather", "calls": [{"name": "forecast", "arguments": {"city": "Bern"}}]}, {"reply": "Hello."}]
"""


def answering(rules: Sequence[JsonValue]) -> Callable[[JsonObject], Reply]:
    """Return the script that answers by these rules, and repeats the last message where none counts."""

    def answer(body: JsonObject) -> Reply:
        messages = as_list(body.get("messages"))
        text = _text_of(as_object(messages[-1]) if messages else {})
        for rule in map(as_object, rules):
            if as_text(rule.get("when")).lower() in text.lower():
                calls = (as_object(call) for call in as_list(rule.get("calls")))
                made = tuple(
                    Call(as_text(call.get("name")), as_object(call.get("arguments"))) for call in calls
                )
                return Reply(as_text(rule.get("reply")), calls=made)
        return Reply(f"You said: {text}")

    return answer


def _text_of(message: JsonObject) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return " ".join(as_text(as_object(part).get("text")) for part in as_list(content))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser("python -m chat_core.testing", description=_ABOUT)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, default=8000, help="the port, 8000 by default; 0 is any")
    parser.add_argument("--rules", type=Path, help="a JSON file of rules")
    options = parser.parse_args(arguments)
    rules: JsonValue = json.loads(options.rules.read_text(encoding="utf-8")) if options.rules else []
    if not isinstance(rules, list):
        parser.error("the rule file is not a JSON list")
    try:
        with LoopbackServer(answering(rules), port=options.port) as server:
            print(f"serving {server.url}; stop with Ctrl-C", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except OSError as exc:
        sys.exit(f"port {options.port} cannot be used: {exc}")


if __name__ == "__main__":
    main()
