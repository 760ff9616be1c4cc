"""A proxy in front of a real server that lets one request or its answer get lost at a chosen byte."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Loss:
    """So many bytes of the request reach the server, or of the answer the client; then both are cut off."""

    of: str
    after: int


class Proxy(socketserver.ThreadingTCPServer):
    """Passes requests on; `losses` befall those that put a record, one each.

    Attributes:
        seen: the first lines of the requests.
        request_size, answer_size: of the last record that was put, in bytes.
        views: answers what an AppView is asked, by the request's first line; a PDS alone has none.
        before_answer: called after the server has answered such a request, before the client hears of it.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, server: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        parts = urlsplit(server)
        self.behind = (parts.hostname or "", parts.port or 0)
        self.losses: list[Loss] = []
        self.lost = 0
        self.seen: list[str] = []
        self.request_size = self.answer_size = 0
        self.before_answer: Callable[[], None] = lambda: None
        self.views: Callable[[str], bytes] = lambda line: b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def calls(self, method: str) -> int:
        """How many requests a method got."""
        return sum(method in line for line in self.seen)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no news."""


class _Handler(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        request = _message(self.request)
        line = request.partition(b"\r\n")[0].decode()
        self.server.seen.append(line)
        if "/xrpc/app.bsky." in line and (view := self.server.views(line)):
            self.request.sendall(view)
            return
        puts = "putRecord" in line
        loss = self.server.losses.pop(0) if puts and self.server.losses else None
        self.server.lost += loss is not None
        with socket.create_connection(self.server.behind) as behind:
            if loss and loss.of == "request":
                behind.sendall(request[: loss.after])
                return
            behind.sendall(request)
            answer = _message(behind)
        if puts:
            self.server.request_size, self.server.answer_size = len(request), len(answer)
            self.server.before_answer()
        self.request.sendall(answer[: loss.after] if loss else answer)


def _message(connection: socket.socket) -> bytes:
    """Read one HTTP message with a Content-Length, or without a body."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65536)):
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = (int(lengths[0].split(b":")[1]) if lengths else 0) - len(body)
    while missing > 0 and (piece := connection.recv(65536)):
        data += piece
        missing -= len(piece)
    return data
