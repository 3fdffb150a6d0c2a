"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast
from urllib.parse import urlsplit

from chat_completions.builder import Choosing, settings
from chat_completions.dialect import Dialect
from chat_core import ConfigurationError
from chat_core.types.typestate import HasModel, NoModel
from typing_extensions import TypeVar

from chat_huggingface.token import find_token, is_implicit_off

if TYPE_CHECKING:
    from chat_completions.client import ChatCompletionsClient

M = TypeVar("M", default=NoModel)

_ROUTER = "router.huggingface.co"


class HuggingFaceBuilder(Choosing, Generic[M]):
    """A client for Inference Providers, at router.huggingface.co. Answers each `with_…` with a new builder; only `build()` reads a
    file, for the token.

    Without `with_api_key` the token is where Hugging Face's own tools leave it: `HF_TOKEN`, the file that `hf auth login` writes, a
    Colab notebook's vault. Such a token goes to huggingface.co only; another base URL gets the key that it is given.
    """

    def __init__(self) -> None:
        super().__init__()
        self._route: str | None = None

    def with_model(self, model: str) -> HuggingFaceBuilder[HasModel]:
        """The model's name at Hugging Face, such as "openai/gpt-oss-120b"; it may end with `:provider` or `:policy`."""
        return cast("HuggingFaceBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def with_provider(self, provider: str) -> Self:
        """Who serves the model, such as "groq" or "together"."""
        if not provider or not provider.isprintable() or set(provider) & set(":/ "):
            raise ConfigurationError(
                f'not the name of a provider: {provider!r}; it looks like .with_provider("groq")'
            )
        return self._routed(provider)

    def with_policy(self, policy: Literal["fastest", "cheapest", "preferred"]) -> Self:
        """How the router chooses who serves the model: most tokens a second (its default), the lowest price of output, or the order
        in your account's settings."""
        if policy not in ("fastest", "cheapest", "preferred"):
            raise ConfigurationError(
                f"the router has no policy {policy!r}: it has fastest, cheapest and preferred"
            )
        return self._routed(policy)

    def with_bill_to(self, organization: str) -> Self:
        """The organization, or the id of its resource group, that pays."""
        return self.with_header("x-hf-bill-to", organization)

    def build(self: HuggingFaceBuilder[HasModel]) -> ChatCompletionsClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        # here: whoever only imports the builder does not import the wire, which is a quarter of the whole
        from chat_completions.client import ChatCompletionsClient

        choices, connection = self._choices, self._connection
        host = urlsplit(connection.base_url or f"https://{_ROUTER}").hostname or ""
        ours = host == "huggingface.co" or host.endswith(".huggingface.co")
        key = (connection.api_key or "").strip() or None
        if ours and choices.model and "authorization" not in connection.headers:
            key = key or find_token(os.environ)
            if not key:
                raise ConfigurationError(_no_token())
            if host == _ROUTER and not key.startswith("hf_"):
                raise ConfigurationError(
                    "Hugging Face's router takes tokens that begin with hf_, and this key does not: make one at "
                    "https://huggingface.co/settings/tokens, or take a provider's own key to it with .with_base_url(...)"
                )
        # without a variable, so that what was passed over here is not found there
        dialect = replace(Dialect.huggingface(), key_variable=None, key_required=False)
        named = replace(choices, model=_named(choices.model, self._route))
        return ChatCompletionsClient(
            settings(named, replace(connection, api_key=key), "HuggingFaceBuilder", dialect)
        )

    def _routed(self, route: str) -> Self:
        if self._route not in (None, route):
            raise ConfigurationError(f"the model goes to {self._route!r} already: choose it or {route!r}")
        changed = copy(self)
        changed._route = route
        return changed


def _named(model: str | None, route: str | None) -> str | None:
    """The model with its suffix, by which the router knows where it goes."""
    if not model or not route:
        return model
    named, _, suffix = model.rpartition(":")
    if not named or "/" in suffix:
        return f"{model}:{route}"
    if suffix != route:
        raise ConfigurationError(
            f"the model {model!r} goes to {suffix!r} already: leave out that suffix, or {route!r}"
        )
    return model


def _no_token() -> str:
    if is_implicit_off(os.environ):
        return (
            "huggingface needs a token: HF_HUB_DISABLE_IMPLICIT_TOKEN wants it given, with .with_api_key(...)"
        )
    return "huggingface needs a token: set HF_TOKEN, run `hf auth login`, or use .with_api_key(...)"
