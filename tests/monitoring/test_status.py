"""What `status` and `health` tell, of sound folders and of damaged ones."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botus.monitoring.queue.counts import Acceptance
from botus.monitoring.status import Status, lines, look
from botus.monitoring.survey import Survey
from botus.settings import Settings
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.decisions.entries import Decision, Step, Wording
from botus.store.decisions.journal import Decisions
from botus.text import fingerprint
from tests.support.fakes import FakeTarget, Platform, World

NOW = datetime(2026, 11, 2, 3, 4, tzinfo=UTC).timestamp()


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"), FakeTarget(Platform(), "two"))
    world.clock.now = NOW
    world.lines("first", "second", "third")
    return world


def seen(world: World, **settings: object) -> Status:
    survey = Survey(Settings(world.data, **settings), world.targets)  # type: ignore[arg-type]
    return look(survey, world.clock())


def shown(world: World, **settings: object) -> str:
    return "\n".join(lines(seen(world, **settings)))


def test_a_quiet_bot(world: World) -> None:
    world.run().post()
    told = seen(world, cron="0 */4 * * *", zone="Europe/Berlin")
    assert told.exit_code == 0
    assert told.survey.queue
    assert told.survey.log
    assert (told.survey.queue.ready, told.survey.log.count) == (2, 1)
    assert (told.survey.needs_attention, told.waiting) == ([], [])
    assert told.as_dict()["days_left"] == 0.3
    assert told.days_left == pytest.approx(2 / 6)
    assert "8 hours of queue left" in "\n".join(lines(told))
    text = "\n".join(lines(told))
    assert "queue       2 ready: 2 by hand\n" in text
    assert "every 4 hours, on the hour; next Mon 2026-11-02 08:00 +01:00\n" in text
    assert "Mon 2026-11-02 04:04 +01:00" in text
    assert "one posted https://fake.example/1" in text
    assert json.loads(json.dumps(told.as_dict()))["next_post"] == "2026-11-02T08:00:00+01:00"


def test_every_kind_of_refused_line_with_examples(world: World) -> None:
    world.run().post()
    used = world.targets["one"].platform.posts[0]
    content = [used, "x" * 281, "tell @everyone", "twice", "twice", "fine"]
    (world.data / "tweets.txt").write_bytes("\n".join(content).encode() + b"\n\xff\n")
    count = seen(world).survey.queue
    assert count
    assert (count.ready, count.refused) == (
        2,
        {"used": 1, "too long": 1, "held": 1, "double": 1, "not UTF-8": 1},
    )
    text = shown(world)
    assert f"line 1: it has been posted, or is being posted: {used}" in text
    assert "line 7: it is not UTF-8; in the encoding of Windows it reads: ÿ" in text


def test_a_reason_that_several_lines_share_is_said_once(world: World) -> None:
    text = shown(world, post_only="kept")
    reason = "nobody has kept it, and POST_ONLY is kept: "
    assert [row.strip() for row in text.splitlines() if "  line " in row] == [
        f"line 1: {reason}first",
        "line 2: second",
        "line 3: third",
    ]


def test_no_schedule_and_a_wrong_one(world: World) -> None:
    assert "schedule    none (CRON is not set)" in shown(world)
    wrong = seen(world, cron="a b", zone="Mars")
    assert (wrong.exit_code, wrong.damage, wrong.next_post) == (2, [], None)
    text = "\n".join(lines(wrong))
    assert "schedule    CRON 'a b' has 2 fields, botus reads five; TZ 'Mars' is not a time zone" in text
    assert "queue       3 ready" in text
    assert all("\n" not in line for line in lines(wrong))


def test_damage_is_told_once_and_nothing_is_guessed(world: World) -> None:
    (world.data / "tweeted.json").write_text("[")
    told = seen(world, cron="@daily")
    assert (told.exit_code, told.survey.queue, told.survey.log, told.days_left) == (3, None, None, None)
    assert len(told.damage) == 1
    assert "botus log repair" in told.damage[0]
    text = "\n".join(lines(told))
    assert "queue" not in text
    assert "posted " not in text
    assert "damage      " in text


def test_what_needs_a_person(world: World) -> None:
    world.targets["one"].script.append("nothing")
    world.targets["two"].script.append("account")
    world.run().post()
    told = seen(world)
    assert "two has stopped: 401; fix it, then run: botus doctor" in told.survey.needs_attention
    assert (told.waiting[0].target, told.waiting[0].reason) == ("two", "401")
    assert "waits until two goes on: fix that, then run botus doctor" in told.waiting[0].fate
    del world.targets["two"]
    assert not [
        need for need in seen(world).survey.needs_attention if need.startswith("two")
    ]  # no longer in the settings


def test_a_folder_that_cannot_be_written_needs_a_person(world: World) -> None:
    world.data.chmod(0o555)
    is_root = os.getuid() == 0
    if is_root:
        os.setreuid(65534, 0)  # whom `os.access` asks for
    try:
        told = seen(world)
        assert "attention   cannot write to" in "\n".join(lines(told))
        assert told.as_dict()["needs_a_person"][0].startswith(
            f"cannot write to {world.data}: Permission denied"
        )
    finally:
        if is_root:
            os.setreuid(0, 0)
        world.data.chmod(0o755)
    assert told.exit_code == 0
    assert not seen(world).needs_a_person


def test_an_unknown_post_names_the_command(world: World) -> None:
    del world.targets["two"]
    world.targets["one"].script.append("nothing")
    world.run().post()
    [need] = seen(world).survey.needs_attention
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
    assert "posted      1" in shown(world)


def test_looking_changes_nothing(world: World) -> None:
    before = sorted(world.data.rglob("*"))
    shown(world, cron="@daily")
    assert sorted(world.data.rglob("*")) == before


def test_a_log_that_went_missing_is_seen_without_posting(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.lines("first")
    world.run().post()
    (tmp_path / "tweeted.json").unlink()
    assert any("missing, but 1 post has been logged" in problem for problem in seen(world).damage)


def test_kept_by_hand_and_unreviewed_lines_and_what_each_temperature_is_worth(world: World) -> None:
    texts = {0.7: ["a", "b", "c", "d"], 1.1: ["e", "f"], 0.9: ["g", "h"]}
    for number, (temperature, group) in enumerate(texts.items()):
        origin = Origin("run1", 1, temperature, 0, 1.0, "", number)
        found = [Candidate(text, at, 1.0, {}, -1.0, None, (), ()) for at, text in enumerate(group)]
        Candidates(world.data).append(origin, found, number + 1)
    world.lines("mine", "a", "b2", "d", "e", "f", "g", "h")
    journal = Decisions(world.data)
    said = "keep a, edit b b2, star b2, drop c, edit d d2, edit d2 d, drop e, later f, answer g"
    for number, words in enumerate(said.split(", "), 1):
        kind, text, new = [*words.split(), ""][:3]
        wording = Wording(new, fingerprint(new), new.encode()) if new else None
        journal.append(Step(number, 1, (Decision(kind, fingerprint(text), text, (), wording),)))  # type: ignore[arg-type]
    survey = seen(world).survey
    queue, acceptance = survey.queue, survey.acceptance
    assert queue
    assert (queue.kept, queue.by_hand, queue.unreviewed) == (2, 1, 3)
    assert acceptance == [Acceptance(0.7, 4, 3, 2), Acceptance(1.1, 2, 1, 0)]
    text = shown(world)
    assert "queue       6 ready: 2 kept, 1 by hand, 3 unreviewed\n" in text
    assert "kept        at temperature 0.7: 2 of 3 reviewed (67%), 4 written\n" in text
    assert "            at temperature 1.1: 0 of 1 reviewed (0%), 2 written\n" in text


def test_the_last_ten_posts_in_the_zone_of_the_schedule(world: World) -> None:
    entry = {"text": "old", "timestamp": 1_790_000_000_000, "id": "0123456789"}
    part = {"state": "posted", "url": "https://one.example/1"}
    entries = [entry | {"id": f"{number:010d}", "targets": {"one": part}} for number in range(12)]
    (world.data / "tweeted.json").write_text(json.dumps(entries))
    text = shown(world, zone="Asia/Kolkata")
    assert "posted      12, the last 10:\n            Mon 2026-09-21 19:43 +05:30 0000000011 old\n" in text
    assert text.count("one posted https://one.example/1") == 10
    assert "0000000001" not in text


def test_the_text_has_nothing_that_json_lacks(world: World) -> None:
    world.lines("good", "x" * 300)
    world.targets["two"].script.append("later")
    world.run().post()
    told = json.loads(json.dumps(seen(world, cron="0 */4 * * *").as_dict()))
    assert told["queue"]["examples"]["too long"][0]["line"] == 1
    assert told["schedule"] == "every 4 hours, on the hour"
    assert told["targets"] == {"one": "nowhere real", "two": "nowhere real"}
    [open_post] = told["waiting"]
    assert open_post["command"] == f"botus resolve {open_post['id']} --target two --give-up"
    assert open_post["fate"].startswith("goes out with the first post after Mon 2026-11-02 03:05 +00:00")


def test_lines_are_folded_to_the_terminal_and_commands_stay_whole(world: World) -> None:
    world.targets["two"].script.append("account")
    world.run().post()
    found = list(lines(seen(world, cron="0 */4 * * *"), 60))
    assert max(len(line) for line in found if " botus resolve " not in line) <= 60
    [post] = seen(world).waiting
    assert f"{' ' * 16}{post.command}" in found


def test_an_empty_queue_has_no_time_left(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.clock.now = NOW
    assert "no queue left" in shown(world, cron="0 */4 * * *")


def test_what_came_out_nowhere_is_not_counted_as_posted(world: World) -> None:
    world.targets["one"].script.extend(["ok", "nothing", "reject", "ok"])
    world.targets["two"].script.extend(["nothing", "nothing", "reject", "ok"])
    world.lines(*(f"line {number}" for number in range(4)))
    for _ in range(4):
        world.run().post()
    told = seen(world)
    assert [told.as_dict()[name] for name in ("posted", "unknown", "refused")] == [2, 1, 1]
    said = "posted      2, and 1 that may be there or not, and 1 that came out nowhere\n"
    assert said in "\n".join(lines(told))
