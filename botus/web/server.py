"""A server on a socket: waitress, with limits on what it waits for, and how it begins and ends.

A request has to arrive within seconds, however slowly it trickles, and a long one is refused at its head, so
that nobody's slow or endless request holds up the others.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
from dataclasses import dataclass
from types import FrameType
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import create_server

from botus import shutdown
from botus.errors import Interrupted, SettingsError

AT_ONCE = 8
"""Requests that a server answers at the same time, where nobody says otherwise."""
_ARRIVES_IN, _LOOKS_EVERY = 20, 5  # seconds for a request to arrive, between two looks for late ones
_CONNECTIONS = 500
_LONGEST_HEAD = 1 << 15  # bytes
_FORWARDED = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}


class _Channel(HTTPChannel):
    """A connection on which a request counts as late from its first byte on, and not from its last."""

    def handle_read(self) -> None:
        request, since = self.request, self.last_activity
        super().handle_read()
        if request is not None and self.request is request:
            self.last_activity = since


@dataclass(frozen=True)
class Limits:
    """What a server takes.

    Args:
        body: bytes of a request.
        proxy: the address of a reverse proxy, whose word on client, name and https is taken; "" for none.
        at_once: requests that are answered at the same time; others wait for their turn.
    """

    body: int
    proxy: str = ""
    at_once: int = AT_ONCE


class Server:
    """waitress on a socket that is bound already."""

    def __init__(self, bound: socket.socket, app: Flask, limits: Limits) -> None:
        logging.getLogger("waitress").setLevel(logging.ERROR)
        trusted: dict[str, Any] = {"trusted_proxy": limits.proxy, "trusted_proxy_headers": _FORWARDED}
        self._server = create_server(
            app,
            sockets=[bound],
            threads=limits.at_once,
            ident=None,
            asyncore_use_poll=True,
            channel_timeout=_ARRIVES_IN,
            cleanup_interval=_LOOKS_EVERY,
            connection_limit=_CONNECTIONS,
            max_request_body_size=limits.body + 1,
            inbuf_overflow=2 * limits.body,  # never into a file: a container may have no place for one
            outbuf_overflow=64 * limits.body,
            max_request_header_size=_LONGEST_HEAD,
            clear_untrusted_proxy_headers=True,
            **(trusted if limits.proxy else {}),
        )
        vars(self._server)["channel_class"] = _Channel

    def run(self, when_closed: str) -> None:
        """Serve until a signal comes; Interrupted, with a sentence, where it was Ctrl-C."""
        caught: list[int] = []

        def stop(number: int, frame: FrameType | None) -> None:
            if not caught:
                caught.append(number)
                raise SystemExit

        before = {number: signal.signal(number, stop) for number in shutdown.STOPS}
        try:
            self._server.run()  # until SystemExit
        finally:
            self.close()
            for number, handler in before.items():
                signal.signal(number, handler)
        if signal.SIGINT in caught:
            raise Interrupted(when_closed)

    def close(self) -> None:
        self._server.close()


def bound(host: str, port: int) -> socket.socket:
    """Listen at an address.

    Raises:
        SettingsError: nobody can; says why, and what to do.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except OverflowError as error:
        raise SettingsError(f"--port {port} is no port", "say one from 1 to 65535") from error
    except OSError as error:
        where = f"{host} port {port}"
        raise SettingsError(f"nobody can listen at {where}: {_why(error)}", _remedy(error)) from error


def address_of(host: str, port: int) -> str:
    """Return the address of a server that listens there."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_local(host: str) -> bool:
    """Tell whether only this machine reaches a server that listens there."""
    return host in ("localhost", "::1") or host.startswith("127.")


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program does already"
    return "it is no address of this machine" if _is_elsewhere(error) else os.strerror(error.errno or 0)


def _remedy(error: OSError) -> str:
    if _is_elsewhere(error):
        return "say --host 127.0.0.1, or an address that this machine has"
    if error.errno == errno.EACCES:
        return "choose a port from 1024 on with --port"
    return "stop that program, or choose another port with --port"


def _is_elsewhere(error: OSError) -> bool:
    """Whether the address belongs to another machine, or a name leads nowhere: its numbers are negative."""
    return error.errno == errno.EADDRNOTAVAIL or (error.errno or 0) < 0
