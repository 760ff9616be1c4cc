"""What would be posted next, and how surely that can be told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from botus.cli.display.queue import next_lines, next_value
from botus.monitoring.queue.coming import Coming, coming
from botus.monitoring.status import look
from botus.monitoring.survey import Survey
from botus.settings import Settings
from tests.monitoring.queue.test_lines import decided
from tests.support.fakes import FakeTarget, Platform, World

NOW = datetime(2026, 11, 2, 3, 4, tzinfo=UTC).timestamp()


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.clock.now = NOW
    world.lines("first", "second", "@everyone", "third")
    return world


def seen(world: World, count: int = 5, **settings: Any) -> Coming:  # noqa: ANN401
    world.settings = Settings(world.data, **settings)
    counts = Survey(world.settings, world.targets).queue
    return coming(world.settings, counts, world.run().selection(), count)


def said(world: World, found: Coming) -> str:
    status = look(Survey(world.settings, world.targets), NOW)
    return "\n".join(f"{heading} {line}".strip() for heading, line in next_lines(found, status, None))


def test_at_random_every_line_has_the_same_chance(world: World) -> None:
    found = seen(world, 2, cron="0 */4 * * *")
    assert (found.among, found.odds, [one.text for one in found.lines]) == (3, 1 / 3, ["first", "second"])
    text = said(world, found)
    assert "when Mon 2026-11-02 04:00 +00:00 (every 4 hours, on the hour)" in text
    assert "which one of 3 lines, drawn by chance, 1 in 3 each (POST_ORDER=random)" in text
    assert "and 1 more: botus queue list --ready" in text
    assert found.as_dict()["lines"][0]["text"] == "first"


def test_in_the_order_of_the_file_it_is_known_and_comes_true(world: World) -> None:
    found = seen(world, post_order="file")
    assert (found.odds, [one.text for one in found.lines]) == (1.0, ["first", "second", "third"])
    assert "which the first line of the file that may go out" in said(world, found)
    assert "when with the next botus post (CRON is not set)" in said(world, found)
    assert world.run().post().chosen == "first"


def test_spaced_knows_whose_turn_it_is_and_it_comes_true(world: World) -> None:
    assert seen(world, post_order="spaced").which == ""
    decided(world.data, star="second")
    turns = list[Any]()
    for _ in range(3):
        found = seen(world, post_order="spaced")
        turns.append((found.which, found.among, [one.text for one in found.lines]))
        assert world.run().post().chosen in turns[-1][2]
    assert turns[:2] == [("not starred", 2, ["first", "third"]), ("starred", 1, ["second"])]
    assert turns[2][:2] == ("", 1)


def test_twins_are_one_candidate(world: World) -> None:
    world.lines("tea", "tea")
    found = seen(world)
    assert (found.among, len(found.lines)) == (1, 1)
    assert "which the only line (POST_ORDER=random)" in said(world, found)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no line of tweets.txt may go out; it is empty, and new ones are written by: botus generate"),
        ("", "it is empty"),
        (
            "@everyone\n\xff\n",
            "of its lines 1 held, 1 not UTF-8: botus queue list says why",
        ),
    ],
)
def test_why_there_is_none(world: World, content: str | None, says: str) -> None:
    path = world.data / "tweets.txt"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="latin-1")
    for order in ("random", "file", "spaced"):
        found = seen(world, post_order=order)
        assert (found.among, found.odds, found.lines) == (0, None, [])
        assert says in said(world, found)


def test_what_keeps_it_from_going_out(world: World) -> None:
    world.targets["one"].script.append("account")
    world.run().post()
    found = seen(world)
    assert "but nothing goes out now: one has stopped: 401" in said(world, found)
    told = next_value(found, look(Survey(world.settings, world.targets), NOW))
    assert "one has stopped: 401" in told["obstacle"]
    assert [one["target"] for one in told["before"]] == ["one"]
    assert "first " in said(world, found)
    world.targets.clear()
    assert "no credentials are set" in said(world, seen(world))


def test_a_slot_that_is_left_out_is_said_to_be(world: World) -> None:
    cron = {"cron": "0 */4 * * *", "max_per_day": 1}
    assert "left out" not in said(world, seen(world, **cron))
    world.run().post()
    assert "but that slot is left out: 1 post in the 24 hours before it" in said(world, seen(world, **cron))
    assert "left out" not in said(world, seen(world, cron="5 3 3 * *", max_per_day=1))


def test_damage_hides_it(world: World) -> None:
    run = world.run()
    selection = run.selection()
    (world.data / "tweeted.json").write_text("[")
    found = coming(world.settings, Survey(world.settings, world.targets).queue, selection, 5)
    assert (found.among, found.lines) == (None, [])
    assert "nobody knows, because a file is damaged" in said(world, found)
