"""`python -m chat_core.testing record chat_acme --model acme-1`: the tapes that a real server can give."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

import anyio

from chat_core.testing.conformance.find_suites import builder_of
from chat_core.testing.conformance.provider_suite import ConfiguredBuilder
from chat_core.testing.conformance.requests import WEATHER
from chat_core.testing.conformance.suites.structured_output import SCHEMA
from chat_core.testing.tape.form import Tape
from chat_core.testing.tape.recording import RecordingTransport
from chat_core.transport import HttpTransport
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.events import Done
from chat_core.types.json_values import JsonObject
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.request import ChatRequest, OutputSchema
from chat_core.types.response import ChatResponse

_ABOUT = """\
Record tapes of a real server, with the key that the builder reads from the environment: each a whole turn
and a streamed one, with what the client has made of them as its expectation. Read them before you trust them.
Tapes that are there already stay as they are.
"""
_SCHEMA = OutputSchema("forecast", SCHEMA)
REQUESTS: dict[str, ChatRequest] = {
    "text": ChatRequest(Messages.from_user("Say in one short sentence what rain is.")),
    "length": ChatRequest(Messages.from_user("Tell a long story."), options=ChatOptions(max_tokens=16)),
    "reasoning": ChatRequest(Messages.from_user("How many r are in strawberry, and in raspberry?")),
    "tool_call": ChatRequest(Messages.from_user("How is the weather in Bern? Use the tool."), (WEATHER,)),
    "parallel_calls": ChatRequest(
        Messages.from_user("How is the weather in Bern, in Rome and in Oslo? Use the tool for all at once."),
        (WEATHER,),
    ),
    "structured": ChatRequest(Messages.from_user("It is 21 degrees in Bern."), output=_SCHEMA),
}


def main(arguments: Sequence[str]) -> int:
    """Record what is not there yet, and return 1 where nothing could be recorded."""
    parser = argparse.ArgumentParser("python -m chat_core.testing record", description=_ABOUT)
    parser.add_argument("package", help="the package whose builder is used, such as chat_acme")
    parser.add_argument("--model", required=True, help="the model to ask")
    parser.add_argument("--base-url", help="another address than the builder's own")
    parser.add_argument("--into", type=Path, default=Path("tests/tapes"), help="tests/tapes by default")
    options = parser.parse_args(arguments)
    try:
        builder = builder_of(options.package, options.model)
    except ConfigurationError as exc:
        print(exc, file=sys.stderr)
        return 2
    if options.base_url is not None:
        builder = builder.with_base_url(options.base_url)
    wanted = [name for name in REQUESTS if not (options.into / f"{name}.tape").exists()]
    recorded = [anyio.run(partial(_record, builder, name, options.into)) for name in wanted]
    return 0 if any(recorded) or not wanted else 1


async def _record(builder: ConfiguredBuilder, name: str, folder: Path) -> bool:
    """Record one scenario, and return whether there is a tape of it now."""
    path = folder / f"{name}.tape"
    transport = RecordingTransport(HttpTransport(), path)
    try:
        client = builder.with_transport(transport).build()
        whole = await client.complete(REQUESTS[name])
        streamed: ChatResponse | None = None
        async with aclosing(client.stream(REQUESTS[name])) as events:
            async for event in events:
                streamed = event.response if isinstance(event, Done) else streamed
    except ChatError as error:
        path.unlink(missing_ok=True)
        print(f"{name}: {type(error).__name__}: {error}")
        return False
    finally:
        await transport.aclose()
    if streamed is None or (name == "reasoning" and not whole.reasoning):
        path.unlink(missing_ok=True)
        print(f"{name}: there was none")
        return False
    tape = Tape.load(path)
    tape.expected = {"whole": _expectation(whole), "streamed": _expectation(streamed)}
    tape.save(path)
    print(f"{name}: {path}, {whole.finish_reason}, {whole.text[:60]!r}")
    return True


def _expectation(response: ChatResponse) -> JsonObject:
    """Return what came out, as a tape expects it."""
    expected: JsonObject = {"text": response.text, "finish_reason": response.finish_reason}
    expected["raw_finish_reason"] = response.raw_finish_reason
    if response.reasoning:
        expected["reasoning"] = response.reasoning
    if response.tool_calls:
        expected["calls"] = [
            {"name": call.name, "arguments": call.arguments, **({"failed": True} if call.failed else {})}
            for call in response.tool_calls
        ]
    numbers = {name: getattr(response.usage, name) for name in _USAGE}
    expected["usage"] = {name: number for name, number in numbers.items() if number is not None}
    return expected


_USAGE = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
