"""The server itself: a real process or a real socket, and what is wrong before it begins."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from botus.errors import BotusError, BusyError, FileError, SettingsError
from botus.settings import Settings
from botus.text import fingerprint
from botus.web.serving import Binding, Page, opened, picture
from tests.support.command import ROOT, botus, environment, until
from tests.web.page import POSTS, filled, journal
from tests.web.served import served

FIRST = fingerprint(POSTS[0])
OWN = Binding(port=0)


@contextmanager
def running(data: Path, binding: Binding = OWN) -> Iterator[tuple[Page, tuple[str, int]]]:
    """A page on a real socket, in a thread."""
    with opened(Settings(filled(data)), binding, lambda *_, **__: None) as page:
        server = page.server._server
        threading.Thread(target=server.run, daemon=True).start()
        yield page, ("127.0.0.1", server.effective_port)
        server.task_dispatcher.shutdown()


def raw(address: tuple[str, int], content: bytes) -> bytes:
    """Send bytes and return what comes back until the other side closes."""
    found = b""
    with socket.create_connection(address, timeout=20) as client, suppress(ConnectionError):
        client.sendall(content)
        while piece := client.recv(65536):
            found += piece
    return found


def login(page: Page, address: tuple[str, int], **headers: str) -> str:
    """Log in with these headers; returns the answer's head."""
    body = f'{{"token": "{page.login.partition("#")[2]}"}}'.encode()
    given = {"Host": "localhost", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    given |= {"Content-Length": str(len(body)), "Connection": "close"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return (
        raw(address, f"POST /login HTTP/1.1\r\n{head}\r\n".encode() + body).partition(b"\r\n\r\n")[0].decode()
    )


def test_the_life_of_a_page(tmp_path: Path) -> None:
    data, wanted = filled(tmp_path / "data"), [{"post": FIRST, "verdict": "drop"}]
    assert botus("web", "--data", data, "--login").code == 2
    with served(data) as page:
        page.send("/review")
        page.send("/decide", id="mine", decisions=wanted)
        page.end(signal.SIGKILL)  # between the journal and the answer
    with served(data) as page:
        assert page.send("/decide", id="mine", decisions=wanted)["done"] == wanted
        second = botus("web", "--data", data, "--login", "--json").value["login"]
        assert botus("web", "--data", data, "--logout").code == 0
        assert page.ask("GET", "/review?client=sofa")[0] == 401
        assert page.ask("POST", "/login", {"token": second.partition("#")[2]})[0] == 403
        assert page.end(signal.SIGINT) == 130
        out, err = page.process.communicate()
        assert "everything decided is saved" in err
        assert "\x1b" not in out + err
    assert [entry["kind"] for entry in journal(data)] == ["drop", "end"]
    assert (data / "tweets.txt").read_text().splitlines() == list(POSTS[1:])


def test_a_request_that_trickles_is_late_and_holds_nobody_up(tmp_path: Path) -> None:
    with running(tmp_path / "data") as (page, address):
        server = page.server._server
        slow = [socket.create_connection(address, timeout=20) for _ in range(60)]
        for client in slow:
            client.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\nX: ")
        until(lambda: sum(one.request is not None for one in [*server.active_channels.values()]) == 60)
        answer = raw(address, b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        channel = next(one for one in server.active_channels.values() if one.request is not None)
        since, seen = channel.last_activity, channel.request.header_plus
        for client in slow:
            client.sendall(b"a")
        until(lambda: channel.request.header_plus != seen)
        assert channel.last_activity == since
        server.maintenance(since + 60)
        for client in slow:
            client.sendall(b"a")  # the server wakes up, and closes
        for client in slow:
            with suppress(ConnectionError):
                assert client.recv(100) == b""
            client.close()


def test_a_hundred_megabytes_are_refused_at_their_head(tmp_path: Path) -> None:
    head = b"POST /decide HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
    with running(tmp_path / "data") as (_, address):
        answer = raw(address, head + b"Content-Length: 100000000\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 413")
        sent, piece = 0, b"10000\r\n" + b"a" * 65536 + b"\r\n"
        with socket.create_connection(address, timeout=20) as client, suppress(OSError):
            client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            while sent < 100_000_000:
                client.sendall(piece)
                sent += len(piece)
        assert sent < 30_000_000  # what the kernels take in meanwhile, too
        answer = raw(address, b"GET /login HTTP/1.1\r\n" + b"X: a\r\n" * 20_000)
        assert not answer.startswith(b"HTTP/1.1 200")


BENT = (
    "GET //etc/passwd HTTP/1.1",
    "GET /../../botus/web/app.py HTTP/1.1",
    "GET /%2e%2e%2fapp.py HTTP/1.1",
    "GET http://elsewhere.example/ HTTP/1.1",
    "GET /\x00 HTTP/1.1",
    "GET * HTTP/1.1",
    "TRACE / HTTP/1.1",
    "nonsense",
    "GET /login.js HTTP/1.1\r\nHost: elsewhere.example",
)


def test_a_request_that_is_bent_gets_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "data") as (_, address):
        for line in BENT:
            answer = raw(address, f"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode("latin-1"))
            assert answer.split(b" ")[1] in (b"400", b"401", b"403", b"404"), line
            assert b"Server:" not in answer
            assert b"Traceback" not in answer


FORWARDED = {
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "bot.example",
    "X_Forwarded_For": "203.0.113.9",
}


def test_what_a_proxy_says_is_not_believed_of_anybody(tmp_path: Path) -> None:
    with running(tmp_path / "data") as (page, address):
        assert page.login.startswith("http://127.0.0.1:")
        head = login(page, address, **FORWARDED)
        assert head.startswith("HTTP/1.1 200")
        assert "Secure" not in head


def test_what_the_named_proxy_says_is_believed(tmp_path: Path) -> None:
    with running(tmp_path / "data", Binding(port=0, proxy="127.0.0.1", names=["bot.example"])) as (
        page,
        address,
    ):
        assert page.login.startswith("https://bot.example/login#")
        foreign = login(page, address, **FORWARDED | {"X_Forwarded_Host": "elsewhere.example"})
        assert foreign.startswith("HTTP/1.1 403")
        head = login(page, address, **FORWARDED)
        assert head.startswith("HTTP/1.1 200")
        assert "Secure" in head


def begin(data: Path, **options: object) -> list[str]:
    """Make a page ready and end it; returns what was said."""
    said: list[str] = []
    binding = Binding(**{"port": 0, **options})  # type: ignore[arg-type]
    with opened(Settings(data), binding, lambda words, *_, **__: said.append(words)):
        return said


def test_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(SettingsError) as found:
        begin(filled(tmp_path / "data"), port=other.getsockname()[1])
    assert "another program does already" in found.value.message
    assert "--port" in found.value.hint


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-name.invalid", "1.2.3.4.5", "::f"])
def test_the_address_is_not_ours(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError) as found:
        begin(filled(tmp_path / "data"), host=host)
    assert "no address of this machine" in found.value.message
    assert "127.0.0.1" in found.value.hint


def test_one_page_at_a_time(tmp_path: Path) -> None:
    data = filled(tmp_path / "data")
    with running(data), pytest.raises(BusyError, match="another botus web"):
        begin(data)
    assert begin(data) == []


def test_who_lets_others_reach_it_is_warned(tmp_path: Path) -> None:
    data = filled(tmp_path / "data")
    (said,) = begin(data, host="0.0.0.0")
    assert all(word in said for word in ("TLS", "reverse proxy", "Tailscale"))
    assert begin(data, host="0.0.0.0", proxy="127.0.0.1") == []


def test_a_folder_that_takes_nothing_and_one_that_is_not_there(tmp_path: Path) -> None:
    data = filled(tmp_path / "data")
    (data / ".botus").write_text("in the way")
    with pytest.raises(FileError, match=r"\.botus"):
        begin(data)
    ended = botus("web", "--data", tmp_path / "nothing")
    assert (ended.code, ended.err.count("\n")) == (3, 2)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "flask.py").write_text("raise ImportError")
    ended = botus("web", "--data", filled(tmp_path / "data"), PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert (ended.code, ended.err.count("\n")) == (2, 2)
    assert "pip install 'botus[web]'" in ended.err
    assert issubclass(SettingsError, BotusError)


def test_the_picture_of_an_address_is_dark_on_light() -> None:
    lines = picture("http://127.0.0.1:8017/login#token").split("\n")
    assert len({len(line) for line in lines}) == 1
    assert all(line.startswith("\x1b[97;40m█") and line.endswith("\x1b[0m") for line in lines[:-1])


def test_the_poster_loads_nothing_of_it() -> None:
    program = (
        "import sys, botus.cli.main, botus.web.access, botus.schedule.process, botus.monitoring.notify\n"
        "assert not {'flask', 'waitress', 'segno', 'werkzeug'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=environment())
