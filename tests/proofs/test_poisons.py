"""Every damaged value in every field that is looked at: each command says it in words, and `run` goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.whole import poisons

CELLS = [(name, field) for name, fields in poisons.FIELDS.items() for field in fields]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("sound")
    poisons.write_sound(data)
    return data


@pytest.mark.parametrize(("name", "field"), CELLS, ids=lambda one: one[-20:])
@pytest.mark.parametrize("poison", poisons.POISONS)
def test_each_command_and_the_slots_outlive_a_poison(
    sound: Path, tmp_path: Path, name: str, field: str, poison: str
) -> None:
    for check in ("slots", "commands"):
        data = shutil.copytree(sound, tmp_path / check)
        before = poisons.poisoned(data / name, field, poisons.POISONS[poison])
        if check == "slots":
            poisons.check_slots(data, data / name, before)
        else:
            poisons.check_commands(data, data / name)
