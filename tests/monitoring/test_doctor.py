"""The doctor: one line per check, the worst exit code, and the way back for a target that had stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from botus.errors import CredentialsError, FileError, TemporaryError
from botus.monitoring.checks.finding import Finding
from botus.monitoring.checks.folder import preflight
from botus.monitoring.doctor import examine, lines, worst
from botus.posting.target import Account, Advice
from botus.settings import Settings
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.state import StateFiles
from tests.support.command import X_SECRETS, botus
from tests.support.fakes import FakeTarget, Platform, World
from tests.support.servers import MastodonServer, XServer


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"), FakeTarget(Platform(), "two"))
    world.lines("first", "second")
    return world


def found(world: World, **settings: object) -> list[Finding]:
    return list(examine(Settings(world.data, **settings), world.targets))  # type: ignore[arg-type]


def problems(findings: list[Finding]) -> list[str]:
    return [finding.message for finding in findings if finding.level == "problem"]


def test_all_is_well(world: World) -> None:
    findings = found(world, cron="0 9 * * *")
    assert worst(findings) == 0
    text = [finding.message for finding in findings if finding.level == "ok"]
    assert any("can be written by uid" in line for line in text)
    assert "locks work here" in text
    assert f"{world.data / 'tweets.txt'}: 2 lines" in text
    assert "CRON in UTC: at 09:00 every day" in text
    assert text[-2:] == ["one: @fake", "two: @fake"]
    assert not list((world.data / ".botus").glob("probe*"))
    assert not any(target.requests for target in world.targets.values())


def test_a_missing_folder_is_not_made(world: World, tmp_path: Path) -> None:
    world.data = tmp_path / "absent"
    findings = found(world, cron="bad")
    assert problems(findings)[0] == f"there is no data directory {tmp_path / 'absent'}"
    assert any("CRON" in problem for problem in problems(findings))  # the other checks are made all the same
    assert worst(findings) == 3
    assert not world.data.exists()


def test_every_file_is_looked_at_and_nothing_said_twice(world: World) -> None:
    (world.data / "tweets.txt").write_bytes(b"good\n\xff\n")
    (world.data / "tweeted.json").write_text("[")
    (world.data / "denylist.txt").write_text("/(/\n")
    findings = found(world, cron="a b c d e")
    assert len(findings) == len(set(findings))
    said = problems(findings)
    assert len([line for line in said if "tweeted.json" in line]) == 1
    assert len([line for line in said if "denylist" in line]) == 1
    assert len([line for line in said if "CRON" in line]) == 5  # one for each field
    assert all("\n" not in finding.message for finding in findings)
    assert any("not valid UTF-8 in line 2" in finding.message for finding in findings)
    assert worst(findings) == 3


def test_a_log_that_shrank(world: World) -> None:
    world.run().post()
    world.run().post()
    text = (world.data / "tweeted.json").read_text()
    (world.data / "tweeted.json").write_text("[]")
    assert f"{world.data}/tweeted.json has 0 entries, but 2 posts have been logged there" in problems(
        found(world)
    )
    (world.data / "tweeted.json").write_text(text)
    assert "tweeted.json: 2 entries" in [finding.message for finding in found(world)]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [((), 0), ((5,), 5), ((5, 4), 4), ((4, 3), 3), ((2, 5, 4), 2), ((4, 2, 3), 3)],
)
def test_the_worst_code_counts(codes: tuple[int, ...], expected: int) -> None:
    findings = [Finding("problem", f"problem {code}", code=code) for code in codes]
    assert worst([Finding("warning", "only this"), *findings]) == expected


def test_a_stopped_target_goes_on_where_it_answers_and_only_there(world: World) -> None:
    for target in world.targets.values():
        target.script.append("account")
    world.run().post()
    assert all(state.stopped for state in StateFiles(world.data).load().targets.values())

    def refuses() -> Account:
        raise CredentialsError("401", "look at the token")

    world.targets["two"].verify = refuses  # type: ignore[method-assign]
    findings = found(world)
    assert "one: goes on; it had stopped: 401; 1 post waits for it and goes out with the next slot" in [
        finding.message for finding in findings
    ]
    assert problems(findings) == ["two: 401"]
    assert worst(findings) == 4
    assert [bool(state.stopped) for state in StateFiles(world.data).load().targets.values()] == [False, True]


def test_an_account_is_told_though_the_memory_is_damaged(world: World) -> None:
    world.run().post()
    StateFiles(world.data).path.write_text("{")
    findings = found(world)
    assert {"one: @fake", "two: @fake"} <= {finding.message for finding in findings}
    assert [line for line in problems(findings) if "state.json" in line][1:] == []


def test_what_else_there_is_to_know_is_told_and_lost_posts_are_forgiven(world: World) -> None:
    world.lines(*"abc")
    for _ in range(3):
        for target in world.targets.values():
            target.script.append("lost")
        world.run().post()
    notes = Account("@fake", notes=("500 characters",), warnings=(Advice("no note", "write one"),))
    world.targets["one"].verify = lambda: notes  # type: ignore[method-assign]
    said = [(one.level, one.message) for one in found(world)]
    assert ("ok", "one: 500 characters") in said
    assert ("warning", "one: no note") in said
    assert [(state.stopped, state.lost) for state in StateFiles(world.data).load().targets.values()] == [
        ("", 0)
    ] * 2


def test_a_network_that_is_away_is_the_least_of_problems(world: World) -> None:
    def away() -> Account:
        raise TemporaryError("one: no connection", "try again later")

    world.targets["one"].verify = away  # type: ignore[method-assign]
    assert worst(found(world)) == 5
    (world.data / "tweeted.json").write_text("[")
    assert worst(found(world)) == 3


def test_preflight_refuses_a_linked_log_and_sees_a_run(world: World) -> None:
    with files.lock(world.data, "post"):
        assert "locks work: a posting run holds one now" in [one.message for one in preflight(world.data)]
    (world.data / "elsewhere").write_text("[]")
    (world.data / "tweeted.json").symlink_to("elsewhere")
    with pytest.raises(FileError, match="symbolic link"):
        list(preflight(world.data))


def test_a_post_that_the_account_refused_goes_out_at_the_next_slot(world: World) -> None:
    world.targets["one"].script.append("account")
    world.run().post()
    [intent] = Intents(world.data).open()
    assert intent.deliveries["one"].until > world.clock.now
    found(world)
    world.run().post()
    assert world.targets["one"].requests[:2] == [intent.text] * 2
    assert not Intents(world.data).open()


def test_an_account_that_may_not_post_stays_stopped(world: World) -> None:
    world.targets["one"].script.append("account")
    world.run().post()
    account = Account("@fake", problems=(Advice("the token may not post", "give it the scope"),))
    world.targets["one"].verify = lambda: account  # type: ignore[method-assign]
    findings = found(world)
    assert problems(findings) == ["one: the token may not post"]
    assert worst(findings) == 4
    assert StateFiles(world.data).load().targets["one"].stopped


def test_lines_that_some_or_all_platforms_cannot_take(world: World) -> None:
    world.targets["two"].limit = 100
    world.lines("x" * 300, "fits", "y" * 150, "z" * 120, "also")
    said = [finding.message for finding in found(world) if finding.level == "warning"]
    assert "1 of 5 lines can go nowhere: line 1 (300 characters, one takes 280)" in said
    assert "two: 2 of 5 lines cannot go there: lines 3, 4 (150 characters, two takes 100)" in said
    assert not [line for line in said if line.startswith("one: ")]


@pytest.mark.parametrize(
    ("off", "level", "words"),
    [
        (1.2, "ok", "the clock agrees with that of two to 1 second"),
        (-90.0, "warning", "the clock is 90 seconds behind that of two"),
        (7300.0, "warning", "the clock is 2 hours ahead of that of two"),
        (1e9, "warning", "the clock is 11574.1 days ahead of that of two"),
    ],
)
def test_the_clock(world: World, off: float, level: str, words: str) -> None:
    world.targets["one"].clock_off, world.targets["two"].clock_off = 0.3, off
    (finding,) = [one for one in found(world) if "the clock" in one.message]
    assert (finding.level, finding.message.startswith(words)) == (level, True)


def test_a_clock_with_which_x_takes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform(), "x"))
    world.targets["x"].clock_off = 299.0
    assert worst(found(world)) == 0
    world.targets["x"].clock_off = -301.0
    assert "X refuses what is signed more than 5 minutes off" in problems(found(world))[0]
    assert worst(found(world)) == 2


def test_lines_for_a_person() -> None:
    findings = [
        Finding("ok", "fine"),
        Finding("warning", "a warning with quite a few words in it, more than fit", "do this, that and more"),
        Finding("problem", "bad", "mend it", 3),
    ]
    assert list(lines(findings, 44)) == [
        "ok       fine",
        "warning  a warning with quite a few words in",
        "         it, more than fit",
        "         -> do this, that and more",
        "problem  bad",
        "         -> mend it",
        "1 problem, 1 warning",
    ]
    assert max(map(len, lines(findings))) > 60


class TestForReal:
    """The command, with servers on the loopback."""

    @pytest.fixture
    def mastodon(self) -> Iterator[MastodonServer]:
        with MastodonServer() as server:
            yield server

    @pytest.fixture
    def x(self) -> Iterator[XServer]:
        with XServer(checks_time=True) as server:
            yield server

    @pytest.fixture
    def settings(self, mastodon: MastodonServer, x: XServer, tmp_path: Path) -> dict[str, str]:
        (tmp_path / "tweets.txt").write_text("one\ntwo\n")
        return {
            "BOTUS_DATA": str(tmp_path),
            "CRON": "0 9 * * *",
            "TZ": "Europe/Stockholm",
            "MASTODON_BASE_URL": mastodon.url,
            "MASTODON_ACCESS_TOKEN": mastodon.token,
            "X_BASE_URL": x.url,
            "X_READ": "yes",
            **X_SECRETS,
        }

    def test_all_is_well(self, settings: dict[str, str], mastodon: MastodonServer, x: XServer) -> None:
        ended = botus("doctor", **settings)
        assert (ended.code, ended.out.splitlines()[-1]) == (0, "0 problems, 0 warnings"), ended.out
        assert "ok       x: the access token may read and write\n" in ended.out
        assert "ok       mastodon: the token may: read write\n" in ended.out
        assert "ok       the clock agrees with that of" in ended.out
        assert not mastodon.posts + x.posts
        assert not [secret for secret in (mastodon.token, *X_SECRETS.values()) if secret in ended.out]
        findings = botus("--json", "doctor", **settings).value
        assert {tuple(one) for one in findings} == {("level", "message", "hint", "code")}

    def test_a_clock_ten_minutes_ahead(
        self, settings: dict[str, str], mastodon: MastodonServer, x: XServer
    ) -> None:
        x.clock = mastodon.clock = lambda: time.time() - 600
        ended = botus("doctor", **settings)
        assert ended.code == 2
        assert "problem  the clock is 10 minutes ahead of that of" in ended.out
        assert (
            "the credentials were refused: Unauthorized; the clock of this machine is 10 minutes" in ended.out
        )
        assert "-> set the clock" in ended.out

    def test_tokens_that_may_only_read(
        self, settings: dict[str, str], mastodon: MastodonServer, x: XServer
    ) -> None:
        mastodon.scopes, x.access = "read", "read"
        ended = botus("doctor", **settings)
        assert ended.code == 4
        assert "problem  x: the access token may only read\n" in ended.out
        assert "problem  mastodon: the token may not post\n" in ended.out

    def test_wrong_settings_do_not_keep_it_from_looking_at_the_rest(self, settings: dict[str, str]) -> None:
        ended = botus("doctor", **settings | {"MAX_PER_DAY": "0", "TZ": "Mars", "MASTODON_URL": "x"})
        assert ended.code == 2
        assert ended.out.count("problem  ") == 2
        assert "ok       mastodon: @kettle" in ended.out

    def test_a_secret_that_is_no_secret_is_not_shown(self, settings: dict[str, str]) -> None:
        ended = botus("doctor", **settings | {"MASTODON_ACCESS_TOKEN": "two words-of-it"})
        assert ended.code == 2
        assert "MASTODON_ACCESS_TOKEN holds white space" in ended.out
        assert "words-of-it" not in ended.out + ended.err

    def test_no_check_lets_a_secret_out(self, settings: dict[str, str], tmp_path: Path) -> None:
        folder = tmp_path / settings["MASTODON_ACCESS_TOKEN"]  # as it might be told in a path
        ended = botus("doctor", "--data", folder, **settings)
        assert "there is no data directory" in ended.out
        assert settings["MASTODON_ACCESS_TOKEN"] not in ended.out
