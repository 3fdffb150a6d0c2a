"""A model server to try programs and the documentation with: `python -m chat_core.testing --port 8000`."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from chat_core.testing.loopback import LoopbackServer, Script
from chat_core.testing.rules import Rules, rules_from, script_from
from chat_core.types.errors import ConfigurationError

_ABOUT = """\
Serve a model on this machine, on the wires of Chat Completions, Responses, Claude, Gemini and Ollama, which
repeats what it was sent, or answers by a rule file (JSON or TOML):

  [{"when": "weather", "calls": [{"name": "forecast", "arguments": {"city": "Bern"}}]},
   {"after": "forecast", "reply": "It will be dry."},
   {"when": "busy", "error": {"status": 503, "message": "no capacity", "retry_after": 1}, "times": 2}]

docs/testing.md has all that a rule can say. `python -m chat_core.testing check chat_acme` tells what is wrong
with a provider package, and `record chat_acme` records tapes for it (docs/conformance.md).
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted, or check a package."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["check"]:
        from chat_core.testing.conformance.command import main as check  # here: the server needs none of it

        sys.exit(check(given[1:]))
    if given[:1] == ["record"]:
        from chat_core.testing.conformance.record_tapes import main as record

        sys.exit(record(given[1:]))
    parser = argparse.ArgumentParser("python -m chat_core.testing", description=_ABOUT)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, default=8000, help="the port, 8000 by default; 0 is any")
    parser.add_argument(
        "--model", default="loopback", help='the name in lists of models, "loopback" by default'
    )
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument("--rules", type=Path, help="a file of rules")
    answers.add_argument("--script", type=Path, help="a file of answers in order, or .py with answer(body)")
    options = parser.parse_args(given)
    try:
        with LoopbackServer(_script(options), model=options.model, port=options.port) as server:
            print(f"serving {server.url}; stop with Ctrl-C", flush=True)
            print(f"  Chat Completions, Responses: {server.url}", flush=True)
            print(f"  Claude, Gemini, Ollama:      {server.host}", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except ConfigurationError as exc:
        sys.exit(str(exc))
    except OSError as exc:
        sys.exit(f"port {options.port} cannot be used: {exc}")


def _script(options: argparse.Namespace) -> Script:
    if options.script is not None:
        return script_from(options.script)
    return Rules([]) if options.rules is None else rules_from(options.rules)


if __name__ == "__main__":
    main()
