"""How long platforms ask to be left alone: every header on every platform, through the real clients."""

from __future__ import annotations

from email.utils import formatdate
from pathlib import Path

import pytest

from botus.posting.http.exchange import Exchange
from botus.posting.http.rate_limits import wait_until
from botus.posting.target import Answer, Timing
from botus.posting.targets.mastodon import Mastodon
from tests.posting.test_targets import ALL, NOW, Bench
from tests.support.fakes import Clock, World
from tests.support.loopback import Fault
from tests.support.servers import MastodonServer

Headers = dict[str, str]
DAY = 86400.0
RESETS = ("X-RateLimit-Reset", "x-rate-limit-reset", "RateLimit-Reset")


def at(seconds: float) -> str:
    return str(int(NOW + seconds))


def http(seconds: float) -> str:
    return formatdate(NOW + seconds, usegmt=True)


def x_day(app: int, user: int, quarter: int = 90) -> Headers:
    """What X tells: requests left of the app and the user in a day, and in a quarter of an hour."""
    left = {"x-app-limit-24hour": app, "x-user-limit-24hour": user, "x-rate-limit": quarter}
    resets = {"x-app-limit-24hour": at(70000), "x-user-limit-24hour": at(80000), "x-rate-limit": at(60)}
    told = {f"{limit}-remaining": str(count) for limit, count in left.items()}
    return told | {f"{limit}-reset": reset for limit, reset in resets.items()}


RETRY_AFTER: list[tuple[str, float | None]] = [
    ("3600", 3600),
    (" 90 ", 90),
    ("1.5", 1.5),
    ("0090", 90),
    (http(1800), 1800),
    ("Monday, 21-Sep-26 15:03:20 GMT", 3000),  # RFC 850
    ("Mon Sep 21 15:03:20 2026", 3000),  # asctime
    ("60, 120", 120),
    ("soon, 120", 120),
    ("604800", 7 * DAY),
    ("9" * 400, 366 * DAY),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 366 * DAY),
    ("0", None),
    ("-5", None),
    ("-0.5", None),
    (http(-60), None),
    ("Thu, 01 Jan 1970 00:00:00 GMT", None),
    ("", None),
    ("soon", None),
    ("1e309", None),
    ("nan", None),
    ("inf", None),
    ("0x20", None),
    ("٦٠", None),
    ("６０", None),
    ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ("Sun, 06 Nov 99999 08:49:37 GMT", None),
    ("a" * 5000, None),
]
RESET: list[tuple[str, float | None]] = [
    (at(300), 300),
    (f"{at(300)}.5", 300.5),
    ("2026-09-21T15:00:00Z", 2800),
    ("2026-09-21T15:00:00.000Z", 2800),
    ("2026-09-21T17:00:00+02:00", 2800),
    ("120", 120),
    ("0.25", 0.25),
    ("0", None),
    (at(0), None),
    (at(-5), None),
    ("1970-01-01T00:00:00Z", None),
    ("9999-12-31T23:59:59.999Z", None),
    ("253402300799", None),
    ("9" * 400, None),
    ("-1", None),
    ("", None),
    ("soon", None),
    ("1e309", None),
    ("١٧٩٠٠٠٠٣٠٠", None),
    ("2026-13-45T99:99:99Z", None),
]
TOGETHER: list[tuple[Headers, float | None]] = [
    ({}, None),
    ({"Retry-After": "3600", "X-RateLimit-Reset": at(60)}, 3600),
    ({"Retry-After": "5", "X-RateLimit-Reset": at(60)}, 60),
    ({"Retry-After": "soon", "x-rate-limit-reset": at(60)}, 60),
    ({"Retry-After": "60", "x-rate-limit-reset": "soon"}, 60),
    (x_day(0, 90), 70000),
    (x_day(90, 0), 80000),
    (x_day(0, 0), 80000),
    (x_day(0, 0, 0), 80000),
    (x_day(90, 90, 0), 60),
    (x_day(90, 90), 60),
    (x_day(90, 90) | {"Retry-After": "900"}, 900),
    (x_day(0, 90) | {"x-app-limit-24hour-reset": "soon"}, 60),
    (x_day(0, 90) | {"x-app-limit-24hour-remaining": "none"}, 60),
    (x_day(0, 90) | {"x-app-limit-24hour-remaining": "0.0"}, 70000),
    ({"x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": at(DAY)}, DAY),
    ({"x-app-limit-24hour-remaining": "1", "x-app-limit-24hour-reset": at(DAY)}, None),
]
TABLE: list[tuple[Headers, float | None]] = [
    *[({"Retry-After": value}, wait) for value, wait in RETRY_AFTER],
    *[({name: value}, wait) for name in RESETS for value, wait in RESET],
    *TOGETHER,
]


@pytest.fixture(params=[one for one in ALL if one.proves], ids=lambda one: str(one.name))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    made: Bench = request.param(tmp_path)
    return made


