"""TLS contexts, made once."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def public_trust() -> ssl.SSLContext:
    """Return the context for https.

    Reading the certificates takes 30 ms, so it is done once, and only for https.
    """
    import httpx

    return httpx.create_ssl_context()


@cache
def no_trust() -> ssl.SSLContext:
    """Return the context for connections over plain http: with no authority known to it, https could only
    fail.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
