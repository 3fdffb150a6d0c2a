"""Claude on Bedrock, Vertex AI and Foundry: where requests go, what they hold, and how responses come
back.
"""

from __future__ import annotations

import json
import struct
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from typing import Any
from zlib import crc32

import anthropic
import httpx
import httpx2
import pytest
from anthropic.lib.foundry import AnthropicFoundry
from chat_claude import ClaudeBuilder, ClaudeOptions
from chat_core import (
    AuthenticationError,
    ChatRequest,
    Completed,
    ConfigurationError,
    Done,
    File,
    HttpTransport,
    InvalidRequest,
    Message,
    Messages,
    Overloaded,
    ProviderError,
    RateLimited,
    StreamTruncated,
    TextChunk,
    ToolCall,
)
from chat_core.client import AwsCredentials
from chat_core.testing import FakeTransport

pytestmark = pytest.mark.anyio

HAIKU = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 1},
}
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": MESSAGE | {"content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hällo"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"outputTokenCount": 2}},
]
HI = ChatRequest(Messages.from_user("Hi"))


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for prefix in ("ANTHROPIC", "CLAUDE", "AWS", "GOOGLE_CLOUD", "CLOUD_ML"):
        for name in ("API_KEY", "BASE_URL", "REGION", "DEFAULT_REGION", "PROJECT", "LOCATION"):
            monkeypatch.delenv(f"{prefix}_{name}", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "ANTHROPIC_VERTEX_PROJECT_ID", "ANTHROPIC_FOUNDRY_RESOURCE"):
        monkeypatch.delenv(name, raising=False)


def framed(payload: dict[str, Any], **headers: str) -> bytes:
    """A message of an AWS event stream."""
    head = b""
    for name, value in headers.items():
        key = f":{name.replace('_', '-')}".encode()
        head += bytes([len(key)]) + key + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    data = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(data), len(head))
    whole = prelude + struct.pack(">I", crc32(prelude)) + head + data
    return whole + struct.pack(">I", crc32(whole))


def chunk(event: dict[str, Any]) -> bytes:
    inner = b64encode(json.dumps(event).encode()).decode()
    return framed({"bytes": inner, "p": "abcd"}, message_type="event", event_type="chunk")


async def streamed(
    builder: Any, body: bytes, size: int = 7, seen: list[httpx.Request] | None = None
) -> list[Any]:
    """The events of a stream that answers with these bytes, in slices, through the HTTP transport."""

    async def slices() -> AsyncIterator[bytes]:
        for at in range(0, len(body), size):
            yield body[at : at + size]

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        kind = {"content-type": "application/vnd.amazon.eventstream"}
        return httpx.Response(200, headers=kind, content=slices())

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    async with builder.with_transport(HttpTransport(client=http)).build() as client:
        return [event async for event in client.stream(HI)]


BEDROCK = ClaudeBuilder().with_bedrock("eu-central-1").with_api_key("k").with_model(HAIKU)


# -- Bedrock


async def test_on_bedrock_the_path_names_the_model_and_the_body_the_version_and_betas() -> None:
    transport = FakeTransport().answer(MESSAGE)
    builder = BEDROCK.with_beta("a-1").with_tool_search().with_transport(transport)

    assert (await builder.build().complete(HI)).text == "Hi"
    [request] = transport.requests
    host = "https://bedrock-runtime.eu-central-1.amazonaws.com"
    assert request.url == f"{host}/model/eu.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke"
    assert request.headers == {"content-type": "application/json", "authorization": "Bearer k"}
    body = transport.last_body
    assert (body["anthropic_version"], body["anthropic_beta"]) == ("bedrock-2023-05-31", ["a-1"])
    assert not body.keys() & {"model", "stream"}


async def test_on_bedrock_a_stream_comes_in_the_framing_of_aws() -> None:
    *events, done = await streamed(BEDROCK, b"".join(map(chunk, EVENTS)))

    assert events == [TextChunk("Hällo")]
    assert isinstance(done, Done)
    assert (done.response.text, done.response.usage.output_tokens) == ("Hällo", 2)
    assert (done.response.raw or {})["amazon-bedrock-invocationMetrics"] == {"outputTokenCount": 2}


