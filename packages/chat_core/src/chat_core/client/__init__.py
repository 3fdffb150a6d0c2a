"""The kit for clients: the base client and builder, servers and their keys, the exchange, its deadlines."""

import importlib
from typing import TYPE_CHECKING

from chat_core.client.builder import Connection, ProviderBuilder, checked_key, checked_url, default_transport
from chat_core.client.paths import path_segment, resource_path
from chat_core.client.server import ResolvedServer, Server
from chat_core.types.request import AnyRequest, as_request
from chat_core.types.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel

if TYPE_CHECKING:
    from chat_core.client.authorized import Authorized, Signed
    from chat_core.client.aws_credentials import ProfileCredentials, credentials_from_variables
    from chat_core.client.aws_signer import AwsCredentialSource, AwsSigner
    from chat_core.client.base import ClientSettings, ProviderClient
    from chat_core.client.credentials import Credential, Credentials, CredentialSource
    from chat_core.client.deadlines import Deadlines
    from chat_core.client.exchange import StreamDecoder, begun, receive_bursts, send_request, stream_response
    from chat_core.client.secrets import scrub_secrets
    from chat_core.client.sigv4 import AwsCredentials
    from chat_core.client.token_exchange import Subject, TokenExchange, token_file

__all__ = [
    "AnyRequest",
    "Authorized",
    "AwsCredentialSource",
    "AwsCredentials",
    "AwsSigner",
    "ClientSettings",
    "Connection",
    "Credential",
    "CredentialSource",
    "Credentials",
    "Deadlines",
    "HasEmbeddings",
    "HasModel",
    "NoEmbeddings",
    "NoModel",
    "ProfileCredentials",
    "ProviderBuilder",
    "ProviderClient",
    "ResolvedServer",
    "Server",
    "Signed",
    "StreamDecoder",
    "Subject",
    "TokenExchange",
    "as_request",
    "begun",
    "checked_key",
    "checked_url",
    "credentials_from_variables",
    "default_transport",
    "path_segment",
    "receive_bursts",
    "resource_path",
    "scrub_secrets",
    "send_request",
    "stream_response",
    "token_file",
]

# imported with their first use: a builder needs neither, and they bring anyio
_LAZY = {
    "AwsCredentialSource": "chat_core.client.aws_signer",
    "AwsCredentials": "chat_core.client.sigv4",
    "AwsSigner": "chat_core.client.aws_signer",
    "ProfileCredentials": "chat_core.client.aws_credentials",
    "credentials_from_variables": "chat_core.client.aws_credentials",
    "ClientSettings": "chat_core.client.base",
    "Deadlines": "chat_core.client.deadlines",
    "ProviderClient": "chat_core.client.base",
    "Authorized": "chat_core.client.authorized",
    "Credential": "chat_core.client.credentials",
    "CredentialSource": "chat_core.client.credentials",
    "Credentials": "chat_core.client.credentials",
    "Signed": "chat_core.client.authorized",
    "StreamDecoder": "chat_core.client.exchange",
    "Subject": "chat_core.client.token_exchange",
    "TokenExchange": "chat_core.client.token_exchange",
    "begun": "chat_core.client.exchange",
    "receive_bursts": "chat_core.client.exchange",
    "scrub_secrets": "chat_core.client.secrets",
    "send_request": "chat_core.client.exchange",
    "stream_response": "chat_core.client.exchange",
    "token_file": "chat_core.client.token_exchange",
}


if not TYPE_CHECKING:  # a checker that saw this would take any name

    def __getattr__(name: str) -> object:
        """Import a name of `_LAZY`."""
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(_LAZY[name]), name)
        return value
