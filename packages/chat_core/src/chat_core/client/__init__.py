"""The kit for clients: the base client and builder, servers and their keys, the exchange, its deadlines."""

from typing import TYPE_CHECKING

from chat_core.client.builder import Connection, ProviderBuilder, checked_key, checked_url, default_transport
from chat_core.client.paths import joined_url, path_segment, resource_path, without_end
from chat_core.client.server import ResolvedServer, Server
from chat_core.types.lazy_names import lazy_names
from chat_core.types.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel

if TYPE_CHECKING:
    from chat_core.client.authorized import Authorized, Signed
    from chat_core.client.aws_credentials import ProfileCredentials, credentials_from_variables
    from chat_core.client.aws_signer import AwsCredentialSource, AwsSigner
    from chat_core.client.base import ClientSettings, ProviderClient
    from chat_core.client.credentials import Credential, Credentials, CredentialSource
    from chat_core.client.deadlines import Deadlines
    from chat_core.client.endings import StallEnding
    from chat_core.client.exchange import (
        StreamDecoder,
        begun,
        receive_bursts,
        send_request,
        stream_response,
    )
    from chat_core.client.schema_rules import SchemaRules
    from chat_core.client.secrets import scrub_secrets
    from chat_core.client.sigv4 import AwsCredentials
    from chat_core.client.token_exchange import Subject, TokenExchange, token_file
    from chat_core.client.turn_client import Prepared, TurnClient
    from chat_core.types.request import AnyRequest, as_request

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
    "Prepared",
    "ProfileCredentials",
    "ProviderBuilder",
    "ProviderClient",
    "ResolvedServer",
    "SchemaRules",
    "Server",
    "Signed",
    "StallEnding",
    "StreamDecoder",
    "Subject",
    "TokenExchange",
    "TurnClient",
    "as_request",
    "begun",
    "checked_key",
    "checked_url",
    "credentials_from_variables",
    "default_transport",
    "joined_url",
    "lazy_names",
    "path_segment",
    "receive_bursts",
    "resource_path",
    "scrub_secrets",
    "send_request",
    "stream_response",
    "token_file",
    "without_end",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.client.authorized": "Authorized Signed",
            "chat_core.client.aws_credentials": "ProfileCredentials credentials_from_variables",
            "chat_core.client.aws_signer": "AwsCredentialSource AwsSigner",
            "chat_core.client.base": "ClientSettings ProviderClient",
            "chat_core.client.credentials": "Credential CredentialSource Credentials",
            "chat_core.client.deadlines": "Deadlines",
            "chat_core.client.endings": "StallEnding",
            "chat_core.client.exchange": ("StreamDecoder begun receive_bursts send_request stream_response"),
            "chat_core.client.schema_rules": "SchemaRules",
            "chat_core.client.secrets": "scrub_secrets",
            "chat_core.client.sigv4": "AwsCredentials",
            "chat_core.client.token_exchange": "Subject TokenExchange token_file",
            "chat_core.client.turn_client": "Prepared TurnClient",
            "chat_core.types.request": "AnyRequest as_request",
        },
    )
