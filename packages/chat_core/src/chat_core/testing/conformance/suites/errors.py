"""What a client has to make of failures."""

from __future__ import annotations

import json

from chat_core.testing.conformance.checks import check, require, require_equal
from chat_core.testing.conformance.provider_suite import Played, ProviderSuite
from chat_core.testing.conformance.suites.streaming import require_expected_error
from chat_core.testing.tape.faults import Reset, Stall, Status
from chat_core.types.errors import (
    AuthenticationError,
    ChatError,
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
    StreamTruncated,
    TimedOut,
)

_BY_STATUS: dict[int, type[ProviderError]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    413: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
    503: Overloaded,
    529: Overloaded,
}
_WORDS = "canary-explanation-Ff3"


class ErrorsSuite(ProviderSuite):
    """Every failure is an error of the tree, with the server's words in it; a client retries nothing."""

    @check
    async def test_a_status_has_its_error(self) -> None:
        """Each HTTP status raises its own error: use `decode_error` of chat_core.wire, or call it with the
        words of the wire.
        """
        for status, kind in _BY_STATUS.items():
            for played in await self._failures(Status(status, _body())):
                require(isinstance(played.error, kind), f"Status {status} raised {played.error!r}.")
                require_equal("status", getattr(played.error, "status", None), status)

    @check
    async def test_what_may_pass_is_retryable(self) -> None:
        """429 and 5xx are `retryable`, 400 and 401 are not: the engine's retries go by it."""
        for status, retryable in (
            (429, True),
            (500, True),
            (502, True),
            (503, True),
            (400, False),
            (401, False),
        ):
            for played in await self._failures(Status(status, _body())):
                error = played.error
                require(error is not None, f"Status {status} raised nothing.")
                came = error is not None and error.retryable
                require_equal(f"retryable of status {status}", came, retryable)

    @check
    async def test_the_pause_that_the_server_wants_is_read(self) -> None:
        """`Retry-After` is in `retry_after`, in seconds."""
        for played in await self._failures(Status(429, _body(), {"retry-after": "17"})):
            require_equal("retry_after", getattr(played.error, "retry_after", None), 17.0)

    @check
    async def test_the_id_of_the_request_is_read(self) -> None:
        """The id of the request is in `request_id`: a provider's support asks for it."""
        for played in await self._failures(
            Status(500, _body(), {"x-request-id": "req-canary", "request-id": "req-canary"})
        ):
            require_equal("request_id", getattr(played.error, "request_id", None), "req-canary")

    @check
    async def test_the_words_of_the_server_are_shown(self) -> None:
        """What the server wrote is in the message and in the body of the error, whatever shape it has."""
        shapes: list[object] = [
            {"error": {"message": _WORDS}},
            {"error": _WORDS},
            {"message": _WORDS},
            {"detail": _WORDS},
            {"unheard_of": {"deep": _WORDS}},
        ]
        for shape in shapes:
            for played in await self._failures(Status(400, json.dumps(shape).encode())):
                shown = f"{played.error} {getattr(played.error, 'body', '')}"
                require(_WORDS in shown, f"The body {shape} became {shown!r}.")

    @check
    async def test_an_error_that_is_no_json_is_read(self) -> None:
        """An error body that is empty, HTML or cut raises the error of its status."""
        for body in (b"", b"<html>502 Bad Gateway</html>", b'{"error": {"mess', b"null", b"[]", b"\xff\xfe"):
            for played in await self._failures(Status(502, body, {"content-type": "text/html"})):
                require(
                    isinstance(played.error, ProviderError), f"The body {body!r} raised {played.error!r}."
                )

    @check
    async def test_the_providers_own_error_is_read(self) -> None:
        """The provider's own error body gives the error, the message, the code and the time to wait that
        `rate_limited.tape` expects: mend `decode_error`.
        """
        expected = self.scenario("rate_limited").expected.get("error")
        scenario = self.scenario("rate_limited")
        played = [await self.complete("rate_limited")] if scenario.whole else []
        for each in [*played, *([await self.stream("rate_limited")] if scenario.streamed else [])]:
            require(each.error, f"It came out as {each.response!r}.")
            if each.error is not None:
                require_expected_error(each.error, expected)

    @check
    async def test_an_error_under_status_200_is_raised(self) -> None:
        """A body with an error under status 200 raises: look with `is_error_object` before you decode."""
        played = await self.complete("error_body")
        require(played.error, f"It came out as {played.response!r}.")
        if played.error is not None:
            require_expected_error(played.error, self.scenario("error_body").expects("whole").get("error"))

    @check
    async def test_a_body_that_is_no_turn_is_an_error(self) -> None:
        """A body under status 200 that is no turn raises `InvalidResponse`, or `StreamTruncated` where it is
        read as a stream, and no KeyError: read it with `read_object`, and say what is missing.
        """
        for body in (b"", b"{}", b"null", b"[]", b'"text"', b'{"choices": nul', b"<html>", b"\xff"):
            played = await self.complete("text", None, Status(200, body))
            require(
                isinstance(played.error, InvalidResponse | ProviderError | StreamTruncated),
                f"The body {body!r} came out as {played.error or played.response!r}.",
            )

    @check
    async def test_a_lost_connection_is_an_error(self) -> None:
        """A request without a response raises `ConnectionFailed`."""
        for played in await self._failures(Reset(0)):
            require(isinstance(played.error, ConnectionFailed), f"It raised {played.error!r}.")

    @check
    async def test_no_response_times_out(self) -> None:
        """A request to which nothing comes raises `TimedOut` after the limit for the first event: use
        `send_request` and `stream_response`, which hold the limits.
        """
        for played in await self._failures(Stall(0)):
            require(isinstance(played.error, TimedOut), f"It raised {played.error!r}.")

    @check
    async def test_a_client_retries_nothing(self) -> None:
        """A client sends each request once: retries belong to the engine."""
        for fault in (Status(500, _body()), Status(429, _body(), {"retry-after": "1"}), Reset(0)):
            for played in await self._failures(fault):
                require_equal(f"The requests after {fault}", len(played.transport.requests), 1)

    @check
    async def test_errors_are_of_the_tree(self) -> None:
        """A failure of the server is never a `ConfigurationError`, and never an exception that is no
        `ChatError`.
        """
        for status in (300, 302, 402, 408, 409, 418, 451, 498, 500, 504, 520, 599):
            for played in await self._failures(Status(status, _body())):
                require(isinstance(played.error, ChatError), f"Status {status} came out as a turn.")
                require(
                    not isinstance(played.error, ConfigurationError), f"Status {status}: {played.error!r}."
                )

    async def _failures(self, fault: Status | Reset | Stall) -> list[Played]:
        """Play `text.tape` with a fault, whole and streamed."""
        scenario = self.scenario("text")
        played = [await self.complete("text", None, fault)] if scenario.whole else []
        return [*played, *([await self.stream("text", None, fault)] if scenario.streamed else [])]


def _body() -> bytes:
    return json.dumps({"error": {"message": _WORDS}}).encode()
