"""What is known of one post, wherever it is, by whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.cli.display.queue import about_lines
from botus.errors import SettingsError
from botus.monitoring.queue.about import About, about
from botus.review.session import open_session
from botus.settings import Settings
from botus.store.queue.tweets import ANSWERS
from botus.text import fingerprint
from tests.monitoring.queue.test_lines import written
from tests.support.fakes import FakeTarget, Platform, World

TEA, FOG = "Tea is ready.\nThe lamp is not.", "The fog has two ends"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.lines(TEA.replace("\n", "\\n"), FOG, "The fog is tall")
    return world


def found(world: World, name: str) -> About:
    run = world.run()
    return about(world.settings, world.targets, run.state.load(), run.selection(), name, world.clock())


def said(world: World, name: str) -> str:
    return "\n".join(f"{heading}|{line}" for heading, line in about_lines(found(world, name), "UTC"))


@pytest.mark.parametrize(
    "name",
    [
        *(fingerprint(TEA)[:length] for length in (4, 10, 32)),
        *(fingerprint(TEA)[:10].upper(), TEA, "Tea is ready.\\nThe lamp is not.", "the LAMP is"),
    ],
)
def test_a_post_is_found_by_its_id_its_text_and_by_words_that_only_it_has(world: World, name: str) -> None:
    assert found(world, name).text == TEA


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("the fog", "2 posts have these words"),
        ("kettle", "there is no post 'kettle'"),
        ("ffff", "there is no"),
        (" ", "there is no post ''"),
    ],
)
def test_what_is_none_or_several_is_said(world: World, name: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as raised:
        found(world, name)
    if name == "the fog":
        assert fingerprint(FOG)[:10] in raised.value.hint


def test_a_line_of_the_queue(world: World) -> None:
    written(world.data, FOG, "a name")
    (world.data / ANSWERS).write_text(FOG + "\n")
    world.settings = Settings(world.data, accounts={"bluesky": {}})
    text = said(world, FOG)
    assert f"id|{fingerprint(FOG)[:10]} (all of it: {fingerprint(FOG)})\ntext|{FOG}\n" in text
    assert "queue|line 2 of tweets.txt, held: flagged: a name\n" in text
    assert "answers|line 1 of answers.txt, " in text
    assert "length|Bluesky 20 of 300\n" in text
    assert "written|by run1, step 1, temperature 0.9, score 0.50\n|flagged: a name" in text
    assert "text|Tea is ready.\n|The lamp is not.\nqueue|line 1 of tweets.txt, by hand\n" in said(world, TEA)
    assert "written|not by botus" in said(world, TEA)


def test_what_was_decided_and_edited(world: World) -> None:
    with open_session(world.data, "file", clock=world.clock) as session:
        session.edit(fingerprint(FOG), "The fog has three ends")
        session.decide([(fingerprint("The fog has three ends"), "star")])
        session.decide([(fingerprint(TEA), "drop")])
    new, old, gone = (said(world, name) for name in ("three ends", FOG, fingerprint(TEA)))
    assert "queue|line 1 of tweets.txt, starred\n" in new
    assert f"decisions|Fri 2027-01-15 08:00 +00:00 edited: before {FOG!r}\n|Fri 2027-01-15 08:00" in new
    assert new.endswith("starred")
    assert "queue|not in tweets.txt\n" in old
    assert old.endswith("edited: now 'The fog has three ends'")
    assert "text|Tea is ready.\n|The lamp is not.\n" in gone
    assert gone.endswith("dropped")


def test_what_was_posted_waits_or_is_lost(world: World) -> None:
    world.targets["two"] = FakeTarget(Platform(), "two", ["account"])
    chosen = world.run().post().chosen
    assert chosen
    text = said(world, chosen)
    assert "queue|not in tweets.txt" in text
    assert "in progress|two pending (401): waits until two goes on" in text
    world.targets["one"].script.append("nothing")
    del world.targets["two"]
    lost = world.run().post().chosen
    assert lost
    text = said(world, lost)
    assert "log|Fri 2027-01-15 08:00 +00:00\n|one unknown timed out" in text
    told = found(world, lost).as_dict()
    assert (told["log"]["text"], told["queue"], told["waiting"]) == (lost, [], [])
