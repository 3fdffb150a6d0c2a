"""AWS Signature Version 4: the headers that prove to a service of AWS's who sends a request.

Facts: AWS's reference of the signing process; tests hold it to AWS's published test suite and to `botocore`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from chat_core.transport import Request

_ALGORITHM = "AWS4-HMAC-SHA256"
_NOT_SIGNED = frozenset(
    {"authorization", "connection", "content-length", "expect", "user-agent", "x-amzn-trace-id"}
)


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """What AWS knows a caller by.

    `session_token` is there on temporary credentials; no repr shows a secret.
    """

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def sign_request(
    request: Request, credentials: AwsCredentials, *, region: str, service: str, now: datetime
) -> Request:
    """Return the request with the headers of its signature. It is valid for some minutes from `now`.

    Signed are the method, the URL, the body and all headers but those that a proxy may change. The path
    of the URL is taken as it is sent, percent-encoded, and encoded once more, as every service but S3
    expects it.
    """
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["x-amz-date"] = moment
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    signed = {name: value for name, value in headers.items() if name not in _NOT_SIGNED}
    signed.setdefault("host", _host(request.url))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    canonical = canonical_request(request, signed)
    text = string_to_sign(canonical, moment, scope)
    signature = hmac.digest(_signing_key(credentials.secret_key, scope), text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope},"
        f" SignedHeaders={';'.join(sorted(signed))}, Signature={signature}"
    )
    return replace(request, headers=headers)


def canonical_request(request: Request, headers: Mapping[str, str]) -> str:
    """Return the one spelling of a request that both sides make a digest of."""
    url = urlsplit(request.url)
    pairs = [
        (quote(name, safe="~"), quote(value, safe="~"))
        for name, value in parse_qsl(url.query, keep_blank_values=True)
    ]
    lines = (
        request.method.upper(),
        quote(url.path or "/", safe="/~"),
        "&".join(f"{name}={value}" for name, value in sorted(pairs)),
        *(f"{name}:{' '.join(headers[name].split())}" for name in sorted(headers)),
        "",
        ";".join(sorted(headers)),
        hashlib.sha256(request.body).hexdigest(),
    )
    return "\n".join(lines)


def string_to_sign(canonical: str, moment: str, scope: str) -> str:
    """Return the text whose keyed digest is the signature."""
    return "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))


def _signing_key(secret_key: str, scope: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    return key


def _host(url: str) -> str:
    """Return the Host header that a URL is requested with: the port stands in it unless it is the scheme's
    own."""
    parsed = urlsplit(url)
    host = (parsed.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parsed.scheme)
    return host if parsed.port in (None, usual) else f"{host}:{parsed.port}"
