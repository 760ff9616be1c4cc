"""The log of answers: what is known of it is what is in the file, whoever has written there."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from botus.errors import FileError
from botus.store.log.answered import Answered
from botus.store.log.tweeted import render


def entry(number: int, state: str = "posted", **more: object) -> dict[str, Any]:
    who = f"@kit{number}@example.social"
    return {
        "text": f"The kettle has {number} lamps, and they’re lit.",
        "timestamp": 1_790_000_000_000 + number,
        "id": f"{number:010}",
        "targets": {"mastodon": {"state": state, "id": f"{number}"}},
        "to": who,
        "person": who,
        "post": f"post {number}",
        "thread": f"thread {number}",
        **more,
    }


def known(answered: Answered) -> tuple[object, ...]:
    return answered.given(), answered.ids(), [answered.has(f"post {n}", ["mastodon"]) for n in range(9)]


BY_HAND = (
    '[ {"text": "naïve\\u00ef",\t"timestamp":1.0, "id": ["no id"], "targets": "none"}'
    '\n\n,{"text":"","timestamp":2}'
)
BEFORE = ["", "[]", "\ufeff[\r\n]\r\n", f"{BY_HAND}]", f"\ufeff{BY_HAND}\r\n ]\r\n"]
DAMAGE = [b'[{"text": "hal', b"", b"{}", b'[{"text": "\xff", "timestamp": 1}]', b"[1]"]


@pytest.mark.parametrize("before", BEFORE)
def test_entries_are_added_and_known_without_reading_all_again(tmp_path: Path, before: str) -> None:
    answered = Answered(tmp_path)
    if before:
        answered.path.write_bytes(before.encode())
    states = ["posted", "rejected", "unknown"]
    for number, state in enumerate(states):
        answered.append(entry(number, state))
        answered.append(entry(number, text="not twice"))
    answered.append(entry(0, targets={"bluesky": {"state": "posted"}}))
    if BY_HAND in before:
        assert answered.path.read_text().startswith(before.rstrip("]\r\n "))
    afresh = Answered(tmp_path)
    assert known(answered) == known(afresh)
    assert [one.post for one in afresh.given()] == ["post 0", "post 2", "post 0"]
    assert [int(one["id"]) for one in afresh.entries() if one["text"] and "to" in one] == [0, 1, 2, 0]


def test_what_another_adds_stays(tmp_path: Path) -> None:
    mine, other = Answered(tmp_path), Answered(tmp_path)
    for number in range(3):
        mine.append(entry(2 * number))
        other.append(entry(2 * number + 1))
    assert [one.post for one in mine.given()] == [f"post {number}" for number in range(6)]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told_each_time_and_the_mended_file_is_read(tmp_path: Path, damage: bytes) -> None:
    answered = Answered(tmp_path)
    answered.append(entry(1))
    sound = answered.path.read_bytes()
    answered.path.write_bytes(damage)
    for _ in range(2):
        with pytest.raises(FileError, match=r"answered\.json"):
            answered.given()
        with pytest.raises(FileError, match=r"answered\.json"):
            answered.append(entry(2))
    assert answered.path.read_bytes() == damage
    answered.path.write_bytes(sound)
    assert known(answered) == known(Answered(tmp_path))
    answered.path.unlink()
    assert answered.given() == []


def test_a_log_of_years_is_not_held_in_memory(tmp_path: Path) -> None:
    answered = Answered(tmp_path)
    entries = (render(entry(number % 50, post=f"post {number}")) for number in range(2000))
    answered.path.write_text("[\n" + ",\n".join(entries) + "\n]\n")
    tracemalloc.start()
    try:
        assert len(answered.given()) == 2000
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = answered.path.stat().st_size
    assert (kept < 2 * size, most < 4 * size) == (True, True)
