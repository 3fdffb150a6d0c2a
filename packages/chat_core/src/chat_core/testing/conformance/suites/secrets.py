"""Where a key may stand: in the headers of requests to its own server, and nowhere else."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager

from chat_core.testing.conformance.checks import check, require, skip
from chat_core.testing.conformance.provider_suite import Played, ProviderSuite
from chat_core.testing.conformance.requests import plain_request
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.faults import Reset, Status


class SecretsSuite(ProviderSuite):
    """A key is in a header and nowhere else: no URL, body, repr, log, error or stored turn shows it."""

    @check
    async def test_the_key_is_in_a_header(self) -> None:
        """The key of `with_api_key` is sent in a header."""
        for played in await self._plain_turns():
            values = played.transport.requests[-1].headers.values()
            require(any(self.key in value for value in values), "No header has the key.")

    @check
    async def test_the_key_is_not_in_the_url(self) -> None:
        """No URL has the key: proxies and logs store URLs. Send it in a header."""
        for played in await self._plain_turns():
            urls = [request.url for request in played.transport.requests if self.key in request.url]
            require(not urls, "The key is in the URL.")

    @check
    async def test_the_key_is_not_in_the_body(self) -> None:
        """No body has the key: it belongs in a header, which is not stored."""
        for played in await self._plain_turns():
            found = any(self.key.encode() in request.body for request in played.transport.requests)
            require(not found, "The key is in the body.")

    @check
    async def test_no_repr_shows_the_key(self) -> None:
        """Neither the builder nor the client nor its attributes show the key in their repr: make the field
        `repr=False`.
        """
        builder = self.builder().with_api_key(self.key).with_header("x-secret", f"{self.key}-header")
        client = builder.with_transport(WatchedTransport([])).build()
        attributes = [getattr(client, name, None) for name in getattr(client, "__dict__", {})]
        for shown in (repr(builder), repr(client), *map(repr, attributes)):
            require(self.key not in shown, f"It is in {shown.replace(self.key, '***')[:200]}.")

    @check
    async def test_no_error_shows_the_key(self) -> None:
        """An error does not show the key, even where the server repeats it: use `send_request` and
        `stream_response`, which remove it.
        """
        echo = json.dumps(
            {"error": {"message": f"the key {self.key} is not valid", "code": self.key}}
        ).encode()
        for fault in (Status(401, echo), Status(200, echo), Status(500, self.key.encode()), Reset(0)):
            for played in await self._plain_turns(fault):
                error = played.error
                shown = f"{error!r} {error} {getattr(error, 'body', '')} {vars(error) if error else ''}"
                require(self.key not in shown, f"After {type(fault).__name__} it is in the error.")

    @check
    async def test_no_log_shows_the_key(self) -> None:
        """Nothing that is logged, at DEBUG either, shows the key."""
        with _logged() as records:
            await self._plain_turns()
            await self._plain_turns(Status(401, json.dumps({"error": self.key}).encode()))
        shown = [record.name for record in records if self.key in f"{record.getMessage()} {record.__dict__}"]
        require(not shown, f"The loggers {sorted(set(shown))} show it.")

    @check
    async def test_no_stored_turn_has_the_key(self) -> None:
        """The key is not in a turn that is stored."""
        for played in await self._plain_turns():
            messages = plain_request().messages.append(played.turn.message)
            require(self.key not in messages.to_json(), "It is in the stored conversation.")
            require(self.key not in f"{played.turn!r} {played.turn.raw}", "It is in the response.")

    @check
    async def test_a_key_of_the_environment_stays_with_its_server(self) -> None:
        """A key from the environment is not sent to an address of the user's: `Server.resolve(…)` has the
        rule.
        """
        if self.key_variable is None:
            skip("the suite has no key_variable")
        with _variable(self.key_variable, self.key):
            scenario = self.scenario("text")
            transport = WatchedTransport(scenario.whole)
            builder = self.builder().with_base_url("https://somebody-else.invalid/v1")
            client = builder.with_transport(transport).build()
            await client.complete(plain_request())
        sent = [name for name, value in transport.requests[-1].headers.items() if self.key in value]
        require(not sent, f"The header {sent} took it to somebody-else.invalid.")

    async def _plain_turns(self, *faults: Status | Reset) -> list[Played]:
        scenario = self.scenario("text")
        played = [await self.complete("text", None, *faults)] if scenario.whole else []
        return [*played, *([await self.stream("text", None, *faults)] if scenario.streamed else [])]


class _Collecting(logging.Handler):
    """Keeps the records in a list."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.DEBUG)
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self._records.append(record)


@contextmanager
def _logged() -> Generator[list[logging.LogRecord]]:
    """Collect everything that is logged, at every level."""
    records: list[logging.LogRecord] = []
    handler = _Collecting(records)
    root = logging.getLogger()
    named = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    levels = [
        (logger, logger.level) for logger in (root, *named) if logger.name.startswith(("chat_", "root"))
    ]
    root.addHandler(handler)
    for logger, _ in levels:
        logger.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.removeHandler(handler)
        for logger, level in levels:
            logger.setLevel(level)


@contextmanager
def _variable(name: str, value: str) -> Generator[None]:
    """Set a variable of the environment for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
