"""Vertex: where requests go for a project and a location, what authorises them, and what differs from the
Gemini API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ConfigurationError,
    File,
    Messages,
    Native,
    Opaque,
    ToolDefinition,
)
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder

pytestmark = pytest.mark.anyio

ANSWER = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}
PROJECT = "projects/my-project/locations"
VARIABLES = (
    *("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"),
    *("GOOGLE_VERTEX_BASE_URL", "GOOGLE_CLOUD_QUOTA_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"),
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def base(
    project: str | None = "my-project", location: str | None = None, model: str = "gemini-3.5-flash"
) -> Any:
    return (
        GeminiBuilder()
        .with_vertex(project, location)
        .with_model(model)
        .with_credentials(lambda: "a-token-of-mine")
    )


async def sent(builder: Any) -> Any:
    transport = FakeTransport().answer(ANSWER)
    await (
        ChatBuilder()
        .with_model(builder.with_transport(transport).build())
        .build()
        .complete(Messages.from_user("Hi"))
    )
    return transport.requests[0]


@pytest.mark.parametrize(
    ("location", "address"),
    [
        (None, "https://aiplatform.googleapis.com/v1beta1/projects/my-project/locations/global"),
        ("global", "https://aiplatform.googleapis.com/v1beta1/projects/my-project/locations/global"),
        ("us", "https://aiplatform.us.rep.googleapis.com/v1beta1/projects/my-project/locations/us"),
        (
            "europe-west4",
            "https://europe-west4-aiplatform.googleapis.com/v1beta1/projects/my-project/locations/europe-west4",
        ),
    ],
)
async def test_a_project_and_a_location_have_their_address(location: str | None, address: str) -> None:
    request = await sent(base(location=location))
    assert request.url == f"{address}/publishers/google/models/gemini-3.5-flash:generateContent"
    assert request.headers["authorization"] == "Bearer a-token-of-mine"
    assert "x-goog-api-key" not in request.headers


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("models/gemini-x", "publishers/google/models/gemini-x"),
        ("publishers/google/models/gemini-x", "publishers/google/models/gemini-x"),
        ("endpoints/123", "endpoints/123"),
        ("meta/llama", "publishers/meta/models/llama"),
    ],
)
async def test_a_model_has_its_path(model: str, path: str) -> None:
    assert f"/locations/global/{path}:generateContent" in (await sent(base(model=model))).url


async def test_project_and_location_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GOOGLE_CLOUD_PROJECT", "theirs")
    environment.setenv("GOOGLE_CLOUD_LOCATION", "us-central1")
    url = (await sent(base(None))).url
    assert url.startswith(
        "https://us-central1-aiplatform.googleapis.com/v1beta1/projects/theirs/locations/us-central1/"
    )
    assert "/projects/mine/locations/global/" in (await sent(base("mine", "global"))).url


async def test_a_key_without_a_project_is_express_mode(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GOOGLE_CLOUD_PROJECT", "theirs")
    express = GeminiBuilder().with_vertex().with_model("gemini-3.5-flash")
    request = await sent(express.with_api_key("a-key"))
    url = (
        "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-3.5-flash:generateContent"
    )
    assert (request.url, request.headers["x-goog-api-key"]) == (url, "a-key")
    environment.delenv("GOOGLE_CLOUD_PROJECT")
    environment.setenv("GOOGLE_API_KEY", "theirs-too")
    request = await sent(express)
    assert (request.url, request.headers["x-goog-api-key"]) == (url, "theirs-too")
    with_project = await sent(express.with_vertex("p").with_api_key("a-key"))
    assert "/projects/p/" in with_project.url
    assert with_project.headers["x-goog-api-key"] == "a-key"


async def test_a_project_comes_before_a_key_of_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("GOOGLE_API_KEY", "theirs")
    request = await sent(base())
    assert "x-goog-api-key" not in request.headers


def test_without_project_and_key_the_next_step_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r"with_vertex\(\"my-project\"\), or set GOOGLE_CLOUD_PROJECT"
    ):
        GeminiBuilder().with_vertex().with_model("m").build()


@pytest.mark.parametrize("location", ["evil.example/", "a b", "", "EU", "x" * 64, "..", "a.b"])
def test_a_location_that_would_lead_to_another_host_is_refused(location: str) -> None:
    with pytest.raises(ConfigurationError, match="not a location"):
        GeminiBuilder().with_vertex("p", location)


@pytest.mark.parametrize("project", ["..", "", " "])
def test_a_project_that_would_lead_to_another_path_is_refused(project: str) -> None:
    with pytest.raises(ConfigurationError):
        GeminiBuilder().with_vertex(project)


async def test_no_credentials_go_to_an_address_that_is_not_googles(environment: pytest.MonkeyPatch) -> None:
    builder = GeminiBuilder().with_vertex("p").with_model("m")
    request = await sent(builder.with_base_url("https://gateway.example"))
    assert request.url.startswith(
        "https://gateway.example/v1beta1/projects/p/locations/global/publishers/google/models/m:"
    )
    assert not request.headers.keys() & {"authorization", "x-goog-api-key"}
    whole = await sent(
        builder.with_base_url("https://gateway.example/v1/projects/p/locations/l/publishers/google")
    )
    assert (
        whole.url
        == "https://gateway.example/v1/projects/p/locations/l/publishers/google/models/m:generateContent"
    )
    environment.setenv("GOOGLE_VERTEX_BASE_URL", "https://mine.example")
    request = await sent(builder.with_credentials(lambda: "a-token-of-mine"))
    assert request.url.startswith("https://mine.example/v1beta1/projects/p/")


async def test_signatures_of_the_gemini_api_do_not_go_to_vertex_and_back() -> None:
    signed = {"text": "Hello", "thoughtSignature": "c2lnbmVk"}
    answer = {"candidates": [{"content": {"parts": [signed]}, "finishReason": "STOP"}]}
    messages = Messages.from_user("Hi")
    first = FakeTransport().answer(answer)
    here = GeminiBuilder().with_model("gemini-3.5-flash").with_api_key("k").with_transport(first).build()
    await ChatBuilder().with_model(here).build().complete(messages)
    second = FakeTransport().answer(answer)
    there = base().with_transport(second).build()
    await ChatBuilder().with_model(there).build().complete(messages.add_user("And?"))
    assert "c2lnbmVk" not in json.dumps(second.last_body)
    third = FakeTransport().answer(answer)
    again = GeminiBuilder().with_model("gemini-3.5-flash").with_api_key("k").with_transport(third).build()
    await ChatBuilder().with_model(again).build().complete(messages.add_user("And?"))
    contents: Any = third.last_body["contents"]
    assert [content["parts"] for content in contents if content["role"] == "model"] == [
        [signed],
        [{"text": "Hello"}],
    ]


async def test_tokens_are_counted_with_the_fields_that_vertex_takes() -> None:
    transport = FakeTransport().answer({"totalTokens": 7, "totalBillableCharacters": 20})
    builder = base().with_safety_settings({"harassment": "off"}).with_thinking("low").with_google_search()
    client = builder.with_transport(transport).build()
    messages = Messages.from_system("Be terse.").add_user("Hi")
    assert await client.count_tokens(messages, [ToolDefinition("add")]) == 7
    assert transport.last_body.keys() == {"contents", "systemInstruction", "tools", "generationConfig"}
    assert transport.requests[0].url.endswith("/publishers/google/models/gemini-3.5-flash:countTokens")


async def test_models_are_listed_outside_the_project() -> None:
    transport = FakeTransport().answer({"publisherModels": [{"name": "publishers/google/models/gemini-x"}]})
    models = await base().with_transport(transport).build().list_models()
    assert [model.id for model in models] == ["gemini-x"]
    assert transport.requests[0].url == "https://aiplatform.googleapis.com/v1beta1/publishers/google/models"


async def embedded(model: str, inputs: list[str], answer: Any, **options: Any) -> tuple[str, Any]:
    transport = FakeTransport().answer(answer)
    client = base(model=model).with_embeddings(**options).with_transport(transport).build()
    response = await client.embed(inputs)
    assert [list(embedding.vector) for embedding in response.embeddings] == [
        [float(n)] for n in range(len(inputs))
    ]
    return transport.requests[0].url.rpartition("/")[2], transport.last_body


async def test_one_text_is_embedded_by_its_own_method() -> None:
    answer = {"embedding": {"values": [0.0]}, "usageMetadata": {"promptTokenCount": 3}}
    method, body = await embedded("gemini-embedding-001", ["a"], answer, task="clustering", dimensions=3072)
    assert method == "gemini-embedding-001:embedContent"
    config = {"taskType": "CLUSTERING", "outputDimensionality": 3072}
    assert body == {"content": {"parts": [{"text": "a"}]}, "embedContentConfig": config}


async def test_several_texts_are_embedded_as_a_batch() -> None:
    answer = {"embeddings": [{"values": [0.0]}, {"values": [1.0]}]}
    method, body = await embedded("gemini-embedding-2", ["a", "b"], answer, task="clustering")
    assert method == "gemini-embedding-2:batchEmbedContents"
    texts = ["task: clustering | query: a", "task: clustering | query: b"]
    assert body == {"requests": [{"content": {"parts": [{"text": text}]}} for text in texts]}


async def test_older_models_embed_by_prediction() -> None:
    answer = {
        "predictions": [
            {"embeddings": {"values": [0.0], "statistics": {}}},
            {"embeddings": {"values": [1.0]}},
        ]
    }
    method, body = await embedded(
        "text-embedding-005", ["a", "b"], answer, task="retrieval_document", title="T", dimensions=8
    )
    assert method == "text-embedding-005:predict"
    about = {"task_type": "RETRIEVAL_DOCUMENT", "title": "T"}
    assert body == {
        "instances": [{"content": "a", **about}, {"content": "b", **about}],
        "parameters": {"outputDimensionality": 8},
    }


async def test_what_vertex_does_not_have_is_refused_before_anything_is_sent() -> None:
    chat = ChatBuilder().with_model(base().with_transport(FakeTransport()).build()).build()
    with pytest.raises(ConfigurationError, match="gs:// address"):
        await chat.complete(Messages.from_user(File.from_id("files/abc", "image/png")))
    searching = base().with_file_search("fileSearchStores/a").with_transport(FakeTransport()).build()
    with pytest.raises(ConfigurationError, match="no file search"):
        await ChatBuilder().with_model(searching).build().complete(Messages.from_user("Hi"))


async def test_a_stored_block_of_the_gemini_api_is_left_out_with_a_notice() -> None:
    client = base().with_transport(FakeTransport().answer(ANSWER)).build()
    elsewhere = GeminiBuilder().with_model("gemini-3.5-flash").with_api_key("k").build().origin
    block = Opaque(Native(elsewhere, {"executableCode": {"code": "1", "language": "PYTHON"}}))
    response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hi", block))
    assert [notice.about for notice in response.notices] == ["messages"]


def test_a_builder_shows_no_token() -> None:
    made = base().build()
    assert "a-token-of-mine" not in f"{base()!r}{made!r}{made._settings!r}"


# -- Google's application default credentials


@pytest.fixture(scope="module")
def account() -> str:
    """The key of a service account of nobody."""
    pytest.importorskip("google.auth.transport.requests")
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def service_account(key: str, token_uri: str, at: Path) -> Path:
    path = at / "account.json"
    fields = {"type": "service_account", "client_email": "me@my-project.example", "private_key": key}
    path.write_text(json.dumps({**fields, "token_uri": token_uri, "project_id": "my-project"}))
    return path


class TokenServer(BaseHTTPRequestHandler):
    """Gives tokens with a number, as Google's token endpoint does."""

    given = 0

    def do_POST(self) -> None:
        TokenServer.given += 1
        token = {
            "access_token": f"token-{TokenServer.given}-of-google",
            "expires_in": 3600,
            "token_type": "Bearer",
        }
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(token).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def token_server() -> Iterator[str]:
    TokenServer.given = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), TokenServer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()