async def test_on_bedrock_a_stream_is_requested_by_its_path() -> None:
    seen: list[httpx.Request] = []

    assert await streamed(BEDROCK, b"".join(map(chunk, EVENTS)), 10_000, seen)
    assert seen[0].url.raw_path.endswith(b"v1%3A0/invoke-with-response-stream")
    assert "stream" not in json.loads(seen[0].content)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("throttlingException", RateLimited),
        ("validationException", InvalidRequest),
        ("serviceUnavailableException", Overloaded),
        ("modelStreamErrorException", ProviderError),
    ],
)
async def test_on_bedrock_an_exception_in_a_stream_is_an_error(name: str, error: type[ProviderError]) -> None:
    exception = framed({"message": "Too much."}, message_type="exception", exception_type=name)

    with pytest.raises(error, match=r"Too much\.") as caught:
        await streamed(BEDROCK, b"".join(map(chunk, EVENTS[:3])) + exception)
    assert caught.value.status == 200
    assert caught.value.code == name[0].upper() + name[1:]
    assert caught.value.retryable == (name != "validationException")


@pytest.mark.parametrize("at", range(len(EVENTS)))
async def test_on_bedrock_a_cut_stream_is_an_error(at: int) -> None:
    body = b"".join(map(chunk, EVENTS))
    whole = b"".join(map(chunk, EVENTS[:at]))
    for cut in (len(whole), len(whole) + 20):
        with pytest.raises(StreamTruncated) as caught:
            await streamed(BEDROCK, body[: max(cut, 1)])
        assert caught.value.partial.text == ("Hällo" if at > 2 else "")


@pytest.mark.parametrize(
    ("status", "kind", "error", "retryable"),
    [
        (400, "ValidationException:http://internal.amazon.com/", InvalidRequest, False),
        (424, "ModelErrorException", ProviderError, True),
        (429, "ThrottlingException", RateLimited, True),
    ],
)
async def test_on_bedrock_the_kind_of_an_error_stands_in_a_header(
    status: int, kind: str, error: type[ProviderError], retryable: bool
) -> None:
    headers = {"x-amzn-errortype": kind, "x-amzn-requestid": "req_1"}
    transport = FakeTransport().answer({"message": "No."}, status=status, headers=headers)

    with pytest.raises(error) as caught:
        await BEDROCK.with_transport(transport).build().complete(HI)
    assert (caught.value.code, caught.value.message) == (kind.partition(":")[0], "No.")
    assert (caught.value.request_id, caught.value.retryable) == ("req_1", retryable)
    assert caught.value.body == {"message": "No."}


async def test_on_bedrock_the_body_of_a_message_is_counted() -> None:
    transport = FakeTransport().answer({"inputTokens": 12})

    assert await BEDROCK.with_transport(transport).build().count_tokens(Messages.from_user("Hi")) == 12
    assert transport.requests[0].url.endswith("v1%3A0/count-tokens")
    encoded: Any = transport.last_body["input"]
    inner = json.loads(b64decode(encoded["invokeModel"]["body"]))
    assert inner["messages"] == [{"role": "user", "content": "Hi"}]
    assert inner["anthropic_version"] == "bedrock-2023-05-31"


@pytest.mark.parametrize(
    ("builder", "named"),
    [
        (BEDROCK.with_web_search(), "web_search_20250305"),
        (BEDROCK.with_code_execution(), "code_execution"),
        (BEDROCK.with_mcp_server("w", "https://mcp.example"), "has no mcp_servers"),
        (BEDROCK.with_options(ClaudeOptions(speed="fast")), "has no speed"),
    ],
)
async def test_what_bedrock_lacks_is_refused_by_name(builder: Any, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        await builder.with_transport(FakeTransport()).build().complete(HI)


async def test_bedrock_has_no_uploaded_files_and_no_list_of_models() -> None:
    transport = FakeTransport().answer(MESSAGE)
    client = BEDROCK.with_transport(transport).build()

    with pytest.raises(ConfigurationError, match="no uploaded files: send the bytes of 'file_1'"):
        await client.complete(ChatRequest(Messages.from_user(File.from_id("file_1"))))
    with pytest.raises(ConfigurationError, match="does not list"):
        await client.list_models()
    call = ToolCall("t1", "scan", {}, Completed("x"), files=(File.from_id("file_1"),))
    response = await client.complete(ChatRequest(Messages.from_user("Hi").append(Message("model", [call]))))
    assert "no uploaded files" in response.notices[0].message


def test_the_region_and_the_key_of_bedrock_come_from_the_environment_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    builder = ClaudeBuilder().with_bedrock().with_model(HAIKU).with_transport(FakeTransport())
    with pytest.raises(ConfigurationError, match=r"set AWS_REGION, or use \.with_bedrock"):
        builder.build()
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "anthropics")
    assert "x-api-key" not in builder.build()._settings.headers
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "amazons")
    settings = builder.build()._settings
    assert settings.base_url == "https://bedrock-runtime.us-east-1.amazonaws.com"
    assert settings.headers["authorization"] == "Bearer amazons"
    assert "authorization" not in builder.with_base_url("https://elsewhere.example").build()._settings.headers
    for odd in ("evil.example/", "a@b", "x#", "-"):
        with pytest.raises(ConfigurationError, match="is no name of a region"):
            builder.with_bedrock(odd).build()


