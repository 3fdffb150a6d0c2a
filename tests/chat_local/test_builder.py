"""What a local model is loaded with, and what cannot be."""

from __future__ import annotations

import os

import pytest
from chat_core import ConfigurationError
from chat_core.testing import FakeTransport
from chat_local import EmbeddingLocalClient, LocalBuilder, LocalClient
from chat_local.find_model import ModelFolders
from chat_local.settings import LoadSettings
from chat_local.transport import LocalTransport


def settings_of(client: LocalClient) -> LoadSettings:
    transport = client._settings.transport
    assert isinstance(transport, LocalTransport)
    return transport._settings


def test_every_choice_reaches_the_loader_and_leaves_the_builder_before_it() -> None:
    plain = LocalBuilder().with_model("m")
    chosen = plain.with_context_length(512).with_slots(3).with_threads(4)
    folders = ModelFolders.of(os.environ)
    assert settings_of(chosen.build()) == LoadSettings("m", folders, 512, 3, 4)
    assert settings_of(plain.build()) == LoadSettings("m", folders)
    assert plain.build().model == "m"
    assert isinstance(chosen.with_embeddings().build(), EmbeddingLocalClient)


def test_a_transport_of_the_users_own_takes_the_place_of_the_model() -> None:
    transport = FakeTransport()
    assert LocalBuilder().with_model("m").with_transport(transport).build()._settings.transport is transport


def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="with_model"):
        LocalBuilder().build()  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="has no URL"):
        LocalBuilder().with_base_url("http://localhost/v1")
    with pytest.raises(ConfigurationError, match="positive"):
        LocalBuilder().with_context_length(0)
    with pytest.raises(ConfigurationError, match="positive"):
        LocalBuilder().with_slots(0)
    with pytest.raises(ConfigurationError, match="dimensions"):
        LocalBuilder().with_embeddings(dimensions=3)
