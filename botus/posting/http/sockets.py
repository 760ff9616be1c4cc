"""Bounds what a library does at sockets of its own, whatever it speaks over them: time, and bytes that come.

smtplib keeps the lines of a reply for as long as they come, a client of a chat waits for the end of a line,
and a time-out begins anew with every byte. So the methods of Python's sockets, TLS or not, first ask for the
budget of their thread; where there is none they do what they always did. Once it is used up each of them
raises, and whatever is at work ends. A thread that a library starts by itself has none.
"""

# ruff: noqa: ANN401  (arguments are handed through to methods of sockets)

from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any

from botus import shutdown

_READING = ("recv", "recv_into", "recvfrom", "recvfrom_into", "read")
_METHODS = {  # those that a kind of socket does not make of its others
    socket.socket: ("connect", "send", "sendall", *_READING[:-1]),
    ssl.SSLSocket: ("do_handshake", "send", "write", "read", "unwrap"),
}


@dataclass
class _Budget:
    ends: float
    left: int

    def seconds(self) -> float:
        """The time that is left, or raises."""
        remaining = shutdown.deadline(self.ends) - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the deadline of the call has passed")
        if self.left < 0:
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
        return remaining


class _Mine(threading.local):
    budget: _Budget | None = None


_mine = _Mine()


@contextmanager
def bounded(ends: float, longest: int) -> Iterator[None]:
    """Hold this thread to a budget.

    Args:
        ends: when the last byte has to be read or written, on the monotonic clock.
        longest: bytes that may come, over all connections together.
    """
    _guard()
    _mine.budget = _Budget(ends, longest)
    try:
        yield
    finally:
        _mine.budget = None


@cache
def _guard() -> None:
    """Put the question before the methods of sockets, once: libraries take no sockets from others."""
    for kind, names in _METHODS.items():
        for name in names:
            setattr(kind, name, _guarded(getattr(kind, name), name in _READING))


def _guarded(method: Callable[..., Any], is_reading: bool) -> Callable[..., Any]:
    @wraps(method)
    def guarded(sock: socket.socket, *args: Any, **options: Any) -> Any:
        budget = _mine.budget
        if budget is None:
            return method(sock, *args, **options)
        seconds, timeout = budget.seconds(), sock.gettimeout()
        if timeout == 0:  # it never waits
            result = method(sock, *args, **options)
        else:
            sock.settimeout(seconds if timeout is None else min(seconds, timeout))
            try:
                result = method(sock, *args, **options)
            finally:
                sock.settimeout(timeout)
        if is_reading:
            # What came, its number, or one of both with the sender.
            came = result[0] if isinstance(result, tuple) else result
            budget.left -= came if isinstance(came, int) else len(came)
        return result

    return guarded
