"""Every row of what is known about X."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest

from botus.errors import CredentialsError
from botus.posting.target import Answer, Attempt, Ready, Timing
from botus.posting.targets.x import X
from tests.support.loopback import Fault
from tests.support.servers import XServer

NOW = 1_790_000_000.0
LOST = Attempt("", NOW)


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[XServer]:
    with XServer(clock=clock) as server:
        yield server


def make(server: XServer, clock: Clock, token: str = "42-token", may_read: bool = True) -> X:
    secrets = ("x-key", "consumer-secret", token, "token-secret")
    return X(*secrets, base_url=server.url, may_read=may_read, timing=Timing((5, 5), clock=clock))


@pytest.fixture
def target(server: XServer, clock: Clock) -> X:
    return make(server, clock)


def problem(status: int, detail: str) -> str:
    return f"{status} " + json.dumps({"title": "Forbidden", "detail": detail, "status": status})


class TestSending:
    def test_what_is_asked(self, server: XServer, target: X) -> None:
        answer = target.send("Tea & toast", "", again=False)
        assert answer == Answer("posted", server.posts[0].id, f"https://x.com/i/status/{server.posts[0].id}")
        (request,) = server.requests
        assert (request.method, request.path) == ("POST", "/2/tweets")  # never v1.1, which is dead
        assert json.loads(request.body) == {"text": "Tea & toast"}

    def test_it_is_signed_as_the_user_for_the_real_host(self, server: XServer, target: X) -> None:
        target.send("hello", "", again=False)
        header = server.requests[0].headers["Authorization"]
        parts = {name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', header)}
        signature = parts.pop("oauth_signature")
        pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(parts.items()))
        base = f"POST&{quote('https://api.twitter.com/2/tweets', safe='')}&{quote(pairs, safe='')}"
        digest = hmac.new(b"consumer-secret&token-secret", base.encode(), hashlib.sha1).digest()
        assert base64.b64encode(digest).decode() == signature

    def test_no_credits(self, server: XServer, target: X) -> None:
        server.credits = False
        answer = target.send("hello", "", again=False)
        assert (answer.state, answer.needs_person) == ("later", True)
        assert "402, no credits" in answer.reason

    @pytest.mark.parametrize(
        ("reset", "until"),
        [
            (None, None),
            (str(int(NOW) + 900), NOW + 900),
            (str(int(NOW) + 86401), NOW + 86401),
            (str(int(NOW) + 10**7), None),
            (str(int(NOW) - 5), None),
            ("soon", None),
            ("", None),
        ],
    )
    def test_rate_limit(self, server: XServer, target: X, reset: str | None, until: float | None) -> None:
        server.remaining, server.reset = 0, reset
        answer = target.send("hello", "", again=False)
        assert (answer.state, answer.needs_person, answer.until) == ("later", False, until)

    @pytest.mark.parametrize(
        "body", ["<html>created</html>", '{"errors": [{"message": "odd"}]}', "null", "[]"]
    )
    def test_created_without_an_id(self, server: XServer, target: X, body: str) -> None:
        server.script(f"commit 201 {body}")
        assert target.send("hello", "", again=False).state == "unknown"
        assert server.texts == ["hello"]

    def test_an_id_beside_errors_is_an_id(self, server: XServer, target: X) -> None:
        server.script('201 {"data": {"id": "12"}, "errors": [{"message": "odd"}]}')
        assert target.send("hello", "", again=False).id == "12"

    @pytest.mark.parametrize("number", ['""', "12", '"12a"', '"../12"', "{}"])
    def test_an_id_is_a_number_in_a_string(self, server: XServer, target: X, number: str) -> None:
        server.script(f'201 {{"data": {{"id": {number}}}}}')
        assert target.send("hello", "", again=False).state == "unknown"

    def test_a_duplicate(self, server: XServer, target: X) -> None:
        target.send("hello", "", again=False)
        first = target.send("hello", "", again=False)
        assert first.state == "rejected"
        assert first.reason.startswith("already there")
        after_loss = target.send("hello", "", again=True)
        assert (after_loss.state, after_loss.id) == ("posted", None)
        assert server.texts == ["hello"]

    @pytest.mark.parametrize(
        ("fault", "state", "person"),
        [
            (problem(403, "You are not permitted to perform this action."), "later", True),
            (problem(403, "Your Tweet text is too long."), "rejected", False),
            (problem(400, "Your Tweet text is too long."), "rejected", False),
            ("403 [null]", "later", True),
            ('403 {"errors": [{"code": 187, "message": "Status is a duplicate."}]}', "rejected", False),
        ],
    )
    @pytest.mark.parametrize("again", [False, True])
    def test_refused(
        self, server: XServer, target: X, fault: str, state: str, person: bool, again: bool
    ) -> None:
        server.script(fault)
        answer = target.send("hello", "", again=again)
        expected = "posted" if again and "duplicate" in fault else state
        assert (answer.state, answer.needs_person) == (expected, person)

    def test_a_duplicate_is_one_only_as_403(self, server: XServer, target: X) -> None:
        server.script(problem(500, "duplicate content"), problem(401, "duplicate content"))
        assert target.send("hello", "", again=True).state == "unknown"
        assert target.send("hello", "", again=True).state == "later"

    def test_nothing_to_ask_beforehand(self, server: XServer, target: X) -> None:
        assert target.ready() == Ready(None, None)
        assert target.new_key() == ""
        assert not server.requests

    @pytest.mark.parametrize(
        ("text", "limit", "fits"),
        [
            ("x" * 280, 280, True),
            ("x" * 281, 280, False),
            ("茶" * 140, 280, True),
            ("茶" * 141, 280, False),
            ("x" * 256 + " https://example.com/" + "y" * 500, 280, True),
            ("x" * 257 + " https://example.com/" + "y" * 500, 280, False),
            ("x" * 25000, 25000, True),
        ],
    )
    def test_length_is_weighted(self, text: str, limit: int, fits: bool) -> None:
        assert (X("a", "b", "c", "d", limit=limit).problem(text) is None) == fits

    @pytest.mark.parametrize(
        ("token", "account"), [("42-token", "42"), ("a42-token", None), ("-token", None), ("42", None)]
    )
    def test_account(self, token: str, account: str | None) -> None:
        known = X("a", "b", token, "d").account
        assert known == account if account else re.fullmatch("[0-9a-f]{12}", known)


class TestFinding:
    TEXT = "Tea & <toast> at https://example.com/a?b=1&c=2\nand example.org"

    def test_without_leave_to_read_nothing_is_asked(self, server: XServer, clock: Clock) -> None:
        target = make(server, clock, may_read=False)
        for age in (0, 100, 10**6):
            clock.now = NOW + age
            assert target.find("hello", LOST).state == "unknown"
        assert not server.requests

    def test_a_post_whose_answer_was_lost(self, server: XServer, target: X, clock: Clock) -> None:
        server.script("commit drop")
        assert target.send(self.TEXT, "", again=False).state == "unknown"
        clock.now += 60
        found = target.find(self.TEXT, LOST)
        assert (found.state, found.id) == ("posted", server.posts[0].id)
        query = server.requests[-1].query  # each post that is read costs money
        assert (query["max_results"], query["start_time"]) == ("20", "2026-09-21T14:08:20Z")

    def test_not_seen_proves_nothing(self, server: XServer, target: X, clock: Clock) -> None:
        server.script("drop")
        target.send("hello", "", again=False)
        target.send("something else", "", again=False)
        clock.now += 60
        assert target.find("hello", LOST).state == "unknown"

    def test_an_empty_timeline(self, target: X, clock: Clock) -> None:
        clock.now += 60
        assert target.find("hello", LOST).state == "unknown"

    @pytest.mark.parametrize("honest", [True, False])
    def test_an_older_post_is_another(self, server: XServer, target: X, clock: Clock, honest: bool) -> None:
        target.send("hello", "", again=False)
        clock.now += 10_000
        if not honest:
            old = {"id": "1", "text": "hello", "created_at": "2001-01-01T00:00:00.000Z"}
            server.script(Fault("answer", 200, json.dumps({"data": [old]}), on="GET "))
        assert target.find("hello", Attempt("", NOW + 9_000)).state == "unknown"

    def test_a_long_post_is_read_from_its_note(self, server: XServer, target: X, clock: Clock) -> None:
        clock.now += 60
        note = {"text": "x" * 300 + " &amp;"}
        post = {"id": "7", "text": "x" * 279 + "…", "note_tweet": note}
        server.script(Fault("answer", 200, json.dumps({"data": [post]}), on="GET "))
        assert target.find("x" * 300 + " &", LOST).id == "7"

    def test_a_link_without_a_scheme(self, server: XServer, target: X, clock: Clock) -> None:
        clock.now += 60
        link = {"url": "https://t.co/1", "expanded_url": "http://example.org"}
        post = {"id": "7", "text": "at https://t.co/1", "entities": {"urls": [link, None, {}]}}
        server.script(Fault("answer", 200, json.dumps({"data": [post]}), on="GET "))
        assert target.find("at example.org", LOST).id == "7"

    def test_a_token_without_the_number(self, server: XServer, clock: Clock) -> None:
        server.token = "odd"
        target = make(server, clock, token="odd")
        server.script("commit drop")
        target.send("hello", "", again=False)
        clock.now += 60
        for _ in range(2):
            assert target.find("hello", LOST).state == "posted"
        paths = [request.path for request in server.requests]
        assert paths == ["/2/tweets", "/2/users/me", "/2/users/42/tweets", "/2/users/42/tweets"]

    def test_reading_that_x_does_not_allow(self, server: XServer, target: X, clock: Clock) -> None:
        clock.now += 60
        server.script("on=GET " + problem(403, "not enrolled"))
        assert target.find("hello", LOST).state == "unknown"


class TestVerify:
    def test_who_it_is(self, target: X) -> None:
        account = target.verify()
        assert (account.handle, account.url, account.bot) == ("@kettle", "https://x.com/kettle", None)
        assert (account.problems, account.warnings) == ((), ())
        assert "may read and write" in account.notes[1]
        assert "Automated label" in account.notes[2]

    def test_a_token_that_may_only_read(self, server: XServer, target: X) -> None:
        server.access = "read"
        (problem,) = target.verify().problems
        assert "only read" in problem.what
        assert "Read and write" in problem.remedy
        answer = target.send("hello", "", again=False)
        assert (answer.state, answer.needs_person) == ("later", True)
        server.access = ""
        account = target.verify()
        assert account.problems == ()
        assert "the first post will show" in account.notes[1]

    @pytest.mark.parametrize(("subscription", "count"), [("None", 1), ("Premium", 0), ("", 0)])
    def test_a_limit_above_that_of_the_account(
        self, server: XServer, clock: Clock, subscription: str, count: int
    ) -> None:
        server.subscription = subscription
        secrets = ("x-key", "consumer-secret", "42-token", "token-secret")
        target = X(*secrets, base_url=server.url, may_read=True, limit=4000, timing=Timing(clock=clock))
        warnings = target.verify().warnings
        assert len(warnings) == count
        assert all("X_LIMIT is 4000" in warning.what for warning in warnings)

    @pytest.mark.parametrize(("off", "words"), [(600, "10 minutes ahead"), (-3600, "60 minutes behind")])
    def test_a_clock_that_makes_signatures_worthless(
        self, server: XServer, target: X, clock: Clock, off: int, words: str
    ) -> None:
        server.script("on=users/me 401")
        clock.now += off
        server.clock = lambda: NOW
        with pytest.raises(CredentialsError, match=words):
            target.verify()
        assert target.clock_off == off

    def test_without_leave_to_read_nothing_is_asked(self, server: XServer, clock: Clock) -> None:
        account = make(server, clock, may_read=False).verify()
        assert account.handle == "user 42"
        (warning,) = account.warnings
        assert "X_READ=yes botus doctor" in warning.remedy
        assert not server.requests

    def test_no_credits(self, server: XServer, target: X) -> None:
        server.credits = False
        with pytest.raises(CredentialsError, match="no credits"):
            target.verify()