def test_every_header_on_every_platform(bench: Bench) -> None:
    with bench.server as server:
        target = bench.target()
        for headers, wait in TABLE:
            server.script(Fault("answer", 429, "{}", headers))
            answer = target.send("hello", target.new_key(), again=False)
            assert (answer.state, answer.needs_person) == ("later", False), headers
            assert answer.until == (None if wait is None else NOW + wait), headers


@pytest.mark.parametrize(
    ("status", "state"), [(429, "later"), (420, "later"), (408, "later"), (503, "unknown"), (529, "unknown")]
)
def test_on_whatever_says_that_a_platform_is_busy(bench: Bench, status: int, state: str) -> None:
    with bench.server:
        fault = Fault("answer", status, "<html>busy</html>", {"Retry-After": http(3600)})
        answer = bench.send(fault)
        assert (answer.state, answer.until, answer.needs_person) == (state, NOW + 3600, False)


@pytest.mark.parametrize("status", [429, 503])
def test_from_the_first_answer(bench: Bench, status: int) -> None:
    """Mastodon's limits, Bluesky's session: asked before a post, so nothing is claimed."""
    with bench.server as server:
        headers = {"Retry-After": "1800"}
        server.script(*[Fault("answer", status, "{}", headers, on="/")] * 3)
        answer = bench.target().ready()
        if bench.name == "x":
            assert not isinstance(answer, Answer)  # nobody is asked: each answer costs money
            return
        assert isinstance(answer, Answer)
        assert (answer.state, answer.until, answer.needs_person) == ("later", NOW + 1800, False)


def test_a_limit_with_requests_left_is_no_wait_when_something_else_is_wrong() -> None:
    headers = {"x-ratelimit-remaining": "290", "x-ratelimit-reset": at(250)}
    assert wait_until(Exchange(status=503, headers=headers), NOW) is None
    assert wait_until(Exchange(status=503, headers=headers | {"retry-after": "60"}), NOW) == NOW + 60
    assert (
        wait_until(Exchange(status=503, headers=headers | {"x-ratelimit-remaining": "0"}), NOW) == NOW + 250
    )


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_times_count_on_the_servers_clock(header: str) -> None:
    ours = Clock()
    ours.now = 1000.0  # a Raspberry Pi after a power cut
    with MastodonServer(clock=lambda: NOW) as server:
        server.script(Fault("answer", 429, "{}", {header: http(600) if header == "Retry-After" else at(600)}))
        answer = Mastodon(server.url, server.token, timing=Timing(clock=ours)).send("hello", "", again=False)
        assert answer.until == 1600


class TestTheRunWaits:
    """The wait outlives the process, no request is made before its end, and it is said."""

    def world(self, data: Path, server: MastodonServer) -> World:
        world = World(data)
        world.clock.now = NOW
        server.clock = world.clock
        target = Mastodon(server.url, server.token, timing=Timing(clock=world.clock))
        world.targets = {"mastodon": target}  # type: ignore[dict-item]
        return world

    def post(self, world: World, server: MastodonServer, *faults: Fault) -> int:
        """One posting run; how many requests it made."""
        before = len(server.requests)
        server.script(*faults)
        world.run().post()
        return len(server.requests) - before

    @pytest.mark.parametrize("on", ["/api/v2/instance", "POST "])
    def test_an_hour(self, tmp_path: Path, on: str) -> None:
        with MastodonServer() as server:
            world = self.world(tmp_path, server)
            world.lines("The kettle sang all morning.", "I counted the spoons again.")
            assert self.post(world, server, Fault("answer", 429, "{}", {"Retry-After": "3600"}, on=on))
            assert "trying again in 60 minutes" in world.said[0][1]
            world.clock.now += 3599
            assert self.post(self.world_again(world), server) == 0
            world.clock.now += 2
            assert self.post(self.world_again(world), server)
            assert len(server.texts) == 1

    def test_an_outage_that_says_how_long(self, tmp_path: Path) -> None:
        """A 503 to the post itself proves nothing, so the post is looked for, but not before."""
        with MastodonServer() as server:
            world = self.world(tmp_path, server)
            world.lines("The kettle sang all morning.", "I counted the spoons again.")
            self.post(world, server, Fault("answer", 503, "<html>", {"Retry-After": "1200"}))
            world.clock.now += 1199
            assert self.post(self.world_again(world), server) == 0
            world.clock.now += 2
            assert self.post(self.world_again(world), server)
            assert len(server.texts) == 1  # looked for, not there, sent once more with its key

    def test_a_week_is_cut_to_a_day_and_said(self, tmp_path: Path) -> None:
        with MastodonServer() as server:
            world = self.world(tmp_path, server)
            world.lines("The kettle sang all morning.")
            self.post(world, server, Fault("answer", 429, "{}", {"Retry-After": "604800"}))
            assert "trying again in 1 day (the platform asks for 7 days)" in world.said[0][1]
            world.clock.now += DAY - 1
            assert self.post(world, server) == 0
            world.clock.now += 2
            assert self.post(world, server)

    def world_again(self, world: World) -> World:
        """The same folder, as another process finds it."""
        again = World(world.data)
        again.clock, again.targets, again.said = world.clock, world.targets, world.said
        return again
