"""Damaged values in each of botus's files: said in words with the file, by every command and by `run`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.store.candidates import Candidates
from tests.whole import poisons

UNREADABLE = ("5000 digits", "deep objects")
CELLS = [(name, fields[0], poison) for name, fields in poisons.FIELDS.items() for poison in UNREADABLE]
CELLS += [(name, field, "half a letter") for name, fields in poisons.FIELDS.items() for field in fields]
OF_OTHERS = ("id", "targets")  # in the log, where another program may write what it likes


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("sound")
    poisons.write_sound(data)
    return data


@pytest.mark.parametrize(("name", "field", "poison"), CELLS, ids=lambda one: one[-20:])
def test_a_poison_is_said_in_words_and_the_next_slot_posts(
    sound: Path, tmp_path: Path, name: str, field: str, poison: str
) -> None:
    data = shutil.copytree(sound, tmp_path / "data")
    before = poisons.poisoned(data / name, field, poisons.POISONS[poison])
    if poison not in UNREADABLE:
        poisons.check_slots(shutil.copytree(data, tmp_path / "run"), tmp_path / "run" / name, before)
    assert poisons.check_commands(data, data / name) or field in OF_OTHERS


@pytest.mark.parametrize("number", ["NaN", "1e999", "9" * 400])
def test_a_score_that_is_no_number_is_damage_with_its_line(sound: Path, tmp_path: Path, number: str) -> None:
    data = shutil.copytree(sound, tmp_path / "data")
    poisons.poisoned(data / ".botus/candidates.jsonl", "score", number)
    with pytest.raises(FileError, match=r"candidates\.jsonl, line 1: score is"):
        Candidates(data).provenance()
