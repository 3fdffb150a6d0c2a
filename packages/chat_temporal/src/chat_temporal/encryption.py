"""A codec that encrypts what Temporal stores, since whoever sees its histories reads the conversations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol, cast

from chat_core import ConfigurationError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

_ENCODING = b"binary/encrypted"
_NONCE = 12  # bytes, as AES-GCM wants them


class _Cipher(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated: bytes | None, /) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated: bytes | None, /) -> bytes: ...


class EncryptionCodec(PayloadCodec):
    """Encrypts payloads with AES-GCM, under the first of `keys`; the others read what was written before.

    A key is 16, 24 or 32 bytes, under a name that is stored in the clear. Workers and clients take the same
    one: `DataConverter(payload_codec=EncryptionCodec({"2026-11": key}))`. Needs `pip install
    'chat-temporal[crypto]'`. Raises `ConfigurationError` for no key and for one of another length.
    """

    def __init__(self, keys: dict[str, bytes]) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as exc:
            raise ConfigurationError(
                "EncryptionCodec needs cryptography: pip install 'chat-temporal[crypto]'"
            ) from exc
        if not keys:
            raise ConfigurationError('EncryptionCodec needs a key: EncryptionCodec({"2026-11": key})')
        if wrong := next((name for name, key in keys.items() if len(key) not in (16, 24, 32)), None):
            raise ConfigurationError(f"the key {wrong!r} is {len(keys[wrong])} bytes long, not 16, 24 or 32")
        self._ciphers = {name: cast("_Cipher", AESGCM(key)) for name, key in keys.items()}
        self._name = next(iter(keys))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return payloads, encrypted."""
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return payloads as they were. One that was not encrypted is returned as it is.

        Raises `ConfigurationError` for one under a key that is not among these.
        """
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce, name = os.urandom(_NONCE), self._name.encode()
        data = nonce + self._ciphers[self._name].encrypt(nonce, payload.SerializeToString(), name)
        return Payload(metadata={"encoding": _ENCODING, "key": name}, data=data)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != _ENCODING:
            return payload
        name = payload.metadata["key"]
        cipher = self._ciphers.get(name.decode())
        if cipher is None:
            raise ConfigurationError(f"EncryptionCodec has no key {name.decode()!r}")
        nonce, data = payload.data[:_NONCE], payload.data[_NONCE:]
        return Payload.FromString(cipher.decrypt(nonce, data, name))
