"""What a hostile server sends stays small: answers that inflate, never end, nest or drip, for every client.

A client runs in a process of its own, asks a server that has one bomb under each path, and tells what it made
of each and by how much its memory grew. A cut answer to a post never means "not sent".
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import repeat
from pathlib import Path

import pytest

from botus.posting.http.exchange import Exchange

GROWTH = 20.0  # megabytes
DEADLINE = 0.4  # seconds
INFLATED = 60  # megabytes: three times what may be kept of them
OK = b"HTTP/1.1 200 OK\r\n"
GZIP = b"\r\nContent-Encoding: gzip\r\n\r\n"
PAGE = b"HTTP/1.1 302 Found\r\nLocation: /0/\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def gzipped(megabytes: int) -> bytes:
    """So many megabytes of spaces, a thousandth of that long: one flushed block again and again."""
    packer = zlib.compressobj(9, wbits=31)
    first = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * megabytes


def deflated(megabytes: int) -> bytes:
    return zlib.compress(b" " * (megabytes << 20), 9)


def answer(body: bytes, encoding: str = "") -> bytes:
    named = f"Content-Encoding: {encoding}\r\n".encode() if encoding else b""
    return OK + named + b"Content-Length: %d\r\n\r\n" % len(body) + body


def bombs(megabytes: int) -> dict[str, Iterable[bytes]]:
    """By name, what is sent, piece by piece; what is endless ends when the client has gone."""
    packed = gzipped(megabytes)
    flood = b"a" * 65536
    return {
        "gzip": [answer(packed, "gzip")],
        "deflate": [answer(deflated(min(megabytes, INFLATED)), "deflate")],
        "gzip twice": [answer(zlib.compress(packed, 9, wbits=31), "gzip, gzip")],
        "gzip told twice": [answer(packed, "gzip\r\nContent-Encoding: gzip")],
        "gzip in chunks": [CHUNKED.replace(b"\r\n\r\n", GZIP), b"%x\r\n" % len(packed), packed],
        "brotli": [answer(packed, "br")],
        "zstd": [answer(packed, "zstd")],
        "not gzip at all": [answer(b"{}", "gzip")],
        "half of a gzip": [answer(zlib.compress(b'{"id": "1"}' * 99, wbits=31)[:-9], "gzip")],
        "a body without end": [OK + b"\r\n", *repeat(flood, 10**4)],
        "a header without end": [OK + b"X-Kettle: ", *repeat(flood, 10**4)],
        "headers without end": [OK, *repeat(b"X-Kettle: on\r\n" * 999, 10**4)],
        "interim answers without end": [*repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 999, 10**4)],
        "a chunk's extension without end": [CHUNKED + b"1;kettle=", *repeat(flood, 10**4)],
        "chunks without end": [CHUNKED, *repeat(b"1\r\n \r\n" * 999, 10**4)],
        "trailers without end": [CHUNKED + b"0\r\n", *repeat(b"X-Kettle: on\r\n" * 999, 10**4)],
        "dripping headers": Drip(OK + b"X-Kettle: " + flood),
        "a dripping body": Drip(OK + b"Content-Length: 99999\r\n\r\n" + flood),
        "deep JSON": [answer(b"[" * 100_000 + b"]" * 100_000)],
        "deep JSON in an error": [answer(b'{"error":' * 50_000).replace(b"200 OK", b"500 No")],
        "wide JSON": [answer(b"[" + b"{}," * 80_000 + b"{}]")],
        "a large number": [answer(b'{"id": ' + b"9" * 200_000 + b"}")],
        "a length of 5,000 digits": [OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}"],
        "a length of 400 digits": [OK + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n{}"],
        "NUL": [answer(b'{"id": "\0", "data": {"id": "\\u0000"}, "uri": "\0"}')],
    }  # fmt: skip


class Drip:
    """Bytes that come one by one, also to whoever asks again."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        for byte in self.content:
            time.sleep(0.05)
            yield bytes([byte])


