"""The official SDK's request types, as a judge of what is sent."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from anthropic.types import message_count_tokens_params
from anthropic.types.beta.message_create_params import MessageCreateParamsNonStreaming as BetaParams
from anthropic.types.message_create_params import (
    MessageCreateParamsNonStreaming,
    MessageCreateParamsStreaming,
)
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import is_typeddict

Judge = Callable[[Mapping[str, object] | bytes], dict[str, Any]]


@pytest.fixture(scope="session")
def official() -> Iterator[Judge]:
    """Raises where Anthropic's SDK has another type for a body, or no such field; answers with the body. Beta
    fields are judged by the beta types.
    """
    modules = [module for name, module in sys.modules.items() if name.startswith("anthropic.types")]
    types = {value for module in modules for value in vars(module).values() if is_typeddict(value)}
    types = {one for one in types if not hasattr(one, "__pydantic_config__")}
    lazy = [module for module in modules if hasattr(module, "Iterable")]
    for one in types:
        one.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    for module in lazy:
        # pydantic reads an Iterable only when somebody iterates it
        module.Iterable = list  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a few take any further field by their own word
        whole, streamed = (
            TypeAdapter(MessageCreateParamsNonStreaming),
            TypeAdapter(MessageCreateParamsStreaming),
        )
        beta, count = (
            TypeAdapter(BetaParams),
            TypeAdapter(message_count_tokens_params.MessageCountTokensParams),
        )

    def judge(body: Mapping[str, object] | bytes) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(body if isinstance(body, bytes) else json.dumps(body))
        judged = {
            name: value for name, value in read.items() if name not in ("temperature", "top_p", "top_k")
        }  # gone from the SDK
        if "max_tokens" not in read:
            count.validate_python(judged)
            return read
        try:
            (streamed if read.get("stream") else whole).validate_python(judged)
        except ValidationError:
            beta.validate_python(judged)
        return read

    try:
        yield judge
    finally:
        for one in types:
            del one.__pydantic_config__  # type: ignore[attr-defined]
        for module in lazy:
            module.Iterable = Iterable  # type: ignore[attr-defined]
