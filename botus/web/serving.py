"""The page as a server: where it is, by which names and logins it is reached, how it begins and ends."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from botus.errors import not_installed
from botus.log import Say
from botus.settings import Settings
from botus.web.access import Access, serving

try:
    import segno

    from botus.web.app import Parts, create_app, page_files
    from botus.web.guard import LARGEST, Guard
    from botus.web.reviewing import Reviewing
    from botus.web.server import Limits, Server, address_of, bound, is_local
except ImportError as error:
    raise not_installed("web") from error


@dataclass(frozen=True)
class Binding:
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
    reviewing: Reviewing

    def run(self) -> None:
        """Serve until a signal comes, and learn beside it; Interrupted where it was Ctrl-C."""
        threading.Thread(target=self.reviewing.work, daemon=True).start()
        try:
            self.server.run("the page is closed: everything decided is saved")
        finally:
            self.reviewing.close()


@contextmanager
def opened(settings: Settings, binding: Binding, say: Say) -> Iterator[Page]:
    """Make the page ready; it is not there for anybody before `run`.

    Raises:
        SettingsError: the extra is not installed, or nobody can listen at the address.
        BusyError: another page of this data directory is running.
        FileError: the data directory cannot be written to.
    """
    with ExitStack() as stack:
        stack.enter_context(serving(settings.data))
        listening = stack.enter_context(bound(binding.host, binding.port))
        access = Access(settings.data, time.time)
        address = settings.web_link or _address(binding, listening.getsockname()[1])
        access.announce(address)
        names = [*binding.names, binding.host, urlsplit(settings.web_link).hostname or binding.host]
        reviewing = Reviewing(settings, say)
        guard = Guard(names, any_address=binding.is_for_all)
        parts = Parts(settings, access, guard, reviewing, say, page_files(access.cookie_name))
        server = Server(listening, create_app(parts), Limits(LARGEST, binding.proxy))
        stack.callback(server.close)
        stack.callback(reviewing.close)
        if not is_local(binding.host) and not binding.proxy:
            say(_WARNING.format(where=address), "warning")
        yield Page(address, access.invite(), server, reviewing)


def picture(address: str) -> str:
    """Return the QR code of an address for a terminal, dark on light whatever its colours are."""
    drawn = io.StringIO()
    segno.make(address, error="l").terminal(drawn, border=2, compact=True)
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in drawn.getvalue().splitlines())


_WARNING = (
    "others in this network can reach {where}, and without TLS they can read along: better leave --host at"
    " 127.0.0.1 and put a reverse proxy with TLS, or Tailscale, in front of it"
)


def _address(binding: Binding, port: int) -> str:
    """The address of the page, as well as it can be known from here."""
    if binding.names:
        return f"https://{binding.names[0]}" if binding.proxy else f"http://{binding.names[0]}:{port}"
    return address_of(_own_address() if binding.is_for_all else binding.host, port)


def _own_address() -> str:
    """The address at which others in the network reach this machine; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation, which nobody has
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
