"""The doctor: one line per check, the worst exit code, and the way back for a target that had stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus import files
from botus.doctor import Finding, examine, preflight, worst
from botus.errors import CredentialsError, FileError, TemporaryError
from botus.settings import Settings
from botus.state import State
from botus.targets import Account
from tests.fakes import FakeTarget, Platform, World


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
    assert len([line for line in said if "CRON" in line]) == 1
    assert all("\n" not in finding.message for finding in findings)
    assert any("not valid UTF-8 in line 2" in finding.message for finding in findings)
    assert worst(findings) == 3


def test_a_log_that_shrank(world: World) -> None:
    world.run().post()
    world.run().post()
    text = (world.data / "tweeted.json").read_text()
    (world.data / "tweeted.json").write_text("[]")
    assert f"{world.data}/tweeted.json has 0 entries, but 2 have been logged there" in problems(found(world))
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
    assert all(state.stopped for state in State(world.data).load().targets.values())

    def refuses() -> Account:
        raise CredentialsError("401", "look at the token")

    world.targets["two"].verify = refuses  # type: ignore[method-assign]
    findings = found(world)
    assert "one: goes on; it had stopped: 401" in [finding.message for finding in findings]
    assert problems(findings) == ["two: 401"]
    assert worst(findings) == 4
    assert [bool(state.stopped) for state in State(world.data).load().targets.values()] == [False, True]


def test_an_account_is_told_though_the_memory_is_damaged(world: World) -> None:
    world.run().post()
    State(world.data).path.write_text("{")
    findings = found(world)
    assert {"one: @fake", "two: @fake"} <= {finding.message for finding in findings}
    assert [line for line in problems(findings) if "state.json" in line][1:] == []


def test_what_else_there_is_to_know_is_told_and_lost_posts_are_forgiven(world: World) -> None:
    world.lines(*"abc")
    for _ in range(3):
        for target in world.targets.values():
            target.script.append("lost")
        world.run().post()
    notes = Account("@fake", notes=("500 characters",), warnings=("no note",))
    world.targets["one"].verify = lambda: notes  # type: ignore[method-assign]
    said = [(one.level, one.message) for one in found(world)]
    assert ("ok", "one: 500 characters") in said
    assert ("warning", "one: no note") in said
    assert [(state.stopped, state.lost) for state in State(world.data).load().targets.values()] == [
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