async def test_on_bedrock_requests_without_a_key_are_signed_also_those_of_streams(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "EXAMPLESECRET")
    transport = FakeTransport().answer(MESSAGE).answer(EVENTS)
    builder = ClaudeBuilder().with_bedrock("us-east-1").with_model(HAIKU).with_transport(transport)
    client = builder.build()

    await client.complete(HI)
    assert [event async for event in client.stream(HI)]
    for request in transport.requests:
        assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        assert "/us-east-1/bedrock/aws4_request" in request.headers["authorization"]
        assert "EXAMPLESECRET" not in f"{request.headers}{client!r}{client._settings!r}{builder._choices!r}"
    given = AwsCredentials("AKIDOTHER", "OTHERSECRET", "TOKEN")
    transport.answer(MESSAGE)
    await builder.with_bedrock("us-east-1", credentials=given).build().complete(HI)
    assert "Credential=AKIDOTHER/" in transport.requests[-1].headers["authorization"]
    assert transport.requests[-1].headers["x-amz-security-token"] == "TOKEN"


async def test_on_bedrock_a_server_of_ones_own_gets_no_signature_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "EXAMPLESECRET")
    transport = FakeTransport().answer(MESSAGE)
    builder = ClaudeBuilder().with_bedrock("us-east-1").with_base_url("https://elsewhere.example")

    await builder.with_model(HAIKU).with_transport(transport).build().complete(HI)
    assert transport.requests[0].headers == {"content-type": "application/json"}


# -- Vertex AI

VERTEX = ClaudeBuilder().with_vertex("my-project", "europe-west1").with_model("claude-haiku-4-5@20251001")


async def test_on_vertex_the_path_names_project_location_and_model() -> None:
    transport = FakeTransport().answer(MESSAGE).answer(EVENTS)
    client = VERTEX.with_api_key("token").with_beta("a-1").with_transport(transport).build()

    await client.complete(HI)
    [*_, done] = [event async for event in client.stream(HI)]
    assert isinstance(done, Done)
    place = "https://europe-west1-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west1"
    path = f"{place}/publishers/anthropic/models/claude-haiku-4-5%4020251001"
    assert [request.url for request in transport.requests] == [
        f"{path}:rawPredict",
        f"{path}:streamRawPredict",
    ]
    assert transport.requests[0].headers == {
        "content-type": "application/json",
        "authorization": "Bearer token",
        "anthropic-beta": "a-1",
    }
    whole, stream = transport.bodies
    assert whole["anthropic_version"] == "vertex-2023-10-16"
    assert stream["stream"] is True
    assert "model" not in whole


async def test_on_vertex_a_token_comes_from_a_source_that_renews_it() -> None:
    tokens = iter(["old", "new"])
    transport = FakeTransport().answer({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, status=401)
    transport.answer(MESSAGE)
    client = VERTEX.with_credentials(lambda: (next(tokens), None)).with_transport(transport).build()

    assert (await client.complete(HI)).text == "Hi"
    assert [request.headers["authorization"] for request in transport.requests] == [
        "Bearer old",
        "Bearer new",
    ]


async def test_on_vertex_tokens_are_counted_and_errors_read() -> None:
    transport = FakeTransport().answer({"input_tokens": 5})
    transport.answer(
        [{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota."}}], status=429
    )
    client = VERTEX.with_api_key("token").with_transport(transport).build()

    assert await client.count_tokens(Messages.from_user("Hi")) == 5
    assert transport.requests[0].url.endswith("/models/count-tokens:rawPredict")
    assert transport.last_body["model"] == "claude-haiku-4-5@20251001"
    with pytest.raises(RateLimited, match=r"Quota\."):
        await client.complete(HI)


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("us-east5", "us-east5-aiplatform.googleapis.com"),
    ],
)
def test_the_server_of_vertex_follows_from_the_location(location: str, host: str) -> None:
    builder = ClaudeBuilder().with_vertex("p", location).with_model("m").with_api_key("t")
    assert builder.build()._settings.base_url == f"https://{host}/v1"


def test_vertex_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    builder = ClaudeBuilder().with_vertex().with_model("m")
    with pytest.raises(ConfigurationError, match="set GOOGLE_CLOUD_PROJECT"):
        builder.build()
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.setattr("chat_core.client.google_credentials.find_spec", lambda name: None)
    with pytest.raises(
        ConfigurationError, match=r"pip install 'chat-claude\[vertex\]', or .*with_credentials"
    ):
        builder.build()
    with pytest.raises(ConfigurationError, match="cannot be a part"):
        builder.with_vertex("..").with_api_key("t").build()
    odd = builder.with_vertex("a/../b").with_api_key("t").build()._settings.defaults.platform
    assert "/projects/a%2F..%2Fb/" in odd.messages


async def test_on_vertex_the_credentials_of_the_machine_authorise_requests_to_google_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("google.auth.default", lambda scopes: (MachineCredentials(), "theirs"))
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "billed")
    transport = (
        FakeTransport().answer(MESSAGE).answer({"error": {}}, status=401).answer(MESSAGE).answer(MESSAGE)
    )
    client = VERTEX.with_transport(transport).build()
    await client.complete(HI)
    await client.complete(HI)
    await VERTEX.with_base_url("https://gateway.example").with_transport(transport).build().complete(HI)

    sent = [request.headers.get("authorization") for request in transport.requests]
    assert sent == ["Bearer token-1", "Bearer token-1", "Bearer token-2", None]
    billed = [request.headers.get("x-goog-user-project") for request in transport.requests]
    assert billed == ["billed", "billed", "billed", None]


