"""What every request must pass before anything is done for it, and what every answer carries.

A browser is the way in for strangers: a page somewhere else can make it ask for anything here. So the name
that it asked for has to be one of ours (a stranger's name may be led here: DNS rebinding), what changes
something has to come from our own page, and no answer may be shown, run or kept anywhere else.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from ipaddress import ip_address

from flask import Request, Response

from botus.web.exchange import Problem

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::[0-9]{1,5})?", re.ASCII)
SAFE = ("GET", "HEAD")
LARGEST = 1 << 20  # bytes of a request
_SOME, _MANY = 30.0, 400  # requests a second that one address may make, and at once
_LOGINS, _LOGINS_AT_ONCE = 1 / 6, 10
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}


class Rate:
    """How often something may happen, by address: so many at once, and then so many a second."""

    _MOST = 1000  # addresses that are remembered

    def __init__(self, a_second: float, at_once: int, clock: Callable[[], float]) -> None:
        self._a_second, self._at_once, self._clock = a_second, at_once, clock
        self._guard = threading.RLock()
        self._left: OrderedDict[str, tuple[float, float]] = (
            OrderedDict()
        )  # tokens, and when there were so many

    def left(self, address: str) -> float:
        """How many more may come at once."""
        with self._guard:
            now = self._clock()
            count, since = self._left.get(address, (float(self._at_once), now))
            return min(self._at_once, count + (now - since) * self._a_second)

    def take(self, address: str) -> None:
        """Count one."""
        with self._guard:
            self._left[address] = max(0.0, self.left(address) - 1), self._clock()
            self._left.move_to_end(address)
            while len(self._left) > self._MOST:
                self._left.popitem(last=False)


class Guard:
    """Lets requests in or not.

    Args:
        names: host names and addresses that the page is reached by, besides the loopback.
        any_address: whether it is reached by every address of this machine; an address cannot be led here
            by a stranger, as a name can.
        clock: seconds, of any beginning.
    """

    def __init__(
        self,
        names: Collection[str] = (),
        *,
        any_address: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._names = {_plain(name) for name in names}
        self._any_address = any_address
        self._requests = Rate(_SOME, _MANY, clock)
        self._failed = Rate(_LOGINS, _LOGINS_AT_ONCE, clock)

    def check(self, request: Request) -> None:
        """Raise Problem where a request must not be heard."""
        address = request.remote_addr or ""
        if self._requests.left(address) < 1:
            raise Problem(429, "slow down", "that was faster than anybody reads: it goes on in a moment")
        self._requests.take(address)
        if not self._is_ours(host_of(request.headers.get("Host", ""))):
            raise Problem(
                403, "host", "this page does not go by that name: start it with botus web --host-name NAME"
            )
        if request.method not in SAFE:
            self._check_origin(request)
        elif _is_of_another_page(request):
            raise Problem(403, "origin", _NOT_OURS)
        if (request.content_length or 0) > LARGEST:
            raise Problem(413, "size", "that is too long for the page")

    def check_login(self, request: Request) -> None:
        """Raise Problem where too many logins from there were wrong."""
        if self._failed.left(request.remote_addr or "") < 1:
            raise Problem(429, "slow down", "too many logins that were wrong: wait a minute, then try again")

    def count_failed_login(self, request: Request) -> None:
        self._failed.take(request.remote_addr or "")

    def _is_ours(self, host: str) -> bool:
        if host and (host in self._names or host == "localhost"):
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or self._any_address

    def _check_origin(self, request: Request) -> None:
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        own = f"{request.scheme}://{request.headers.get('Host', '')}"
        if site not in ("same-origin", "none") if site else origin is None or origin.lower() != own.lower():
            raise Problem(403, "origin", _NOT_OURS)


_NOT_OURS = "this was not asked by the page itself: open it and do it there"


def _is_of_another_page(request: Request) -> bool:
    """Tell whether another page asks, other than by a link; one at another port comes with the cookie too."""
    site, mode = request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Mode")
    return site in ("cross-site", "same-site") and mode != "navigate"


def finish(response: Response) -> Response:
    """Give an answer what every answer carries."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def host_of(header: str) -> str:
    """Return the name or address in a Host header, without its port; nothing where it is no such header."""
    found = _HOST.fullmatch(header)
    return _plain(found[1]) if found else ""


def _plain(name: str) -> str:
    return name.strip("[]").lower().removesuffix(".")
