"""A value that becomes part of a path names no other path."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import httpx
import pytest
from chat_core import ConfigurationError
from chat_core.client import path_segment, resource_path
from chat_core.testing import FakeTransport
from chat_responses import ResponsesBuilder
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = ["..", ".", "", " ", "../x", "a/../../b", "/", "a//b", "\ud800"]


@given(st.text())
def test_a_segment_is_one_segment_that_decodes_to_the_value_or_is_refused(value: str) -> None:
    try:
        segment = path_segment(value)
    except ConfigurationError:
        return
    url = httpx.URL(f"http://host/v1/{segment}/end")
    assert url.raw_path.count(b"/") == 3
    assert unquote(segment) == value
    assert (urlsplit(str(url)).query, urlsplit(str(url)).fragment) == ("", "")


def test_a_resource_path_keeps_its_slashes_and_nothing_else() -> None:
    assert resource_path("models/gemini 3#x?y") == "models/gemini%203%23x%3Fy"


@pytest.mark.parametrize("value", HOSTILE)
def test_a_path_that_leads_elsewhere_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError):
        resource_path(value)


@pytest.mark.anyio
@pytest.mark.parametrize("id", HOSTILE[:4])
async def test_an_id_that_leads_elsewhere_is_refused_before_anything_is_sent(id: str) -> None:
    transport = FakeTransport()
    builder = ResponsesBuilder().with_base_url("http://model.test/v1").with_model("m")
    client = builder.with_transport(transport).build()
    for way in (client.retrieve, client.cancel, client.delete):
        with pytest.raises(ConfigurationError):
            await way(id)
    assert transport.requests == []
