"""Errors of an Ollama server say what to do next."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatRequest, Messages, NotFound
from chat_core.testing import FakeTransport
from chat_ollama import OllamaBuilder

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        {"error": "model 'qwen3:4b' not found"},
        {"error": {"message": 'model "qwen3:4b" not found, try pulling it first', "type": "not_found_error"}},
    ],
)
async def test_a_model_that_is_not_there_can_be_pulled(native: bool, body: Any) -> None:
    made = OllamaBuilder().with_model("qwen3:4b").with_transport(FakeTransport().answer(body, status=404))
    client = (made.with_native() if native else made).build()
    with pytest.raises(NotFound, match="pull") as failed:
        await client.complete(ChatRequest(Messages.from_user("?")))
    assert "pull" in failed.value.message


async def test_a_path_that_is_not_there_is_no_model() -> None:
    transport = FakeTransport().answer(b"404 page not found", status=404)
    client = OllamaBuilder().with_model("m").with_native().with_transport(transport).build()
    with pytest.raises(NotFound) as failed:
        await client.complete(ChatRequest(Messages.from_user("?")))
    assert "pull" not in str(failed.value)
