"""moto verifies signatures as AWS does: it accepts ours, and refuses a request that was changed afterwards.

It brings forty packages, so it is run by hand: `pip install "moto[server]"` elsewhere, `moto_server -p 5557`,
and `CHAT_MOTO_URL=http://127.0.0.1:5557 python -m pytest -n 0 tests/interop/test_moto.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest
from chat_bedrock import AwsCredentials, BedrockBuilder, EmbeddingBedrockClient
from chat_claude import ClaudeBuilder
from chat_core import (
    ChatRequest,
    EventStream,
    HttpTransport,
    InvalidResponse,
    Messages,
    PermissionDenied,
    Request,
    Response,
)
from chat_core.client import AwsSigner

URL = os.environ.get("CHAT_MOTO_URL", "").rstrip("/")

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not URL, reason="CHAT_MOTO_URL names no moto server: it is run by hand"),
]

HI = ChatRequest(Messages.from_user("Hi"))
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@pytest.fixture
def credentials() -> AwsCredentials:
    """The key of a user who may do everything, on a server that verifies signatures from now on."""
    with httpx.Client(base_url=URL) as moto:
        moto.post("/moto-api/reset").raise_for_status()
        moto.post("/moto-api/reset-auth", content=b"1000000", headers=_BYTES).raise_for_status()
        iam(moto, Action="CreateUser", UserName="u")
        made = iam(moto, Action="CreateAccessKey", UserName="u")
        iam(moto, Action="PutUserPolicy", UserName="u", PolicyName="p", PolicyDocument=ALLOW)
        moto.post("/moto-api/reset-auth", content=b"0", headers=_BYTES).raise_for_status()
    found = {
        element.tag.rpartition("}")[2]: element.text or "" for element in ElementTree.fromstring(made).iter()
    }
    return AwsCredentials(found["AccessKeyId"], found["SecretAccessKey"])


_BYTES = {"content-type": "application/octet-stream"}


def iam(moto: httpx.Client, **parameters: str) -> str:
    key = (
        "AKID/20261122/us-east-1/iam/aws4_request"  # it names the service; the signature is not verified yet
    )
    scope = f"AWS4-HMAC-SHA256 Credential={key}, SignedHeaders=host, Signature=x"
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": scope}
    response = moto.post("/", content=urlencode({**parameters, "Version": "2010-05-08"}), headers=headers)
    return response.raise_for_status().text


class Changing:
    """A transport that changes requests on their way."""

    def __init__(self, change: Callable[[Request], Request]) -> None:
        self._inner = HttpTransport()
        self._change = change

    async def send(self, request: Request, /) -> Response:
        return await self._inner.send(self._change(request))

    def stream(self, request: Request, /) -> AbstractAsyncContextManager[EventStream]:
        return self._inner.stream(self._change(request))

    async def aclose(self) -> None:
        await self._inner.aclose()


def invoking(
    credentials: AwsCredentials, change: Callable[[Request], Request] = lambda request: request
) -> EmbeddingBedrockClient:
    """A client that embeds, by InvokeModel: moto knows no Converse."""
    signer = AwsSigner(credentials, region="us-east-1", service="bedrock")
    builder = BedrockBuilder().with_base_url(URL).with_region("us-east-1").with_header("x-label", "a  b")
    transport = signer.over(Changing(change))
    return (
        builder.with_model("amazon.titan-embed-text-v2:0").with_embeddings().with_transport(transport).build()
    )


async def test_a_good_signature_is_accepted(credentials: AwsCredentials) -> None:
    async with invoking(credentials) as client:
        with pytest.raises(InvalidResponse):  # moto knows the user, and invents no vectors
            await client.embed(["Hello"])
    on_claude = ClaudeBuilder().with_bedrock("us-east-1", credentials=credentials).with_base_url(URL)
    async with on_claude.with_model("anthropic.claude-haiku-4-5-20251001-v1:0").build() as client:
        with pytest.raises(InvalidResponse):
            await client.complete(HI)


CHANGES: dict[str, Callable[[Request], Request]] = {
    "body": lambda request: replace(request, body=request.body + b" "),
    "path": lambda request: replace(request, url=request.url.replace("titan-embed", "titan-embod")),
    "query": lambda request: replace(request, url=request.url + "?a=b"),
    "header": lambda request: replace(request, headers={**request.headers, "x-label": "other"}),
    "time": lambda request: replace(request, headers={**request.headers, "x-amz-date": "20200101T000000Z"}),
    "signature": lambda request: replace(
        request, headers={**request.headers, "authorization": request.headers["authorization"][:-1] + "z"}
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_request_that_was_changed_is_refused(
    change: Callable[[Request], Request], credentials: AwsCredentials
) -> None:
    async with invoking(credentials, change) as client:
        with pytest.raises(PermissionDenied, match=r"SignatureDoesNotMatch|signature"):
            await client.embed(["Hello"])


async def test_another_secret_is_refused(credentials: AwsCredentials) -> None:
    async with invoking(replace(credentials, secret_key="OTHER")) as client:
        with pytest.raises(PermissionDenied, match=r"SignatureDoesNotMatch|signature"):
            await client.embed(["Hello"])
