"""A queue of more lines than anybody counts: a part is looked at, and it is said so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.monitoring import doctor, status
from botus.monitoring.survey import Survey
from botus.store.queue import tweets
from botus.store.queue.tweets import Queue
from tests.support.fakes import FakeTarget, Platform, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(tweets, "_ALL", 1000)
    monkeypatch.setattr(tweets, "_LOOKED_AT", 500)
    return World(tmp_path, FakeTarget(Platform(), "fake"))


def said(world: World) -> str:
    return "\n".join(status.lines(status.look(Survey(world.settings, {}), world.clock())))


def test_up_to_so_many_lines_every_one_is_counted(world: World) -> None:
    world.lines(*(f"The kettle sang {n} times." for n in range(1000)))
    counts = Survey(world.settings, {}).queue
    assert counts is not None
    assert (counts.ready, counts.looked_at) == (1000, None)
    assert "about" not in said(world)


def test_of_more_a_part_is_looked_at_and_it_is_said_so(world: World) -> None:
    world.lines(*("@ann, look" if n % 5 == 0 else f"The kettle sang {n} times." for n in range(10_000)))
    counts = Survey(world.settings, {}).queue
    assert counts is not None
    assert (counts.ready, counts.looked_at) == (8000, 435)
    assert "about 8,000 ready: 8,000 by hand (435 lines looked at)" in said(world)
    assert json.loads(json.dumps(counts.as_dict()))["looked_at"] == 435
    found = "\n".join(doctor.lines(doctor.examine(world.settings, {}, world.clock())))
    assert "about 10,000 lines, 435 of them looked at" in found


def test_the_lines_that_are_looked_at_are_those_of_their_numbers(world: World) -> None:
    world.lines(*(f"line {n}" for n in range(1, 10_001)))
    looked_at = list(Queue(world.data).lines(Queue(world.data).step()))
    assert [line.text for line in looked_at] == [f"line {line.number}" for line in looked_at]
    assert (len(looked_at), looked_at[-1].number - looked_at[0].number) == (435, 23 * 434)


def test_that_nothing_may_go_out_is_never_guessed(world: World) -> None:
    world.lines(*["@ann, look"] * 9000, "The kettle sings.", *["@ann, look"] * 1005)
    counts = Survey(world.settings, {}).queue
    assert counts is not None
    assert (counts.ready, counts.looked_at) == (1, None)
