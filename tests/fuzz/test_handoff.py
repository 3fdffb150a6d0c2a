"""One conversation with tools, thinking and files goes through all providers, in any order.

Every request of every provider is valid by its rules; what one provider signs goes back to it byte for byte,
and to no other; what a wire cannot carry is left out with a notice.
"""

from __future__ import annotations

import json
import random
from base64 import b64encode
from typing import Any

import pytest
from chat_core import ChatBuilder, ChatResponse, File, Messages, Origin, RetryPolicy, tool
from chat_core.routing import Fallback
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_responses import ResponsesBuilder
from handoff_providers import CHARTED, DRAWN, STATIONS, Station, cohere, plain

pytestmark = pytest.mark.anyio


@tool
def chart(city: str) -> File:
    """Draw the temperatures of a city."""
    return File.from_bytes(CHARTED, "image/png", name=f"{city}.png")


class Journey:
    """A conversation on its way, and the signatures that it has collected."""

    def __init__(self) -> None:
        self.messages = Messages.from_system("Be brief.")
        self.visits = 0
        self.marks: dict[str, list[str]] = {}

    async def visit(self, station: Station) -> tuple[ChatResponse, list[dict[str, Any]]]:
        """Have one provider go on; hold each request against the provider's rules and what is known so
        far.
        """
        self.visits += 1
        mark, transport = station.mark(self.visits), FakeTransport()
        for answer in station.answers(mark, f"call{self.visits:05}"):
            transport.answer(answer)
        client = station.builder.with_api_key("hf_key").with_transport(transport).build()
        chat = (
            ChatBuilder()
            .with_model(client)
            .with_tools([chart])
            .with_retry(RetryPolicy(max_retries=0))
            .build()
        )
        before = self.messages.to_json() if self.visits == 1 else None
        self.messages.add_user(f"Draw Bern, for the {self.visits}. time.")
        response = await chat.complete(self.messages)
        assert response.text == "Done."
        assert before is None or before != self.messages.to_json()
        bodies: list[dict[str, Any]] = [*transport.bodies]
        known = self.marks.setdefault(station.name, [])
        for index, body in enumerate(bodies):
            assert station.faults(body) == [], station.name
            self._hold_signatures(station, [*known, mark][: len(known) + index], json.dumps(body))
        self._hold_files(response, bodies[-1])
        known.append(mark)
        return response, bodies

    def _hold_files(self, response: ChatResponse, body: dict[str, Any]) -> None:
        """Both files are in the last request, or a notice says that they are not."""
        notices, written = "\n".join(notice.message for notice in response.notices), json.dumps(body)
        left_out = b64encode(CHARTED).decode() not in written
        assert left_out == ("a file that a tool returned was not sent" in notices)
        if self.marks.get("gemini") or self.marks.get("vertex"):
            left_out = b64encode(DRAWN).decode() not in written
            assert left_out == ("a generated image was not sent back" in notices)

    def _hold_signatures(self, station: Station, own: list[str], body: str) -> None:
        if station.replays:
            assert [mark for mark in own if mark not in body] == [], station.name
        others = [
            mark
            for other in STATIONS
            if other.signs and other is not station
            for mark in self.marks.get(other.name, ())
        ]
        assert [mark for mark in others if mark in body] == [], station.name


@pytest.mark.parametrize("seed", range(6))
async def test_a_conversation_goes_through_all_providers_and_back(seed: int) -> None:
    order = random.Random(seed).sample(STATIONS, len(STATIONS))
    journey = Journey()
    for station in [*order, *order[:6]]:
        await journey.visit(station)
    restored = Messages.from_json(journey.messages.to_json())
    assert restored.to_json() == journey.messages.to_json()


@pytest.mark.parametrize("seed", range(150))
async def test_a_conversation_goes_through_some_providers_in_any_order(seed: int) -> None:
    chance = random.Random(f"some {seed}")
    order = chance.sample(STATIONS, 3)
    journey = Journey()
    for station in [*order, *chance.choices(order, k=2), order[0]]:
        await journey.visit(station)


