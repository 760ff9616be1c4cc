"""A person's word on a post: which post and which target is meant, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.errors import SettingsError
from botus.posting.resolve import resolve
from botus.store.intents import Delivery, Intent, Intents
from botus.text import fingerprint
from tests.support.fakes import FakeTarget, Platform, World

MARKS = ("abcd0" + "0" * 27, "abcd1" + "0" * 27)


def unknown(data: Path, mark: str, *names: str) -> None:
    intents = Intents(data)
    intent = Intent(mark, "text " + mark[4], "", 1, deliveries={name: Delivery("unknown") for name in names})
    intents.claim(intent)
    intents.finish(intent)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for mark in MARKS:
        unknown(tmp_path, mark, "one")
    return tmp_path


@pytest.mark.parametrize(
    ("post", "says"),
    [
        ("abcd", "abcd begins 2 posts"),
        ("abc", "there is no post abc"),
        ("", "there is no post"),
        ("ffff", "there is no post ffff"),
        ("../abcd0", "there is no post"),
    ],
)
def test_exactly_one_post_is_meant(data: Path, post: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        resolve(data, post, None, "posted", None, lambda: 2.0)


def test_a_beginning_is_enough_where_it_is_the_only_one(data: Path) -> None:
    assert resolve(data, "abcd1", None, "posted", "https://one/1", lambda: 2.0).endswith("one is now posted")
    parts = [intent.deliveries["one"] for mark in MARKS if (intent := Intents(data).find_done(mark))]
    assert [(part.state, part.url, part.at) for part in parts] == [
        ("unknown", None, None),
        ("posted", "https://one/1", 2000),
    ]
    with pytest.raises(SettingsError, match="nothing about it is in question"):
        resolve(data, "abcd1", None, "give-up", None, lambda: 2.0)


def test_where_two_targets_are_in_question_one_is_named(tmp_path: Path) -> None:
    unknown(tmp_path, MARKS[0], "one", "two")
    with pytest.raises(SettingsError, match="name one with --target") as caught:
        resolve(tmp_path, "abcd", None, "posted", None, lambda: 2.0)
    assert caught.value.hint == "known: one unknown, two unknown"
    with pytest.raises(SettingsError, match="nothing is in question on three"):
        resolve(tmp_path, "abcd", "three", "posted", None, lambda: 2.0)
    assert resolve(tmp_path, "abcd", "two", "give-up", None, lambda: 2.0).endswith("two is now rejected")


def test_what_waits_can_only_be_given_up(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform(), "one", ["later"]))
    world.lines("text")
    world.run().post()
    [intent] = Intents(tmp_path).open()
    with pytest.raises(SettingsError, match="nothing about it is in question"):
        resolve(tmp_path, intent.id, None, "posted", None, world.clock)
    resolve(tmp_path, intent.id, None, "give-up", None, world.clock)
    world.run().post()
    [entry] = json.loads((tmp_path / "tweeted.json").read_text())
    assert (entry["targets"]["one"]["state"], entry["targets"]["one"]["error"]) == (
        "rejected",
        "given up by hand",
    )
    assert world.targets["one"].platform.posts == []


def test_what_a_page_asks_for_again_is_not_sent_again_once_more(tmp_path: Path) -> None:
    """Its answer was lost, and the server began anew: the post went out meanwhile, and was lost again."""
    world = World(tmp_path, FakeTarget(Platform(), "one", ["lost", "lost"]))
    world.lines("first")
    world.run().post()
    post, target = fingerprint("first"), world.targets["one"]

    def asked(request: str) -> str:
        return resolve(world.data, post, "one", "not-posted", None, world.clock, request)

    said = asked("a")
    assert asked("a") == said
    world.clock.now += 3600
    world.run().post()
    assert asked("a") == said
    world.run().post()
    assert target.platform.posts == ["first"] * 2
    assert asked("b") == said
    world.run().post()
    assert target.platform.posts == ["first"] * 3
