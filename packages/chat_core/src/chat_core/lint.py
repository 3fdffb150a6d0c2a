"""Check output types and tools for several providers: `python -m chat_core.lint module:Type --for openai`."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import cast

from chat_core.entry_points import builder_of
from chat_core.provider import SchemaCheckingProvider
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import is_a
from chat_core.types.request import HasDefinition, ToolDefinition
from chat_core.types.schema_findings import KINDS, SchemaReport

_ABOUT = """\
Tell what each provider makes of output types and tools: what it refuses, drops, does not hold the model to,
or turns into words. Nothing is sent, and no key is needed.

  python -m chat_core.lint app.models:City app.tools:TOOLS --for openai,claude,gemini:gemini-3-pro

A target is module:name, where the name is a type, a JSON schema, a tool, or a list of these. A provider is
the name of its package, with or without a model. The exit status is 0 where all can be sent, 1 where there
are findings of the kind of --fail-on or worse, and 2 where something cannot be checked.
"""
_ANY_MODEL = "a-model"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names, print the reports, and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        clients = [_client(name) for name in options.providers.split(",") if name]
        if not clients:
            raise ConfigurationError("--for names no provider: --for openai,claude")
        targets = [(target, _loaded(target)) for target in options.targets]
        reports = [
            (target, report)
            for target, found in targets
            for client in clients
            for report in _reports(client, found, strict=options.strict)
        ]
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    failing = KINDS[: KINDS.index(options.fail_on) + 1]
    failed = sum(report.verdict in failing for _, report in reports)
    if options.json:
        print(json.dumps([_as_json(target, report) for target, report in reports], indent=2))
    else:
        for target, report in reports:
            print(f"{target}: {report}")
        print(f"{len(reports)} checked, {failed} failed")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m chat_core.lint", description=_ABOUT)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("targets", nargs="+", metavar="module:name", help="a type, a tool, a list of them")
    parser.add_argument("--for", dest="providers", required=True, help="openai,claude,gemini:gemini-3-pro")
    parser.add_argument(
        "--fail-on", choices=KINDS, default="refused", help='the mildest finding that fails; "refused"'
    )
    parser.add_argument("--strict", action="store_true", default=None, help="check tools as strict ones")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _client(name: str) -> SchemaCheckingProvider:
    provider, _, model = name.strip().partition(":")
    model = model or _ANY_MODEL
    builder = builder_of(provider, model).with_model(model).with_api_key("no-key-is-needed")
    try:
        client: object = builder.build()
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    if not isinstance(client, SchemaCheckingProvider):
        raise ConfigurationError(f"{name}: {type(client).__name__} does not check schemas")
    return client


def _loaded(target: str) -> object:
    module, colon, path = target.partition(":")
    if not colon or not path:
        raise ConfigurationError(f"{target!r} is no module:name, such as app.models:City")
    sys.path.insert(0, "")
    try:
        found: object = importlib.import_module(module)
        for name in path.split("."):
            found = cast("object", getattr(found, name))
    except Exception as error:  # a module may raise anything while it is imported
        raise ConfigurationError(f"{target} cannot be loaded: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove("")
    return found


def _reports(client: SchemaCheckingProvider, found: object, *, strict: bool | None) -> Iterator[SchemaReport]:
    items = list(cast("Iterable[object]", found)) if is_a(found, list, tuple, set) else [found]
    tools = [item for item in items if isinstance(item, HasDefinition | ToolDefinition)]
    if tools:
        yield from client.check_tools(tools, strict=strict)
    for item in items:
        if not isinstance(item, HasDefinition | ToolDefinition):
            yield client.check_output(item)


def _as_json(target: str, report: SchemaReport) -> dict[str, object]:
    return {"target": target, "verdict": report.verdict, **asdict(report)}


if __name__ == "__main__":
    sys.exit(main())
