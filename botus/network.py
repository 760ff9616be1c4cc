"""What went wrong on the way to a server, in fixed words.

In: an exception of `requests`. Out: words for a sentence. The messages of the libraries are never shown: they
hold addresses, sometimes headers, and the names of Python classes.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

import requests
from urllib3.exceptions import ConnectTimeoutError, ReadTimeoutError


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from, outermost first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def words(error: BaseException) -> str:
    """Name a failure, by its innermost cause that says anything."""
    for cause in reversed(list(causes(error))):
        if isinstance(cause, socket.gaierror):
            return "the server's name was not found"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the server's certificate was not accepted"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection"
        if isinstance(cause, TimeoutError | ConnectTimeoutError | ReadTimeoutError):
            return "timed out"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    if isinstance(error, requests.RequestException):
        return "cut off"
    return f"the client failed ({type(error).__name__})"
