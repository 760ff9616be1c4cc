"""What `status` and `health` tell, of sound folders and of damaged ones."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botus.settings import Settings
from botus.state import State
from botus.status import Status, count_queue, illness, lines, look
from tests.fakes import FakeTarget, Platform, World

NOW = datetime(2026, 11, 2, 3, 4, tzinfo=UTC).timestamp()


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"), FakeTarget(Platform(), "two"))
    world.clock.now = NOW
    world.lines("first", "second", "third")
    return world


def seen(world: World, **settings: object) -> Status:
    return look(Settings(world.data, **settings), world.targets, world.clock)  # type: ignore[arg-type]


def shown(world: World, **settings: object) -> str:
    return "\n".join(lines(seen(world, **settings)))


def test_a_quiet_bot(world: World) -> None:
    world.run().post()
    told = seen(world, cron="0 */4 * * *", zone="Europe/Berlin")
    assert told.exit_code == 0
    assert told.queue
    assert (told.queue.ready, told.posted, told.needs, told.waiting) == (2, 1, [], [])
    assert told.days_left == 0.3
    text = "\n".join(lines(told))
    assert "queue      2 ready\n" in text
    assert "every 4 hours, on the hour; next Mon 2026-11-02 08:00 +01:00\n" in text
    assert "Mon 2026-11-02 04:04 +01:00" in text
    assert "one posted https://fake.example/1" in text
    assert json.loads(json.dumps(told.as_dict()))["next_slot"] == "2026-11-02T08:00:00+01:00"


def test_every_kind_of_refused_line_with_examples(world: World) -> None:
    world.run().post()
    used = world.targets["one"].platform.posts[0]
    content = [used, "x" * 281, "tell @everyone", "twice", "twice", "fine"]
    (world.data / "tweets.txt").write_bytes("\n".join(content).encode() + b"\n\xff\n")
    count = count_queue(Settings(world.data), world.targets)
    assert (count.ready, count.refused) == (
        2,
        {"used": 1, "too long": 1, "held": 1, "double": 1, "invalid": 1},
    )
    text = shown(world)
    assert f"line 1: it has been posted, or is being posted: {used}" in text
    assert "line 7: it is not valid UTF-8" in text


def test_no_schedule_and_a_wrong_one(world: World) -> None:
    assert "schedule   none (CRON is not set)" in shown(world)
    wrong = seen(world, cron="a b", zone="Mars")
    assert (wrong.exit_code, wrong.damage, wrong.next_slot) == (2, [], None)
    text = "\n".join(lines(wrong))
    assert "schedule   CRON 'a b' has 2 fields, botus reads five; TZ 'Mars' is not a time zone" in text
    assert "queue      3 ready" in text
    assert all("\n" not in line for line in lines(wrong))


def test_damage_is_told_once_and_nothing_is_guessed(world: World) -> None:
    (world.data / "tweeted.json").write_text("[")
    told = seen(world, cron="@daily")
    assert (told.exit_code, told.queue, told.posted, told.days_left) == (3, None, None, None)
    assert len(told.damage) == 1
    assert "botus log repair" in told.damage[0]
    text = "\n".join(lines(told))
    assert "queue" not in text
    assert "posted " not in text
    assert "damage     " in text


def test_what_needs_a_person(world: World) -> None:
    world.targets["one"].script.append("nothing")
    world.targets["two"].script.append("account")
    world.run().post()
    told = seen(world)
    assert "two has stopped: 401; mend it, then run: botus doctor" in told.needs
    assert "two pending (401)" in told.waiting[0]
    other = look(Settings(world.data), {"one": world.targets["one"]}, world.clock)
    assert not [need for need in other.needs if need.startswith("two")]  # no longer in the settings


def test_an_unknown_post_names_the_command(world: World) -> None:
    del world.targets["two"]
    world.targets["one"].script.append("nothing")
    world.run().post()
    [need] = seen(world).needs
    [entry] = json.loads((world.data / "tweeted.json").read_text())
    assert f"botus resolve {entry['id']} --target one --posted [URL] | --not-posted | --give-up" in need
    assert "timed out" in need


@pytest.mark.parametrize(
    "entry",
    [
        {"text": "a", "timestamp": 1e300},
        {"text": "a", "timestamp": -1e15},
        {"text": "a", "timestamp": 1, "id": None, "targets": ["x"]},
        {"text": "a", "timestamp": 1, "targets": {"x": "posted", "y": {}}},
    ],
)
def test_foreign_entries_are_shown_as_far_as_they_go(world: World, entry: dict[str, object]) -> None:
    (world.data / "tweeted.json").write_text(json.dumps([entry]))
    assert "posted     1" in shown(world)


def test_looking_changes_nothing(world: World) -> None:
    before = sorted(world.data.rglob("*"))
    shown(world, cron="@daily")
    illness(Settings(world.data), world.targets, world.clock)
    assert sorted(world.data.rglob("*")) == before


def test_health(world: World) -> None:
    settings = Settings(world.data, cron="@daily")
    assert illness(settings, {}, world.clock) == ["no heartbeat: botus run has not started here"]
    state = State(world.data)
    state.folder.mkdir()
    state.beat()
    os.utime(state.heartbeat, (NOW - 170, NOW - 170))
    assert illness(settings, {}, world.clock) == []
    os.utime(state.heartbeat, (NOW - 200, NOW - 200))
    assert illness(settings, {}, world.clock) == ["the last heartbeat is 200 seconds old"]
    assert illness(Settings(world.data / "absent"), {}, world.clock) == [
        f"there is no data directory {world.data / 'absent'}"
    ]
    (world.data / "tweeted.json").write_text("[")
    assert "tweeted.json" in illness(settings, {}, world.clock)[1]
    assert "CRON" in illness(Settings(world.data, cron="x"), {}, world.clock)[1]


def test_a_log_that_went_missing_is_seen_without_posting(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.lines("first")
    world.run().post()
    (tmp_path / "tweeted.json").unlink()
    found = look(Settings(tmp_path), {}, world.clock)
    assert any("missing, but 1 post has been logged" in problem for problem in found.damage)
    assert any("missing" in problem for problem in illness(Settings(tmp_path), {}, world.clock))
