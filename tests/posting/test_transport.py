"""What the transport promises about one request, whatever the client library does."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator

import pytest

from botus.errors import Interrupted
from botus.posting.http.transport import Wire
from botus.posting.target import Timing
from botus.posting.targets.x import X
from tests.support.loopback import Deaf, Fault
from tests.support.servers import XServer


@pytest.fixture
def server() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def wire() -> Wire:
    return Wire(Timing((2, 5), 10))


def test_one_call_makes_one_request(server: XServer, wire: Wire) -> None:
    session = wire.session()
    exchange = wire.ask(lambda: [session.get(server.url + "/first"), session.get(server.url + "/second")])
    assert [request.path for request in server.requests] == ["/first"]
    assert exchange.status == 401  # the first answer stands
    assert wire.ask(lambda: session.get(server.url + "/third")).status == 401


def test_a_call_that_asks_nothing(wire: Wire) -> None:
    exchange = wire.ask(lambda: 1 / 0)
    assert (exchange.began, exchange.status) == (False, None)
    assert exchange.failure == "the client failed (ZeroDivisionError)"


def test_requests_of_two_threads_that_overlap_leave_warnings_as_they_were(wire: Wire) -> None:
    before = list(warnings.filters)
    first, second = threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: wire.ask(lambda: (first.set(), second.wait(10))))

    def overlap() -> None:
        other.start()
        first.wait(10)

    Wire(Timing((2, 5), 10)).ask(overlap)  # ends while the other one is at work
    second.set()
    other.join()
    assert warnings.filters == before


def test_an_interruption_inside_a_client_that_catches_everything(wire: Wire) -> None:
    def call() -> None:
        try:
            raise Interrupted("stopped by SIGTERM")
        except Exception as error:
            raise OSError("could not complete the request") from error

    with pytest.raises(Interrupted, match="SIGTERM"):
        wire.ask(call)


def test_an_endless_answer_is_cut(server: XServer, wire: Wire) -> None:
    server.script(Fault("answer", 200, "x" * (9 << 20), on="GET "))
    exchange = wire.ask(lambda: wire.session().get(server.url))
    assert (exchange.began, exchange.status, exchange.failure) == (True, None, "it was too long")


def test_an_answer_is_whole_or_there_is_none(server: XServer, wire: Wire) -> None:
    server.script(Fault("cut", on="GET "))
    exchange = wire.ask(lambda: wire.session().get(server.url))
    assert (exchange.began, exchange.status, exchange.body) == (True, None, b"")


def test_no_connection_is_kept(server: XServer, wire: Wire) -> None:
    session = wire.session()
    for _ in range(3):
        wire.ask(lambda: session.get(server.url))
    ports = {request.port for request in server.requests}
    assert len(ports) == 3


def test_a_proxy_that_refuses_has_not_sent(server: XServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    answer = X("a", "b", "c", "d", timing=Timing((2, 2))).send("hello", "", again=False)
    assert answer.state == "later"
    assert answer.reason.startswith("no connection")


def test_a_moved_address_has_its_own_proxy_rules(server: XServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with Deaf() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        target = X("x-key", "b", "42-token", "d", base_url=server.url, timing=Timing((2, 2)))
        assert target.send("hello", "", again=False).state == "posted"


def test_a_moved_address_may_have_a_path(server: XServer) -> None:
    X("x-key", "b", "42-token", "d", base_url=server.url + "/proxy").send("hello", "", again=False)
    assert server.requests[0].path == "/proxy/2/tweets"
