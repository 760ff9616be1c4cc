"""Posting one given line: the same precheck, locks and promise as for a random one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.errors import RefusedError, SettingsError
from botus.store.decisions.entries import Decision, Step
from botus.store.decisions.journal import Decisions
from botus.store.intents import Intents
from botus.text import fingerprint
from tests.support.command import botus
from tests.support.fakes import FakeTarget, Platform, World

WANTED = fingerprint("second")


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.lines("first", "second", "third", "@everyone look")
    return world


@pytest.mark.parametrize("name", [WANTED, WANTED[:10], WANTED[:4]])
def test_the_line_that_is_named_goes_out(world: World, name: str) -> None:
    outcome = world.run().post(name)
    assert outcome.chosen == "second"
    assert world.targets["one"].platform.posts == ["second"]
    assert (world.data / "tweets.txt").read_text().splitlines() == ["first", "third", "@everyone look"]
    [entry] = json.loads((world.data / "tweeted.json").read_text())
    assert entry["text"] == "second"


def test_it_goes_out_once(world: World) -> None:
    world.run().post(WANTED)
    with pytest.raises(RefusedError, match="has been posted"):
        world.run().post(WANTED)
    world.lines("second")
    with pytest.raises(RefusedError, match="has been posted"):
        world.run().post(WANTED)
    assert world.targets["one"].platform.posts == ["second"]


@pytest.mark.parametrize("name", ["", WANTED[:3], "f" * 32, "../x", "*"])
def test_what_names_no_line_posts_none(world: World, name: str) -> None:
    with pytest.raises(SettingsError, match="there is no post"):
        world.run().post(name)
    assert world.targets["one"].requests == []
    assert Intents(world.data).used() == set()


def test_a_beginning_of_two_posts_is_of_none(world: World) -> None:
    texts: dict[str, str] = {}
    number = 0
    while (other := texts.setdefault(fingerprint(f"fog {number}")[:4], f"fog {number}")) == f"fog {number}":
        number += 1
    world.lines(other, f"fog {number}")
    with pytest.raises(SettingsError, match="begins 2 posts"):
        world.run().post(fingerprint(other)[:4])
    assert world.run().post(fingerprint(other)).chosen == other


@pytest.mark.parametrize(
    ("text", "says"),
    [("@everyone look", "everyone"), ("x" * 300, "takes 280"), ("third", "dropped in curate")],
)
def test_what_may_not_go_out_is_refused_and_stays(world: World, text: str, says: str) -> None:
    world.lines("first", text)
    if text == "third":
        Decisions(world.data).append(Step(1, 0, (Decision("drop", fingerprint(text), text),)))
    with pytest.raises(RefusedError, match=says):
        world.run().post(fingerprint(text))
    assert world.targets["one"].requests == []
    assert Intents(world.data).used() == set()
    assert (world.data / "tweets.txt").read_text().splitlines() == ["first", text]


def test_what_is_overdue_waits_for_its_own_turn(world: World) -> None:
    world.targets["one"].script.extend(["later"])
    first = world.run().post().chosen
    world.clock.now += 3600
    wanted = next(text for text in ("first", "second") if text != first)
    assert world.run().post(fingerprint(wanted)).chosen == wanted
    assert world.targets["one"].platform.posts == [wanted]
    world.run().post()
    assert world.targets["one"].platform.posts == [wanted, first]


def test_the_command_takes_an_id(world: World) -> None:
    done = botus("post", WANTED[:10], "--dry-run", "--data", world.data)
    assert (done.code, done.out) == (0, "second\n")
    refused = botus("post", fingerprint("@everyone look"), "--dry-run", "--data", world.data)
    assert (refused.code, refused.out) == (RefusedError.exit_code, "")
    assert "is not posted" in refused.err
    missing = botus("post", "abcdef", "--data", world.data)
    assert missing.code == SettingsError.exit_code
