"""A TCP server on this machine that sends the bytes it is given, and sees when the other side leaves."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

_SECONDS = 10.0  # until a client that should have come, or left, counts as one that does not


class RawServer:
    """Answers one connection: reads the head of a request, sends `answer`, and waits for the other side.

    `left` is set when the client has closed the connection. With `closes` the server closes it at once, after
    what it has sent.
    """

    def __init__(self, answer: bytes, *, closes: bool = False) -> None:
        self._answer = answer
        self._closes = closes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_SECONDS)
        self._thread = threading.Thread(target=self._serve, name="raw server", daemon=True)
        self.received: bytes = b""
        self.requested: threading.Event = threading.Event()
        self.left: threading.Event = threading.Event()

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.close()
        self._thread.join(_SECONDS)

    def _serve(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # no connection was opened
        with connection:
            connection.settimeout(_SECONDS)
            try:
                self._talk(connection)
            except OSError:
                self.left.set()  # it was reset

    def _talk(self, connection: socket.socket) -> None:
        while b"\r\n\r\n" not in self.received:
            data = connection.recv(65536)
            if not data:
                return
            self.received += data
        self.requested.set()
        connection.sendall(self._answer)
        while not self._closes:
            if not connection.recv(65536):
                self.left.set()
                return


def closed_port() -> int:
    """Return a port of this machine that has no listener."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
