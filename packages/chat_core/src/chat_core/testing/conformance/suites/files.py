"""What a client has to do with files that its server stores."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from chat_core.provider import FilesProvider, SupportsFiles
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.conversations import FOREIGN
from chat_core.testing.conformance.provider_suite import ProviderSuite, find_tape
from chat_core.testing.conformance.requests import missing_texts
from chat_core.testing.conformance.side_requests import (
    NO_BODIES,
    Work,
    in_base64,
    is_sent,
    require_failures,
    require_key_in_header,
    require_no_result,
    require_refused,
    sent_text,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.form import Exchange
from chat_core.transport import Transport
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import as_list, as_object
from chat_core.types.messages import Messages
from chat_core.types.native import Origin
from chat_core.types.request import ChatRequest
from chat_core.types.uploads import UploadedFile

REPORT = File.from_bytes(b"%PDF-1.7 canary-bytes-Fb3", "application/pdf", name="canary-report.pdf")
_ID = "canary-file-Xc4"


class FilesSuite(ProviderSuite):
    """Files are uploaded, described, listed, given back and deleted. Each of these has a tape of its own:

    `file_upload` and `file_get` expect `file`, `file_list` expects `ids`, those of all pages, `file_download`
    expects `base64`; `file_delete` expects nothing. With a tape `file_processing` of two descriptions, the
    first of a file that is not ready yet, waiting is checked too. What a server does not have is to be in
    `absent`, by the name of its tape.
    """

    def files_client(self, transport: Transport) -> FilesProvider:
        """Return the `files` of a client. Raises `ConformanceFailure` where it has none."""
        client = self.client(transport)
        if not isinstance(client, SupportsFiles):
            fail(f"{type(client).__name__} has no `files`: return a `chat_core.client.files.Files` there.")
        return client.files

    @check
    async def test_an_uploaded_file_is_described(self) -> None:
        """`upload` returns what the server tells of the file, tagged with the provider: read the id, the
        name, the MIME type and the size.
        """
        transport, uploaded = await self._uploaded_report()
        self._require_described(uploaded, "file_upload")
        origin: object = getattr(self.client(transport), "origin", uploaded.origin)
        expected = origin.provider if isinstance(origin, Origin) else None
        require_equal("origin.provider", uploaded.origin.provider, expected)

    @check
    async def test_the_bytes_of_a_file_are_sent(self) -> None:
        """The bytes of a file are sent as they are, with its name and its MIME type."""
        transport, _ = await self._uploaded_report()
        require(is_sent(transport, REPORT.data or b""), "The bytes are nowhere in what was sent.")
        headers = " ".join(value for request in transport.requests for value in request.headers.values())
        sent = f"{sent_text(transport)} {headers}"
        missing = [text for text in ("canary-report.pdf", "application/pdf") if text not in sent]
        require(not missing, f"{missing} are nowhere in what was sent.")

    @check
    async def test_an_uploaded_file_is_named_in_a_message(self) -> None:
        """`uploaded.file` in a message is sent as its id, or refused with `ConfigurationError` where messages
        name no such files.
        """
        _, uploaded = await self._uploaded_report()
        request = ChatRequest(Messages.from_user("canary-question-Wm8", uploaded.file))
        played = await self.complete("text", request)
        if isinstance(played.error, ConfigurationError):
            require(not played.transport.requests, "It was refused after a request had been sent.")
            return
        require(played.error is None, f"It raised {played.error!r}.")
        id = uploaded.id.rpartition("/")[2]
        require(not missing_texts(played.transport.last_body, [id]), f"{id!r} is nowhere in the body.")

    @check
    async def test_a_file_is_found_by_its_id(self) -> None:
        """`get` takes what `upload` returned, its `file`, or the id, and asks for the same."""
        _, uploaded = await self._uploaded_report()
        addresses: list[str] = []
        for given in (uploaded, uploaded.file, uploaded.id):
            transport = self._file_transport("file_get")
            self._require_described(await self.files_client(transport).get(given), "file_get")
            addresses.append(transport.requests[-1].url)
        id = uploaded.id.rpartition("/")[2]
        require(all(id in unquote(address) for address in addresses), f"The requests went to {addresses}.")
        require(len(set(addresses)) == 1, f"One file has several addresses: {sorted(set(addresses))}.")

    @check
    async def test_files_are_listed_page_by_page(self) -> None:
        """`list` yields the files of all pages, in the order of the server: ask for the next page until there
        is none.
        """
        transport = self._file_transport("file_list")
        found = [file.id async for file in self.files_client(transport).list()]
        require_equal("The ids", found, as_list(self.scenario("file_list").expected.get("ids")))
        pages = len(self.scenario("file_list").exchanges)
        require_equal("The number of requests", len(transport.requests), pages)
        addresses = {request.url for request in transport.requests}
        require(len(addresses) == pages, f"Several pages were asked for with {sorted(addresses)}.")

    @check
    async def test_a_file_comes_back_byte_for_byte(self) -> None:
        """`download` returns the bytes of the file, whatever they are."""
        data = await self.files_client(self._file_transport("file_download")).download(_ID)
        expected = self.scenario("file_download").expected.get("base64")
        require_equal("The bytes, in base64,", in_base64(data), expected)

    @check
    async def test_a_file_is_deleted(self) -> None:
        """`delete` deletes the file of this id, and returns nothing."""
        transport = self._file_transport("file_delete")
        await self.files_client(transport).delete(_ID)
        request = transport.requests[-1]
        named = _ID in unquote(request.url) or _ID.encode() in request.body
        require(named, f"{request.method} {request.url} does not name it.")
        require(request.method not in ("GET", "HEAD"), f"It was sent as {request.method}.")

    @check
    async def test_a_file_of_another_provider_is_refused(self) -> None:
        """The id of another provider's file means nothing here: refuse it with `ConfigurationError`, as
        `file_id(…)` does, before anything is sent.
        """
        foreign = UploadedFile("canary-foreign", FOREIGN)
        for name, work in self._by_reference(foreign).items():
            await require_refused(work, f"{name}() of another provider's file")

    @check
    async def test_a_file_without_bytes_is_not_uploaded(self) -> None:
        """Only bytes can be uploaded: a file by URL or by id is refused with `ConfigurationError`."""
        for file in (File.from_url("https://files.invalid/a.pdf"), File.from_id("canary-id", "image/png")):
            await require_refused(self._upload_of(file), f"The upload of {file!r}")

    @check
    async def test_an_id_stays_in_its_place_of_the_path(self) -> None:
        """An id cannot lead to another address: write it with `path_segment(…)`, or refuse it."""
        for id in ("canary/../../admin", "canary?purpose=canary-query", "canary#canary-fragment"):
            for name, work in self._by_reference(id).items():
                if f"file_{name}" not in self.absent:
                    await self._require_in_place(name, work)

    @check
    async def test_failures_of_files_are_read(self) -> None:
        """A failure of any request raises the error of its status, as for turns, and is sent once."""
        for name, work in self._by_tape().items():
            if name not in self.absent:
                await require_failures(self.scenario(name).exchanges, work, self.key)

    @check
    async def test_a_body_that_is_no_file_is_an_error(self) -> None:
        """A body that describes no file raises a `ChatError`, and so does an error in the place of a list, or
        of what a deletion returns: `read_page` and `read_done` of `chat_core.wire` look for it.
        """
        works = self._by_tape()
        for name in ("file_upload", "file_get"):
            if name not in self.absent:
                await require_no_result(self.scenario(name).exchanges, works[name])
        if "file_list" not in self.absent:
            await require_no_result(self.scenario("file_list").exchanges, works["file_list"], NO_BODIES[3:])
        if "file_delete" not in self.absent:
            await require_no_result(
                self.scenario("file_delete").exchanges, works["file_delete"], NO_BODIES[4:]
            )

    @check
    async def test_the_key_of_files_is_in_a_header(self) -> None:
        """The requests for files have the key in a header, and not in their URLs and bodies."""
        for name, work in self._by_tape().items():
            if name not in self.absent:
                transport = self._file_transport(name)
                await work(transport)
                require_key_in_header(transport, self.key)

    @check
    async def test_waiting_ends_when_a_file_is_ready(self) -> None:
        """`wait` returns a file that is ready at once, and asks again for one that is not; `timeout` ends
        it.
        """
        transport, uploaded = await self._uploaded_report()
        ready = replace(uploaded, state="ready")
        require_equal("The ready file", await self.files_client(transport).wait(ready), ready)
        if "file_processing" in self.absent or find_tape(self.tapes, "file_processing") is None:
            return
        exchanges = self.scenario("file_processing").exchanges
        waited = await self.files_client(WatchedTransport(exchanges)).wait(uploaded.id)
        require_equal("The state", waited.state, "ready")
        endless = WatchedTransport([*exchanges[:1]] * 50)
        early = await self.files_client(endless).wait(uploaded.id, timeout=5.0)
        require_equal("The state after the time limit", early.state, "processing")

    async def _uploaded_report(self) -> tuple[WatchedTransport, UploadedFile]:
        transport = self._file_transport("file_upload")
        return transport, await self.files_client(transport).upload(REPORT)

    def _file_transport(self, name: str) -> WatchedTransport:
        return WatchedTransport(self._file_exchanges(name))

    def _file_exchanges(self, name: str) -> list[Exchange]:
        return list(self.scenario(name).exchanges)

    def _require_described(self, file: UploadedFile, name: str) -> None:
        expected = as_object(self.scenario(name).expected.get("file"))
        require("id" in expected, f'{name}.tape expects no file: "expected": {{"file": {{"id": …}}}}.')
        for field, value in expected.items():
            require_equal(f"{field} of the file", getattr(file, field, None), value)

    def _upload_of(self, file: File) -> Work:
        return lambda transport: self.files_client(transport).upload(file)

    def _by_reference(self, given: UploadedFile | str) -> dict[str, Work]:
        """Return the requests that name a file."""
        return {
            "get": lambda transport: self.files_client(transport).get(given),
            "delete": lambda transport: self.files_client(transport).delete(given),
            "download": lambda transport: self.files_client(transport).download(given),
        }

    def _by_tape(self) -> dict[str, Work]:
        """Return all requests, by the names of their tapes."""
        found: dict[str, Work] = {f"file_{name}": work for name, work in self._by_reference(_ID).items()}
        return {**found, "file_upload": self._upload_of(REPORT), "file_list": self._listed_files}

    async def _listed_files(self, transport: WatchedTransport) -> list[str]:
        return [file.id async for file in self.files_client(transport).list()]

    async def _require_in_place(self, name: str, work: Work) -> None:
        transport = self._file_transport(f"file_{name}")
        try:
            await work(transport)
        except ConfigurationError:
            return
        url = urlsplit(transport.requests[-1].url)
        require(not url.fragment and "canary-query" not in url.query, f"{name}() asked for {url.geturl()}.")
        require("/../" not in url.path, f"{name}() asked for {url.geturl()}.")
