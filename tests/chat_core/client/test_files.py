"""Files at providers: uploaded once, named by an id that is tagged with its provider."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_core import (
    Completed,
    ConfigurationError,
    File,
    FilesProvider,
    InvalidResponse,
    Message,
    Messages,
    Native,
    NotFound,
    Origin,
    SupportsFiles,
    ToolCall,
    UploadedFile,
)
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_groq import GroqBuilder
from chat_mistral import MistralBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_xai import XAIBuilder

pytestmark = pytest.mark.anyio
KEY = "a-secret-key"
PDF = File.from_bytes(b"%PDF-1.7 a report", "application/pdf", name="report.pdf")
BUILDERS: dict[str, Any] = {
    "openai": OpenAIBuilder().with_model("gpt-5.6"),
    "azure": AzureOpenAIBuilder().with_base_url("https://a.openai.azure.com/openai/v1").with_model("d"),
    "claude": ClaudeBuilder().with_model("claude-opus-4-8"),
    "gemini": GeminiBuilder().with_model("gemini-3-pro"),
    "mistral": MistralBuilder().with_model("mistral-large-latest"),
    "groq": GroqBuilder().with_model("llama-4"),
    "xai": XAIBuilder().with_model("grok-4"),
}
FORMS = [name for name in BUILDERS if name != "gemini"]
OTHERS: dict[str, Any] = {
    **BUILDERS,
    "bedrock": BedrockBuilder().with_region("eu-west-1").with_model("m"),
    "cohere": CohereBuilder().with_model("m"),
    "ollama": OllamaBuilder().with_model("m"),
    "ollama native": OllamaBuilder().with_native().with_model("m"),
}
PURPOSES = {
    "openai": "user_data",
    "azure": "user_data",
    "claude": None,
    "mistral": "ocr",
    "groq": "batch",
    "xai": "assistants",
}


def client_of(name: str, transport: FakeTransport) -> Any:
    return OTHERS[name].with_api_key(KEY).with_transport(transport).build()


def described(name: str, number: int = 1) -> dict[str, Any]:
    """How a server describes a file."""
    if name == "gemini":
        return {
            "name": f"files/f{number}",
            "mimeType": "application/pdf",
            "sizeBytes": "17",
            "displayName": "report.pdf",
            "createTime": "2026-11-27T08:00:00Z",
            "expirationTime": "2026-11-29T08:00:00Z",
            "state": "ACTIVE",
        }
    if name == "claude":
        return {
            "id": f"file_{number}",
            "type": "file",
            "size_bytes": 17,
            "created_at": "2026-11-27T08:00:00Z",
            "filename": "report.pdf",
            "mime_type": "application/pdf",
            "downloadable": False,
        }
    return {
        "id": f"file-{number}",
        "object": "file",
        "bytes": 17,
        "created_at": 1795766400,
        "filename": "report.pdf",
        "purpose": PURPOSES[name],
        "status": "processed",
    }


async def uploaded_of(name: str) -> UploadedFile:
    transport = FakeTransport()
    if name == "gemini":
        transport.answer(
            b"", headers={"x-goog-upload-url": "https://x.example/upload/v1beta/files?upload_id=7"}
        )
        transport.answer({"file": described(name)})
    else:
        transport.answer(described(name))
    return await client_of(name, transport).files.upload(PDF)


@pytest.mark.parametrize("name", FORMS)
async def test_a_file_is_uploaded_as_a_form(name: str) -> None:
    transport = FakeTransport().answer(described(name))
    client = client_of(name, transport)
    assert isinstance(client, SupportsFiles)
    assert isinstance(client.files, FilesProvider)

    uploaded = await client.files.upload(PDF)

    assert uploaded.id == described(name)["id"]
    assert (uploaded.name, uploaded.mimetype, uploaded.size) == ("report.pdf", "application/pdf", 17)
    assert uploaded.created_at == datetime(2026, 11, 27, 8, tzinfo=UTC)
    assert (uploaded.state, uploaded.purpose) == ("ready", PURPOSES[name])
    assert uploaded.file.id == uploaded.id
    (sent,) = transport.requests
    assert sent.method == "POST"
    assert sent.url.partition("?")[0].endswith("/files")
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'filename="report.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7 a report\r\n' in sent.body
    purpose = f'name="purpose"\r\n\r\n{PURPOSES[name]}\r\n'.encode()
    assert (purpose in sent.body) == (PURPOSES[name] is not None)
    assert KEY not in f"{uploaded!r}"


async def test_a_file_goes_to_gemini_in_two_steps_and_the_key_only_to_its_own_host() -> None:
    transport = FakeTransport()
    transport.answer(b"", headers={"x-goog-upload-url": "https://x.example/upload/v1beta/files?upload_id=7"})
    transport.answer({"file": described("gemini")})
    uploaded = await client_of("gemini", transport).files.upload(PDF)
    start, finish = transport.requests
    assert start.url == "https://generativelanguage.googleapis.com/upload/v1beta/files"
    assert start.headers["x-goog-upload-command"] == "start"
    assert start.headers["x-goog-upload-header-content-length"] == "17"
    assert json.loads(start.body) == {"file": {"mimeType": "application/pdf", "displayName": "report.pdf"}}
    assert finish.url == "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=7"
    assert (finish.headers["x-goog-upload-command"], finish.body) == ("upload, finalize", PDF.data)
    assert uploaded.expires_at == datetime(2026, 11, 29, 8, tzinfo=UTC)
    assert uploaded.size == 17


async def test_an_upload_that_begins_without_an_address_fails() -> None:
    transport = FakeTransport().answer(b"")
    with pytest.raises(InvalidResponse, match="without saying where it goes"):
        await client_of("gemini", transport).files.upload(PDF)


@pytest.mark.parametrize("name", BUILDERS)
async def test_a_file_is_looked_up_and_deleted_by_whatever_names_it(name: str) -> None:
    uploaded = await uploaded_of(name)
    for given in (uploaded, uploaded.file, uploaded.id):
        transport = FakeTransport().answer(described(name)).answer({})
        files = client_of(name, transport).files
        assert (await files.get(given)).id == uploaded.id
        await files.delete(given)
        looked_up, deleted = transport.requests
        assert (looked_up.method, deleted.method) == ("GET", "DELETE")
        assert looked_up.url == deleted.url
        assert looked_up.url.partition("?")[0].endswith(f"/files/{uploaded.id.removeprefix('files/')}")


PAGES: dict[str, list[dict[str, Any]]] = {
    "openai": [{"has_more": True, "last_id": "file-2"}, {"has_more": False}],
    "azure": [{"has_more": True, "last_id": "file-2"}, {"has_more": False}],
    "claude": [{"has_more": True, "last_id": "file_2"}, {"has_more": False}],
    "gemini": [{"nextPageToken": "n"}, {}],
    "mistral": [{"total": 103}, {"total": 103}],
    "groq": [{"has_more": True}, {}],
    "xai": [{"pagination_token": "n"}, {}],
}
SECOND = {
    "openai": "limit=100&after=file-2",
    "azure": "limit=100&after=file-2",
    "claude": "limit=100&after_id=file_2",
    "gemini": "pageSize=100&pageToken=n",
    "mistral": "page_size=100&page=1",
    "groq": "limit=100&after=file-2",
    "xai": "limit=100&pagination_token=n",
}


@pytest.mark.parametrize("name", BUILDERS)
async def test_all_pages_of_a_list_are_read(name: str) -> None:
    field = "files" if name == "gemini" else "data"
    first, second = PAGES[name]
    transport = FakeTransport()
    transport.answer({field: [described(name, 1), described(name, 2)], **first})
    transport.answer({field: [described(name, 3)], **second})

    found = [file.id async for file in client_of(name, transport).files.list()]

    ids = [described(name, number).get("id", f"files/f{number}") for number in (1, 2, 3)]
    assert found == ids
    assert SECOND[name] in transport.requests[1].url


async def test_the_newer_way_to_go_on_at_claude_is_known() -> None:
    transport = FakeTransport().answer({"data": [described("claude")], "next_page": "page_2"})
    transport.answer({"data": []})
    assert len([file async for file in client_of("claude", transport).files.list()]) == 1
    assert "page=page_2" in transport.requests[1].url


async def test_a_list_that_does_not_move_on_ends() -> None:
    page = {"data": [described("openai", 2)], "has_more": True, "last_id": "file-2"}
    transport = FakeTransport().answer(page).answer(page)
    assert len([file async for file in client_of("openai", transport).files.list()]) == 2


@pytest.mark.parametrize("name", BUILDERS)
async def test_what_the_server_gives_back_is_downloaded(name: str) -> None:
    transport = FakeTransport().answer(b"\x00\x01 bytes")
    assert await client_of(name, transport).files.download("file-1") == b"\x00\x01 bytes"
    ending = "/files/file-1:download?alt=media" if name == "gemini" else "/files/file-1/content"
    assert ending in transport.requests[0].url


async def test_what_it_does_not_give_back_is_its_error() -> None:
    error = {"type": "error", "error": {"type": "not_found_error", "message": "no such file"}}
    transport = FakeTransport().answer(error, status=404)
    with pytest.raises(NotFound, match="no such file"):
        await client_of("claude", transport).files.download("file_1")


async def test_a_video_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("anyio.sleep", sleep)
    busy = described("gemini") | {"state": "PROCESSING"}
    transport = FakeTransport().answer(busy).answer(busy).answer(described("gemini"))
    found = await client_of("gemini", transport).files.wait("files/f1")
    assert (found.state, pauses) == ("ready", [1.0, 1.5])

    failed = described("gemini") | {"state": "FAILED"}
    with pytest.raises(ConfigurationError, match="could not process the file 'files/f1'"):
        await client_of("gemini", FakeTransport().answer(failed)).files.wait("files/f1")


async def test_a_file_that_takes_longer_is_returned_as_it_is() -> None:
    busy = described("gemini") | {"state": "PROCESSING"}
    found = await client_of("gemini", FakeTransport().answer(busy)).files.wait("files/f1", timeout=0)
    assert found.state == "processing"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("openai", b'name="expires_after[seconds]"\r\n\r\n3600\r\n'),
        ("claude", b'name="expires_in_seconds"\r\n\r\n3600\r\n'),
    ],
)
async def test_a_file_may_expire(name: str, field: bytes) -> None:
    transport = FakeTransport().answer(described(name))
    await client_of(name, transport).files.upload(PDF, expires_in=3600)
    assert field in transport.requests[0].body


@pytest.mark.parametrize(
    ("name", "given", "options", "words"),
    [
        ("openai", File.from_url("https://a.example/b.pdf"), {}, "only bytes can be uploaded"),
        ("openai", "report.pdf", {}, r"write File.from_path\('report.pdf'\)"),
        ("openai", PDF, {"expires_in": 0}, "expires_in=0 has to be more than 0 seconds"),
        ("mistral", PDF, {"expires_in": 60}, "mistral keeps files until they are deleted"),
        ("claude", PDF, {"purpose": "batch"}, "Claude's files have no purpose"),
        ("gemini", PDF, {"expires_in": 60}, "Gemini keeps every file for 48 hours"),
    ],
)
async def test_what_cannot_be_uploaded_is_refused(
    name: str, given: Any, options: dict[str, Any], words: str
) -> None:
    transport = FakeTransport()
    with pytest.raises(ConfigurationError, match=words):
        await client_of(name, transport).files.upload(given, **options)
    assert transport.requests == []


@pytest.mark.parametrize("given", ["", None, 3, PDF])
async def test_what_names_no_file_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"named by its id|has no id: upload it"):
        await client_of("openai", FakeTransport()).files.get(given)


@pytest.mark.parametrize(
    ("builder", "words"),
    [
        (
            ClaudeBuilder().with_bedrock("eu-west-1").with_model("m").with_api_key(KEY),
            "Amazon Bedrock has no files of Claude",
        ),
        (
            GeminiBuilder().with_vertex("p", "l").with_model("m").with_api_key(KEY),
            "Vertex has no uploaded files: put it into Cloud Storage",
        ),
    ],
)
async def test_a_server_without_files_says_what_to_do(builder: Any, words: str) -> None:
    client = builder.with_transport(FakeTransport()).build()
    with pytest.raises(ConfigurationError, match=words):
        await client.files.upload(PDF)
    with pytest.raises(ConfigurationError, match=words):
        [file async for file in client.files.list()]


@pytest.mark.parametrize("name", ["openai", "azure", "claude", "gemini", "mistral"])
async def test_an_uploaded_file_is_named_in_a_message_to_its_provider(name: str) -> None:
    uploaded = await uploaded_of(name)
    messages = Messages.from_user("What is in it?", uploaded.file)
    stored = Messages.from_json(messages.to_json())
    for conversation in (messages, stored):
        explained = client_of(name, FakeTransport()).explain(conversation)
        assert uploaded.id.encode() in explained.content
        assert explained.notices == ()


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", BUILDERS)
async def test_the_id_of_one_provider_is_never_sent_to_another(name: str, other: str) -> None:
    if name == other:
        return
    uploaded = await uploaded_of(name)
    client = client_of(other, FakeTransport())
    try:
        explained = client.explain(Messages.from_user("What is in it?", uploaded.file))
    except ConfigurationError:
        pass  # it is refused: what a user puts in is not left out in silence
    else:
        assert uploaded.id.encode() not in explained.content
        assert explained.notices

    call = ToolCall("c1", "find", {}, Completed("found"), files=(uploaded.file,))
    history = Messages.from_user("Find it.").append(Message("model", [call])).add_user("And?")
    explained = client.explain(history)  # what a tool returned never stops a conversation
    assert uploaded.id.encode() not in explained.content
    assert explained.notices


async def test_a_file_of_another_provider_cannot_be_requested() -> None:
    uploaded = await uploaded_of("claude")
    for given in (uploaded, uploaded.file):
        with pytest.raises(ConfigurationError, match="is at claude, and this client at openai"):
            await client_of("openai", FakeTransport()).files.get(given)


async def test_a_description_without_an_id_is_no_file() -> None:
    with pytest.raises(InvalidResponse, match="a file without an id"):
        await client_of("openai", FakeTransport().answer({"object": "file"})).files.upload(PDF)
    with pytest.raises(InvalidResponse, match="a file without a name"):
        await client_of("gemini", FakeTransport().answer({"state": "ACTIVE"})).files.get("f1")


@pytest.mark.parametrize("created", [None, "soon", -1, 1e300, True, [], "2026-11-27T08:00:00", 1795766400.5])
async def test_odd_times_are_read_as_far_as_they_can(created: Any) -> None:
    transport = FakeTransport().answer(described("openai") | {"created_at": created})
    found = await client_of("openai", transport).files.get("file-1")
    assert (found.created_at is not None) == (created in ("2026-11-27T08:00:00", 1795766400.5))


def test_the_tag_of_a_file_survives_storing() -> None:
    file = UploadedFile("file-1", Origin("openai", "https://api.openai.com/v1", "gpt-5.6")).file
    stored = Messages.from_json(Messages.from_user(file).to_json())
    assert stored[0].parts[0] == file
    assert file.native == Native(Origin("openai", "https://api.openai.com/v1", "gpt-5.6"), {})