def origin_of(station: Station) -> Origin:
    origin: Origin = station.builder.with_api_key("hf_key").with_transport(FakeTransport()).build().origin
    return origin


@pytest.mark.parametrize("station", STATIONS, ids=[station.name for station in STATIONS])
async def test_a_provider_goes_on_where_any_other_was(station: Station) -> None:
    """All ordered pairs: what one has signed goes back to it, and the other is told what it is not shown."""
    for other in STATIONS:
        journey = Journey()
        await journey.visit(station)
        _hold_told(station, other, await journey.visit(other))
        await journey.visit(station)


def _hold_told(station: Station, other: Station, visited: tuple[ChatResponse, Any]) -> None:
    """A notice says, once, that reasoning which only another provider can read was not sent. Two wires of one
    server are one origin.
    """
    thinks = station.answers not in (plain, cohere) and origin_of(station) != origin_of(other)
    told = [notice for notice in visited[0].notices if "can read was not sent" in notice.message]
    assert len(told) == thinks, (station.name, other.name)


@pytest.mark.parametrize("station", STATIONS, ids=[station.name for station in STATIONS])
async def test_a_router_hands_a_conversation_to_another_provider_and_back(station: Station) -> None:
    """The first provider is down for the second of three calls; the third has its signature again."""
    other = next(one for one in STATIONS if one.name == ("gemini" if station.name == "claude" else "claude"))
    mine, theirs = FakeTransport(), FakeTransport()
    marks = [station.mark(1), station.mark(3)]
    for answer in station.answers(marks[0], "call00001"):
        mine.answer(answer)
    mine.answer({"error": {"message": "busy"}}, status=503)
    for answer in station.answers(marks[1], "call00003"):
        mine.answer(answer)
    for answer in other.answers(other.mark(2), "call00002"):
        theirs.answer(answer)
    members = [
        each.builder.with_api_key("hf_key").with_transport(transport).build()
        for each, transport in ((station, mine), (other, theirs))
    ]
    router = Fallback(members, sticky=True, breaker=None)
    chat = ChatBuilder().with_model(router).with_tools([chart]).with_retry(RetryPolicy(0)).build()
    messages = Messages.from_system("Be brief.")
    for visit, served in enumerate((station, other, other), 1):
        if visit == 3:
            messages = Messages.from_json(messages.to_json())
            chat = ChatBuilder().with_model(members[0]).with_tools([chart]).build()
            served = station
        messages.add_user(f"Draw Bern, for the {visit}. time.")
        response = await chat.complete(messages)
        turn = response.message.turn
        assert turn is not None
        assert turn.origin == (None if visit == 3 else members[served is other].origin)
    for body in mine.bodies:
        assert station.faults(body) == []
    assert all(other.faults(body) == [] for body in theirs.bodies)
    if station.replays:
        assert marks[0] in json.dumps(mine.bodies[-1])
    if station.signs:
        assert marks[0] not in json.dumps(theirs.bodies)


def test_the_origin_of_native_data_names_the_system_that_seals_it() -> None:
    server = "http://localhost:4000/v1"  # one gateway in front of all of them
    clients = [
        GeminiBuilder().with_model("m").with_base_url(server),
        GeminiBuilder().with_vertex("p").with_model("m").with_base_url(server),
        OpenAIBuilder().with_model("m"),
        AzureOpenAIBuilder().with_resource("r").with_deployment("m"),
        ResponsesBuilder().with_base_url("https://chatgpt.com/backend-api/codex").with_model("m"),
    ]
    origins = [client.with_api_key("k").build().origin for client in clients]
    assert [origin.provider for origin in origins] == ["gemini", "vertex", "openai", "azure", "chatgpt"]
    assert len(set(origins)) == 5