async def test_on_vertex_refused_credentials_say_what_renews_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.auth.default", lambda scopes: (MachineCredentials(), "theirs"))
    transport = FakeTransport()
    for _ in range(2):
        transport.answer({"error": {"message": "invalid credentials"}}, status=401)
    with pytest.raises(
        AuthenticationError, match=r"invalid credentials.*`gcloud auth application-default login`"
    ):
        await VERTEX.with_transport(transport).build().complete(HI)


class MachineCredentials:
    """What google-auth finds: a token with a number."""

    token = "token-0"
    expiry = None

    def refresh(self, request: object) -> None:
        self.token = f"token-{int(self.token[6:]) + 1}"


# -- Foundry


async def test_on_foundry_only_the_address_and_the_key_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "anthropics")
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "foundrys")
    transport = FakeTransport().answer(MESSAGE)
    client = ClaudeBuilder().with_foundry("my-res").with_model("m").with_transport(transport).build()

    await client.complete(HI)
    [request] = transport.requests
    assert request.url == "https://my-res.services.ai.azure.com/anthropic/v1/messages"
    assert request.headers == {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": "foundrys",
    }
    assert transport.last_body["model"] == "m"
    with pytest.raises(ConfigurationError, match="ANTHROPIC_FOUNDRY_RESOURCE"):
        ClaudeBuilder().with_foundry().with_model("m").build()


# -- the vendor's SDK as the judge of all three


@pytest.mark.parametrize("platform", ["bedrock", "vertex", "foundry"])
@pytest.mark.parametrize("stream", [False, True])
async def test_requests_go_where_those_of_the_sdk_go(platform: str, stream: bool) -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(400, json={"type": "error", "error": {"type": "x", "message": "x"}})

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    model = {"bedrock": HAIKU, "vertex": "claude-haiku-4-5@20251001", "foundry": "claude-haiku-4-5"}[platform]
    sdk: Any = {
        "bedrock": lambda: anthropic.AnthropicBedrock(
            aws_region="eu-central-1", api_key="k", http_client=http
        ),
        "vertex": lambda: anthropic.AnthropicVertex(
            region="europe-west1", project_id="my-project", access_token="k", http_client=http
        ),
        "foundry": lambda: AnthropicFoundry(resource="my-res", api_key="k", http_client=http),
    }[platform]()
    with pytest.raises(anthropic.APIStatusError):
        sdk.messages.create(
            model=model, max_tokens=16384, messages=[{"role": "user", "content": "Hi"}], stream=stream
        )

    transport = FakeTransport().answer({"error": "x"}, status=400)
    builder: Any = ClaudeBuilder().with_model(model).with_api_key("k").with_transport(transport)
    client = {
        "bedrock": lambda: builder.with_bedrock("eu-central-1"),
        "vertex": lambda: builder.with_vertex("my-project", "europe-west1"),
        "foundry": lambda: builder.with_foundry("my-res"),
    }[platform]().build()
    with pytest.raises(ProviderError):
        await (anext(client.stream(HI)) if stream else client.complete(HI))

    ours, theirs = transport.requests[0], seen[0]
    assert httpx2.URL(ours.url).path == theirs.url.path
    assert httpx2.URL(ours.url).host == theirs.url.host
    sent = json.loads(theirs.content)
    assert transport.last_body.keys() == {name for name in sent if sent[name] is not False}
