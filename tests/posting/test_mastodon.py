"""Every row of what is known about Mastodon and servers that speak its API."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botus.errors import CredentialsError, SettingsError
from botus.posting.target import Answer, Attempt, Ready, Timing
from botus.posting.targets.mastodon import Mastodon
from botus.posting.targets.mastodon_entities import limits, plain, same
from botus.text import normalise
from tests.support.loopback import Fault, Post
from tests.support.servers import MastodonServer, markup

NOW = 1_790_000_000.0


def as_snac_shows(text: str) -> str:
    """A post as snac2 writes it: its own markup in HTML, character references for smileys, no paragraphs."""
    shown = html.escape(text, quote=False)
    shown = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", shown)
    shown = re.sub(r"\*([^*]+)\*", r"<i>\1</i>", shown)
    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", shown)
    shown = re.sub(r"https?:/(/\S+)", r'<a href="\g<0>" target="_blank">\1</a>', shown)
    shown = re.sub(r"^&gt; (.*)$", r"<blockquote>\1</blockquote>", shown, flags=re.MULTILINE)
    shown = re.sub(r"^- (.*)$", r"<ul><li>\1</li></ul>", shown, flags=re.MULTILINE)
    return shown.replace(":-)", "&#128578;").replace(":beer:", "&#127866;").replace("\n", "<br>")


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[MastodonServer]:
    with MastodonServer(clock=clock) as server:
        yield server


@pytest.fixture
def target(server: MastodonServer, clock: Clock) -> Mastodon:
    return Mastodon(server.url, server.token, timing=Timing((5, 5), clock=clock))


def attempt(target: Mastodon, begun: float = NOW) -> Attempt:
    ready = target.ready()
    assert isinstance(ready, Ready)
    return Attempt(target.new_key(), begun, ready.server_date, ready.server)


class TestSending:
    def test_the_same_key_brings_the_same_post(self, server: MastodonServer, target: Mastodon) -> None:
        key = target.new_key()
        first = target.send("hello", key, again=False)
        assert target.send("hello", key, again=True) == first
        assert target.send("another text", key, again=True).id == first.id
        assert server.texts == ["hello"]
        assert target.send("hello", target.new_key(), again=False).id != first.id

    def test_keys_are_random_uuids(self, target: Mastodon) -> None:
        keys = {target.new_key() for _ in range(100)}
        assert len(keys) == 100
        assert all(UUID(key).version == 4 for key in keys)

    @pytest.mark.parametrize(
        ("options", "form"),
        [
            ({}, {"visibility": ["unlisted"]}),
            ({"visibility": "public"}, {"visibility": ["public"]}),
            ({"language": "de"}, {"visibility": ["unlisted"], "language": ["de"]}),
            ({"content_warning": "tea & cake"}, {"visibility": ["unlisted"], "spoiler_text": ["tea & cake"]}),
        ],
    )
    def test_what_is_asked(
        self, server: MastodonServer, options: dict[str, str], form: dict[str, list[str]]
    ) -> None:
        Mastodon(server.url, server.token, **options).send("hello", "the-key", again=False)
        (request,) = server.requests
        assert (request.method, request.path) == ("POST", "/api/v1/statuses")
        assert parse_qs(request.body) == {"status": ["hello"], "sensitive": ["0"], **form}  # not scheduled
        assert request.headers["Idempotency-Key"] == "the-key"

    def test_an_unknown_visibility_is_refused(self) -> None:
        with pytest.raises(SettingsError, match="MASTODON_VISIBILITY"):
            Mastodon("https://example.social", "token", visibility="secret")

    def test_a_replay_answered_with_500(self, server: MastodonServer, target: Mastodon, clock: Clock) -> None:
        server.replay_500 = True
        tried = attempt(target)
        server.script("commit drop")
        assert target.send("hello", tried.key, again=False).state == "unknown"
        assert target.send("hello", tried.key, again=True).state == "unknown"
        clock.now += 61
        assert target.find("hello", tried).id == server.posts[0].id
        assert server.texts == ["hello"]

    def test_a_replay_after_deletion(self, server: MastodonServer, target: Mastodon) -> None:
        key = target.new_key()
        target.send("hello", key, again=False)
        server.delete(server.posts[0])
        answer = target.send("hello", key, again=True)
        assert (answer.state, answer.needs_person) == ("unknown", False)
        assert server.texts == []

    @pytest.mark.parametrize("text", ["", "x" * 501])
    def test_a_no_to_the_text(self, server: MastodonServer, target: Mastodon, text: str) -> None:
        answer = target.send(text, "key", again=False)
        assert answer.state == "rejected"
        assert "Validation failed" in answer.reason

    @pytest.mark.parametrize(("token", "scopes"), [("revoked", "read write"), (MastodonServer.token, "read")])
    def test_a_no_to_the_account(self, server: MastodonServer, token: str, scopes: str) -> None:
        server.scopes = scopes
        answer = Mastodon(server.url, token).send("hello", "key", again=False)
        assert (answer.state, answer.needs_person) == ("later", True)

    @pytest.mark.parametrize("name", ["id", "id as a number"])
    def test_an_id_of_either_kind(self, server: MastodonServer, target: Mastodon, name: str) -> None:
        server.script('200 {"id": %s, "url": "javascript:x"}' % ('"a1"' if name == "id" else "17"))
        assert target.send("hello", "key", again=False) == Answer("posted", "a1" if name == "id" else "17")

    def test_a_token_that_is_the_name_of_a_file(
        self, server: MastodonServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / server.token).write_text("content of the file\nhttps://elsewhere.example\n")
        monkeypatch.chdir(tmp_path)
        assert Mastodon(server.url, server.token).send("hello", "key", again=False).state == "posted"

    def test_a_netrc_does_not_replace_the_token(
        self, server: MastodonServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "netrc").write_text("default login someone password secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        target = Mastodon(server.url, server.token)
        assert isinstance(target.ready(), Ready)
        assert target.send("hello", "key", again=False).state == "posted"
        assert {request.headers["Authorization"] for request in server.requests} == {f"Bearer {server.token}"}


class TestRateLimit:
    def until(self, server: MastodonServer, clock: Clock) -> float | None:
        server.remaining = 0
        target = Mastodon(server.url, server.token, timing=Timing((5, 5), clock=clock))
        answer = target.send("hello", "key", again=False)
        assert (answer.state, answer.needs_person) == ("later", False)
        return answer.until

    @pytest.mark.parametrize("integer", [False, True])
    def test_both_ways_to_write_the_reset(self, server: MastodonServer, clock: Clock, integer: bool) -> None:
        server.integer_reset = integer
        assert self.until(server, clock) == NOW + 300

    def test_the_reset_counts_on_the_servers_clock(self, server: MastodonServer) -> None:
        ours = Clock()
        ours.now = 1000.0  # a Raspberry Pi after a power cut
        assert self.until(server, ours) == 1300

    @pytest.mark.parametrize(
        "reset",
        [
            "",
            "soon",
            "-1",
            "0",
            "nan",
            "1e400",
            "9" * 400,
            "9999999999",
            str(int(NOW)),
            "2001-01-01T00:00:00Z",
        ],
    )
    def test_a_reset_that_makes_no_sense(self, server: MastodonServer, clock: Clock, reset: str) -> None:
        server.reset = reset
        assert self.until(server, clock) is None

    def test_a_reset_that_crashes_the_client_after_success(
        self, server: MastodonServer, target: Mastodon
    ) -> None:
        server.reset = "soon"
        assert target.send("hello", "key", again=False).state == "posted"


class TestReady:
    def test_limits_version_and_clock(self, server: MastodonServer, target: Mastodon) -> None:
        server.limit, server.version = 600, "4.4.1"
        assert target.problem("x" * 501)
        assert target.ready() == Ready(NOW, "4.4.1")
        assert target.problem("x" * 600) is None
        assert "601 of 600" in (target.problem("x" * 601) or "")

    def test_a_server_with_the_first_version_only(self, server: MastodonServer, target: Mastodon) -> None:
        server.v1_only, server.version, server.limit = True, "4.0.0 (not true; really snac/2.77)", 1000
        assert target.ready() == Ready(NOW, "4.0.0 (not true; really snac/2.77)")
        assert target.problem("x" * 1000) is None
        assert [request.path for request in server.requests] == ["/api/v2/instance", "/api/v1/instance"]

    def test_a_page_instead_of_the_second_version(self, server: MastodonServer, target: Mastodon) -> None:
        server.script("on=/api/v2 200 <html>")
        assert isinstance(target.ready(), Ready)

    @pytest.mark.parametrize(
        ("fault", "person", "words"),
        [
            ("401", True, "401"),
            ("403", True, "403"),
            ("404", True, "404"),
            ("422", True, "422"),
            ("429", False, "429"),
            ("500", False, "500"),
            ("503 <html>", False, "503"),
            ("drop", False, "lost"),
            ("200 <html>", False, "does not speak Mastodon's API"),
            ("200 {}", False, "does not speak Mastodon's API"),
        ],
    )
    def test_not_ready(
        self, server: MastodonServer, target: Mastodon, fault: str, person: bool, words: str
    ) -> None:
        server.script(*[f"on=instance {fault}"] * 2)
        answer = target.ready()
        assert isinstance(answer, Answer)
        assert (answer.state, answer.needs_person) == ("later", person)
        assert words in answer.reason

    def test_a_server_that_moved(self, server: MastodonServer, target: Mastodon) -> None:
        headers = {"Location": "https://user:pass@other.example/api?x=y"}
        server.script(*[Fault("answer", 301, headers=headers, on="GET ")] * 2)
        answer = target.ready()
        assert isinstance(answer, Answer)
        assert answer.needs_person
        assert "points to https://other.example" in answer.reason
        with pytest.raises(CredentialsError, match="https://other"):
            target.verify()

    @pytest.mark.parametrize(
        ("instance", "expected"),
        [
            ({}, (500, 23)),
            ({"configuration": []}, (500, 23)),
            ({"configuration": {"statuses": {"max_characters": 0}}}, (500, 23)),
            ({"configuration": {"statuses": {"max_characters": True}}}, (500, 23)),
            ({"configuration": {"statuses": {"max_characters": "many"}}}, (500, 23)),
            ({"configuration": {"statuses": {"characters_reserved_per_url": 30}}}, (500, 30)),
            ({"max_toot_chars": 5000}, (5000, 23)),
        ],
    )
    def test_limits(self, instance: dict[str, object], expected: tuple[int, int]) -> None:
        assert limits(instance) == expected

    @pytest.mark.parametrize(
        ("text", "fits"),
        [
            ("👩‍👩‍👧‍👦" * 500, True),
            ("👩‍👩‍👧‍👦" * 501, False),
            ("e\u0301" * 500, True),
            ("x" * 476 + " https://example.com/" + "y" * 500, True),
            ("x" * 477 + " https://example.com/" + "y" * 500, False),
            ("@kettle@a.very.long.example " + "x" * 492, True),
            ("@kettle@a.very.long.example " + "x" * 493, False),
        ],
    )
    def test_lengths_are_counted_as_the_server_counts(self, target: Mastodon, text: str, fits: bool) -> None:
        assert (target.problem(text) is None) == fits

    def test_a_content_warning_counts(self) -> None:
        target = Mastodon("https://example.social", "token", content_warning="x" * 100)
        assert target.problem("x" * 400) is None
        assert target.problem("x" * 401)


class TestFinding:
    TEXT = "Tea & <b>toast</b> 🫖\n\nat https://example.com/a/long/path/for/a/link?with=1&more=2\nagain"

    def test_a_post_whose_answer_was_lost(
        self, server: MastodonServer, target: Mastodon, clock: Clock
    ) -> None:
        tried = attempt(target)
        server.script("commit drop")
        assert target.send(self.TEXT, tried.key, again=False).state == "unknown"
        clock.now += 60
        found = target.find(self.TEXT, tried)
        assert found == Answer("posted", server.posts[0].id, f"{server.url}/@kettle/{server.posts[0].id}")
        look = server.requests[-1]
        assert look.path == "/api/v1/accounts/7/statuses"
        assert look.query["limit"] == "20"
        assert {"exclude_reblogs", "exclude_replies"} <= set(look.query)

    @pytest.mark.parametrize("told", [("text",), ("pleroma", "content", "text/plain")])
    def test_a_server_that_shows_another_text(
        self, server: MastodonServer, target: Mastodon, told: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As snac2 does: stars and links become markup, smileys pictures, and `text` is what was sent."""

        def status(post: Post) -> dict[str, object]:
            source: object = post.text
            for key in reversed(told):
                source = {key: source}
            assert isinstance(source, dict)
            created = datetime.fromtimestamp(post.at, UTC).isoformat()
            return {"id": post.id, "created_at": created, "content": as_snac_shows(post.text), **source}

        monkeypatch.setattr(server, "_status", status)
        server.version = "4.0.0 (not true; snac 2.89)"
        texts = [
            "*slow* lamp, **bright** lamp, `lamp`",
            "the kettle :-) at https://example.com/fog_of_*may*.\nagain",
            "tea :beer: & <b>toast</b>\n\n\n> said the gull\n- one\n- two",
        ]
        for text in texts:
            assert not same(text, {"content": as_snac_shows(text), "text": None})
            server.commit(text)
            found = target.find(text, Attempt("", NOW - 90, NOW - 90, server.version))
            assert (found.state, found.id) == ("posted", server.posts[-1].id)
        missing = target.find("the fog sings", Attempt("", NOW - 90, NOW - 90, server.version))
        assert missing.state == "unknown"

    def test_absent_then_sent_again(self, server: MastodonServer, target: Mastodon, clock: Clock) -> None:
        tried = attempt(target)
        server.script("drop")
        target.send("hello", tried.key, again=False)
        target.send("another", target.new_key(), again=False)
        clock.now += 60
        assert target.find("hello", tried).state == "absent"
        assert target.send("hello", tried.key, again=True).state == "posted"
        assert server.texts == ["another", "hello"]

    @pytest.mark.parametrize(
        ("version", "state"),
        [
            ("4.5.3", "absent"),
            ("3.0.0", "absent"),
            ("4.2.1 (compatible; Sharkey 2024.9.1)", "unknown"),
            ("2.7.2 (compatible; Pleroma 2.6.0)", "unknown"),
            ("4.0.0 (not true; really snac/2.77)", "unknown"),
            ("0.19.1+git-5b9e0a8", "unknown"),
            ("4.6.0-alpha.2", "unknown"),
            ("4.5", "unknown"),
            ("4.5.3\n", "unknown"),
            ("", "unknown"),
            (None, "unknown"),
        ],
    )
    def test_only_real_mastodon_is_trusted(
        self, target: Mastodon, clock: Clock, version: str | None, state: str
    ) -> None:
        clock.now += 61
        assert target.find("hello", Attempt("key", NOW, NOW, version)).state == state

    @pytest.mark.parametrize(
        ("age", "state"),
        [
            (59, "later"),
            (60, "absent"),
            (2999, "absent"),
            (3000, "unknown"),
            (3599, "unknown"),
            (-5, "unknown"),
        ],
    )
    def test_the_key_ages_on_the_servers_clock(
        self, server: MastodonServer, target: Mastodon, age: int, state: str
    ) -> None:
        own = Clock()
        own.now = 90.0  # started without a clock: the attempt was long ago, or just now, nobody knows
        target = Mastodon(server.url, server.token, timing=Timing(clock=own))
        found = target.find("hello", Attempt("key", 10.0, NOW - age, "4.5.3"))
        assert found.state == state
        assert found.until == (91 if state == "later" else None)

    def test_a_clock_that_was_set_back(self, server: MastodonServer, target: Mastodon) -> None:
        found = target.find("hello", Attempt("key", NOW + 3600, NOW - 100, "4.5.3"))
        assert found.state == "absent"

    def test_a_server_that_tells_no_time(self, server: MastodonServer, target: Mastodon) -> None:
        assert target.find("hello", Attempt("key", NOW - 100, None, "4.5.3")).state == "unknown"
        server.script(Fault("answer", 200, "[]", {"Date": "yesterday"}, on="/statuses"))
        assert target.find("hello", Attempt("key", NOW - 100, NOW - 100, "4.5.3")).state == "unknown"

    def test_an_answer_from_a_cache_is_older_than_its_date(
        self, server: MastodonServer, target: Mastodon
    ) -> None:
        headers = {"Date": formatdate(NOW - 100, usegmt=True), "Age": "100"}
        server.script(Fault("answer", 200, '{"version": "4.5.3"}', headers, on="instance"))
        assert target.ready() == Ready(NOW, "4.5.3")

    def test_without_a_key_nothing_is_absent(self, target: Mastodon) -> None:
        assert target.find("hello", Attempt("", NOW - 100, NOW - 100, "4.5.3")).state == "unknown"

    def test_an_older_post_with_the_same_text_is_another(
        self, server: MastodonServer, target: Mastodon, clock: Clock
    ) -> None:
        target.send("hello", "old", again=False)
        clock.now += 1000
        assert target.find("hello", Attempt("key", NOW + 900, NOW + 900, "4.5.3")).state == "absent"

    def test_a_deleted_post_is_not_seen(self, server: MastodonServer, target: Mastodon, clock: Clock) -> None:
        target.send("hello", "key", again=False)
        server.delete(server.posts[0])
        clock.now += 4000
        assert target.find("hello", Attempt("key", NOW, NOW, "4.5.3")).state == "unknown"

    def test_a_look_that_does_not_reach_back(
        self, server: MastodonServer, target: Mastodon, clock: Clock
    ) -> None:
        tried = attempt(target)
        clock.now += 100
        for number in range(19):
            server.commit(f"post {number}")
        assert target.find("hello", tried).state == "absent"
        server.commit("one more")
        assert target.find("hello", tried).state == "unknown"

    def test_a_server_that_ignores_keys(self, server: MastodonServer, target: Mastodon, clock: Clock) -> None:
        server.keeps_keys, server.version = False, "4.0.0 (not true; really snac/2.77)"
        tried = attempt(target)
        for fault, state in (("drop", "unknown"), ("commit drop", "posted")):
            server.script(fault)
            target.send(self.TEXT, tried.key, again=False)
            clock.now += 61
            assert target.find(self.TEXT, tried).state == state
        target.send(self.TEXT, tried.key, again=True)
        assert len(server.texts) == 2  # so nothing may ever be sent again there

    def test_a_token_that_may_only_write(
        self, server: MastodonServer, target: Mastodon, clock: Clock
    ) -> None:
        server.scopes = "write"
        assert target.send("hello", "key", again=False).state == "posted"
        clock.now += 61
        found = target.find("hello", Attempt("key", NOW, NOW, "4.5.3"))
        assert (found.state, found.needs_person) == ("unknown", False)

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
            ("one<br/>two", "one\ntwo"),
            ("<p>a &amp; b &lt;c&gt; &quot;d&quot; &#39;e&#39;</p>", "a & b <c> \"d\" 'e'"),
            ('<p>see <a href="x"><span class="invisible">https://</span>'
             '<span class="ellipsis">example.com/a</span><span class="invisible">/b</span></a></p>',
             "see https://example.com/a/b"),
            ('<p><a class="hashtag">#<span>tea</span></a></p>', "#tea"),
            ("plain", "plain"),
            ("", ""),
            (None, ""),
        ],
    )  # fmt: skip
    def test_plain_text_of_a_post(self, content: object, text: str) -> None:
        assert plain(content).strip() == text

    @settings(max_examples=200, deadline=None)
    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), min_size=1))
    def test_any_text_is_known_again(self, text: str) -> None:
        text = normalise(text)
        created = datetime.fromtimestamp(NOW, UTC).isoformat()
        assert same(text, {"content": markup(text), "created_at": created})
        assert not same(text + "!", {"content": markup(text)})


