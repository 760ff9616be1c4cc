"""A requests adapter whose answers are whole, of bounded length and come within bounded time, or are none.

A few megabytes of gzip can inflate to gigabytes, and headers or a body may come for ever, a byte at a time.
So every byte is read until a deadline and a limit only; no compression is asked for, and what comes
compressed all the same is inflated up to the limit. A download may take its time, but has a limit, too,
and ends where it hardly moves. Loads `requests`: it is imported at the first request.
"""

# ruff: noqa: ANN401  (arguments are handed through to classes of requests, urllib3 and http.client)

from __future__ import annotations

import errno
import io
import math
import os
import socket
import time
import zlib
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from botus import shutdown
from botus.posting.http.exchange import Exchange
from botus.posting.target import REQUEST_DEADLINE

_LONGEST_HEAD = 256 << 10  # bytes: status line and headers, and whatever interim answers come before them
_STEP = 1 << 16  # bytes
_PACKED = ("gzip", "x-gzip", "deflate")  # zlib tells them apart by their first bytes


class Bounded(HTTPAdapter):
    """Reads each answer whole before it gives it back.

    Attributes:
        longest: bytes that the body of an answer may have, after decoding.
        slowest: bytes of an answer that put its deadline off by a second.
    """

    longest = 256 << 10
    slowest = math.inf

    def __init__(self, *args: Any, **options: Any) -> None:
        self.exchange = Exchange()
        super().__init__(*args, **options)

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """Send a prepared request; called by `requests` only."""
        self.exchange = Exchange(ends=time.monotonic() + REQUEST_DEADLINE)
        return self.fetch(request, options)

    def fetch(self, request: requests.PreparedRequest, options: dict[str, Any]) -> requests.Response:
        """Send a prepared request and read the whole answer, or raise what `requests` or a socket raises."""
        request.headers["Accept-Encoding"] = "identity"
        try:
            response = super().send(request, **{**options, "stream": True})
            encoding = response.headers.get("Content-Encoding", "")
            response._content = _body(response.raw, encoding, self.longest)
            response._content_consumed = True  # type: ignore[attr-defined]
            return response
        except HTTPError as error:  # which `requests` would have turned into its own
            raise requests.ConnectionError(error) from error
        finally:
            self.close()  # an idle connection that the server has dropped would cost a lost answer

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Let the connection know this adapter; urllib3 knows connections by their class only."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        if not issubclass(pool.ConnectionCls, _Connection):  # as after a redirect
            pool.ConnectionCls = type("Connection", (_Connection, pool.ConnectionCls), {"adapter": self})
        return pool


class Streamed(Bounded):
    """Lets a long answer be read piece by piece, while it brings `slowest` bytes a second on average.

    Args:
        longest: bytes that it may have; framing comes on top.
    """

    slowest = 1000.0

    def __init__(self, longest: int) -> None:
        self.longest = 2 * longest  # each of its bytes may be framed
        super().__init__(max_retries=0)

    def fetch(self, request: requests.PreparedRequest, options: dict[str, Any]) -> requests.Response:
        response = HTTPAdapter.send(self, request, **options)
        if response.is_redirect:  # `requests` would read its page into memory, and nobody looks at it
            response._content, response._content_consumed = b"", True  # type: ignore[attr-defined]
            response.raw.close()
            self.close()
        return response


def streaming(longest: int) -> requests.Session:
    """A session for answers of so many bytes, whatever Apprise's services have made of those of others."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, Streamed(longest))
    return session


def _body(raw: Any, encoding: str, longest: int) -> bytes:
    """Read and decode a body; one that is longer, or packed in another way or more than once, is none."""
    if encoding.lower() not in ("", "identity", *_PACKED):
        raise _os_error(errno.EBADMSG)
    unpack = zlib.decompressobj(wbits=47) if encoding.lower() in _PACKED else None
    body, is_whole = bytearray(), True
    try:
        for piece in raw.stream(_STEP, decode_content=False):
            body += unpack.decompress(piece, longest + 1 - len(body)) if unpack else piece
            is_whole = unpack is None or unpack.eof
            if len(body) > longest:
                raise _os_error(errno.EMSGSIZE)
    except zlib.error as error:
        raise _os_error(errno.EBADMSG) from error
    if not is_whole:
        raise _os_error(errno.EBADMSG)
    return bytes(body)


def _os_error(number: int) -> OSError:
    """What `errors.network_words` tells by its number: the words of libraries are never shown."""
    return OSError(number, os.strerror(number))


class _Connection(HTTPConnection):
    """A connection that says when the request may have left, and reads until the deadline only."""

    adapter: Bounded
    _reader: _Reader

    def connect(self) -> None:
        super().connect()
        # A host may have many addresses, each with its wait.
        if time.monotonic() >= shutdown.deadline(self.adapter.exchange.ends):
            self.close()
            raise ConnectTimeoutError("connected too late")

    def endheaders(self, *args: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        self.adapter.exchange.began = True  # not in `send`: a proxy's CONNECT is no part of the request
        super().endheaders(*args, **options)

    def response_class(self, sock: socket.socket, *args: Any, **options: Any) -> HTTPResponse:  # type: ignore[override]
        response = HTTPResponse(sock, *args, **options)
        self._reader = _Reader(sock, self.adapter.exchange.ends, self.adapter.slowest)
        response.fp.close()
        response.fp = io.BufferedReader(self._reader)
        return response

    def getresponse(self) -> Any:
        response = super().getresponse()
        self._reader.left += self.adapter.longest
        return response


class _Reader(io.RawIOBase):
    """Reads a socket until a deadline, which what comes may put off, with the socket's time-out per read.

    Attributes:
        left: bytes that may still come.
    """

    def __init__(self, sock: socket.socket, ends: float, slowest: float) -> None:
        self.left = _LONGEST_HEAD
        self._sock, self._ends, self._slowest, self._timeout = sock, ends, slowest, sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = shutdown.deadline(self._ends) - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the deadline of the request has passed")
        self._sock.settimeout(remaining if self._timeout is None else min(remaining, self._timeout))
        count = self._raw.readinto(buffer)
        self.left -= count or 0
        self._ends += (count or 0) / self._slowest
        if self.left < 0:
            raise _os_error(errno.EMSGSIZE)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
