"""Every row of what is known about Bluesky, on a small model of its server; `tests/pds` has the real one."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botus.errors import CredentialsError, FileError, TemporaryError
from botus.posting.target import Answer, Attempt, Ready, Timing
from botus.posting.targets.bluesky import Bluesky
from botus.posting.targets.bluesky_record import make_key, make_record, time_of
from botus.store.sessions import Session, Sessions
from tests.support.fakes import Clock, World
from tests.support.loopback import Fault
from tests.support.servers import BlueskyServer

NOW = 1_790_000_000.0
KEY = make_key(NOW, 7)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def server(clock: Clock) -> Iterator[BlueskyServer]:
    with BlueskyServer(clock=clock) as server:
        yield server


@pytest.fixture
def target(server: BlueskyServer, clock: Clock, tmp_path: Path) -> Bluesky:
    sessions = Sessions(tmp_path)
    return Bluesky(
        server.handle, server.password, sessions, service=server.url, timing=Timing((5, 5), clock=clock)
    )


def paths(server: BlueskyServer) -> list[str]:
    return [request.path.rpartition(".")[2] for request in server.requests]


class TestKeys:
    def test_a_key_by_hand(self) -> None:
        assert make_key(0, 0) == "2222222222222"
        assert make_key(0, 31) == "222222222222z"
        assert time_of("2222222222222") == datetime(1970, 1, 1, tzinfo=UTC)

    @given(st.integers(0, 2**52), st.integers(0, 1023))
    def test_a_key_holds_its_time(self, micros: int, number: int) -> None:
        key = make_key(micros / 1e6, number)
        assert re.fullmatch("[234567abcdefghij][2-7a-z]{12}", key)
        assert abs(time_of(key).timestamp() - micros / 1e6) < 1e-5

    @given(st.lists(st.integers(0, 2**50), min_size=2, max_size=2, unique=True))
    def test_keys_sort_by_time(self, micros: list[int]) -> None:
        earlier, later = sorted(micros)
        assert make_key(earlier / 1e6, 1023) < make_key((later + 1) / 1e6, 0)

    @pytest.mark.parametrize("key", ["", "key", "3jzfcijpj2z2", "3jzfcijpj2z2a\n", "3jzfcijpj2z21"])
    def test_what_is_no_key(self, key: str) -> None:
        with pytest.raises(ValueError, match="TID"):
            time_of(key)

    def test_a_wrong_clock_does_not_date_the_post(self, server: BlueskyServer, tmp_path: Path) -> None:
        own = Timing(clock=Clock(1000.0))  # a Raspberry Pi after a power cut
        target = Bluesky(server.handle, server.password, Sessions(tmp_path), service=server.url, timing=own)
        assert isinstance(target.ready(), Ready)
        assert time_of(target.new_key()).timestamp() == pytest.approx(NOW, abs=2)


class TestRecord:
    def test_the_whole_record(self) -> None:
        text = "🫖 see https://example.com/tea, #tea"
        assert make_record(text, KEY, ["en"]) == {
            "$type": "app.bsky.feed.post",
            "text": text,
            "createdAt": "2026-09-21T14:13:20.000Z",
            "langs": ["en"],
            "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]},
            "facets": [
                {
                    "index": {"byteStart": 9, "byteEnd": 32},
                    "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.com/tea"}],
                },
                {
                    "index": {"byteStart": 34, "byteEnd": 38},
                    "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "tea"}],
                },
            ],
        }

    def test_nothing_is_said_that_is_not_there(self) -> None:
        assert {"langs", "facets"}.isdisjoint(make_record("tea", KEY, []))

    @pytest.mark.parametrize(
        ("text", "marked"),
        [
            ("example.com and again example.com", ["example.com", "example.com"]),
            ("ASP.NET is a word", []),
            ("https://a.org https://a.org/b", ["https://a.org", "https://a.org/b"]),
            ("#1 #2cups #. # a#b", ["#2cups"]),
            ("#tea, (#pot) #kettle!", ["#tea", "#kettle"]),
            ("#" + "x" * 64 + " #" + "y" * 65, ["#" + "x" * 64]),
            ("@kettle.test is not pinged", []),
        ],
    )
    def test_what_is_marked(self, text: str, marked: list[str]) -> None:
        assert self.marked(text) == marked

    @given(st.text(st.sampled_from("a#🫖é \n.,1＃👨‍👩"), max_size=30))
    def test_places_are_whole_characters(self, text: str) -> None:
        marked = self.marked(text)
        assert all(word in text for word in marked)
        assert all(word[0] in "#＃" or "." in word for word in marked)

    def marked(self, text: str) -> list[str]:
        facets: list[dict[str, dict[str, int]]] = make_record(text, KEY, []).get("facets", [])  # type: ignore[assignment]
        places = [(facet["index"]["byteStart"], facet["index"]["byteEnd"]) for facet in facets]
        return [text.encode()[start:end].decode() for start, end in places]


class TestSending:
    def test_what_is_asked(self, server: BlueskyServer, target: Bluesky) -> None:
        target.ready()
        answer = target.send("hello", KEY, again=False)
        assert answer == Answer("posted", KEY, f"https://bsky.app/profile/{server.did}/post/{KEY}")
        request = server.requests[-1]
        assert (request.method, request.path) == ("POST", "/xrpc/com.atproto.repo.putRecord")
        assert json.loads(request.body) == {
            "repo": server.did,
            "collection": "app.bsky.feed.post",
            "rkey": KEY,
            "record": make_record("hello", KEY, []),
            "swapRecord": None,
        }

    @pytest.mark.parametrize("fault", ["commit drop", "drop", "commit cut", "commit 500", "commit 200 {}"])
    def test_a_lost_answer_is_repeated(self, server: BlueskyServer, target: Bluesky, fault: str) -> None:
        target.ready()
        server.script(fault)
        assert target.send("hello", KEY, again=False).state == "unknown"
        is_there = bool(server.posts)
        assert target.find("hello", Attempt(KEY, NOW)).state == ("posted" if is_there else "absent")
        assert target.send("hello", KEY, again=True).id == KEY
        assert server.texts == ["hello"]

    def test_a_run_repeats_at_once(self, server: BlueskyServer, target: Bluesky, tmp_path: Path) -> None:
        world = World(tmp_path)
        world.targets["bluesky"] = target  # type: ignore[assignment]
        world.lines("hello")
        server.script("on=putRecord drop", "on=putRecord commit drop")
        world.run().post()
        assert server.texts == ["hello"]
        assert (
            json.loads((tmp_path / "tweeted.json").read_text())[0]["targets"]["bluesky"]["state"] == "posted"
        )

    @pytest.mark.parametrize("age", [0, 86401, 10**8])
    def test_a_look_that_fails_is_repeated_for_ever(
        self, server: BlueskyServer, target: Bluesky, age: int
    ) -> None:
        target.ready()
        for fault in ("drop", "500", "401", "429", "302", "200 <html>", '200 {"value": 7}'):
            server.script(f"on=getRecord {fault}")
            assert target.find("hello", Attempt(KEY, NOW - age)).state == "later"

    def test_nobody_knows_the_account_any_more(self, server: BlueskyServer, target: Bluesky) -> None:
        assert target.find("hello", Attempt(KEY, NOW)).state == "absent"
        assert not server.requests

    def test_another_text_has_the_key(self, server: BlueskyServer, target: Bluesky) -> None:
        target.ready()
        target.send("hello", KEY, again=False)
        assert target.send("other", KEY, again=False).state == "rejected"
        answer = target.send("other", KEY, again=True)
        assert (answer.state, "edited" in answer.reason) == ("unknown", True)
        assert server.texts == ["hello"]

    @pytest.mark.parametrize(("again", "state"), [(False, "unknown"), (True, "later")])
    def test_a_swap_that_cannot_be_looked_into(
        self, server: BlueskyServer, target: Bluesky, again: bool, state: str
    ) -> None:
        target.ready()
        target.send("hello", KEY, again=False)
        server.script("on=getRecord 502")
        assert target.send("other", KEY, again=again).state == state

    @pytest.mark.parametrize(
        ("error", "state", "person"),
        [
            ("InvalidRequest", "rejected", False),
            ("AccountTakedown", "later", True),
            ("AccountDeactivated", "later", True),
            ("RepoDeactivated", "later", True),
        ],
    )
    def test_a_400_is_told_apart_by_its_name(
        self, server: BlueskyServer, target: Bluesky, error: str, state: str, person: bool
    ) -> None:
        target.ready()
        server.script(f'400 {{"error": "{error}", "message": "because"}}')
        answer = target.send("hello", KEY, again=False)
        assert (answer.state, answer.needs_person) == (state, person)
        assert f"{error}: because" in answer.reason

    def test_the_rate_limit(self, server: BlueskyServer, target: Bluesky) -> None:
        target.ready()
        server.remaining, server.reset = 0, str(int(NOW) + 300)
        answer = target.send("hello", KEY, again=False)
        assert (answer.state, answer.until) == ("later", NOW + 300)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("👨‍👩‍👧‍👦" * 100 + "x" * 200, None),
            ("👨‍👩‍👧‍👦" * 100 + "x" * 201, "301 of 300 characters"),
            ("👨‍👩‍👧‍👦" * 121, "3025 of 3000 bytes"),
        ],
    )
    def test_lengths(self, target: Bluesky, text: str, problem: str | None) -> None:
        assert (target.problem(text) or "").endswith(problem or "")
        assert (target.problem(text) is None) == (problem is None)


class TestSession:
    def test_one_login_for_many_runs(self, server: BlueskyServer, tmp_path: Path, clock: Clock) -> None:
        timing = Timing(clock=clock)
        for number in range(5):
            sessions = Sessions(tmp_path)
            target = Bluesky(server.handle, server.password, sessions, service=server.url, timing=timing)
            assert isinstance(target.ready(), Ready)
            assert target.send(f"post {number}", make_key(NOW, number), again=False).state == "posted"
        assert (server.logins, server.renewals) == (1, 0)

    @pytest.mark.parametrize("word", ["expired", "revoked"])
    def test_an_access_token_that_ends(self, server: BlueskyServer, target: Bluesky, word: str) -> None:
        target.ready()
        server.expire("access", word)
        before = len(server.requests)
        assert target.send("hello", KEY, again=False).state == "posted"
        assert paths(server)[before:] == ["putRecord", "refreshSession", "putRecord"]
        assert (server.logins, server.renewals) == (1, 1)
        server.expire("access", word)
        assert isinstance(target.ready(), Ready)
        assert (server.logins, server.renewals) == (1, 2)
        assert server.texts == ["hello"]

    def test_both_tokens_end(self, server: BlueskyServer, target: Bluesky) -> None:
        target.ready()
        server.expire("access")
        server.expire("refresh", "revoked")
        assert target.send("hello", KEY, again=False).state == "posted"
        assert server.logins == 2

    def test_another_process_has_renewed_it(
        self, server: BlueskyServer, target: Bluesky, tmp_path: Path, clock: Clock
    ) -> None:
        target.ready()
        server.expire("access")
        timing = Timing(clock=clock)
        other = Bluesky(server.handle, server.password, Sessions(tmp_path), service=server.url, timing=timing)
        assert isinstance(other.ready(), Ready)
        server.expire("refresh-0", "revoked")
        assert target.send("hello", KEY, again=False).state == "posted"
        assert (server.logins, server.renewals) == (1, 1)

    @pytest.mark.parametrize("fault", ["drop", "500", "302", "200 {}", '200 {"did": 7}'])
    def test_a_login_that_fails_is_made_again_later(
        self, server: BlueskyServer, target: Bluesky, fault: str
    ) -> None:
        server.script(f"on=createSession {fault}")
        answer = target.ready()
        assert isinstance(answer, Answer)
        assert answer.state == "later"
        assert answer.needs_person == (fault == "302")
        assert isinstance(target.ready(), Ready)

    def test_no_login_where_the_server_is_only_away(self, server: BlueskyServer, target: Bluesky) -> None:
        target.ready()
        server.script("on=getSession 502")
        assert isinstance(target.ready(), Answer)
        server.expire("access")
        server.script("on=refreshSession drop")
        assert isinstance(target.ready(), Answer)
        assert server.logins == 1

    def test_a_wrong_password(self, server: BlueskyServer, tmp_path: Path) -> None:
        target = Bluesky(server.handle, "wrong-password", Sessions(tmp_path), service=server.url)
        answer = target.ready()
        assert isinstance(answer, Answer)
        assert (answer.state, answer.needs_person) == ("later", True)
        with pytest.raises(CredentialsError, match="Invalid identifier or password"):
            target.verify()
        assert not Sessions(tmp_path).path.exists()

    def test_the_file_is_for_its_owner_only(self, target: Bluesky, tmp_path: Path) -> None:
        target.ready()
        path = Sessions(tmp_path).path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        kept = Sessions(tmp_path).load(json.loads(path.read_text())["account"])
        assert kept is not None
        Sessions(tmp_path).save(kept)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_secrets_are_not_in_a_repr(self) -> None:
        assert "secret" not in repr(Session("a", "b", "secret-1", "secret-2"))

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"account": 1}', "null"])
    def test_a_damaged_file_is_named(self, target: Bluesky, tmp_path: Path, content: str) -> None:
        path = Sessions(tmp_path).path
        path.parent.mkdir()
        path.write_text(content)
        with pytest.raises(FileError, match=re.escape(str(path))):
            target.ready()

    def test_the_session_of_another_account(
        self, target: Bluesky, server: BlueskyServer, tmp_path: Path
    ) -> None:
        Sessions(tmp_path).save(Session("somebody else", "did:plc:else", "access-0", "refresh-0"))
        assert target.send("hello", KEY, again=False).state == "posted"
        assert server.logins == 1


class TestVerify:
    def test_all_is_well(self, server: BlueskyServer, target: Bluesky) -> None:
        account = target.verify()
        assert (account.handle, account.bot, account.warnings) == ("@kettle.test", True, ())
        assert account.url == "https://bsky.app/profile/kettle.test"
        assert any("3000 bytes" in note for note in account.notes)
        assert not server.posts

    def test_what_is_missing(self, server: BlueskyServer, tmp_path: Path) -> None:
        server.profile, server.password = {}, "the-own-password"
        account = Bluesky(server.handle, server.password, Sessions(tmp_path), service=server.url).verify()
        assert account.bot is False
        words = " ".join(f"{what} {remedy}" for what, remedy in account.warnings)
        assert all(part in words for part in ("automation label", "description", "app password"))

    def test_a_description_that_does_not_say_who_writes(self, server: BlueskyServer, target: Bluesky) -> None:
        server.profile["description"] = "Tea, tides and time."
        (warning,) = target.verify().warnings
        assert warning.what == "the profile does not seem to say that a bot writes here"
        server.profile["displayName"] = "KettleBot"
        assert target.verify().warnings == ()

    def test_the_clocks_are_compared(self, server: BlueskyServer, target: Bluesky) -> None:
        assert target.clock_off is None
        own = server.clock
        server.clock = lambda: own() - 600
        target.verify()
        assert target.clock_off == 600

    @pytest.mark.parametrize("profile", ["500", "200 <html>", '200 {"value": {"labels": [7]}}'])
    def test_a_profile_that_cannot_be_read(
        self, server: BlueskyServer, target: Bluesky, profile: str
    ) -> None:
        server.script(f"on=getRecord {profile}")
        assert target.verify().bot is False

    def test_a_server_of_another_kind(self, server: BlueskyServer, target: Bluesky) -> None:
        server.faults = [Fault.parse("on=/xrpc 200 <html>")] * 2
        with pytest.raises(TemporaryError, match="does not speak Bluesky's API") as caught:
            target.verify()
        assert caught.value.hint.startswith("is BLUESKY_SERVICE=")
