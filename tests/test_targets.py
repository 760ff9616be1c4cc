"""What every target promises, proven on both with their real client libraries against real HTTP servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from types import FrameType

import pytest

from botus.errors import BotusError, CredentialsError, Interrupted, SettingsError, TemporaryError
from botus.targets import Answer, Attempt, Ready, Target
from botus.targets.mastodon import Mastodon
from botus.targets.x import X
from tests.loopback import Deaf, Fault, Loopback
from tests.servers import MastodonServer, XServer

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


class Bench:
    """One platform: its server, the clock of both sides, and targets that talk to it."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.now = NOW
        kind = MastodonServer if platform == "mastodon" else XServer
        self.server: Loopback = kind(clock=lambda: self.now)

    def target(
        self, url: str = "", timeouts: tuple[float, float] = (5, 5), deadline: float = 10, token: str = ""
    ) -> Target:
        url = url or self.server.url
        if self.platform == "mastodon":
            token = token or MastodonServer.token
            return Mastodon(url, token, timeouts=timeouts, deadline=deadline, clock=lambda: self.now)
        secrets = (*X_SECRETS[:2], token or X_SECRETS[2], X_SECRETS[3])
        return X(
            *secrets,
            base_url=url,
            may_read=True,
            timeouts=timeouts,
            deadline=deadline,
            clock=lambda: self.now,
        )

    def send(self, fault: Fault | str, text: str = "hello", again: bool = False) -> Answer:
        """Post once, with one misbehaviour of the server; make sure that it was asked at most once."""
        self.server.script(fault)
        before = len(self.server.requests)
        target = self.target()
        answer = target.send(text, target.new_key(), again=again)
        assert not self.server.faults
        assert len(self.server.requests) <= before + 1
        return answer


