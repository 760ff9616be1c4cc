"""Makes one HTTP request of a client library and records, at the socket, what became of it.

Owns every connection of the targets: time-outs, a deadline for the whole request, no retry, no reuse; no
request begins once the process is to end. "May a byte have left?" is answered where bytes leave; what the
library returns or raises is thrown away. Loads `requests`, so it is imported at the first request.
"""

# ruff: noqa: ANN401  (arguments are handed through to classes of requests, urllib3 and http.client)

from __future__ import annotations

import errno
import io
import os
import socket
import time
import warnings
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError

from botus import shutdown
from botus.errors import BotusError, causes, network_words
from botus.posting.http.exchange import Exchange
from botus.posting.target import Timing

_LONGEST_ANSWER = 8 << 20  # bytes; twenty posts with everything around them need a few hundred thousand


class Wire(HTTPAdapter):
    """A requests adapter for one request at a time.

    Args:
        moved: (address in the client library, address to use), for a library without a host setting.
    """

    def __init__(self, timing: Timing, moved: tuple[str, str] = ("", "")) -> None:
        self.timing, self.moved = timing, moved
        self.exchange = Exchange()
        self._unused = False
        super().__init__(max_retries=0)

    def session(self) -> requests.Session:
        """A session that sends everything through this adapter and follows no redirect."""
        session = requests.Session()
        session.max_redirects = 0
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    def ask(self, call: Callable[[], object]) -> Exchange:
        """Run a call of the client library that makes one request, and return what became of that request.

        Raises:
            BotusError: one was raised inside the call, such as Interrupted by a signal handler.
        """
        self.exchange = Exchange(ends=time.monotonic() + self.timing.deadline)
        if shutdown.is_requested():
            self.exchange.failure = "botus is ending"
            return self.exchange
        self._unused = True
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # news for the authors of the libraries, not for the owner
                call()
        except Exception as error:
            for cause in causes(error):
                if isinstance(cause, BotusError):
                    raise cause from None
            self.exchange.failure = self.exchange.failure or network_words(error)
        return self.exchange

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """Send a prepared request, read the whole answer, and record both; called by `requests` only."""
        if not self._unused:  # a library that retries or follows by itself would post twice
            raise requests.ConnectionError("a second request where one was asked for")
        self._unused = False
        exchange = self.exchange
        options |= {"stream": True, "timeout": self.timing.timeouts}
        try:
            response = super().send(self._move(request, options), **options)
            body = response.content
        except Exception as error:
            exchange.failure = network_words(error)
            raise
        finally:
            self.close()  # an idle connection that the server has dropped would cost a lost answer
        exchange.headers = {name.lower(): value for name, value in response.headers.items()}
        exchange.status, exchange.body = response.status_code, body
        return response

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Let the connection tell this adapter what leaves; urllib3 knows connections by their class only."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = type("Connection", (_Connection, pool.ConnectionCls), {"wire": self})
        return pool

    def _move(self, request: requests.PreparedRequest, options: dict[str, Any]) -> requests.PreparedRequest:
        old, new = self.moved
        if old == new or not (request.url or "").startswith(old + "/"):
            return request
        moved = request.copy()
        moved.url = new + (request.url or "")[len(old) :]
        options["proxies"] = get_environ_proxies(moved.url)
        return moved


class _Connection(HTTPConnection):
    """A connection that says when the request may have left, and reads until the deadline only."""

    wire: Wire

    def connect(self) -> None:
        super().connect()
        # A host may have many addresses, each with its wait.
        if time.monotonic() >= shutdown.deadline(self.wire.exchange.ends):
            self.close()
            raise ConnectTimeoutError("connected too late")

    def endheaders(self, *args: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()
        self.wire.exchange.began = True  # not in `send`: a proxy's CONNECT is no part of the request
        super().endheaders(*args, **options)

    def response_class(self, sock: socket.socket, *args: Any, **options: Any) -> HTTPResponse:  # type: ignore[override]
        response = HTTPResponse(sock, *args, **options)
        reader = _Reader(sock, self.wire.exchange.ends, self.wire.timing.timeouts[1])
        response.fp.close()
        response.fp = io.BufferedReader(reader)
        return response


class _Reader(io.RawIOBase):
    """Reads a socket until a deadline, with a time-out per read, and no more than an answer may have."""

    def __init__(self, sock: socket.socket, ends: float, timeout: float) -> None:
        self._sock, self._ends, self._timeout = sock, ends, timeout
        self._raw = sock.makefile("rb", buffering=0)
        self._left = _LONGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = shutdown.deadline(self._ends) - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the deadline of the request has passed")
        self._sock.settimeout(min(remaining, self._timeout))
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
