"""A client from one text: `open_model("openai:gpt-5.6")`.

Provider packages are found by their entry points.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, Self, cast

from chat_core.provider import OpenedModel
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import checked_text

GROUP = "chat_core.providers"
"""The entry-point group that a provider package declares its builder in: `acme = "chat_acme:AcmeBuilder"`."""

_OTHER_NAMES = {
    "anthropic": "claude",
    "google": "gemini",
    "hf": "huggingface",
    "gpt": "openai",
    "llama.cpp": "local",
}
"""Names that people write for a provider, and the one it has here."""


class NamedBuilder(Protocol):
    """The builder of a provider package."""

    def with_model(self, model: str, /) -> Self:
        """Set the model, by the provider's name for it."""
        ...

    def with_api_key(self, api_key: str, /) -> Self:
        """Set the key, in place of the one in the environment."""
        ...

    def build(self) -> OpenedModel:
        """Return a client. Raises `ConfigurationError` where something is missing, such as the key."""
        ...


def open_model(name: str) -> OpenedModel:
    """Return a client for a model, from the provider's name and the model's: "openai:gpt-5.6",
    "ollama:qwen3:4b". `async with` closes it.

    The key and the address come from the environment, as the provider's builder reads them; the builder
    itself has methods for everything else. A third party's package joins by an entry point of the group
    `chat_core.providers`. Raises `ConfigurationError` for a name without a provider or a model, for a
    provider whose package is not installed, and what its builder raises.
    """
    checked_text(name, "open_model(name)", "'openai:gpt-5.6'")
    provider, _, model = name.partition(":")
    if not model:
        raise ConfigurationError(
            f"open_model({name!r}) names no provider and model: write 'openai:gpt-5.6'. "
            f"Installed are {_names(_installed())}"
        )
    return builder_of(provider, model).with_model(model).build()


def builder_of(provider: str, model: str = "a-model") -> NamedBuilder:
    """Return the builder of a provider, by the name of its entry point.

    Raises `ConfigurationError`, which tells what to install, for a name that none has.
    """
    installed = _installed()
    if provider not in installed:
        package = _OTHER_NAMES.get(provider, provider)
        raise ConfigurationError(
            f"no package for {provider!r} is installed: pip install chat-{package}"
            + (f", and write '{package}:{model}'" if package != provider else "")
            + f". Installed are {_names(installed)}"
        )
    return _builder(installed[provider])


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _names(installed: Iterable[str]) -> str:
    return ", ".join(sorted(installed)) or "none"


def _builder(entry: EntryPoint) -> NamedBuilder:
    try:
        return cast("NamedBuilder", entry.load()())
    except (ImportError, AttributeError) as exc:
        raise ConfigurationError(
            f"the entry point {entry.name} = {entry.value!r} cannot be loaded: {exc}"
        ) from exc