@pytest.fixture(params=["x", "mastodon"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench(request.param)
    with bench.server:
        yield bench


class TestContract:
    """The same for every target."""

    def test_success_brings_an_id_and_an_address(self, bench: Bench) -> None:
        target = bench.target()
        assert isinstance(target.ready(), Ready)
        answer = target.send("Tea & <b>toast</b>\nagain", target.new_key(), again=False)
        assert answer.state == "posted"
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
            assert (answer.state, answer.needs_person) == (state, person)
            assert str(status) in answer.reason
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
            assert bench.send(f"{status} {body}").state == state

    @pytest.mark.parametrize("status", [200, 403, 500])
    def test_no_body_crashes_the_questions(self, bench: Bench, status: int) -> None:
        for body in ODD_BODIES:
            bench.server.faults = [Fault.parse(f"on=GET {status} {body}")] * 20
            target = bench.target()
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
        assert answer.reason.startswith("the answer was lost")

    @pytest.mark.parametrize("fault", ["stall", "commit stall"])
    def test_a_silent_server_is_unknown(self, bench: Bench, fault: str) -> None:
        bench.server.script(fault)
        answer = bench.target(timeouts=(5, 0.2)).send("hello", "key", again=False)
        assert (answer.state, answer.reason) == ("unknown", "the answer was lost: timed out")

    def test_a_trickle_ends_at_the_deadline(self, bench: Bench) -> None:
        bench.server.script("commit trickle")
        started = time.monotonic()
        answer = bench.target(deadline=0.4).send("hello", "key", again=False)
        assert (answer.state, answer.reason) == ("unknown", "the answer was lost: timed out")
        assert time.monotonic() - started < 5  # the whole answer takes more than fifteen seconds

    def test_refused_connection_is_later(self, bench: Bench) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self._not_sent(bench.target(f"http://127.0.0.1:{port}"), "connection refused")

    def test_unknown_name_is_later(self, bench: Bench) -> None:
        self._not_sent(bench.target("http://botus.invalid"), "name was not found")

    def test_connect_timeout_is_later(self, bench: Bench) -> None:
        with Deaf() as url:
            self._not_sent(bench.target(url, timeouts=(0.2, 5)), "timed out")

    def test_no_tls_is_later(self, bench: Bench) -> None:
        secure = bench.server.url.replace("http:", "https:")
        self._not_sent(bench.target(secure), "no secure connection")
        assert not bench.server.requests

    def _not_sent(self, target: Target, words: str) -> None:
        answer = target.send("hello", "key", again=False)
        assert (answer.state, answer.needs_person, answer.until) == ("later", False, None)
        assert words in answer.reason
        ready = target.ready()
        assert isinstance(ready, Ready) or ready.state == "later"
        with pytest.raises(TemporaryError):
            target.verify()

    def test_a_connection_after_the_deadline_is_not_used(self, bench: Bench) -> None:
        answer = bench.target(deadline=0).send("hello", "key", again=False)
        assert (answer.state, answer.reason) == ("later", "no connection: timed out")
        assert not bench.server.requests

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, bench: Bench, status: int) -> None:
        headers = {"Location": f"{bench.server.url}/elsewhere?token=secret"}
        answer = bench.send(Fault("answer", status, headers=headers))
        assert answer.state == "unknown"
        assert bench.server.url in answer.reason
        assert "secret" not in answer.reason
        assert not bench.server.posts

    @pytest.mark.parametrize("status", [200, 403, 422])
    def test_no_secret_is_told(self, bench: Bench, status: int) -> None:
        secrets = (*X_SECRETS, MastodonServer.token)
        for words in (*secrets, "Authorization: x", "Bearer abc", 'OAuth oauth_nonce="1"'):
            body = '{"error": "%s", "detail": "%s"}' % ((words.replace('"', "'"),) * 2)
            told = repr(bench.send(f"{status} {body}"))
            own = secrets[:4] if bench.platform == "x" else secrets[4:]
            assert not any(secret in told for secret in (*own, "Authorization", "Bearer", "oauth_"))

    def test_a_reason_is_short(self, bench: Bench) -> None:
        body = '{"error": "%s", "detail": "%s"}' % (("word\\n\\u0007" * 1000,) * 2)
        reason = bench.send(f"422 {body}").reason
        assert len(reason) < 200
        assert reason.isprintable()

    @pytest.mark.parametrize("error", [KeyboardInterrupt, Interrupted])
    def test_an_interruption_passes(self, bench: Bench, error: type[BaseException]) -> None:
        def interrupt(number: int, frame: FrameType | None) -> None:
            raise error("stop")

        bench.server.script("stall")
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with pytest.raises(error):
                bench.target().send("hello", "key", again=False)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert bench.target().send("hello", "key", again=False).state == "posted"

    def test_a_text_that_no_platform_takes(self, bench: Bench) -> None:
        target = bench.target()
        assert target.problem("hello") is None
        assert target.problem("") == "empty"
        assert target.problem(" \n ") == "empty"
        assert target.problem("half \ud83d") == "holds half a character"

    def test_a_wrong_setting_is_named_not_shown(self, bench: Bench) -> None:
        for url in (
            "",
            "example.social",
            "ftp://a",
            "http://",
            "http://a:b@c",
            "http://[",
            "http://a b",
            "http://a/?x",
        ):
            with pytest.raises(SettingsError, match="BASE_URL"):
                bench.target(url or "nonsense")
        for token in ("to ken", "token\n", "tökén"):
            with pytest.raises(SettingsError, match="ACCESS_TOKEN") as caught:
                bench.target(token=token)
            assert token not in str(caught.value)

    def test_the_account_is_known_without_asking(self, bench: Bench) -> None:
        one, two = bench.target(token="sometoken"), bench.target(token="othertoken")
        assert one.account == bench.target(token="sometoken").account != two.account
        assert "token" not in one.account
        assert not bench.server.requests

    def test_a_question_too_early_is_not_asked(self, bench: Bench) -> None:
        found = bench.target().find("hello", Attempt("key", NOW - 59))
        assert (found.state, found.until) == ("later", NOW + 1)
        assert not bench.server.requests

    @pytest.mark.parametrize("fault", ["drop", "500", "401", "429", "302", "200 <html>"])
    def test_a_look_that_fails_is_repeated_for_a_day(self, bench: Bench, fault: str) -> None:
        for age, state in ((100, "later"), (86000, "later"), (86401, "unknown")):
            bench.server.script(f"on=GET {fault}")
            found = bench.target().find("hello", Attempt("key", NOW - age, NOW - age, "4.5.3"))
            assert found.state == state
            assert found.needs_person == (fault == "401" and state == "later")

    @pytest.mark.parametrize(
        ("status", "error"), [(401, CredentialsError), (429, TemporaryError), (500, TemporaryError)]
    )
    def test_verify_refused(self, bench: Bench, status: int, error: type[BotusError]) -> None:
        bench.server.faults = [
            Fault.parse(f'on={part} {status} {{"error": "because"}}') for part in ("users", "accounts")
        ]
        with pytest.raises(error, match=str(status)):
            bench.target().verify()


@pytest.mark.parametrize(
    "make", ["x.X('a', 'b', 'c', 'd')", "mastodon.Mastodon('https://example.social', 'token')"]
)
def test_nothing_heavy_is_loaded_before_the_first_request(make: str) -> None:
    heavy = ("requests", "urllib3", "tweepy", "mastodon", "bs4", "ssl", "twitter_text", "grapheme")
    code = f"""if True:
        import sys
        from botus.targets import x, mastodon
        target = {make}
        target.problem("hello"), target.new_key(), target.account
        print([name for name in {heavy} if name in sys.modules])"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"


def test_the_targets_have_the_interface() -> None:
    for target in (Mastodon("https://example.social", "b"), X("a", "b", "c", "d")):
        assert all(hasattr(target, name) for name in vars(Target) if not name.startswith("_"))
