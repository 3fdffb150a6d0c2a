"""A clock that is wrong: a request that is refused for its time is signed once more, with the server's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_core import ChatRequest, Messages, PermissionDenied, Request
from chat_core.client import AwsCredentials, AwsSigner
from chat_core.testing import FakeTransport

pytestmark = pytest.mark.anyio

HI = ChatRequest(Messages.from_user("Hi"))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATE = {"date": format_datetime(NOON, usegmt=True)}
EXPIRED = {"message": "Signature expired: 20261122T110000Z is now earlier than 20261122T115500Z"}
WHOLE = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hi."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1},
}
KEYS = AwsCredentials("AKIDEXAMPLE", "EXAMPLESECRET")


def client(transport: FakeTransport, clock: datetime) -> Any:
    signer = AwsSigner(KEYS, region="us-east-1", service="bedrock", clock=lambda: clock)
    builder = BedrockBuilder().with_region("us-east-1").with_model("m").with_header("authorization", "")
    return builder.with_transport(signer.over(transport)).build()


def times(transport: FakeTransport) -> list[str]:
    return [request.headers["x-amz-date"] for request in transport.requests]


@pytest.mark.parametrize("behind", [timedelta(hours=-1), timedelta(hours=2)])
async def test_the_servers_time_is_used_after_one_refusal_and_kept(behind: timedelta) -> None:
    transport = FakeTransport().answer(EXPIRED, status=403, headers=DATE).answer(WHOLE).answer(WHOLE)
    made = client(transport, NOON + behind)
    assert (await made.complete(HI)).text == "Hi."
    await made.complete(HI)
    wrong = (NOON + behind).strftime("%Y%m%dT%H%M%SZ")
    assert times(transport) == [wrong, "20261122T120000Z", "20261122T120000Z"]


async def test_a_stream_is_begun_once_more_too() -> None:
    transport = FakeTransport().answer(EXPIRED, status=403, headers=DATE).answer([{"text": "Hi."}])
    signer = AwsSigner(KEYS, region="us-east-1", service="bedrock", clock=lambda: NOON - timedelta(hours=1))
    async with signer.over(transport).stream(request()) as response:
        assert response.ok
    assert times(transport) == ["20261122T110000Z", "20261122T120000Z"]


@pytest.mark.parametrize(
    ("answer", "headers"),
    [
        (EXPIRED, {}),
        (EXPIRED, {"date": "soon"}),
        ({"message": "not yours"}, DATE),
    ],
    ids=["no time of the server's", "no date", "another refusal"],
)
async def test_what_another_time_does_not_help_is_an_error_at_once(answer: Any, headers: Any) -> None:
    transport = FakeTransport().answer(answer, status=403, headers=headers)
    with pytest.raises(PermissionDenied, match=answer["message"][:9]):
        await client(transport, NOON - timedelta(hours=1)).complete(HI)
    assert len(transport.requests) == 1


async def test_a_second_refusal_is_the_error() -> None:
    transport = FakeTransport()
    for _ in range(2):
        transport.answer(EXPIRED, status=403, headers=DATE)
    with pytest.raises(PermissionDenied, match="Signature expired"):
        await client(transport, NOON - timedelta(hours=1)).complete(HI)
    assert len(transport.requests) == 2


async def test_a_refused_signature_whose_time_was_right_is_not_sent_again() -> None:
    transport = FakeTransport().answer(EXPIRED, status=403, headers=DATE)
    with pytest.raises(PermissionDenied):
        await client(transport, NOON).complete(HI)
    assert len(transport.requests) == 1


def request() -> Request:
    return Request(
        "POST", "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse-stream", {}, b"{}"
    )
