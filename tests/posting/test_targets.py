"""What every target promises, proven on each with its real client library against real HTTP servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from botus.errors import BotusError, CredentialsError, Interrupted, TemporaryError
from botus.platforms.rows import PLATFORMS
from botus.posting.target import Answer, Attempt, Ready, Target, Timing
from botus.posting.targets.bluesky import Bluesky
from botus.posting.targets.mastodon import Mastodon
from botus.posting.targets.webhook import Webhook
from botus.posting.targets.x import X
from botus.store.sessions import Session, Sessions
from tests.support.loopback import Deaf, Fault, Loopback
from tests.support.servers import BlueskyServer, HookServer, MastodonServer, XServer

X_SECRETS = ("x-key", "x-consumer-secret", "42-token", "x-token-secret")
NOW = 1_790_000_000.0
ODD_BODIES = [
    "",
    "[]",
    "null",
    "{}",
    '"x"',
    "7",
    "[[1]]",
    "[" * 5000,
    "<html>",
    "{",
    "\x00",
    '{"data": null}',
    '{"data": 7}',
    '{"data": {"id": null}}',
    '{"data": [7, null, {}]}',
    '{"version": 7, "id": []}',
    '{"id": true, "error": 7}',
    '[null, {"id": "1"}]',
    '{"errors": [null]}',
    '{"errors": {}, "detail": []}',
    '{"errors": [{"message": "only errors"}]}',
]


def send(target: Target) -> Answer:
    return target.send("hello", target.new_key(), again=False)


class Bench:
    """One platform: its server, the clock of both sides, and targets that talk to it.

    A platform whose server is in the way of a look says which requests that concerns; one that cannot tell a
    refusal from a lost answer (`proves` is False) promises only that nothing is sent twice.
    """

    name: str  # the platform's, and of the target's module
    made: str  # how a target is made in that module, as its source says it
    kind: type[Loopback]
    secrets: tuple[str, ...] = ()
    asks_who = ("users", "accounts")  # part of the requests by which `verify` asks
    proves = True
    patient = False  # looks a while after an attempt, for a day
    lost = "the answer was lost: "

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.folder = folder
        self.server = self.kind(clock=lambda: self.now)

    def target(
        self, url: str = "", timeouts: tuple[float, float] = (5, 5), deadline: float = 10, token: str = ""
    ) -> Target:
        raise NotImplementedError

    def accounts(self) -> tuple[Target, Target, Target]:
        """Two targets of one account, and one of another."""
        return tuple(self.target(token=f"{name}token") for name in ("some", "some", "other"))  # type: ignore[return-value]

    def expects(self, status: int, state: str, person: bool) -> tuple[str, bool]:
        """What an answer to a post means here, where the rule says `state` and `person`."""
        return state, person

    def send(self, fault: Fault | str, text: str = "hello", again: bool = False) -> Answer:
        """Post once, with one misbehaviour of the server; make sure that it was asked at most once."""
        self.server.script(fault)
        before = len(self.server.requests)
        target = self.target()
        answer = target.send(text, target.new_key(), again=again)
        assert not self.server.faults
        assert len(self.server.requests) <= before + 1
        return answer


class XBench(Bench):
    name = "x"
    made = "X('a', 'b', 'c', 'd')"
    patient = True
    kind = XServer
    secrets = X_SECRETS

    def target(
        self, url: str = "", timeouts: tuple[float, float] = (5, 5), deadline: float = 10, token: str = ""
    ) -> Target:
        secrets = (*X_SECRETS[:2], token or X_SECRETS[2], X_SECRETS[3])
        return X(
            *secrets,
            base_url=url or self.server.url,
            may_read=True,
            timing=Timing(timeouts, deadline, lambda: self.now),
        )


class MastodonBench(Bench):
    name = "mastodon"
    made = "Mastodon('https://example.social', 'token')"
    patient = True
    kind = MastodonServer
    secrets = (MastodonServer.token,)

    def target(
        self, url: str = "", timeouts: tuple[float, float] = (5, 5), deadline: float = 10, token: str = ""
    ) -> Target:
        url, token = url or self.server.url, token or MastodonServer.token
        return Mastodon(url, token, timing=Timing(timeouts, deadline, lambda: self.now))


class BlueskyBench(Bench):
    """Logged in already, as after the first post of its life."""

    name = "bluesky"
    made = "Bluesky('kettle.test', 'word', Sessions(Path('.')))"
    kind = BlueskyServer
    secrets = (BlueskyServer.password, "access-0", "refresh-0")
    asks_who = ("getSession", "refreshSession", "createSession")

    def target(
        self, url: str = "", timeouts: tuple[float, float] = (5, 5), deadline: float = 10, token: str = ""
    ) -> Target:
        sessions = Sessions(self.folder)
        if not sessions.path.exists():
            owner = f"{BlueskyServer.handle} at {self.server.url}"
            sessions.save(Session(owner, BlueskyServer.did, "access-0", "refresh-0"))
        return Bluesky(
            BlueskyServer.handle,
            token or BlueskyServer.password,
            sessions,
            service=url or self.server.url,
            timing=Timing(timeouts, deadline, lambda: self.now),
        )

    def accounts(self) -> tuple[Target, Target, Target]:
        sessions = Sessions(self.folder)
        names = ("kettle.test", "kettle.test", "teapot.test")
        return tuple(Bluesky(name, "some-token", sessions) for name in names)  # type: ignore[return-value]


class WebhookBench(Bench):
    """Apprise's own JSON form: whatever is 2xx is a success, and nothing else is known of a failure."""

    name = "webhook"
    made = "Webhook('discord://id/token')"
    kind = HookServer
    secrets = ("hook-token",)
    proves = False
    lost = "no answer"

    def target(
        self, url: str = "", timeouts: tuple[float, float] = (5, 5), deadline: float = 10, token: str = ""
    ) -> Target:
        address = (url or self.server.url).replace("http", "json", 1)
        return Webhook(f"{address}/{token or 'hook-token'}", Timing(timeouts, deadline))

    def expects(self, status: int, state: str, person: bool) -> tuple[str, bool]:
        return "posted" if 200 <= status < 300 else "unknown", False


