"""A log that others write to as well: what stands in the newest entry, or in one that is sent again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from botus.posting.resolve import resolve
from tests.support.fakes import FakeTarget, Platform, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.lines("The kettle sings.", "The gull listens.", "The fog stays.")
    return world


def entries(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((world.data / "tweeted.json").read_text())
    return found


@pytest.mark.parametrize("given", [7, 1.5, None, True, "", "ключ", "\ud800", [1], {"a": 1}])
def test_the_newest_entry_may_have_any_id(world: World, given: object) -> None:
    world.run().post()
    log = [*entries(world), {"text": "The lamp waits.", "timestamp": 1, "id": given, "targets": {}}]
    (world.data / "tweeted.json").write_text(json.dumps(log))
    world.run().settle()  # remembers the newest
    for _ in range(2):
        world.run().post()
    assert len(world.targets["one"].platform.posts) == len(entries(world)) - 1 == 3


@pytest.mark.parametrize("given", [["one"], 7, "one", None])
def test_the_entry_of_a_post_that_is_sent_again_may_have_any_targets(world: World, given: object) -> None:
    world.targets["one"].script.append("nothing")
    world.run().post()
    [entry] = entries(world)
    (world.data / "tweeted.json").write_text(json.dumps([entry | {"targets": given}]))
    resolve(world.data, entry["id"], "one", "not-posted", None, world.clock)
    world.run().post()
    [again] = entries(world)
    assert (again["text"], again["targets"]["one"]["state"]) == (entry["text"], "posted")
