from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.store.decisions.entries import Decision, End, Kind, Place, Step, Undo, Wording
from botus.store.decisions.journal import Decisions
from botus.store.durable import jsonl
from botus.text import fingerprint


def decision(text: str, kind: Kind = "drop", new: str | None = None) -> Decision:
    wording = Wording(new, fingerprint(new), new.encode()) if new else None
    return Decision(kind, fingerprint(text), text, (Place(text.encode(), 1, None),), wording)


def step(number: int, text: str, kind: Kind = "drop", new: str | None = None) -> Step:
    return Step(number, 1000 + number, (decision(text, kind, new),))


@pytest.fixture
def journal(tmp_path: Path) -> Decisions:
    return Decisions(tmp_path)


def test_an_empty_journal_has_no_verdicts(journal: Decisions) -> None:
    assert journal.verdicts() == {}
    assert journal.history().next_step == 1


def test_every_byte_and_field_comes_back(journal: Decisions) -> None:
    place = Place(b"caf\xc3\xa9 \\n \xe2\x80\xa8 \r", 7, b"\xff not utf-8", b"")
    group = Step(
        1,
        1_718_000_000_000,
        (
            Decision("drop", "f1", "café \n \u2028", (place, Place(b"x", 8, None))),
            Decision("edit", "f2", "old", (place,), Wording("new", "f3", b"new\r")),
            Decision("keep", "f4", "back again", (place,), back=True),
        ),
    )
    journal.append(group)
    journal.append(step(2, "another"))
    assert journal.history().done == (group, step(2, "another"))


def test_verdicts_are_the_last_decisions_that_count(journal: Decisions) -> None:
    for entry in (
        step(1, "a", "keep"),
        step(2, "b", "drop"),
        step(3, "c", "star"),
        step(4, "a", "drop"),
        Undo("undo", 4, 0),
        step(5, "d", "later"),
        step(6, "e", "edit", "e2"),
        step(7, "e2", "keep"),
        Undo("undo", 7, 0),
        Undo("redo", 7, 0),
    ):
        journal.append(entry)
    found = {"a": "keep", "b": "drop", "c": "star", "e": "edited", "e2": "keep"}
    assert journal.verdicts() == {fingerprint(text): verdict for text, verdict in found.items()}


def test_a_new_wording_is_undecided_even_where_it_was_dropped_before(journal: Decisions) -> None:
    journal.append(step(1, "b", "drop"))
    journal.append(step(2, "a", "edit", "b"))
    assert journal.verdicts() == {fingerprint("a"): "edited"}
    assert journal.judgement()[1] == {fingerprint("b"): fingerprint("a")}


def test_what_was_dropped_or_reworded_must_not_come_back(journal: Decisions) -> None:
    for entry in (
        step(1, "a"),
        step(2, "b"),
        Undo("undo", 2, 0),
        step(3, "c", "edit", "d"),
        step(4, "e", "keep"),
    ):
        journal.append(entry)
    assert journal.dropped_texts() == ["a", "c"]


def test_undo_walks_back_and_a_new_decision_ends_redo(journal: Decisions) -> None:
    for entry in (step(1, "a"), step(2, "b"), Undo("undo", 2, 0), Undo("undo", 1, 0), Undo("redo", 1, 0)):
        journal.append(entry)
    history = journal.history()
    assert [one.number for one in history.done] == [1]
    assert [one.number for one in history.undone] == [2]
    journal.append(step(3, "c"))
    assert journal.history().undone == ()
    assert journal.history().next_step == 4


def test_a_review_that_ended_properly_leaves_nothing_open(journal: Decisions) -> None:
    journal.append(step(1, "a"))
    assert journal.history().last == step(1, "a")
    journal.append(End(5))
    assert journal.history().last is None


def test_a_torn_last_line_is_passed_over_and_then_cut_off(journal: Decisions) -> None:
    journal.append(step(1, "a"))
    whole = journal.path.read_bytes()
    journal.append(step(2, "b"))
    journal.path.write_bytes(journal.path.read_bytes()[:-9])
    assert journal.torn()
    journal.check()
    assert [one.number for one in journal.history().done] == [1]
    journal.append(step(2, "c"))
    assert journal.path.read_bytes().startswith(whole)
    assert [one.decisions[0].text for one in journal.history().done] == ["a", "c"]


@pytest.mark.parametrize(
    "damage",
    [
        b"not json\n",
        b'{"kind": "burn", "step": 2, "at": 1, "fingerprint": "f", "text": "t", "places": []}\n',
        b'{"kind": "edit", "step": 2, "at": 1, "fingerprint": "f", "text": "t", "places": []}\n',
        b'{"kind": "drop", "step": 2}\n',
        b'{"kind": "drop", "step": "x", "at": 1, "fingerprint": "f", "text": "t", "places": []}\n',
        b'{"at": 1}\n',
        b'{"kind": "undo", "of": 9, "at": 1}\n',
        b'{"kind": "redo", "of": 1, "at": 1}\n',
    ],
)
def test_damage_stops_with_file_and_line(journal: Decisions, damage: bytes) -> None:
    journal.append(step(1, "a"))
    first = journal.path.read_bytes()
    journal.path.write_bytes(first + damage + first.replace(b'"step": 1', b'"step": 3'))
    for read in (journal.verdicts, journal.check):
        with pytest.raises(FileError, match=r"decisions\.jsonl, line 2: "):
            read()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b'{"a": 1}\n{"b"',
        b'{"a": 1}\n\n{"b": 2}',
        b'{"a": 1}\nx\n',
        b'x\n{"a": 1}\n',
        b'{"a": 1}\n7',
    ],
)
def test_one_record_at_a_time_is_the_same_as_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)

    def outcome(read: Callable[[Path], Iterable[jsonl.Record]]) -> object:
        try:
            return list(read(path))
        except FileError as error:
            return error.message

    assert outcome(jsonl.scan) == outcome(jsonl.read)
    assert list(jsonl.scan(tmp_path / "missing.jsonl")) == []


def test_a_line_that_is_nested_too_deeply_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text("{}\n" + "[" * 50_000 + "]" * 50_000 + "\n")
    with pytest.raises(FileError, match=r"decisions\.jsonl, line 2: it is nested too deeply"):
        jsonl.read(path)
