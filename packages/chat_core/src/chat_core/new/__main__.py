"""`python -m chat_core.new chat_acme`: a new provider package, which passes the conformance suites."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from chat_core.new.write_package import names_of, write_package
from chat_core.types.errors import ConfigurationError

_NEXT = """\
{folder} is a package for a server that is made up, and passes the suites:

  cd {folder}
  python -m pip install -e ".[test]"
  python -m chat_core.testing check {module}

Then make it one for your server, file by file, and run the last command after each:

  wire.py          what is sent and received, and where that is documented
  tests/tapes      what your server sends: recorded, or written by hand
  decode.py        a body, and an error, as a turn
  stream.py        a stream as a turn: which is the terminal sign?
  encode.py        a request as a body
  client.py        which request goes where
  builder.py       the address, the variable with the key, options of your own

tests/test_conformance.py has what the package claims: add ReasoningSuite, StructuredOutputSuite,
EmbeddingsSuite, FilesSuite and others as it learns them. AGENTS.md of chat-py goes through it step by
step.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the package, and say how to go on. Return 2 where it cannot be written."""
    parser = argparse.ArgumentParser("python -m chat_core.new", description=__doc__)
    parser.add_argument("name", help="chat_acme, or acme")
    parser.add_argument(
        "--into", type=Path, default=Path(), help="the folder to make it in; this one by default"
    )
    options = parser.parse_args(arguments)
    try:
        folder = write_package(options.name, options.into)
    except ConfigurationError as exc:
        print(exc, file=sys.stderr)
        return 2
    print(_NEXT.format(folder=folder, module=names_of(options.name).module), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
