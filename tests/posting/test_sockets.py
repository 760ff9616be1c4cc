"""A library with sockets of its own takes bytes and time up to its budget only, and its thread ends.

Real servers send without end, or a byte at a time past the deadline: through Apprise to smtplib and a client
of a chat, and to plain and TLS sockets read in each way that there is.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from itertools import chain, repeat

import pytest

from botus.posting.http.sockets import bounded
from botus.posting.target import Answer, Timing
from botus.posting.targets import webhook
from botus.posting.targets.webhook import Webhook, within

LONGEST = 1 << 16  # bytes
SOON = 0.15  # seconds


class Sender:
    """Sends every client the same, piece by piece, whatever it says, until it has gone.

    Attributes:
        sent: bytes that clients have taken or the machine has between them and this.
    """

    def __init__(self, content: Iterable[bytes], pause: float = 0, is_tls: bool = False) -> None:
        self.content, self.pause = content, pause
        self.tls = tls(ssl.PROTOCOL_TLS_SERVER) if is_tls else None
        self.sent = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()

    def __enter__(self) -> Sender:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._send, args=(client,), daemon=True).start()

    def _send(self, client: socket.socket) -> None:
        with suppress(OSError), ExitStack() as opened:
            opened.enter_context(client)
            if self.tls:
                client = opened.enter_context(self.tls.wrap_socket(client, server_side=True))
            for piece in self.content:
                client.sendall(piece)
                self.sent += len(piece)
                time.sleep(self.pause)


def posted(url: str, deadline: float) -> Answer:
    """What becomes of a post; whatever was at work on it has ended."""
    before = set(threading.enumerate())
    target = Webhook(url, Timing((5, 5), deadline))
    assert not isinstance(target.ready(), Answer)
    answer = target.send("the kettle sings to the lamp", "", again=False)
    for thread in set(threading.enumerate()) - before:
        if thread.name.endswith("(run)"):
            thread.join(5)
            assert not thread.is_alive()
    return answer


MAIL = "mailto://127.0.0.1:{}?from=lamp@kettle.test&to=keeper@kettle.test&mode=insecure"
CHAT = "irc://127.0.0.1:{}/keepers"
GREETED = b"220 kettle.test\r\n"


@pytest.mark.parametrize(
    ("url", "content"),
    [
        (MAIL, chain([GREETED], repeat(b"250-the kettle sings\r\n" * 99))),
        (MAIL, repeat(b"220-the kettle sings\r\n" * 99)),
        (CHAT, repeat(b"a" * 4096)),
        (CHAT, repeat(b":kettle.test NOTICE * :the kettle sings\r\n" * 99)),
    ],
)
def test_an_answer_without_end(url: str, content: Iterable[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_LONGEST", LONGEST)
    with Sender(content) as server:
        began = time.monotonic()
        answer = posted(url.format(server.address[1]), 60)
    assert answer.state == "unknown"
    assert time.monotonic() - began < 20  # not the deadline
    assert server.sent < 20 << 20  # most of it stood in buffers


@pytest.mark.parametrize("url", [MAIL, CHAT], ids=["mail", "chat"])
def test_an_answer_that_drips(url: str) -> None:
    with Sender(chain([GREETED], repeat(b"2")), pause=0.02) as server:
        assert posted(url.format(server.address[1]), SOON) == Answer("unknown", reason="timed out")


def tls(protocol: int) -> ssl.SSLContext:
    """TLS with ciphers that need no certificate."""
    context = ssl.SSLContext(protocol)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.set_ciphers("aNULL:@SECLEVEL=0")
    except ssl.SSLError:
        pytest.skip("OpenSSL was built without them")
    return context


def by_recv(sock: socket.socket) -> Iterator[int]:
    while got := sock.recv(999):
        yield len(got)


def by_recv_into(sock: socket.socket) -> Iterator[int]:
    buffer = bytearray(999)
    while count := sock.recv_into(buffer):
        yield count


def by_lines(sock: socket.socket) -> Iterator[int]:
    return map(len, sock.makefile("rb"))


def by_asking(sock: socket.socket) -> Iterator[int]:
    sock.setblocking(False)
    while True:
        select.select([sock], [], [], 0.05)
        with suppress(BlockingIOError, ssl.SSLWantReadError):
            yield len(sock.recv(999))


Read = Callable[[socket.socket], Iterator[int]]
EACH_WAY = pytest.mark.parametrize("read", [by_recv, by_recv_into, by_lines, by_asking])
EACH_KIND = pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])


def connected(server: Sender, is_tls: bool = False) -> socket.socket:
    sock = socket.create_connection(server.address, 5)
    return tls(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(sock) if is_tls else sock


@EACH_KIND
@EACH_WAY
def test_bytes_without_end(read: Read, is_tls: bool) -> None:
    taken: list[int] = []
    ends = time.monotonic() + 10
    with Sender(repeat(b"kettle\n" * 99), is_tls=is_tls) as server, bounded(ends, LONGEST):
        with connected(server, is_tls) as sock, pytest.raises(OSError, match="too long"):
            taken.extend(read(sock))
        with pytest.raises(OSError, match="too long"):
            connected(server)
    assert sum(taken) < LONGEST + 10_000


@EACH_KIND
@EACH_WAY
def test_bytes_that_drip(read: Read, is_tls: bool) -> None:
    with Sender(repeat(b"k"), pause=0.02, is_tls=is_tls) as server:
        ends = time.monotonic() + SOON
        with bounded(ends, LONGEST), connected(server, is_tls) as sock:
            with pytest.raises(TimeoutError):
                list(read(sock))
            assert ends <= time.monotonic() < ends + 4  # not the time-out of the socket
            for method in (lambda: sock.sendall(b"kettle"), lambda: connected(server)):
                with pytest.raises(TimeoutError):
                    method()


def test_a_handshake_that_never_ends() -> None:
    started = repeat(b"\x16\x03\x03\x40\x00\x02", 1)
    ends = time.monotonic() + SOON
    with Sender(started, pause=60) as server, bounded(ends, LONGEST), pytest.raises(TimeoutError):
        connected(server, is_tls=True)
    assert time.monotonic() < ends + 4


@EACH_KIND
def test_other_threads_read_what_they_like(is_tls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_LONGEST", LONGEST)
    with Sender(repeat(b"k" * 4096, 99), is_tls=is_tls) as server:
        read, may_end = threading.Event(), threading.Event()

        def wait() -> bool:
            read.set()
            return may_end.wait(20)

        budgeted = threading.Thread(target=within, args=(20, wait))
        budgeted.start()
        assert read.wait(20)
        with connected(server, is_tls) as sock:
            assert sum(by_recv(sock)) == 99 * 4096
            assert sock.gettimeout() == 5
        may_end.set()
        budgeted.join()


def test_the_next_call_has_a_budget_of_its_own() -> None:
    with Sender([b"k" * 4096]) as server:
        for _ in range(2):
            with bounded(time.monotonic() + 4, 4096), connected(server) as sock:
                assert sum(by_recv(sock)) == 4096
                assert sock.gettimeout() == 5  # more than the call has
