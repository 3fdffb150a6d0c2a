"""What a request would be, without sending it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chat_core.types.json_values import MAX_DEPTH, JsonObject, JsonValue
from chat_core.types.response import Notice
from chat_core.types.short_repr import Abbreviation, Shown, Values

HIDDEN = "***"
"""What stands for a secret."""
_SECRET_WORDS = ("auth", "key", "token", "secret", "cookie", "credential", "password", "signature")
_SECRET_FIELDS = frozenset(
    {
        *("authorization", "authorization_token", "api_key", "apikey", "x-api-key"),
        *("password", "secret", "access_token", "client_secret", "cookie"),
    }
)
_SECRET_QUERY = re.compile(rf"([?&][^=&]*(?:{'|'.join(_SECRET_WORDS)})[^=&]*=)[^&#]+", re.IGNORECASE)
_LONGEST_TEXT = 300  # characters of one text in the readable form


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Shown):
    """The request that a client would send for one turn. Nothing was sent, and no network was used.

    `headers` are those that a client gives to its transport, with `***` for secrets, as in the query of
    `url`; the transport adds what HTTP needs, such as `host` and `content-length`. `body` is the JSON object,
    and `content` its bytes as they would be sent. `notices` say what of the request the body does not carry.

    `str()` gives a readable form: bodies are indented, long texts cut, and what looks like a key in the body
    is hidden too. `body` and `content` hide nothing.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: JsonObject = field(repr=False)
    content: bytes = field(repr=False)
    notices: tuple[Notice, ...] = ()

    def difference(self, other: Explanation, /) -> str:
        """Return how the other request differs, as a unified diff of both readable forms, JSON objects by
        sorted keys; empty where they are equal.
        """
        lines = difflib.unified_diff(
            list(self._lines(sort=True)), list(other._lines(sort=True)), self.url, other.url, lineterm=""
        )
        return "\n".join(lines)

    def __str__(self) -> str:
        return "\n".join(self._lines(sort=False))

    def _lines(self, *, sort: bool) -> Iterator[str]:
        yield f"{self.method} {self.url}"
        for name in sorted(self.headers):
            yield f"{name}: {self.headers[name]}"
        yield ""
        body = json.dumps(_readable(self.body, 0), indent=2, ensure_ascii=False, sort_keys=sort)
        yield from body.split("\n")
        if self.notices:
            yield ""
            for notice in self.notices:
                yield f"notice: {notice.about}: {notice.message}"

    def _shown(self) -> Values:
        yield "", Abbreviation(f"{self.method} {self.url}")
        yield "bytes", len(self.content)
        if self.notices:
            yield "notices", self.notices


def hidden_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with `***` for the values of those that hold secrets; a scheme such as Bearer stays."""
    return {name: _hidden(value) if is_secret(name) else value for name, value in headers.items()}


def hidden_query(url: str) -> str:
    """Return a URL with `***` for the values of a query that hold secrets."""
    return _SECRET_QUERY.sub(rf"\1{HIDDEN}", url) if "?" in url else url


def _hidden(value: str) -> str:
    scheme, space, _ = value.rpartition(" ")
    return f"{scheme} {HIDDEN}" if space and scheme.isalpha() else HIDDEN


def is_secret(name: str) -> bool:
    """Return whether a header or a parameter of this name holds a secret, as far as its name tells."""
    return any(word in name.lower() for word in _SECRET_WORDS)


def _readable(value: JsonValue, depth: int) -> JsonValue:
    if depth > MAX_DEPTH:
        return "..."
    match value:
        case dict():
            return {
                name: HIDDEN
                if isinstance(item, str) and name.lower() in _SECRET_FIELDS
                else _readable(item, depth + 1)
                for name, item in value.items()
            }
        case list():
            return [_readable(item, depth + 1) for item in value]
        case str() if len(value) > _LONGEST_TEXT:
            return f"{value[:100]}... ({len(value)} characters)"
        case _:
            return value
