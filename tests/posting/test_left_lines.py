"""A used line that could not be taken out of tweets.txt goes as soon as it can."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fakes import FakeTarget, Platform, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world that has posted its first line, which is still in the file."""
    world = World(tmp_path, FakeTarget(Platform(), "fake"), post_order="file")
    world.lines("The kettle sings.", "The lamp is lit.")
    queue, elsewhere = tmp_path / "tweets.txt", tmp_path / "elsewhere"
    queue.rename(elsewhere)
    queue.symlink_to(elsewhere)  # which is never replaced
    assert world.run().post().chosen == "The kettle sings."
    assert queue.read_text() == "The kettle sings.\nThe lamp is lit.\n"
    queue.unlink()
    elsewhere.rename(queue)
    return world


def test_the_next_run_takes_it_out(world: World) -> None:
    world.run().settle()
    assert (world.data / "tweets.txt").read_text() == "The lamp is lit.\n"


def test_a_line_that_a_person_puts_back_stays(world: World) -> None:
    world.run().settle()
    world.lines("The kettle sings.", "The lamp is lit.")
    world.run().settle()
    assert (world.data / "tweets.txt").read_text() == "The kettle sings.\nThe lamp is lit.\n"


def test_one_that_is_gone_already_is_forgotten(world: World) -> None:
    world.lines("The lamp is lit.")
    world.run().settle()
    world.lines("The kettle sings.", "The lamp is lit.")
    world.run().settle()
    assert (world.data / "tweets.txt").read_text() == "The kettle sings.\nThe lamp is lit.\n"