# A whole answer is taken by a webhook, whose services say yes by the status alone, and by a ping.
WHOLE = {"deep JSON", "wide JSON", "a large number", "a length of 5,000 digits", "NUL"}


class Hostile:
    """Answers with the bomb of the number that a path begins with."""

    def __init__(self, sent: Iterable[Iterable[bytes]]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sent = list(sent)

    def __enter__(self) -> Hostile:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with suppress(OSError), client:  # the client has had enough
            asked = client.recv(65536)
            assert b"gzip" not in asked
            for piece in self.sent[int(asked.split()[1].strip(b"/").partition(b"/")[0])]:
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass


CLIENT = r"""if True:
    import json, re, sys, time
    from pathlib import Path
    from botus.errors import FileError, TemporaryError
    from botus.monitoring import notify
    from botus.posting.http import bounded
    from botus.posting.target import Timing
    from botus.posting.targets.bluesky import Bluesky
    from botus.posting.targets.mastodon import Mastodon
    from botus.posting.targets.webhook import Webhook, within
    from botus.posting.targets.x import X
    from botus.store.sessions import Session, Sessions
    from botus.training.base_model.download import Hooks, download

    name, port, count, deadline = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    notify._PING = timing = Timing((1, 1), deadline)
    if name == "download":
        bounded.REQUEST_DEADLINE = deadline / 4  # it tries four times
    sessions = Sessions(Path("."))

    def bluesky(url):
        sessions.save(Session(f"kettle.test at {url}", "did:plc:kettle", "access", "refresh"))
        return Bluesky("kettle.test", "word", sessions, service=url, timing=timing)

    make = {
        "x": lambda url: X("a", "b", "42-c", "d", base_url=url, timing=timing),
        "mastodon": lambda url: Mastodon(url, "token", timing=timing),
        "bluesky": bluesky,
        "webhook": lambda url: Webhook(url.replace("http", "json"), timing),
    }

    def most():
        # In kilobytes; getrusage would tell those of the parent, too.
        return int(re.search("VmHWM:\s+([0-9]+)", Path("/proc/self/status").read_text())[1])

    def fetch(url, hooks=Hooks(bounded.streaming, pause=lambda seconds: None, timeouts=(1, 1))):
        try:
            download(url, Path("kettle"), lambda path: None, hooks, range(1, 32 << 10))
        except (FileError, TemporaryError) as error:
            return type(error).__name__
        finally:
            assert sum(path.stat().st_size for path in Path(".").glob(".kettle*")) <= 32 << 10
        return "whole"

    def look_up(url):
        assert make["webhook"](url).verify()  # as any post does before
        from apprise.utils import http

        with http.HTTPPolicySession(http.HTTPPolicy()) as session:
            taken = within(deadline, lambda: bool(session.get(url, timeout=1, stream=True).content))
        return "whole" if taken else "cut"

    def ask(number):
        url = f"http://127.0.0.1:{port}/{number}"
        if name == "download":
            return fetch(url + "/")
        if name == "ping":
            return "said: " + notify.ping(url + "/")
        if name == "instance":
            return getattr(make["mastodon"](url).ready(), "state", "ready")
        if name == "look-up":
            return look_up(url)
        target = make[name](url)
        return target.send("the kettle sings", target.new_key(), again=False).state

    ask(0)  # an answer as it should be, which loads whatever is needed
    peak = most()
    for number in range(1, count + 1):
        began = time.monotonic()
        print(json.dumps([ask(number), time.monotonic() - began]))
    print(json.dumps((most() - peak) / 1024))
"""


def told(client: str, sent: dict[str, Iterable[bytes]], folder: Path) -> dict[str, str]:
    """What a client says to each bomb; it takes little memory and little time."""
    with Hostile([[answer(b"{}")], *sent.values()]) as server:
        words = [sys.executable, "-c", CLIENT, client, str(server.port), str(len(sent)), str(DEADLINE)]
        done = subprocess.run(words, capture_output=True, text=True, cwd=folder, env=os.environ)
    assert not done.stderr
    *answers, growth = map(json.loads, done.stdout.splitlines())
    assert growth < GROWTH, (client, growth)
    by_name = dict(zip(sent, answers, strict=True))
    assert {name: seconds for name, (_, seconds) in by_name.items() if seconds > 2 * DEADLINE + 1} == {}
    return {name: state for name, (state, _) in by_name.items()}


@pytest.mark.parametrize(
    "client",
    ["mastodon", *(pytest.param(client, marks=pytest.mark.proof) for client in ("x", "bluesky"))],
)
def test_a_post_whose_answer_is_a_bomb_is_unknown(client: str, tmp_path: Path) -> None:
    sent = bombs(INFLATED)
    assert told(client, sent, tmp_path) == dict.fromkeys(sent, "unknown")


@pytest.mark.proof
def test_a_webhook_that_sends_bombs(tmp_path: Path) -> None:
    sent = bombs(INFLATED)
    expected = {name: "posted" if name in WHOLE else "unknown" for name in sent}
    assert told("webhook", sent, tmp_path) == expected


@pytest.mark.proof
def test_a_look_up_of_a_key_that_brings_bombs(tmp_path: Path) -> None:
    """Apprise makes these requests in ways of its own, and follows redirects."""
    sent = bombs(INFLATED)
    sent["a redirect whose page inflates"] = [PAGE.replace(b"\r\n\r\n", GZIP), gzipped(INFLATED)]
    found = told("look-up", sent, tmp_path)
    assert {name for name, said in found.items() if said == "whole"} == WHOLE


@pytest.mark.proof
def test_a_ping_that_is_answered_with_bombs(tmp_path: Path) -> None:
    found = told("ping", bombs(INFLATED), tmp_path)
    assert {name for name, words in found.items() if words == "said: "} == WHOLE


@pytest.mark.proof
def test_an_instance_page_that_is_a_bomb(tmp_path: Path) -> None:
    sent = bombs(INFLATED)
    assert set(told("instance", sent, tmp_path).values()) == {"later"}


@pytest.mark.proof
def test_a_base_model_that_is_a_bomb(tmp_path: Path) -> None:
    sent = bombs(300)
    sent["a redirect whose page has no end"] = [PAGE, *repeat(b"a" * 65536, 10**4)]
    found = told("download", sent, tmp_path)
    whole = {name for name, said in found.items() if said == "whole"}
    assert whole == {"NUL", "a redirect whose page has no end", "a length of 5,000 digits"}


@pytest.mark.proof
@pytest.mark.parametrize("client", ["x", "mastodon", "bluesky", "webhook", "ping"])
def test_eight_megabytes_that_inflate_to_eight_gigabytes(client: str, tmp_path: Path) -> None:
    sent = {name: bombs(8000)[name] for name in ("gzip", "gzip twice", "gzip in chunks")}
    assert not {"posted", "said: "} & set(told(client, sent, tmp_path).values())


@pytest.mark.parametrize(
    "body",
    [
        "[" * 65 + "]" * 65,
        '{"a":' * 65 + "1" + "}" * 65,
        "[" + "1," * 100_001 + "1]",
        '{"id": ' + "9" * 5000 + "}",
        '"' + '\\"' * 100_000,
    ],
)
def test_json_that_is_not_parsed(body: str) -> None:
    assert Exchange(status=200, body=body.encode()).json() is None


def test_json_that_is() -> None:
    strings = ["[" * 1000, '"[' * 100, "\\", '\\"{{{'] * 20
    for value in (strings, {"a": [[[{"b": strings}]]] * 3}):
        assert Exchange(status=200, body=json.dumps(value).encode()).json() == value
