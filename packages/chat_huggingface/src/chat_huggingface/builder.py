"""The builder: whom the router sends a request to, who pays, and where the token is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast
from urllib.parse import urlsplit

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core import ConfigurationError
from chat_core.client import HasModel, NoModel
from typing_extensions import TypeVar

from chat_huggingface.token import find_token, is_implicit_off

if TYPE_CHECKING:
    from chat_completions.client import ChatCompletionsClient

M = TypeVar("M", default=NoModel)

_ROUTER = "router.huggingface.co"


class HuggingFaceBuilder(CompletionsBuilder, Generic[M]):
    """Builds a client for Inference Providers, at router.huggingface.co. Each `with_…` returns a new builder.

    Only `build()` reads a file, for the token: without `with_api_key` it is where Hugging Face's own tools
    leave it, in `HF_TOKEN`, in the file that `hf auth login` writes, or in a Colab notebook's vault. Such a
    token goes to huggingface.co only; another base URL gets the key that it is given.
    """

    def __init__(self) -> None:
        super().__init__()
        self._route: str | None = None

    def with_model(self, model: str) -> HuggingFaceBuilder[HasModel]:
        """Set the model's name at Hugging Face, such as "openai/gpt-oss-120b"; it may end with `:provider` or
        `:policy`.
        """
        return cast("HuggingFaceBuilder[HasModel]", self._named(model))

    def with_provider(self, provider: str) -> Self:
        """Set who serves the model, such as "groq" or "together".

        Raises `ConfigurationError` for what is no name, and where the route is chosen already.
        """
        if not provider or not provider.isprintable() or set(provider) & set(":/ "):
            raise ConfigurationError(
                f'not the name of a provider: {provider!r}; it looks like .with_provider("groq")'
            )
        return self._routed(provider)

    def with_policy(self, policy: Literal["fastest", "cheapest", "preferred"]) -> Self:
        """Set how the router chooses who serves the model.

        By most tokens a second (its default), by the lowest price of output, or by the order in your
        account's settings. Raises `ConfigurationError` for another policy, and where the route is chosen
        already.
        """
        if policy not in ("fastest", "cheapest", "preferred"):
            raise ConfigurationError(
                f"the router has no policy {policy!r}: it has fastest, cheapest and preferred"
            )
        return self._routed(policy)

    def with_bill_to(self, organization: str) -> Self:
        """Set the organization, or the id of its resource group, that pays."""
        return self.with_header("x-hf-bill-to", organization)

    def build(self: HuggingFaceBuilder[HasModel]) -> ChatCompletionsClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_completions.client import ChatCompletionsClient

        model = _with_route(self._choices.model, self._route)
        named = self._with(replace(self._choices, model=model))
        settings = named._settings(Dialect.huggingface(), find_key=_token)
        key = settings.headers.get("authorization", "").removeprefix("Bearer ")
        custom = "authorization" in self._connection.headers
        if urlsplit(settings.base_url).hostname == _ROUTER and not custom and not key.startswith("hf_"):
            raise ConfigurationError(
                "Hugging Face's router takes tokens that begin with hf_, and this key does not: make one at "
                "https://huggingface.co/settings/tokens, or take a provider's own key to it with "
                ".with_base_url(...)"
            )
        return ChatCompletionsClient(settings)

    def _routed(self, route: str) -> Self:
        if self._route not in (None, route):
            raise ConfigurationError(f"the model goes to {self._route!r} already: choose it or {route!r}")
        changed = copy(self)
        changed._route = route
        return changed


def _with_route(model: str | None, route: str | None) -> str | None:
    """Return the model with its suffix, by which the router knows where it goes."""
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


def _token(variables: Mapping[str, str]) -> str:
    """Return the token that this machine's user has. Raises `ConfigurationError` where there is none."""
    if token := find_token(variables):
        return token
    if is_implicit_off(os.environ):
        raise ConfigurationError(
            "huggingface needs a token: HF_HUB_DISABLE_IMPLICIT_TOKEN wants it given, with .with_api_key(...)"
        )
    raise ConfigurationError(
        "huggingface needs a token: set HF_TOKEN, run `hf auth login`, or use .with_api_key(...)"
    )
