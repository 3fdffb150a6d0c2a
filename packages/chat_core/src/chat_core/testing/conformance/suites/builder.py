"""What a builder has to do."""

from __future__ import annotations

from urllib.parse import unquote

from chat_core.testing.conformance.checks import check, fail, require
from chat_core.testing.conformance.provider_suite import ConfiguredBuilder, ProviderSuite
from chat_core.testing.conformance.requests import missing_texts, plain_request
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.types.errors import ConfigurationError

_HOST = "https://conformance.invalid/base/v7"


class BuilderSuite(ProviderSuite):
    """Builders are frozen, do no I/O, and pass on what they were given."""

    @check
    async def test_a_builder_does_not_change(self) -> None:
        """Each `with_…` returns a new builder and leaves the old one as it was: `self._with(replace(…))`."""
        builder = self.builder()
        before = repr(builder)
        changed = builder.with_header("x-canary", "1").with_extra_body({"canary": 1})
        require(changed is not builder, "with_header(...) returned the same builder.")
        require(repr(builder) == before, f"It was {before} and became {builder!r}.")

    @check
    async def test_building_does_no_io(self) -> None:
        """`build()` sends nothing: what needs the network belongs to the first request."""
        transport = WatchedTransport([])
        self.client(transport)
        require(not transport.requests, f"build() sent {transport.requests}.")

    @check
    async def test_a_header_of_the_user_is_sent(self) -> None:
        """A header of `with_header` is on every request: pass the connection's headers on in the settings."""
        sent = await self._sent_by(self.builder().with_header("x-canary", "blue"))
        headers = {name.lower(): value for name, value in sent.requests[-1].headers.items()}
        require(headers.get("x-canary") == "blue", f"The request had the headers {sorted(headers)}.")

    @check
    async def test_fields_of_the_user_are_sent(self) -> None:
        """Fields of `with_extra_body` are in the body: merge the connection's `extra` into it, last."""
        sent = await self._sent_by(self.builder().with_extra_body({"canary_field": "canary-extra-Jk2"}))
        missing = missing_texts(sent.last_body, ["canary_field", "canary-extra-Jk2"])
        require(not missing, f"The body has the fields {sorted(sent.last_body)}.")

    @check
    async def test_requests_go_to_the_address_of_the_user(self) -> None:
        """`with_base_url` decides where requests go, with its path: take the URL from `Server.resolve(…)`."""
        sent = await self._sent_by(self.builder().with_base_url(_HOST))
        url = sent.requests[-1].url
        require(url.startswith(_HOST), f"With with_base_url({_HOST!r}) the request went to {url}.")

    @check
    async def test_other_schemes_than_http_are_refused(self) -> None:
        """`with_base_url` refuses other schemes than http(s), and addresses with a password in them, with a
        `ConfigurationError`: use `checked_url`.
        """
        for url in ("file:///etc/passwd", "ftp://host/v1", "https://me:word@host/v1", "host"):
            try:
                self.builder().with_base_url(url).with_api_key(self.key).build()
            except ConfigurationError:
                continue
            fail(f"{url} was taken.")

    @check
    async def test_time_limits_reach_the_request(self) -> None:
        """`with_timeout` is in the request's `timeouts`: pass those of the connection on to the settings."""
        sent = await self._sent_by(self.builder().with_timeout(1234.5))
        total = sent.requests[-1].timeouts.total
        require(total == 1234.5, f"After with_timeout(1234.5) the request has the total limit {total}.")

    @check
    async def test_the_model_is_named_in_the_request(self) -> None:
        """The model that the builder was given is in the body or in the URL, and is `client.model`."""
        sent = await self._sent_by(self.builder())
        model = self.client(sent).model
        request = sent.requests[-1]
        named = model in unquote(request.url)  # a path may spell its characters otherwise
        found = named or not missing_texts(sent.last_body, [model])
        require(found, f"{model!r} stands neither in {request.url} nor in the body.")

    @check
    async def test_closing_closes_the_transport(self) -> None:
        """`aclose()` closes the transport, and the client can be closed twice: inherit it from
        `ProviderClient`.
        """
        transport = _Closing()
        client = self.client(transport)
        await client.aclose()
        require(transport.closed, "aclose() did not reach the transport.")
        await client.aclose()

    async def _sent_by(self, builder: ConfiguredBuilder) -> WatchedTransport:
        """Send a turn with what a builder builds, and return the transport."""
        scenario = self.scenario("text")
        transport = WatchedTransport(scenario.whole or scenario.streamed)
        client = builder.with_api_key(self.key).with_transport(transport).build()
        if scenario.whole:
            await client.complete(plain_request())
        else:
            async for _ in client.stream(plain_request()):
                pass
        return transport


class _Closing(WatchedTransport):
    """A transport that notes when it is closed."""

    def __init__(self) -> None:
        super().__init__([])
        self.closed = False

    async def aclose(self) -> None:
        """Note it."""
        self.closed = True
