"""Waits on this machine for the one request with which a browser comes back from a server's consent page.

The address is on the loopback and its port is the system's choice (RFC 8252, 7.3). Only a request that knows
the state, which was made for this one login, counts; whatever else knocks gets a page that says so.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from botus.errors import CredentialsError, TemporaryError
from botus.text import span

PATIENCE = 600.0  # seconds; a server's code is good for as long
_SLICE = 0.25  # seconds
_PLACE = "/botus"
_LONGEST_WORDS = 160
_AGAIN = "say the same command again"
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>botus</title><style>:root{{color-scheme:light dark}}body{{font:1.2rem/1.5 sans-serif;"
    "max-width:32rem;margin:4rem auto;padding:0 1rem}}</style><h1>{head}</h1><p>{words}</p></html>\n"
)
_CLOSE = "You may close this page and go back to the terminal."


class Redirect:
    """Listens while it is entered.

    Attributes:
        uri: where a server is to send the browser.
        state: what it has to bring along.
    """

    def __init__(self) -> None:
        self.state = secrets.token_urlsafe(32)

    def __enter__(self) -> Self:
        self._server = _Server(self.state)
        self.uri = f"http://127.0.0.1:{self._server.server_address[1]}{_PLACE}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float = PATIENCE) -> str:
        """Return the code that the browser brings.

        Raises:
            CredentialsError: it brings a no.
            TemporaryError: it does not come.
        """
        query, ends = None, time.monotonic() + seconds
        while query is None:
            # In slices: a Ctrl-C just before a wait would else be noticed at its end.
            with suppress(queue.Empty):
                query = self._server.brought.get(timeout=_SLICE)
            if query is None and time.monotonic() >= ends:
                raise TemporaryError(f"the browser did not come back within {span(seconds)}", _AGAIN)
        if query.get("error") == "access_denied":
            raise CredentialsError("the browser came back with a no: botus was not let in", _AGAIN)
        if "error" in query or "code" not in query:
            words = query.get("error_description") or query.get("error") or "it gave no code"
            raise CredentialsError(f"the server refused: {' '.join(words.split())[:_LONGEST_WORDS]}", _AGAIN)
        return query["code"]


class _Server(ThreadingMixIn, TCPServer):
    """A thread for each connection: browsers open some that they never use."""

    daemon_threads = True

    def __init__(self, state: str) -> None:
        self.state, self.unanswered = state, threading.Lock()
        self.brought: queue.Queue[dict[str, str]] = queue.Queue()
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: object) -> None:
        """A browser that left is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10.0

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path != _PLACE:
            self._show(404, "Nothing here", "botus waits for something else at this address.")
        elif not secrets.compare_digest(query.get("state", "").encode(), self.server.state.encode()):
            self._show(400, "Not this login", "This page belongs to another login than the one that waits.")
        elif not self.server.unanswered.acquire(blocking=False):
            self._show(410, "Over", f"This login has been answered. {_CLOSE}")
        else:
            try:
                is_yes = "code" in query and "error" not in query
                self._show(200, "Thank you" if is_yes else "botus was not let in", _CLOSE)
            finally:
                self.server.brought.put(query)

    def log_message(self, *_: object) -> None:
        """Silent: the path holds a secret."""

    def _show(self, status: int, head: str, words: str) -> None:
        body = _PAGE.format(head=head, words=words).encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def has_browser(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser can open in front of the person, who may be at another machine.

    Args:
        platform: `sys.platform`.
    """
    is_far = any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))
    has_screen = platform == "darwin" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if not environment.get("BROWSER") and (is_far or not has_screen):
        return False
    try:
        return bool(webbrowser.get())
    except webbrowser.Error:
        return False


def browse(address: str) -> None:
    """Let the browser open an address, without waiting for it: some end only when they are closed."""
    threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
