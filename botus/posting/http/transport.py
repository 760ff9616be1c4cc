"""Makes one HTTP request of a client library and records, at the socket, what became of it.

Owns every connection of the targets: time-outs, a deadline for the whole request, no retry, no reuse; no
request begins once the process is to end. "May a byte have left?" is answered where bytes leave. What the
library returns or raises is thrown away, and it never sees an answer: it would parse whatever a server sends.
Loads `requests`, so it is imported at the first request.
"""

# ruff: noqa: ANN401  (arguments are handed through to classes of requests)

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import requests
from requests.utils import get_environ_proxies

from botus import shutdown
from botus.errors import BotusError, causes, network_words
from botus.posting.http.bounded import Bounded
from botus.posting.http.exchange import Exchange
from botus.posting.target import Timing


class Wire(Bounded):
    """A requests adapter for one request at a time.

    Args:
        moved: (address in the client library, address to use), for a library without a host setting.
    """

    longest = 2 << 20  # bytes; twenty posts with everything around them need a few hundred thousand

    def __init__(self, timing: Timing, moved: tuple[str, str] = ("", "")) -> None:
        self.timing, self.moved = timing, moved
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
            with _quiet:
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
        options["timeout"] = self.timing.timeouts
        try:
            response = self.fetch(self._move(request, options), options)
        except Exception as error:
            exchange.failure = network_words(error)
            raise
        exchange.headers = {name.lower(): value for name, value in response.headers.items()}
        exchange.status, exchange.body = response.status_code, response.content
        raise requests.RequestException("the answer has been recorded")

    def _move(self, request: requests.PreparedRequest, options: dict[str, Any]) -> requests.PreparedRequest:
        old, new = self.moved
        if old == new or not (request.url or "").startswith(old + "/"):
            return request
        moved = request.copy()
        moved.url = new + (request.url or "")[len(old) :]
        options["proxies"] = get_environ_proxies(moved.url)
        return moved


class _Quiet:
    """Keeps warnings back, which are news for the authors of libraries, while any thread is within it.

    `catch_warnings` alone would, of two threads that overlap, leave them kept back for good.
    """

    def __init__(self) -> None:
        self._guard, self._within = threading.Lock(), 0

    def __enter__(self) -> None:
        with self._guard:
            if not self._within:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("ignore")
            self._within += 1

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._within -= 1
            if not self._within:
                self._caught.__exit__(None, None, None)


_quiet = _Quiet()
