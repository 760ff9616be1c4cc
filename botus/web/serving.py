"""The server: where it listens, who may be in front of it, how it begins and ends.

waitress reads requests and Flask answers them. A request has to arrive within seconds, however slowly it
trickles, and a long one is refused at its head, so that nobody's slow or endless request holds up the others.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from botus import shutdown
from botus.errors import Interrupted, SettingsError
from botus.log import Say
from botus.settings import Settings
from botus.web.access import Access, serving

try:
    import segno
    from waitress.channel import HTTPChannel
    from waitress.server import create_server

    from botus.web.app import Parts, create_app, page_files
    from botus.web.guard import LARGEST, Guard
    from botus.web.reviewing import Reviewing
except ImportError as error:
    raise SettingsError("the web extra is not installed", "pip install 'botus[web]'") from error

_THREADS = 8
_ARRIVES_IN, _LOOKS_EVERY = 20, 5  # seconds for a request to arrive, between two looks for late ones
_CONNECTIONS = 500
_LONGEST_HEAD = 1 << 15  # bytes
_FORWARDED = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}


@dataclass(frozen=True)
class Door:
    """How the page is reached.

    Attributes:
        host, port: where the server listens; port 0 is any that is free.
        names: the names by which browsers reach it, besides the loopback and `host`.
        proxy: the address of a reverse proxy, whose word on client, name and https is taken; "" for none.
    """

    host: str = "127.0.0.1"
    port: int = 8017
    names: Sequence[str] = ()
    proxy: str = ""

    @property
    def is_for_all(self) -> bool:
        """Whether it listens at every address of this machine."""
        return self.host in ("0.0.0.0", "::", "")

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


@dataclass(frozen=True)
class Page:
    """A page that is ready to be served.

    Attributes:
        address: where it is.
        login: an address that lets somebody in, once.
    """

    address: str
    login: str
    server: Server

    def run(self) -> None:
        """Serve until a signal comes; Interrupted where it was Ctrl-C."""
        self.server.run()


class _Channel(HTTPChannel):
    """A connection on which a request counts as late from its first byte on, and not from its last."""

    def handle_read(self) -> None:
        request, since = self.request, self.last_activity
        super().handle_read()
        if request is not None and self.request is request:
            self.last_activity = since


class Server:
    """waitress on a socket, and the thread that learns."""

    def __init__(self, bound: socket.socket, parts: Parts, proxy: str) -> None:
        logging.getLogger("waitress").setLevel(logging.ERROR)
        trusted: dict[str, Any] = {"trusted_proxy": proxy, "trusted_proxy_headers": _FORWARDED}
        self._reviewing = parts.reviewing
        self._server = create_server(
            create_app(parts),
            sockets=[bound],
            threads=_THREADS,
            ident=None,
            asyncore_use_poll=True,
            channel_timeout=_ARRIVES_IN,
            cleanup_interval=_LOOKS_EVERY,
            connection_limit=_CONNECTIONS,
            max_request_body_size=LARGEST + 1,
            inbuf_overflow=2 * LARGEST,  # never into a file: a container may have no place for one
            outbuf_overflow=64 * LARGEST,
            max_request_header_size=_LONGEST_HEAD,
            clear_untrusted_proxy_headers=True,
            **(trusted if proxy else {}),
        )
        vars(self._server)["channel_class"] = _Channel

    def run(self) -> None:
        caught: list[int] = []

        def stop(number: int, frame: FrameType | None) -> None:
            if not caught:
                caught.append(number)
                raise SystemExit

        before = {number: signal.signal(number, stop) for number in shutdown.STOPS}
        threading.Thread(target=self._reviewing.work, daemon=True).start()
        try:
            self._server.run()  # until SystemExit
        finally:
            self.close()
            for number, handler in before.items():
                signal.signal(number, handler)
        if signal.SIGINT in caught:
            raise Interrupted("the page is closed: everything decided is saved")

    def close(self) -> None:
        self._reviewing.close()
        self._server.close()


@contextmanager
def opened(settings: Settings, door: Door, say: Say) -> Iterator[Page]:
    """Make the page ready; it is not there for anybody before `run`.

    Raises:
        SettingsError: the extra is not installed, or nobody can listen at the address.
        BusyError: another page of this data directory is running.
        FileError: the data directory cannot be written to.
    """
    with ExitStack() as stack:
        stack.enter_context(serving(settings.data))
        bound = stack.enter_context(_bound(door))
        access = Access(settings.data, time.time)
        address = settings.web_link or _address(door, bound.getsockname()[1])
        access.announce(address)
        names = [*door.names, door.host, urlsplit(settings.web_link).hostname or door.host]
        reviewing = Reviewing(settings, say)
        guard = Guard(names, any_address=door.is_for_all)
        parts = Parts(settings, access, guard, reviewing, say, page_files(access.cookie_name))
        server = Server(bound, parts, door.proxy)
        stack.callback(server.close)
        if not door.is_local and not door.proxy:
            say(_WARNING.format(where=address), "warning")
        yield Page(address, access.invite(), server)


def picture(address: str) -> str:
    """Return the QR code of an address for a terminal, dark on light whatever its colours are."""
    drawn = io.StringIO()
    segno.make(address, error="l").terminal(drawn, border=2, compact=True)
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in drawn.getvalue().splitlines())


_WARNING = (
    "others in this network can reach {where}, and without TLS they can read along: better leave --host at"
    " 127.0.0.1 and put a reverse proxy with TLS, or Tailscale, in front of it"
)


def _bound(door: Door) -> socket.socket:
    where = f"{door.host} port {door.port}"
    try:
        family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
        return socket.create_server((door.host, door.port), family=family, backlog=128)
    except OverflowError as error:
        raise SettingsError(f"--port {door.port} is no port", "say one from 1 to 65535") from error
    except OSError as error:
        raise SettingsError(f"nobody can listen at {where}: {_why(error)}", _remedy(error)) from error


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program does already"
    return "it is no address of this machine" if _is_elsewhere(error) else os.strerror(error.errno or 0)


def _remedy(error: OSError) -> str:
    if _is_elsewhere(error):
        return "say --host 127.0.0.1, or an address that this machine has"
    return "stop that program, or choose another port with --port"


def _is_elsewhere(error: OSError) -> bool:
    """Whether the address belongs to another machine, or a name leads nowhere: its numbers are negative."""
    return error.errno == errno.EADDRNOTAVAIL or (error.errno or 0) < 0


def _address(door: Door, port: int) -> str:
    """The address of the page, as well as it can be known from here."""
    if door.names:
        return f"https://{door.names[0]}" if door.proxy else f"http://{door.names[0]}:{port}"
    host = _own_address() if door.is_for_all else door.host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address() -> str:
    """The address at which others in the network reach this machine; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation, which nobody has
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
