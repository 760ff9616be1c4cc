"""The ways out of a damaged log: what is saved, what is kept, what is remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.errors import BusyError, FileError
from botus.posting.log.repair import accept, repair
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.state import StateFiles
from tests.support.fakes import FakeTarget, Platform, World

NOW = 1_800_000_000.0
KEPT = "tweeted.json.damaged-20270115T080000Z"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, FakeTarget(Platform(), "one"))
    world.lines("first", "second", "third")
    world.run().post()
    world.run().post()
    return world


def mended(world: World, content: bytes) -> list[object]:
    (world.data / "tweeted.json").write_bytes(content)
    repair(world.data, lambda: NOW)
    return json.loads((world.data / "tweeted.json").read_text())


def test_every_cut_of_a_log_saves_its_whole_entries(world: World) -> None:
    content = (world.data / "tweeted.json").read_bytes()
    entries = json.loads(content)
    ends = [position + 1 for position in range(len(content)) if content[: position + 1].endswith(b"\n  }")]
    for cut in range(1, len(content) - 1, 7):
        assert mended(world, content[:cut]) == entries[: sum(end <= cut for end in ends)]
        assert (world.data / KEPT).read_bytes() == content[:cut]


@pytest.mark.parametrize(
    "damage",
    [
        b"<<<<<<< mine\n",
        b'  {"text": "half',
        b"  {},\n",
        b"\xff\xfe",
        b"  ,,,\n",
        b'  {"text": 1, "timestamp": 2},',
    ],
)
def test_damage_in_the_middle_costs_nothing_else(world: World, damage: bytes) -> None:
    content = (world.data / "tweeted.json").read_bytes()
    place = content.index(b"\n  {", 5) + 1
    assert mended(world, content[:place] + damage + content[place:]) == json.loads(content)


def test_the_way_is_free_afterwards(world: World) -> None:
    (world.data / "tweeted.json").write_bytes((world.data / "tweeted.json").read_bytes()[:-30])
    with pytest.raises(FileError):
        world.run().post()
    assert "saved 1 entry" in repair(world.data, lambda: NOW)
    world.run().post()  # done/ puts the lost entry back, and the third goes out
    assert len(json.loads((world.data / "tweeted.json").read_text())) == 3
    assert not world.targets["one"].platform.doubles()


def test_a_sound_log_is_left_alone(world: World) -> None:
    before = (world.data / "tweeted.json").read_bytes()
    assert repair(world.data, lambda: NOW).endswith("is sound: nothing to repair")
    assert (world.data / "tweeted.json").read_bytes() == before
    assert not (world.data / KEPT).exists()


def test_there_is_nothing_to_repair(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"there is no .*tweeted\.json"):
        repair(tmp_path, lambda: NOW)


def test_a_damaged_memory_comes_first(world: World) -> None:
    (world.data / "tweeted.json").write_text("[")
    StateFiles(world.data).path.write_text("{")
    with pytest.raises(FileError, match=r"state\.json is damaged"):
        repair(world.data, lambda: NOW)
    assert (world.data / "tweeted.json").read_text() == "["
    assert not (world.data / KEPT).exists()


def test_a_trimmed_log_is_taken_as_it_is(world: World) -> None:
    entries = json.loads((world.data / "tweeted.json").read_text())
    (world.data / "tweeted.json").write_text(json.dumps(entries[1:]))
    said = accept(world.data)
    assert "with 1 entry; 1 post that it lacks may be posted again" in said
    assert [mark[:8] for mark in Intents(world.data).done_names()] == [entries[1]["id"][:8]]
    assert StateFiles(world.data).load().log_count == 1
    world.run().post()
    assert not world.targets["one"].platform.doubles()


def test_a_damaged_log_is_not_accepted(world: World) -> None:
    (world.data / "tweeted.json").write_text("[")
    with pytest.raises(FileError):
        accept(world.data)
    assert len(Intents(world.data).done_names()) == 2


def test_neither_meets_a_posting_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = files.lock
    monkeypatch.setattr(
        files,
        "lock",
        lambda data, name, wait=0.0, holder="": lock(data, name, wait=min(wait, 0.05), holder=holder),
    )
    with lock(world.data, "post"):
        for step in (lambda: accept(world.data), lambda: repair(world.data, lambda: NOW)):
            with pytest.raises(BusyError, match="a posting run is at work"):
                step()
