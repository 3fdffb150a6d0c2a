"""Requests are signed as AWS expects: by its published vectors, and by botocore for requests of any kind."""

import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from chat_core import Request
from chat_core.client import AwsCredentials
from chat_core.client.sigv4 import canonical_request, sign_request
from hypothesis import given
from hypothesis import strategies as st

TOKEN = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"  # the suite's
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUITE = os.environ.get("CHAT_AWS4_TESTSUITE")  # the folder of that name in botocore's source distribution

# about headers of several lines, and paths that are relative or not encoded: no client here sends those
OTHER_WIRES = frozenset({"get-header-value-multiline", "get-space", "get-utf8", "normalize-path"})


def signature(request: Request) -> str:
    return request.headers["authorization"].rpartition("Signature=")[2]


def signed_by_us(request: Request, credentials: AwsCredentials, now: datetime = NOON) -> Request:
    return sign_request(request, credentials, region="us-east-1", service="bedrock", now=now)


BEDROCK = Request(
    "POST",
    "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse",
    {"Content-Type": "application/json"},
    b'{"messages":[{"role":"user","content":[{"text":"hi"}]}]}',
)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (None, "5796d11991e9be1767bb80d360cd7562a7c51cc2b3b11a89a72783fac97a23e6"),
        ("TOKEN", "5187fe0de18f5d2ffc4ad35b8ad5dc3305af9b4031cf3c32ff53e44b97562dd3"),
    ],
)
def test_a_request_to_bedrock_has_the_signature_that_botocore_computed(
    token: str | None, expected: str
) -> None:
    signed = signed_by_us(BEDROCK, AwsCredentials("AKIDEXAMPLE", "EXAMPLESECRET", token))
    assert signature(signed) == expected
    assert signed.headers["x-amz-date"] == "20261122T120000Z"
    assert signed.headers.get("x-amz-security-token") == token
    assert (signed.method, signed.url, signed.body) == (BEDROCK.method, BEDROCK.url, BEDROCK.body)


def test_a_path_is_encoded_once_more() -> None:
    assert "/model/us.anthropic.claude-haiku-4-5-20251001-v1%253A0/converse\n" in canonical_request(
        BEDROCK, {"host": "x"}
    )


def test_credentials_show_no_secret() -> None:
    shown = repr(AwsCredentials("AKIDEXAMPLE", "EXAMPLESECRET", "EXAMPLETOKEN"))
    assert "SECRET" not in shown
    assert "TOKEN" not in shown


words = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    segments=st.lists(
        st.text(min_size=1, max_size=12).filter(lambda word: word not in (".", "..")), max_size=4
    ),
    query=st.lists(st.tuples(words, st.text(st.characters(codec="utf-8"), max_size=8)), max_size=3),
    headers=st.dictionaries(st.from_regex(r"x-[a-z]{1,9}", fullmatch=True), words, max_size=3),
    port=st.sampled_from(["", ":8443"]),
    body=st.binary(max_size=50),
    token=st.none() | words,
)
def test_any_request_is_signed_as_botocore_signs_it(
    method: str,
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    port: str,
    body: bytes,
    token: str | None,
) -> None:
    path = "/".join(quote(segment.encode("utf-8", "replace"), safe="") for segment in segments)
    url = f"https://host.example{port}/{path}"
    if query:
        url += "?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    ours = signed_by_us(Request(method, url, headers, body), AwsCredentials("AKID", "SECRET", token))

    theirs = botocore.awsrequest.AWSRequest(method, url, headers=dict(headers), data=body)
    credentials = botocore.credentials.Credentials("AKID", "SECRET", token)
    auth = botocore.auth.SigV4Auth(credentials, "bedrock", "us-east-1")
    theirs.context["timestamp"] = "20261122T120000Z"
    theirs.headers["X-Amz-Date"] = "20261122T120000Z"
    if token:
        theirs.headers["X-Amz-Security-Token"] = token
    canonical = auth.canonical_request(theirs)
    expected = auth.signature(auth.string_to_sign(theirs, canonical), theirs)
    assert signature(ours) == expected


@pytest.mark.skipif(
    not SUITE, reason="CHAT_AWS4_TESTSUITE names no folder: it is in botocore's source distribution"
)
def test_awss_published_suite() -> None:
    found = sorted(Path(SUITE or "").rglob("*.req"))
    cases = [path for path in found if not OTHER_WIRES & {path.stem, *path.parts}]
    now = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    wrong = []
    for path in cases:
        if not (expected := path.with_suffix(".authz")).exists():
            continue
        token = TOKEN if path.stem == "get-vanilla-with-session-token" else None
        credentials = AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
        signed = sign_request(
            _suite_request(path), credentials, region="us-east-1", service="service", now=now
        )
        if signed.headers["authorization"] != expected.read_text().strip():
            wrong.append(path.stem)
    assert cases
    assert wrong == []


def _suite_request(path: Path) -> Request:
    head, _, body = path.read_bytes().decode().replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    method, _, target = first.rpartition(" ")[0].partition(" ")
    headers: dict[str, str] = {}
    for line in filter(None, lines):
        name, _, value = line.partition(":")
        key = name.lower()
        value = " ".join(value.split())
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    headers.pop("x-amz-date", None)
    return Request(method, f"https://{headers['host']}{target}", headers, body.encode())