ALL: list[type[Bench]] = [XBench, MastodonBench, BlueskyBench, WebhookBench]
"""The one list: a new target is its bench, and that here."""
BENCHES = {one.name: one for one in ALL}


def _bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = BENCHES[request.param](tmp_path)
    with bench.server:
        yield bench


bench = pytest.fixture(params=list(BENCHES))(_bench)
"""Every platform."""
sure = pytest.fixture(params=[one.name for one in ALL if one.proves])(_bench)
"""Those that tell a refusal from a lost answer."""
patient = pytest.fixture(params=[one.name for one in ALL if one.patient])(_bench)
"""Those that are looked at a while after an attempt, for a day."""


def test_every_platform_has_a_bench() -> None:
    assert [one.name for one in ALL] == [one.name for one in PLATFORMS]


class TestContract:
    """The same for every target."""

    def test_it_has_the_interface(self, bench: Bench) -> None:
        target = bench.target()
        assert target.platform.name == bench.name
        assert all(hasattr(target, name) for name in vars(Target) if not name.startswith("_"))
        assert all(hasattr(target, name) for name in Target.__annotations__)

    def test_success_brings_an_id_and_an_address(self, bench: Bench) -> None:
        target = bench.target()
        assert isinstance(target.ready(), Ready)
        answer = target.send("Tea & <b>toast</b>\nagain", target.new_key(), again=False)
        assert answer.state == "posted"
        if bench.proves:
            assert answer.id == bench.server.posts[0].id
            assert answer.id in (answer.url or "")
        assert bench.server.texts == ["Tea & <b>toast</b>\nagain"]

    @pytest.mark.parametrize(
        ("status", "state", "person"),
        [
            (400, "rejected", False),
            (401, "later", True),
            (402, "later", True),
            (403, "later", True),
            (404, "later", True),
            (405, "later", True),
            (408, "later", False),
            (410, "later", True),
            (413, "rejected", False),
            (418, "later", True),
            (422, "rejected", False),
            (425, "later", False),
            (429, "later", False),
            (451, "later", True),
            (500, "unknown", False),
            (502, "unknown", False),
            (503, "unknown", False),
            (504, "unknown", False),
            (520, "unknown", False),
            (599, "unknown", False),
            (300, "unknown", False),
            (304, "unknown", False),
        ],
    )
    def test_status(self, bench: Bench, status: int, state: str, person: bool) -> None:
        for body in ('{"error": "because", "detail": "because"}', "<html>oops</html>"):
            answer = bench.send(f"{status} {body}")
            assert (answer.state, answer.needs_person) == bench.expects(status, state, person)
            assert str(status) in answer.reason
            if bench.proves:
                assert ("because" in answer.reason) == (body[0] == "{" and status >= 400)
            assert "<" not in answer.reason

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            (200, "unknown"),
            (201, "unknown"),
            (202, "unknown"),
            (400, "rejected"),
            (402, "later"),
            (403, "later"),
            (404, "later"),
            (422, "rejected"),
            (429, "later"),
            (500, "unknown"),
        ],
    )
    def test_no_body_crashes_it(self, bench: Bench, status: int, state: str) -> None:
        for body in ODD_BODIES:
            assert bench.send(f"{status} {body}").state == bench.expects(status, state, False)[0]

    @pytest.mark.parametrize("status", [200, 403, 500])
    def test_no_body_crashes_the_questions(self, sure: Bench, status: int) -> None:
        for body in ODD_BODIES:
            sure.server.faults = [Fault.parse(f"on=GET {status} {body}")] * 20
            target = sure.target()
            ready = target.ready()
            assert isinstance(ready, Ready) or ready.state == "later"
            found = target.find("hello", Attempt("key", NOW - 100, NOW - 100, "4.5.3"))
            assert found.state in ("later", "unknown")
            with pytest.raises((CredentialsError, TemporaryError)):
                target.verify()

    @pytest.mark.parametrize("fault", ["drop", "reset", "commit drop", "commit reset", "commit cut"])
    def test_a_lost_answer_is_unknown(self, bench: Bench, fault: str) -> None:
        answer = bench.send(fault)
        assert answer.state == "unknown"
        assert answer.reason.startswith(bench.lost)

    @pytest.mark.parametrize("fault", ["stall", "commit stall"])
    def test_a_silent_server_is_unknown(self, bench: Bench, fault: str) -> None:
        bench.server.script(fault)
        answer = send(bench.target(timeouts=(5, 0.2)))
        assert answer.state == "unknown"
        assert answer.reason in (bench.lost, bench.lost + "timed out")

    def test_a_trickle_ends_at_the_deadline(self, bench: Bench) -> None:
        bench.server.script("commit trickle")
        started = time.monotonic()
        answer = send(bench.target(deadline=0.4))
        assert (answer.state, answer.reason.removeprefix(bench.lost)) == ("unknown", "timed out")
        assert time.monotonic() - started < 5  # the whole answer takes more than fifteen seconds

    def test_refused_connection_is_later(self, sure: Bench) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self._not_sent(sure.target(f"http://127.0.0.1:{port}"), "connection refused")

    def test_unknown_name_is_later(self, sure: Bench) -> None:
        self._not_sent(sure.target("http://botus.invalid"), "name was not found")

    def test_connect_timeout_is_later(self, sure: Bench) -> None:
        with Deaf() as url:
            self._not_sent(sure.target(url, timeouts=(0.2, 5)), "timed out")

    def test_no_tls_is_later(self, sure: Bench) -> None:
        secure = sure.server.url.replace("http:", "https:")
        self._not_sent(sure.target(secure), "no secure connection")
        assert not sure.server.requests

    def _not_sent(self, target: Target, words: str) -> None:
        answer = send(target)
        assert (answer.state, answer.needs_person, answer.until) == ("later", False, None)
        assert words in answer.reason
        ready = target.ready()
        assert isinstance(ready, Ready) or ready.state == "later"
        with pytest.raises(TemporaryError):
            target.verify()

    def test_a_connection_after_the_deadline_is_not_used(self, sure: Bench) -> None:
        answer = send(sure.target(deadline=0))
        assert (answer.state, answer.reason) == ("later", "no connection: timed out")
        assert not sure.server.requests

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, bench: Bench, status: int) -> None:
        headers = {"Location": f"{bench.server.url}/elsewhere?token=secret"}
        answer = bench.send(Fault("answer", status, headers=headers))
        assert answer.state == "unknown"
        assert (bench.server.url in answer.reason) == bench.proves
        assert "secret" not in answer.reason
        assert not bench.server.posts

    @pytest.mark.parametrize("status", [200, 403, 422])
    def test_no_secret_is_told(self, bench: Bench, status: int) -> None:
        for words in (*bench.secrets, "Authorization: x", "Bearer abc", 'OAuth oauth_nonce="1"'):
            body = '{"error": "%s", "detail": "%s"}' % ((words.replace('"', "'"),) * 2)
            told = repr(bench.send(f"{status} {body}"))
            assert not any(secret in told for secret in (*bench.secrets, "Authorization", "Bearer", "oauth_"))

    def test_a_reason_is_short(self, bench: Bench) -> None:
        body = '{"error": "%s", "detail": "%s"}' % (("word\\n\\u0007" * 1000,) * 2)
        reason = bench.send(f"422 {body}").reason
        assert len(reason) < 200
        assert reason.isprintable()

    @pytest.mark.parametrize("error", [KeyboardInterrupt, Interrupted])
    def test_an_interruption_passes(self, bench: Bench, error: type[BaseException]) -> None:
        told = threading.Event()

        def interrupt(number: int, frame: FrameType | None) -> None:
            if not told.is_set():
                told.set()
                raise error("stop")

        def raise_it_when_asked() -> None:
            while not bench.server.requests:
                time.sleep(0.005)
            # Again where it came just before the wait for the answer, which then goes on.
            while not told.is_set():
                os.kill(os.getpid(), signal.SIGALRM)
                told.wait(0.05)

        bench.server.script("stall")
        before = signal.signal(signal.SIGALRM, interrupt)
        thread = threading.Thread(target=raise_it_when_asked, daemon=True)
        thread.start()
        try:
            with pytest.raises(error):
                send(bench.target())
            thread.join()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert send(bench.target()).state == "posted"

    def test_a_text_that_no_platform_takes(self, bench: Bench) -> None:
        target = bench.target()
        assert target.problem("hello") is None
        assert target.problem("") == "empty"
        assert target.problem(" \n ") == "empty"
        assert target.problem("half \ud83d") == "holds half a character"

    def test_the_account_is_known_without_asking(self, bench: Bench) -> None:
        one, same, other = bench.accounts()
        assert (one.account, one.name) == (same.account, same.name)
        assert one.account != other.account
        for said in (one.account, one.name, one.about, one.base_url):
            assert "token" not in said
        assert not bench.server.requests

    def test_a_question_too_early_is_not_asked(self, patient: Bench) -> None:
        found = patient.target().find("hello", Attempt("key", NOW - 59))
        assert (found.state, found.until) == ("later", NOW + 1)
        assert not patient.server.requests

    @pytest.mark.parametrize("fault", ["drop", "500", "401", "429", "302", "200 <html>"])
    def test_a_look_that_fails_is_repeated_for_a_day(self, patient: Bench, fault: str) -> None:
        for age, state in ((100, "later"), (86000, "later"), (86401, "unknown")):
            patient.server.script(f"on=GET {fault}")
            found = patient.target().find("hello", Attempt("key", NOW - age, NOW - age, "4.5.3"))
            assert found.state == state
            assert found.needs_person == (fault == "401" and state == "later")

    @pytest.mark.parametrize(
        ("status", "error"), [(401, CredentialsError), (429, TemporaryError), (500, TemporaryError)]
    )
    def test_verify_refused(self, sure: Bench, status: int, error: type[BotusError]) -> None:
        sure.server.faults = [
            Fault.parse(f'on={part} {status} {{"error": "because"}}') for part in sure.asks_who
        ]
        with pytest.raises(error, match=str(status)):
            sure.target().verify()


@pytest.mark.parametrize("name", list(BENCHES))
def test_nothing_heavy_is_loaded_before_the_first_request(name: str) -> None:
    heavy = ("requests", "urllib3", "tweepy", "mastodon", "bs4", "ssl", "apprise", "yaml", "markdown")
    heavy += ("twitter_text", "grapheme")
    heavy += ("botus.screening.loops", "botus.screening.repair", "botus.posting.log.salvage")
    code = f"""if True:
        import sys
        from pathlib import Path
        from botus.store.sessions import Sessions
        from botus.posting import posting_run
        from botus.posting.targets import {", ".join(BENCHES)}
        target = {name}.{BENCHES[name].made}
        target.problem("hello"), target.new_key(), target.account, target.about
        print([name for name in {heavy} if name in sys.modules])"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"
