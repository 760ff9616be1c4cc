"""A program that writes half a line, waits, and goes on."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from botus.monitoring.survey import Survey
from botus.settings import PostOrder
from botus.store.durable.lines import MOMENT
from tests.support.fakes import FakeTarget, Platform, World

ORDERS: list[PostOrder] = ["random", "file", "spaced"]


@pytest.fixture(params=ORDERS)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    return World(tmp_path, FakeTarget(Platform(), "fake"), post_order=request.param)


def changed(world: World, ago: float) -> None:
    moment = time.time() - ago
    os.utime(world.data / "tweets.txt", (moment, moment))


def test_half_a_line_waits_and_the_others_go_out(world: World) -> None:
    platform = world.targets["fake"].platform
    queue = world.data / "tweets.txt"
    queue.write_text("The kettle sings.\nThe sea rehears")
    assert world.run().post().chosen == "The kettle sings."
    assert world.run().post().chosen is None
    assert "is still being written" in world.said[-1][1]
    with queue.open("a") as writer:
        writer.write("es its lines.\n")
    assert world.run().post().chosen == "The sea rehearses its lines."
    assert platform.posts == ["The kettle sings.", "The sea rehearses its lines."]


def test_the_half_belongs_to_what_a_program_adds_to_the_file_that_was_replaced(world: World) -> None:
    queue = world.data / "tweets.txt"
    queue.write_text("The kettle sings.\n")
    with queue.open("a") as writer:
        writer.write("The sea rehears")
        writer.flush()
        assert world.run().post().chosen == "The kettle sings."
        writer.write("es its lines.\n")
    world.run().settle()
    assert queue.read_text() == "The sea rehearses its lines.\n"


@pytest.mark.parametrize("ago", [MOMENT + 1, 86400.0, -86400.0])
def test_an_old_file_without_a_last_line_break_is_drawn_to_its_end(world: World, ago: float) -> None:
    (world.data / "tweets.txt").write_text("The lamp is lit.")
    changed(world, ago)
    assert world.run().post().chosen == "The lamp is lit."


def test_status_says_that_a_line_is_still_being_written(world: World) -> None:
    (world.data / "tweets.txt").write_text("The kettle sings.\nThe sea rehears")
    counts = Survey(world.settings, {}).queue
    assert counts is not None
    assert (counts.ready, counts.refused) == (1, {"unfinished": 1})
    changed(world, MOMENT + 1)
    later = Survey(world.settings, {}).queue
    assert later is not None
    assert (later.ready, later.refused) == (2, {})
