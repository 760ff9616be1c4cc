"""In which order lines go out: from the top, or starred ones spread evenly among the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.posting import selection
from botus.settings import Settings
from botus.store.queue import tweets
from tests.posting.test_post import decide
from tests.support.fakes import FakeTarget, Platform, World


def test_file_order_and_spaced_stars(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform()), post_order="file")
    world.lines(*"abc")
    world.run().post()
    world.run().post()
    assert world.targets["fake"].platform.posts == ["a", "b"]
    world.settings = Settings(tmp_path, post_order="spaced")
    world.lines(*"defghijkl", "S", "T")
    decide(tmp_path, "star", "S", "T")
    for _ in range(11):
        world.run().post()
    order = world.targets["fake"].platform.posts[2:]
    assert sorted(order) == sorted([*"defghijkl", "S", "T"])
    assert 3 <= abs(order.index("S") - order.index("T")) <= 6


@pytest.mark.proof
@pytest.mark.parametrize("counts_all", [True, False])
def test_stars_are_spread_through_a_long_queue_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts_all: bool
) -> None:
    monkeypatch.setattr(tweets, "_ALL", 2000 if counts_all else 100)
    monkeypatch.setattr(tweets, "_LOOKED_AT", 1000)
    monkeypatch.setattr(selection, "_TELLING", 2)
    world = World(tmp_path, FakeTarget(Platform()), post_order="spaced")
    world.lines(*(f"The kettle sang {n} times." for n in range(36)), "S", "T", "U")
    decide(tmp_path, "star", "S", "Gone with the tide.", "T", "U")
    run = world.run()
    for _ in range(39):
        run.post()
    order = world.targets["fake"].platform.posts
    assert len(set(order)) == 39
    places = sorted(map(order.index, "STU"))
    gaps = [later - place for place, later in zip([-1, *places], [*places, 39], strict=True)]
    assert min(gaps) >= 7, "evenly"
    assert run.post().chosen is None


def test_only_stars_are_left_or_none(tmp_path: Path) -> None:
    world = World(tmp_path, FakeTarget(Platform()), post_order="spaced")
    world.lines("S", "@everyone, look", "T")
    decide(tmp_path, "star", "S", "T", "Gone with the tide.")
    assert {world.run().post().chosen, world.run().post().chosen} == {"S", "T"}
    assert world.run().post().chosen is None
