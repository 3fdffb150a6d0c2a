"""Every recorded request about an uploaded file is answered as recorded, and read."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared"
if not (SHARED / "recordings").is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)
sys.path[:0] = [str(SHARED / "tools"), str(HERE)]

import drive  # noqa: E402  the path of this folder is set first
from players import files  # noqa: E402
from replay_server import ReplayServer  # noqa: E402

pytestmark = pytest.mark.anyio
RECORDINGS = {
    path.stem: path
    for path in sorted((SHARED / "recordings").glob("*/*.json"))
    if not path.stem.endswith(".expected") and '"wire": "files"' in path.read_text()
}
_VERSION = re.compile(r"^/v1(beta)?")
ADDRESS = "x-goog-upload-url"


def of_files(recording: dict) -> list[dict]:
    """The exchanges about uploaded files; those about stores of files are others."""
    return [exchange for exchange in recording["exchanges"] if exchange["wire"] == "files"]


@pytest.mark.parametrize("name", RECORDINGS)
async def test_each_request_about_a_file_is_read(name: str) -> None:
    recording = json.loads(RECORDINGS[name].read_text())
    for exchange in of_files(recording):
        if exchange["provider"] == "gemini" and exchange["request"]["method"] == "POST":
            continue  # an upload takes two requests: the next test has both
        with ReplayServer(dict(recording, exchanges=[exchange]), loop=True) as server:
            played = await drive.drive(exchange, server.url, stream=False)
            sent = server.requests
        if played is None:
            continue
        assert sent[0]["method"] == exchange["request"]["method"]
        assert sent[0]["path"].endswith(_VERSION.sub("", urlsplit(exchange["request"]["url"]).path))
        body: Any = exchange["response"]["body"]
        if exchange["response"]["status"] >= 400:
            assert played["error"]["status"] == exchange["response"]["status"]
            assert played["error"]["message"] in json.dumps(json.loads(body), ensure_ascii=False)
        elif "files" in played:
            listed = json.loads(body)
            told = listed.get("data", listed.get("files"))
            assert [file["id"] for file in played["files"]] == [_id_of(one) for one in told]
        elif "id" in played:
            described = json.loads(body)
            assert played["id"] == _id_of(described)
            size = described.get("bytes") or described.get("size_bytes") or described.get("sizeBytes")
            assert size is None or played["size"] == int(size)


def _id_of(described: dict) -> str | None:
    return described.get("id", described.get("name"))


@pytest.mark.parametrize("name", [name for name, path in RECORDINGS.items() if path.parent.name == "gemini"])
async def test_an_upload_in_two_steps_is_read(name: str) -> None:
    recording = json.loads(RECORDINGS[name].read_text())
    steps = [
        exchange
        for exchange in of_files(recording)
        if urlsplit(exchange["request"]["url"]).path == "/upload/v1beta/files"
    ]
    if not steps:
        return  # all of its files go into a store
    start, finish = steps[:2]
    start["response"]["headers"][ADDRESS] = finish["request"]["url"]  # recordings have no such headers
    with ReplayServer(dict(recording, exchanges=[start, finish])) as server:
        async with files.client_of("gemini", f"{server.url}/v1beta") as client:
            uploaded = await client.files.upload(files.SAMPLE)
        first, second = server.requests
    described = json.loads(finish["response"]["body"])["file"]
    assert (uploaded.id, uploaded.mimetype) == (described["name"], described["mimeType"])
    assert uploaded.size == int(described["sizeBytes"])
    assert (first["path"], first["query"]) == ("/upload/v1beta/files", "")
    assert second["path"] == "/upload/v1beta/files"
    assert second["query"].startswith("upload_id=")
