"""Batches of every vendor: each request comes back once, by its id, whatever the server does with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from typing import Any

import anyio
import pytest
from batch_vendors import VENDORS, Script, Vendor, VendorTransport
from chat_core import (
    Answered,
    BatchJob,
    BatchProvider,
    ChatBuilder,
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    Messages,
    NotFound,
    NotRun,
    OutputMismatch,
    Overloaded,
    Paused,
    Refused,
    RequireApproval,
    ScopedCollection,
    SupportsBatches,
    UnresolvedTool,
    tool,
)
from chat_core.client.batch_spool import BatchLimits

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


@dataclass
class Case:
    vendor: Vendor
    client: Any


@pytest.fixture(params=VENDORS)
def case(request: pytest.FixtureRequest) -> Case:
    make, build = VENDORS[request.param]
    vendor = make()
    return Case(vendor, build(VendorTransport(vendor)).build())


async def finished(case: Case, requests: Any, script: Script) -> tuple[BatchJob, dict[str, Any]]:
    case.vendor.script = script
    job = await case.client.batches.wait(await case.client.batches.submit(requests))
    return job, await collected(case.client.batches, job)


async def collected(batches: Any, job: BatchJob) -> dict[str, Any]:
    async with aclosing(batches.results(job)) as items:
        found = [item async for item in items]
    assert len({item.id for item in found}) == len(found)
    return {item.id: item for item in found}


def uploads(case: Case) -> list[bytes]:
    return [body for method, _, body in case.vendor.seen if method == "POST"]


async def test_answers_come_back_by_id_in_whatever_order(case: Case) -> None:
    assert isinstance(case.client, SupportsBatches)
    assert isinstance(case.client.batches, BatchProvider)
    ids = [f"r{n}" for n in range(9)]

    job, items = await finished(case, {id: f"Hello {id}" for id in ids}, Script())

    assert (job.state, job.finished, job.counts.succeeded, job.counts.total) == ("done", True, 9, 9)
    assert set(items) == set(ids)
    for id in ids:
        assert isinstance(items[id], Answered)
        assert items[id].response.text == f"answer to {id}"
        assert items[id].response.usage.input_tokens == 3
    assert list(items) != ids
    sent = json.dumps([item for _, item in case.vendor.batches["batch_0"].items])
    assert '"stream"' not in sent
    assert "Hello r8" in sent


async def test_each_request_ends_in_its_own_way(case: Case) -> None:
    script = Script(errors=frozenset({"b"}), lost=frozenset({"c"}))
    _, items = await finished(case, [("a", "A"), ("b", "B"), ("c", "C")], script)

    assert isinstance(items["a"], Answered)
    refused = items["b"]
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, InvalidRequest)
    assert "b has too many tokens" in str(refused.error)
    assert items["c"] == NotRun("c", "missing")


async def test_what_an_expired_batch_did_not_run_is_not_run(case: Case) -> None:
    ends = Script(ending="expired", lost=frozenset({"b"}))
    job, items = await finished(case, {"a": "A", "b": "B"}, ends)

    assert isinstance(items["a"], Answered)
    expected = "missing" if type(case.vendor).__name__ == "ClaudeVendor" else "expired"
    assert (items["b"].id, items["b"].reason) == ("b", expected)
    assert job.finished


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
async def test_requests_that_the_server_names_as_not_run(case: Case, ending: str) -> None:
    if type(case.vendor).__name__ == "GeminiVendor" and ending == "expired":
        pytest.skip("it has no word for this")
    ends = Script(ending=ending, unrun=frozenset({"b"}))
    _, items = await finished(case, {"a": "A", "b": "B"}, ends)

    assert isinstance(items["a"], Answered)
    assert isinstance(items["b"], NotRun)
    assert items["b"].reason == ending


async def test_cancel_stops_a_batch_and_what_is_done_has_results(case: Case) -> None:
    case.vendor.script = Script(polls=1000, unrun=frozenset({"b"}))
    job = await case.client.batches.submit({"a": "A", "b": "B"})
    assert not (await case.client.batches.status(job)).finished
    with pytest.raises(ConfigurationError, match=r"still running.*wait\(job\)"):
        await collected(case.client.batches, job)

    job = await case.client.batches.wait(await case.client.batches.cancel(job))

    items = await collected(case.client.batches, job)
    assert isinstance(items["a"], Answered)
    assert (items["b"].id, items["b"].reason) == ("b", "cancelled")


async def test_a_batch_that_failed_as_a_whole_says_why(case: Case) -> None:
    if type(case.vendor).__name__ == "ClaudeVendor":
        pytest.skip("its batches do not fail as a whole")
    job, items = await finished(case, {"a": "A"}, Script(ending="failed", lost=frozenset({"a"})))

    assert job.state == "failed"
    assert items["a"].reason == "failed"
    assert "line 1: is no request" in str(items["a"].error)


async def test_a_batch_that_its_server_does_not_know_yet_is_requested_again(case: Case) -> None:
    case.vendor.script = Script(unknown=4)
    job = await case.client.batches.submit({"a": "A"})
    assert (await case.client.batches.status(job)).state == "running"
    assert case.vendor.script.unknown == 0

    case.vendor.script.unknown = 1000
    with pytest.raises(NotFound):
        await case.client.batches.status(job)


@pytest.mark.parametrize("id", ["", " ", "a\nb", 7, None])
async def test_ids_are_checked_before_anything_is_sent(case: Case, id: Any) -> None:
    with pytest.raises(ConfigurationError, match="id"):
        await case.client.batches.submit([("a", "A"), (id, "B")])
    with pytest.raises(ConfigurationError, match="two requests of the batch have the id 'a'"):
        await case.client.batches.submit([("a", "A"), ("b", "B"), ("a", "C")])
    with pytest.raises(ConfigurationError, match="at least one request"):
        await case.client.batches.submit({})
    assert case.vendor.seen == []


async def test_a_request_that_cannot_be_encoded_is_named(case: Case) -> None:
    with pytest.raises(ConfigurationError, match="request 'b' of the batch: "):
        await case.client.batches.submit({"a": "A", "b": "half \ud83d"})
    assert case.vendor.seen == []


async def test_requests_over_a_limit_are_split(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(case.client.batches), "LIMITS", BatchLimits(4, 1_000_000))
    job, items = await finished(case, {f"r{n}": "Hello" for n in range(10)}, Script())

    assert [part.size for part in job.parts] == [4, 4, 2]
    assert (len(items), job.counts.total, job.counts.succeeded) == (10, 10, 10)

    monkeypatch.setattr(type(case.client.batches), "LIMITS", BatchLimits(100, 600))
    job = await case.client.batches.submit({f"r{n}": "x" * 100 for n in range(6)})
    assert sum(part.size for part in job.parts) == 6
    assert len(job.parts) > 1
    with pytest.raises(ConfigurationError, match="'big' of the batch: it is too large for a batch"):
        await case.client.batches.submit({"big": "x" * 1000})


async def test_a_part_that_is_refused_cancels_those_before_it(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(case.client.batches), "LIMITS", BatchLimits(2, 1_000_000))
    case.vendor.script = Script(refuse_part=2)
    with pytest.raises(InvalidRequest):
        await case.client.batches.submit({f"r{n}": "Hello" for n in range(6)})
    assert [batch.cancelled for batch in case.vendor.batches.values()] == [True, True]


async def test_a_job_is_plain_data(case: Case) -> None:
    job = await case.client.batches.submit({"a": "A", "b": "B"})
    restored = BatchJob.from_json(job.to_json())
    assert restored == job
    assert "Bearer" not in job.to_json()
    assert '"k"' not in job.to_json()

    other = VENDORS["claude" if restored.provider != "claude" else "openai"]
    stranger = other[1](VendorTransport(other[0]())).build()
    with pytest.raises(ConfigurationError, match=f"this batch is of {job.provider}"):
        await stranger.batches.status(restored)
    with pytest.raises(ConfigurationError, match="not a batch job"):
        BatchJob.from_json('{"version": 2}')


async def test_wait_polls_less_and_less_and_shows_each_state(case: Case) -> None:
    case.vendor.script = Script(polls=5)
    job = await case.client.batches.submit({"a": "A"})
    states: list[tuple[float, str]] = []
    start = anyio.current_time()

    def note(job: BatchJob) -> None:
        states.append((anyio.current_time() - start, job.state))

    job = await case.client.batches.wait(job, poll=100.0, progress=note)

    assert job.finished
    assert [state for _, state in states] == [*["running"] * 5, "done"]
    assert [round(at) for at, _ in states] == [0, 100, 250, 475, 812, 1319]


async def test_wait_returns_an_unfinished_job_when_its_time_is_over(case: Case) -> None:
    case.vendor.script = Script(polls=1000)
    job = await case.client.batches.wait(await case.client.batches.submit({"a": "A"}), timeout=90.0)
    assert job.state == "running"
    with pytest.raises(ConfigurationError, match="more than 0"):
        await case.client.batches.wait(job, poll=0)


async def test_wait_shows_a_bar(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    job = await case.client.batches.submit({"a": "A", "b": "B"})
    await case.client.batches.wait(job, progress=True)
    assert "2/2" in capsys.readouterr().err


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def test_a_call_in_a_batch_is_approved_and_resumed(case: Case) -> None:
    call = {"id": "t1", "name": "add", "arguments": {"a": 2, "b": 3}}
    case.vendor.script = Script(turn=lambda id: {"calls": [call]})
    collection = ScopedCollection([add], lambda call, meta: RequireApproval())
    chat = ChatBuilder().with_model(case.client).with_scoped_tools(collection).build()
    conversations = {"a": Messages.from_user("2 + 3?")}
    job = await chat.batches.wait(await chat.batches.submit(conversations))

    async with aclosing(chat.batches.results(job, conversations)) as items:
        [item] = [item async for item in items]

    assert isinstance(item, Answered)
    assert "add" in json.dumps(case.vendor.batches["batch_0"].items)
    stored = Messages.from_json(conversations["a"].to_json())
    paused = await chat.complete(stored)
    assert isinstance(paused, Paused)
    [waiting] = paused.reason.approvals
    waiting.approve()
    case.vendor.script = Script()
    job = await chat.batches.submit({"a": await executed(chat, stored)})
    sent = json.dumps(case.vendor.batches["batch_1"].items)
    assert re.search(r'[": ]5["}]', sent)
    assert job.ids == ("a",)


async def executed(chat: Any, messages: Messages) -> Messages:
    """Run the approved call; the turn after it fails, since the script has none: the batch has it."""
    with pytest.raises(Exception):  # noqa: B017  the server of batches answers no turn
        await chat.resume(messages)
    return messages


@dataclass
class City:
    name: str
    people: int


async def test_typed_output_is_read_for_each_request(case: Case) -> None:
    texts = {"a": {"text": '{"name": "Bern", "people": 134000}'}, "b": {"text": '{"name": "Bern"}'}}
    texts["c"] = {"calls": [{"id": "t1", "name": "add", "arguments": {"a": 1, "b": 2}}]}
    case.vendor.script = Script(turn=texts.__getitem__)
    chat = ChatBuilder().with_model(case.client).with_tools([add]).with_structured_output(City).build()
    job = await chat.batches.wait(await chat.batches.submit(dict.fromkeys("abc", "Bern?")))

    async with aclosing(chat.batches.results(job)) as items:
        found = {item.id: item async for item in items}

    good, bad, calls = found["a"], found["b"], found["c"]
    assert isinstance(good, Answered)
    assert good.response.value == City("Bern", 134000)
    assert isinstance(bad, Refused)
    assert isinstance(bad.error, OutputMismatch)
    assert isinstance(calls, Refused)
    assert isinstance(calls.error, UnresolvedTool)
    assert "people" in json.dumps(case.vendor.batches["batch_0"].items)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # it takes some seconds
async def test_a_hundred_thousand_requests_stay_out_of_memory() -> None:
    make, build = VENDORS["openai"]
    vendor = make()
    vendor.script = Script(turn=lambda id: {"text": "ok"})
    batches = build(VendorTransport(vendor)).build().batches

    job = await batches.submit((f"r{n}", "Hi") for n in range(100_000))
    assert [part.size for part in job.parts] == [50_000, 50_000]
    job = await batches.wait(BatchJob.from_json(job.to_json()))

    read, ahead = 0, 0
    async with aclosing(batches.results(job)) as items:
        async for item in items:
            assert isinstance(item, Answered)
            read += 1
            ahead = max(ahead, vendor.written - read)
    assert read == 100_000
    assert ahead <= 1  # what the server has written and nobody has read


async def test_results_that_are_cut_are_an_error_and_can_be_read_again(case: Case) -> None:
    if case.client.origin.provider in ("gemini", "mistral"):
        pytest.skip("its small batches come in one body")
    case.vendor.script = Script()
    job = await case.client.batches.wait(await case.client.batches.submit({"a": "A", "b": "B", "c": "C"}))
    whole = case.vendor.respond

    def cut(method: str, url: str, body: bytes) -> Any:
        status, kind, lines = whole(method, url, body)
        return status, kind, cut_after(lines, 1) if kind != "application/json" else lines

    case.vendor.respond = cut  # type: ignore[method-assign]  # of this one server
    read: list[str] = []
    with pytest.raises(ConnectionFailed):
        await read_into(read, case.client.batches, job)
    assert len(read) == 1

    case.vendor.respond = whole  # type: ignore[method-assign]
    assert len(await collected(case.client.batches, job)) == 3


async def read_into(ids: list[str], batches: Any, job: BatchJob) -> None:
    async with aclosing(batches.results(job)) as items:
        async for item in items:
            ids += [item.id]


def cut_after(lines: Iterator[bytes], count: int) -> Iterator[bytes]:
    yield from islice(lines, count)
    raise ConnectionFailed("the connection was closed in the middle of the response")


async def test_a_failing_poll_is_polled_over_but_not_for_ever(case: Case) -> None:
    case.vendor.script = Script(polls=3)
    job = await case.client.batches.submit({"a": "A"})
    whole, failures = case.vendor.respond, [4, 0]

    def fail(method: str, url: str, body: bytes) -> Any:
        if failures[0]:
            failures[0] -= 1
            return 503, "application/json", iter([b'{"error": {"message": "overloaded"}}'])
        return whole(method, url, body)

    case.vendor.respond = fail  # type: ignore[method-assign]  # of this one server
    assert (await case.client.batches.wait(job)).finished
    failures[0] = 5
    with pytest.raises(Overloaded):
        await case.client.batches.wait(job)
