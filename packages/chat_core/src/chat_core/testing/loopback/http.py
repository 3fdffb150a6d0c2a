"""HTTP/1.1 on a loopback socket, in threads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TypeAlias

from chat_core.testing.loopback.reaction import Reaction, failed
from chat_core.testing.loopback.script import Failure

React: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], Reaction]


class Listener(ThreadingTCPServer):
    """A thread for each connection, all of which end with the server."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, answering: React, port: int = 0) -> None:
        self.leaving: threading.Event = threading.Event()
        self._open: set[socket.socket] = set()
        self._changing = threading.Lock()
        super().__init__(
            ("127.0.0.1", port), lambda request, address, _: _Connection(answering, request, address, self)
        )
        self.port: int = self.socket.getsockname()[1]
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="loopback", daemon=True)

    def start(self) -> None:
        """Take connections from now on, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Take no more connections, hang up on those there are, and wait for their threads."""
        self.leaving.set()
        self.shutdown()
        with self._changing:
            for connection in self._open:
                with suppress(OSError):  # the client has hung up already
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self._thread.join()

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        with self._changing:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._changing:
            self._open -= {request}
        super().shutdown_request(request)


class _Connection(BaseHTTPRequestHandler):
    """HTTP/1.1 with one client, until it or the server leaves."""

    protocol_version = "HTTP/1.1"
    server_version = "loopback"
    sys_version = ""
    disable_nagle_algorithm = True

    def __init__(self, answering: React, request: socket.socket, address: object, server: Listener) -> None:
        self._answering = answering
        self._leaving = server.leaving
        super().__init__(request, address, server)

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client hung up, which is its right
            super().handle()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal():
            self.send_error(411, "the request needs a Content-Length")
            return
        content = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self._answering(self.command, self.path, headers, content))

    def _send(self, response: Reaction) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.chunked:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(sum(map(len, response.pieces))))
        self.end_headers()
        for sent, piece in enumerate(response.pieces):
            if sent == response.cut_after or self._leaving.wait(response.pause):
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if response.chunked else piece)
        if response.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses, in the envelope too; the rest of such a request is not read."""
        response = failed(Failure(code, message or explain or "the request cannot be read"))
        response.headers["connection"] = "close"
        self._send(response)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is the test's."""
