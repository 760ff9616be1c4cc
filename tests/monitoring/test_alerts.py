"""Which events are going on, which are over, and who is still to hear of them; the file that remembers it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.monitoring.alerts import Facts, events, is_over
from botus.store.running import alerts
from botus.store.running.alerts import TRIES, Alerts, Told

CALM = Facts(ready=100, per_day=4)


def names(facts: Facts, low_days: float = 3, was_low: bool = False) -> set[str]:
    return set(events(facts, low_days, was_low=was_low))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (CALM, set()),
        (Facts(12, 4), set()),
        (Facts(11, 4), {"low"}),
        (Facts(0, 4), {"low", "empty"}),
        (Facts(None, 4, trouble="damaged"), {"trouble"}),
        (Facts(100, 4, failed_slots=2), set()),
        (Facts(100, 4, failed_slots=3), {"barren"}),
        (
            Facts(100, 4, {"x": "why"}, {"a1 x": "what", "a2 x": "what"}),
            {"stopped x", "unknown a1 x", "unknown a2 x"},
        ),
    ],
)
def test_events(facts: Facts, expected: set[str]) -> None:
    assert names(facts) == expected


def test_a_low_queue_is_filled_well_above_the_limit_before_it_is_low_no_more() -> None:
    assert names(Facts(14, 4), was_low=True) == {"low"}
    assert names(Facts(15, 4), was_low=True) == set()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (Facts(10, 4), "the queue lasts for 2.5 days (10 lines); add lines: botus generate"),
        (Facts(1, 4), "the queue lasts for 6 hours (1 line); add lines"),
        (Facts(1, 48), "the queue lasts for 30 minutes (1 line)"),
        (Facts(1, 4, held=1), "(1 line); 1 line waits for your keep: botus curate"),
        (Facts(0, 4, held=2), "so nothing is posted; 2 lines wait for your keep: botus curate"),
    ],
)
def test_what_is_said(facts: Facts, words: str) -> None:
    said = events(facts, 3, was_low=False)
    assert words in said["empty" if facts.ready == 0 else "low"]


def test_what_damage_hides_is_not_over() -> None:
    damaged = Facts(None, 4, trouble="damaged")
    now = events(damaged, 3, was_low=True)
    assert not [
        event for event in ("low", "empty", "stopped x", "unknown a x") if is_over(event, now, damaged)
    ]
    assert is_over("barren", now, damaged)
    assert all(is_over(event, {}, CALM) for event in ("low", "empty", "stopped x", "unknown a x", "trouble"))


@pytest.mark.parametrize(
    ("facts", "calm"),
    [
        (CALM, True),
        (Facts(0, 4), True),
        (Facts(9, 4, {"x": "why"}), False),
        (Facts(9, 4, {}, {"a x": "?"}), False),
        (Facts(None, 4), False),
        (Facts(9, 4, trouble="t"), False),
    ],
)
def test_whether_a_person_has_to_look(facts: Facts, calm: bool) -> None:
    assert facts.needs_nobody == calm


def test_an_event_is_told_once_per_service() -> None:
    known = Alerts()
    assert known.due("low", ["a", "b"], 0) == ["a", "b"]
    known.tried("low", "a", 0).heard = True
    assert known.due("low", ["a", "b"], 10**9) == ["b"]
    assert known.due("empty", ["a", "b"], 0) == ["a", "b"]
    known.end(["low", "never was"])
    assert known.due("low", ["a"], 0) == ["a"]


def test_a_service_that_takes_nothing_is_tried_ever_more_rarely_and_not_for_ever() -> None:
    known, now, tries = Alerts(), 0.0, []
    while now < 40 * 86400:
        if known.due("low", ["a"], now):
            known.tried("low", "a", now)
            tries.append(now)
        now += 60
    assert len(tries) == TRIES
    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses == [60 * 6**number for number in range(TRIES - 1)]


def test_a_clock_that_was_wrong_silences_nobody() -> None:
    assert Told(1, at=10.0**10).is_due(0)


def test_the_file(tmp_path: Path) -> None:
    alerts.save(tmp_path, Alerts())
    assert not list(tmp_path.iterdir())  # nothing to remember
    known = Alerts(2, "damaged", True)
    known.tried("low", "a", 5.5)
    alerts.save(tmp_path, known)
    assert alerts.load(tmp_path) == known
    alerts.save(tmp_path, Alerts())
    assert alerts.load(tmp_path) == Alerts()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"told": {"low": 1}}',
        '{"told": {}, "barren": "x"}',
        '{"told": {"a": {"b": {"at": "x"}}}}',
    ],
)
def test_a_damaged_file_is_said(tmp_path: Path, content: str) -> None:
    (tmp_path / ".botus").mkdir()
    (tmp_path / ".botus" / "news.json").write_text(content)
    with (
        pytest.raises(FileError, match=r"news\.json is damaged")
        if content != "{}"
        else pytest.raises(FileError)
    ):
        alerts.load(tmp_path)
