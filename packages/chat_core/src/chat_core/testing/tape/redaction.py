"""What a tape does not show: keys, tokens, cookies, and headers that are not known to be harmless."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from chat_core.testing.tape.form import Burst, Exchange
from chat_core.transport import Event, Request, Response
from chat_core.types.json_values import JsonValue

HIDDEN = "***"
_SHORTEST = 8
_SHOWN_HEADERS = frozenset(
    [
        *("accept", "anthropic-beta", "anthropic-version", "content-type", "openai-beta", "user-agent"),
        *("request-id", "retry-after", "retry-after-ms", "x-request-id", "x-should-retry"),
    ]
)
_FIELDS = re.compile(
    r"(?:.*[_-])?(?:api[_-]?key|secret(?:[_-]?access)?(?:[_-]?key)?|pass(?:word|wd|phrase)|authorization"
    r"|credentials?|private[_-]?key|(?:access|refresh|id|session|auth|security|bearer|subject)[_-]?token|token"
    r"|assertion|signature|sig|cookie|key)",
    re.IGNORECASE,
)
_HARMLESS = frozenset({"prompt_cache_key", "signature", "thoughtsignature", "key"})
"""Names of fields in bodies that are no secrets, though they look like it."""
_SHAPES = re.compile(
    r"\b(?:sk|pk|rk|ek|gsk|xai|hf|key|r8|csk|pplx|fw|tgp)[-_][A-Za-z0-9_-]{16,}"
    r"|\bAIza[A-Za-z0-9_-]{30,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|\bya29\.[A-Za-z0-9_-]{10,}"
    r"|(?<=\bauth_tokens/)[A-Za-z0-9_-]{8,}|(?<=Bearer )[^\s\"']{8,}"
)


class Redaction:
    """Removes secrets from what is recorded.

    Of headers only those with harmless names keep their values. The values of all others are removed wherever
    they stand, as are `secrets`, those of variables of the environment that are named like keys, fields and
    parameters of URLs that are named like secrets, and texts with the shape of known keys.
    """

    def __init__(self, secrets: Iterable[str] = (), environment: Mapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        named = (value for name, value in variables.items() if _FIELDS.fullmatch(name))
        self._secrets = _spelled([*secrets, *named])

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return an exchange without secrets."""
        headers = exchange.request.headers.items()
        sent = [value for name, value in headers if name.lower() not in _SHOWN_HEADERS]
        secrets = (*self._secrets, *_spelled([value.rpartition(" ")[2] for value in sent]))
        request, response, error = exchange.request, exchange.response, exchange.error
        return replace(
            exchange,
            request=_request(request, secrets),
            response=response and _response(response, secrets),
            bursts=exchange.bursts and [_burst(burst, secrets) for burst in exchange.bursts],
            error=error and (error[0], _text(error[1], secrets)),
        )

    def request(self, request: Request) -> Request:
        """Return a request without secrets: as it would stand on a tape."""
        return self.exchange(Exchange(request)).request


def _spelled(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as they are, as JSON and as URLs spell them; the longest first."""
    found: set[str] = set()
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            found |= {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}
    return tuple(sorted(found, key=len, reverse=True))


def _text(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _SHAPES.sub(HIDDEN, text)


def _data(data: bytes, secrets: tuple[str, ...]) -> bytes:
    """Return a body without secrets. One that has none stays as it is, byte for byte."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        for secret in secrets:
            data = data.replace(secret.encode(), HIDDEN.encode())
        return data
    return _document(text, secrets).encode()


def _document(text: str, secrets: tuple[str, ...]) -> str:
    text = _text(text, secrets)
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return text
    hidden = _value(value)
    if hidden == value:
        return text
    return json.dumps(hidden, ensure_ascii=False, separators=(",", ":"))


def _value(value: JsonValue, name: str = "") -> JsonValue:
    """Return a JSON value with the fields hidden that are named like secrets."""
    if isinstance(value, dict):
        # a `token` of the text, with its probability, is no secret
        return {key: _value(each, "" if "logprob" in value else key) for key, each in value.items()}
    if isinstance(value, list):
        return [_value(each, name) for each in value]
    if isinstance(value, str) and name.lower() not in _HARMLESS and _FIELDS.fullmatch(name):
        return HIDDEN
    return value


def _headers(headers: Mapping[str, str], secrets: tuple[str, ...]) -> Mapping[str, str]:
    shown = {name: name.lower() in _SHOWN_HEADERS for name in headers}
    return {name: _text(value, secrets) if shown[name] else HIDDEN for name, value in headers.items()}


def _url(url: str, secrets: tuple[str, ...]) -> str:
    split = urlsplit(_text(url, secrets))
    place = split.netloc.rpartition("@")[2]
    query = [
        (name, HIDDEN if _FIELDS.fullmatch(name) else value)
        for name, value in parse_qsl(split.query, keep_blank_values=True)
    ]
    return urlunsplit(split._replace(netloc=place, query=urlencode(query, safe="*:/"), fragment=""))


def _request(request: Request, secrets: tuple[str, ...]) -> Request:
    return replace(
        request,
        url=_url(request.url, secrets),
        headers=_headers(request.headers, secrets),
        body=_data(request.body, secrets),
    )


def _response(response: Response, secrets: tuple[str, ...]) -> Response:
    headers = _headers(response.headers, secrets)
    return Response(response.status, headers, _data(response.body, secrets))


def _burst(burst: Burst, secrets: tuple[str, ...]) -> Burst:
    events = (Event(event.type, _document(event.data, secrets)) for event in burst.events)
    return Burst(burst.after, tuple(events))
