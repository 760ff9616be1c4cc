"""A real HTTP server on the loopback that gives out files, whole or from a byte on, and misbehaves as told.

Standard library only. What was asked is in `requests`: the path and the Range, "" without one.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass
class Fault:
    """One misbehaviour, used up by the first request whose path has `on` in it.

    Args:
        on: part of the path.
        cut: bytes of the body after which the connection is closed; -1 for none.
        stall: bytes of the body after which nothing more comes; -1 for none.
        status: to answer instead of the file; 200 with a `body` is a page in the file's place.
        body, headers: of that answer; headers also replace those of the file.
    """

    on: str
    cut: int = -1
    stall: int = -1
    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class FileServer(ThreadingHTTPServer):
    """Serves a mapping of paths to contents.

    Args:
        contents: by path, without a slash at the beginning; may be changed at any time.
        ranges: whether Range is understood.
        validator: `etag`, `date` or "": what tells versions apart.
        piece: bytes sent at once.

    `most` may be set to the bytes that an answer to a Range has at most.
    """

    daemon_threads = True

    def __init__(
        self,
        contents: dict[str, bytes],
        *,
        ranges: bool = True,
        validator: str = "etag",
        piece: int = 1 << 14,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.contents, self.ranges, self.validator, self.piece = contents, ranges, validator, piece
        self.most: int | None = None
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

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

    def fault(self, path: str) -> Fault | None:
        found = next((fault for fault in self.faults if fault.on in path), None)
        if found:
            self.faults.remove(found)
        return found

    def version(self, content: bytes) -> dict[str, str]:
        """The header that tells this content from others."""
        digest = hashlib.sha256(content).hexdigest()
        if self.validator == "date":
            return {"Last-Modified": f"Sat, 21 Nov 2026 03:{int(digest[:6], 16) % 60:02d}:18 GMT"}
        return {"ETag": f'"{digest[:16]}"'} if self.validator else {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FileServer

    def log_message(self, *_: object) -> None:
        """Silent."""

    def do_GET(self) -> None:
        path, asked = self.path.lstrip("/"), self.headers.get("Range", "")
        self.server.requests.append((path, asked))
        fault = self.server.fault(path) or Fault("")
        if fault.status:
            self._send(fault.status, {**fault.headers}, fault.body, fault)
        elif path not in self.server.contents:
            self._send(404, {"Content-Type": "text/html"}, b"<html>no such file</html>", fault)
        else:
            self._send_file(self.server.contents[path], asked, fault)

    def _send_file(self, content: bytes, asked: str, fault: Fault) -> None:
        headers = {"Content-Type": "application/octet-stream", **self.server.version(content)}
        found = re.fullmatch(r"bytes=(\d+)-", asked) if self.server.ranges else None
        unchanged = self.headers.get("If-Range") in (None, *headers.values())
        if not found or not unchanged:
            self._send(200, headers | dict(fault.headers), content, fault)
        elif (start := int(found[1])) >= len(content):
            self._send(416, {"Content-Range": f"bytes */{len(content)}"}, b"", fault)
        else:
            rest = content[start:][: self.server.most]
            headers["Content-Range"] = f"bytes {start}-{start + len(rest) - 1}/{len(content)}"
            self._send(206, headers | dict(fault.headers), rest, fault)

    def _send(self, status: int, headers: dict[str, str], body: bytes, fault: Fault) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        stop = min([len(body), *(end for end in (fault.cut, fault.stall) if end >= 0)])
        for start in range(0, stop, self.server.piece):
            self.wfile.write(body[start : min(start + self.server.piece, stop)])
        if fault.stall >= 0:
            self.server.stopping.wait()
        if fault.cut >= 0:
            self.close_connection = True
