"""A client for Acme.

from chat_acme import AcmeBuilder

client = AcmeBuilder().with_model("acme-1").build()
"""

from typing import TYPE_CHECKING

from chat_core.client import lazy_names

from chat_acme.builder import AcmeBuilder

if TYPE_CHECKING:
    from chat_acme.client import AcmeClient

__version__ = "0.1.0"

__all__ = ["AcmeBuilder", "AcmeClient"]

if not TYPE_CHECKING:  # the client is imported with its first use
    __getattr__, __dir__ = lazy_names(__name__, __all__, {"chat_acme.client": "AcmeClient"})