async def test_the_default_credentials_authorise_requests(
    environment: pytest.MonkeyPatch, account: str, tmp_path: Path, token_server: str
) -> None:
    environment.setenv(
        "GOOGLE_APPLICATION_CREDENTIALS", str(service_account(account, token_server, tmp_path))
    )
    environment.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "billed")
    transport = FakeTransport().answer(ANSWER).answer(ANSWER).answer({"error": {}}, status=401).answer(ANSWER)
    client = GeminiBuilder().with_vertex("p").with_model("gemini-3.5-flash").with_transport(transport).build()
    chat = ChatBuilder().with_model(client).build()
    for _ in range(3):
        await chat.complete(Messages.from_user("Hi"))
    tokens = [request.headers["authorization"] for request in transport.requests]
    assert tokens == [f"Bearer token-{number}-of-google" for number in (1, 1, 1, 2)]
    assert {request.headers["x-goog-user-project"] for request in transport.requests} == {"billed"}


async def test_default_credentials_that_are_not_there_are_an_error_that_says_so(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("google.auth.transport.requests")
    environment.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    client = GeminiBuilder().with_vertex("p").with_model("m").with_transport(FakeTransport()).build()
    with pytest.raises(AuthenticationError, match=r"nothing\.json"):
        await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hi"))


def test_without_google_auth_the_next_step_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setattr("chat_core.client.google_credentials.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'chat-gemini\[vertex\]'"):
        GeminiBuilder().with_vertex("p").with_model("m").build()
