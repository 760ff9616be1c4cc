"""A real HTTP server on the loopback that keeps posts and can be told to misbehave, request by request.

Knows no platform: `servers.py` has those. What was accepted is in `posts`, what was asked in `requests`.
Standard library only.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Fault:
    """One misbehaviour, used up by the first request that it fits.

    Args:
        how: drop (close, unread unless committed), reset, stall, cut (half of the body), trickle (one byte
            at a time) or answer.
        status, body, headers: what to answer; without a status, what the request deserves.
        commit: do what the request asks before misbehaving.
        on: part of "METHOD /path" of the requests that it fits.
    """

    how: str
    status: int = 0
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    commit: bool = False
    on: str = "POST "

    @classmethod
    def parse(cls, words: str) -> Self:
        """Read `[on=PART] [commit] drop|reset|stall|cut|trickle|STATUS [BODY]`."""
        found = re.fullmatch(r"(?:on=(\S+) )?(commit )?([a-z]+|[0-9]{3})(?: (.*))?", words, re.DOTALL)
        if not found:
            raise ValueError(f"not a fault: {words}")
        on, commit, how, body = found.groups()
        how, status = ("answer", int(how)) if how.isdigit() else (how, 0)
        return cls(how, status, body or "", {}, bool(commit), on or "POST ")


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: str
    port: int  # the client's


@dataclass
class Reply:
    status: int
    content: Any
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        return (self.content if isinstance(self.content, str) else json.dumps(self.content)).encode()


@dataclass
class Post:
    id: str
    text: str
    at: float
    key: str = ""
    extras: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


class Loopback(ThreadingHTTPServer):
    """What both platforms have in common: an address, a clock, faults, posts, a rate limit."""

    daemon_threads = True
    clock: Callable[[], float]

    def __init__(
        self,
        port: int = 0,
        log: Path | None = None,
        clock: Callable[[], float] = time.time,
        host: str = "127.0.0.1",
        **traits: object,
    ) -> None:
        super().__init__((host, port), _Handler)
        self.clock, self.log = clock, log
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.posts: list[Post] = []
        self.remaining = 300
        self.reset: str | None = None
        self.guard = threading.Lock()
        self.stopping = threading.Event()
        for name, value in traits.items():
            setattr(self, name, value)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.posts if not post.deleted]

    def script(self, *faults: Fault | str) -> None:
        """Misbehave on the next requests, in this order."""
        self.faults += [Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults]

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def server_close(self) -> None:
        self.socket.close()  # without waiting for stalled requests

    def handle_error(self, *_: object) -> None:
        """A client that left is no news."""

    def next_fault(self, line: str) -> Fault | None:
        with self.guard:
            found = next((fault for fault in self.faults if fault.on in line), None)
            if found:
                self.faults.remove(found)
            return found

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def commit(self, text: str, key: str = "", extras: dict[str, str] | None = None) -> Post:
        post = Post(str(10**17 + len(self.posts)), text, self.clock(), key, extras or {})
        self.posts.append(post)
        if self.log:
            line = json.dumps({"id": post.id, "text": text, "key": key, "at": post.at}, ensure_ascii=False)
            with self.log.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        return post

    def delete(self, post: Post) -> None:
        post.deleted = True

    def newest(self, limit: int) -> list[Post]:
        return [post for post in reversed(self.posts) if not post.deleted][:limit]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Loopback

    def log_message(self, *_: object) -> None:
        """Silent."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(self.server.clock(), usegmt=True)

    def do_GET(self) -> None:
        fault = self.server.next_fault(f"{self.command} {self.path}")
        if fault and fault.how in ("drop", "reset") and not fault.commit:
            self._close(fault.how)
            return
        request = self._read()
        with self.server.guard:
            self.server.requests.append(request)
            deserved = self.server.answer(request) if not fault or fault.commit else Reply(500, "")
        if fault is None:
            self._send(deserved)
        elif fault.how in ("drop", "reset"):
            self._close(fault.how)
        elif fault.how == "stall":
            self.server.stopping.wait()
        elif fault.how == "answer":
            self._send(Reply(fault.status, fault.body, dict(fault.headers)))
        else:
            self._drip(deserved, fault.how)

    do_POST = do_PUT = do_GET

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        return Request(
            self.command, parts.path, query, dict(self.headers.items()), body, self.client_address[1]
        )

    def _send(self, reply: Reply) -> None:
        self.wfile.write(self._bytes(reply))

    def _bytes(self, reply: Reply) -> bytes:
        body = reply.body()
        headers = {"Date": self.date_time_string(), "Content-Length": str(len(body)), **reply.headers}
        lines = [f"HTTP/1.1 {reply.status} Status", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _drip(self, reply: Reply, how: str) -> None:
        content = self._bytes(reply)
        if how == "cut":
            self.wfile.write(content[: -len(reply.body()) // 2])
            self._close("drop")
        for byte in content if how == "trickle" else b"":
            self.wfile.write(bytes([byte]))
            if self.server.stopping.wait(0.05):
                return

    def _close(self, how: str) -> None:
        if how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


class Deaf:
    """An address that never completes a connection: its queue is full and nobody accepts."""

    def __enter__(self) -> str:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        address = self.listener.getsockname()
        self.waiting = [socket.socket() for _ in range(4)]
        for client in self.waiting:
            client.setblocking(False)
            client.connect_ex(address)
        return f"http://127.0.0.1:{address[1]}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (*self.waiting, self.listener):
            each.close()