class TestVerify:
    def test_a_bot_in_order(self, server: MastodonServer, target: Mastodon) -> None:
        account = target.verify()
        assert account.handle == f"@kettle@{server.url[7:]}"
        assert account.bot is True
        assert account.warnings == ()

    def test_warnings(self, server: MastodonServer, target: Mastodon) -> None:
        server.bot, server.note, server.version = False, "<p></p>", "4.2.1 (compatible; Sharkey 2024.9.1)"
        account = target.verify()
        assert account.bot is False
        assert [advice.what for advice in account.warnings] == [
            "the account is not marked as a bot",
            "the profile has no note",
        ]
        assert "not plain Mastodon" in account.notes[-1]

    def test_a_note_that_does_not_say_who_writes(self, server: MastodonServer, target: Mastodon) -> None:
        server.note = "<p>Tea, tides and time.</p>"
        (warning,) = target.verify().warnings
        assert warning.what == "the profile does not seem to say that a bot writes here"
        server.name = "Kettle (automated)"
        assert target.verify().warnings == ()

    @pytest.mark.parametrize(
        ("scopes", "problems", "warnings"),
        [
            ("write:statuses read:accounts read:statuses", 0, 0),
            ("read", 1, 0),
            ("write:statuses read:accounts", 0, 1),
            ("write:media read:statuses read:accounts", 1, 0),
        ],
    )
    def test_what_the_token_may_do(
        self, server: MastodonServer, target: Mastodon, scopes: str, problems: int, warnings: int
    ) -> None:
        server.scopes = scopes
        account = target.verify()
        assert (len(account.problems), len(account.warnings)) == (problems, warnings)
        assert f"the token may: {' '.join(sorted(scopes.split()))}"[:20] in account.notes[1]

    def test_a_server_that_does_not_tell_scopes(self, server: MastodonServer, target: Mastodon) -> None:
        server.tells_scopes = False
        account = target.verify()
        assert (account.problems, account.warnings) == ((), ())
        assert "does not tell what the token may do" in account.notes[1]

    @pytest.mark.parametrize("off", [-600, 0, 600])
    def test_the_clocks_are_compared(self, server: MastodonServer, target: Mastodon, off: int) -> None:
        server.clock = lambda: NOW - off
        target.verify()
        assert target.clock_off == off

    def test_a_token_that_may_only_write(self, server: MastodonServer, target: Mastodon) -> None:
        server.scopes = "write"
        account = target.verify()
        (warning,) = account.warnings
        assert "may not read" in warning.what
        assert (account.bot, account.problems) == (None, ())
        assert "that the token may not read" in account.handle

    def test_a_revoked_token(self, server: MastodonServer) -> None:
        with pytest.raises(CredentialsError, match="401"):
            Mastodon(server.url, "revoked").verify()
