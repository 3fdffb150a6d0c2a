"""What a client has to do with batches."""

from __future__ import annotations

from contextlib import aclosing

from chat_core.chat.builder import ChatBuilder
from chat_core.provider import SupportsBatches
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.faults import Reset, Status
from chat_core.transport import Transport
from chat_core.types.batch import Answered, BatchItem, BatchJob, NotRun, Refused
from chat_core.types.errors import ChatError, ConfigurationError

_REQUESTS = {"first": "canary-question-one", "second": "canary-question-two"}


class BatchSuite(ProviderSuite):
    """A batch goes from its requests to its results, by the ids of the application.

    `batch.tape` has the exchanges of two requests, "first" and "second": those of `submit`, of a `status`
    that finds the batch finished, and of `results`. Its expectation `results` has, by id, the text of an
    answer or the name of an error.
    """

    def batch_client(self, transport: Transport) -> SupportsBatches:
        """Return a client whose `batches` are tested.

        Raises `ConformanceFailure` where the client has none.
        """
        client = self.client(transport)
        if not isinstance(client, SupportsBatches):
            fail(f"{type(client).__name__} has no `batches`.")
        return client

    @check
    async def test_a_batch_goes_from_its_requests_to_its_results(self) -> None:
        """`submit`, `status` and `results` give each request its result, by its id, in any order."""
        found = await self._results(self._transport())
        expected = self.scenario("batch").expected.get("results")
        require_equal("The results", found, expected)

    @check
    async def test_a_job_is_plain_data(self) -> None:
        """A stored job goes on in another process: `BatchJob.from_json(job.to_json())` has all it needs."""
        transport = self._transport()
        job = await self.batch_client(transport).batches.submit(_REQUESTS)
        restored = BatchJob.from_json(job.to_json())
        require_equal("The restored job", restored, job)
        client = self.batch_client(transport)
        job = await client.batches.status(restored)
        require(job.finished, f"The job is {job.state}: batch.tape has to finish it with one `status`.")
        found = await _items(client, job)
        require_equal("The ids", sorted(item.id for item in found), sorted(_REQUESTS))

    @check
    async def test_nothing_is_sent_of_a_batch_with_a_fault(self) -> None:
        """A batch with a double or an empty id is refused with `ConfigurationError` before anything is
        sent.
        """
        for requests in ([("first", "one"), ("first", "two")], [("", "one")]):
            transport = self._transport()
            try:
                await self.batch_client(transport).batches.submit(requests)
            except ConfigurationError:
                require(not transport.requests, "It was refused after a request had been sent.")
                continue
            fail(f"The ids {[id for id, _ in requests]} were taken.")

    @check
    async def test_the_requests_are_in_what_is_sent(self) -> None:
        """The questions of all requests are in what is uploaded, with their ids."""
        transport = self._transport()
        await self.batch_client(transport).batches.submit(_REQUESTS)
        sent = b"".join(request.body for request in transport.requests).decode("utf-8", "replace")
        missing = [text for text in _REQUESTS.values() if text not in sent]
        require(not missing, f"{missing} are nowhere in what was sent.")

    @check
    async def test_results_of_a_running_batch_are_refused(self) -> None:
        """`results` of a job that still runs raises `ConfigurationError`, where it does not look whether it
        has finished by now.
        """
        transport = self._transport()
        client = self.batch_client(transport)
        job = await client.batches.submit(_REQUESTS)
        if job.finished:
            return
        before = len(transport.requests)
        try:
            found = await _items(client, job)
        except ConfigurationError:
            return
        looked = len(transport.requests) - before > 1
        require(looked and len(found) == len(_REQUESTS), f"It gave {len(found)} results, and did not look.")

    @check
    async def test_errors_of_a_batch_are_read(self) -> None:
        """A failure raises the error of its status, and is not taken for a finished job."""
        for fault in (Status(500), Status(200, b"{}"), Status(200, b"<html>"), Reset(0)):
            transport = WatchedTransport(self.scenario("batch").exchanges, fault)
            try:
                job = await self.batch_client(transport).batches.submit(_REQUESTS)
            except ChatError as error:
                require(not isinstance(error, ConfigurationError), f"{fault} raised {error!r}.")
                continue
            fail(f"After {fault} there is the job {job!r}.")

    @check
    async def test_a_chat_runs_batches(self) -> None:
        """`chat.batches` works on the client: `batches` is a `chat_core.client.batches.Batches`."""
        transport = self._transport()
        chat = ChatBuilder().with_model(self.batch_client(transport)).build()
        job: BatchJob = await chat.batches.submit(_REQUESTS)
        require_equal("The ids", job.ids, tuple(_REQUESTS))

    def _transport(self) -> WatchedTransport:
        return WatchedTransport(self.scenario("batch").exchanges)

    async def _results(self, transport: WatchedTransport) -> dict[str, str]:
        client = self.batch_client(transport)
        job = await client.batches.status(await client.batches.submit(_REQUESTS))
        require(job.finished, f"The job is {job.state}: batch.tape has to finish it with one `status`.")
        return {item.id: _shown(item) for item in await _items(client, job)}


async def _items(client: SupportsBatches, job: BatchJob) -> list[BatchItem]:
    async with aclosing(client.batches.results(job)) as results:
        return [item async for item in results]


def _shown(item: BatchItem) -> str:
    match item:
        case Answered():
            return item.response.text
        case Refused():
            return type(item.error).__name__
        case NotRun():
            return item.reason
