"""Provenance: one record per line, found by fingerprint, whole after any crash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.store.candidates import Candidate, Candidates, Origin
from botus.text import fingerprint

ORIGIN = Origin("run1", 2100, 0.9, 40, 1.0, "", 7)
OTHER = Origin("run1", 2100, 1.1, 40, 1.0, "", 7)


def candidate(post: str, number: int = 0, flags: tuple[str, ...] = ()) -> Candidate:
    nearest = {"number": 3, "text": "A corpus post", "run": 5}
    return Candidate(post, number, 0.75, {"ending": 1.0}, -2.5, nearest, flags, ("quotes",))


def test_a_record_has_everything_that_is_known(tmp_path: Path) -> None:
    Candidates(tmp_path).append(ORIGIN, [candidate("Fog\nagain 🌫", 4, ("wordfilter: fog",))], 1000)
    assert Candidates(tmp_path).records() == [
        {
            "text": "Fog\nagain 🌫",
            "fingerprint": fingerprint("Fog\nagain 🌫"),
            "model": "run1",
            "step": 2100,
            "temperature": 0.9,
            "top_k": 40,
            "top_p": 1.0,
            "prefix": "",
            "seed": 7,
            "among": 0,
            "lost_mass": 0.0,
            "corpus": "",
            "number": 4,
            "score": 0.75,
            "parts": {"ending": 1.0},
            "logprob": -2.5,
            "nearest": {"number": 3, "text": "A corpus post", "run": 5},
            "flags": ["wordfilter: fog"],
            "repairs": ["quotes"],
            "time": 1000,
        }
    ]


def test_records_are_found_by_fingerprint_and_the_later_one_counts(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    candidates.append(ORIGIN, [candidate("one"), candidate("two", flags=("a flag",))], 1)
    candidates.append(OTHER, [candidate("one")], 2)
    assert candidates.provenance()[fingerprint(" one ")]["temperature"] == 1.1
    assert candidates.flags() == {fingerprint("one"): (), fingerprint("two"): ("a flag",)}


def test_nothing_is_there_before_the_first_run(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    assert (candidates.records(), candidates.flags(), candidates.unfinished()) == ([], {}, ("tweets.txt", []))
    assert candidates.reached(ORIGIN) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_stream_is_reached_as_far_as_its_last_record_or_its_end(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    candidates.append(ORIGIN, [candidate("one", 3), candidate("two", 8)], 1)
    assert candidates.reached(ORIGIN) == 9
    candidates.finish(ORIGIN, 12, 2)
    candidates.append(OTHER, [candidate("three", 40)], 3)
    assert (candidates.reached(ORIGIN), candidates.reached(OTHER)) == (12, 41)


def test_only_the_last_group_of_a_run_that_did_not_end_is_unfinished(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    candidates.append(ORIGIN, [candidate("one")], 1)
    candidates.append(ORIGIN, [candidate("two"), candidate("three")], 2)
    assert candidates.unfinished() == ("tweets.txt", ["two", "three"])
    candidates.finish(ORIGIN, 3, 3)
    assert candidates.unfinished()[1] == []
    candidates.append(ORIGIN, [candidate("four")], 4, "answers.txt")
    assert candidates.unfinished() == ("answers.txt", ["four"])
    candidates.finish(ORIGIN, 4, 5)
    assert len(candidates.records()) == 4


def test_a_torn_last_record_is_cut_off_and_damage_before_it_stops(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    candidates.append(ORIGIN, [candidate("one"), candidate("two")], 1)
    whole = candidates.path.read_bytes()
    candidates.path.write_bytes(whole[:-20])
    assert [record["text"] for record in candidates.records()] == ["one"]
    candidates.append(ORIGIN, [candidate("three")], 2)
    assert [record["text"] for record in candidates.records()] == ["one", "three"]
    candidates.check()
    candidates.path.write_bytes(b"{broken\n" + whole)
    with pytest.raises(FileError, match="line 1"):
        candidates.flags()
    candidates.path.write_bytes(whole + b"[1]\n" + whole)
    with pytest.raises(FileError, match="line 3"):
        candidates.reached(ORIGIN)


def test_another_measurement_of_the_same_stream_goes_on_with_it(tmp_path: Path) -> None:
    helped = replace(ORIGIN, among=400, lost_mass=0.0002)
    Candidates(tmp_path).finish(helped, 30, 1000)
    assert Candidates(tmp_path).reached(replace(helped, lost_mass=0.0003)) == 30
    assert Candidates(tmp_path).reached(replace(helped, among=200)) == 0


def test_a_model_of_another_corpus_has_another_stream(tmp_path: Path) -> None:
    candidates, mine = Candidates(tmp_path), replace(ORIGIN, corpus="0123456789abcdef")
    candidates.finish(mine, 30, 1)
    assert candidates.reached(mine) == 30
    assert candidates.reached(replace(mine, corpus="fedcba9876543210")) == 0


def test_a_stream_is_found_that_was_written_down_without_its_corpus(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    candidates.finish(ORIGIN, 30, 1)
    candidates.path.write_text(candidates.path.read_text().replace(', "corpus": ""', ""))
    assert candidates.reached(ORIGIN) == 30


def test_a_model_with_other_tokens_has_another_stream(tmp_path: Path) -> None:
    candidates, few = Candidates(tmp_path), replace(ORIGIN, columns=5000, vocabulary="0123456789abcdef")
    candidates.finish(few, 30, 1)
    assert candidates.reached(replace(few, left_out=0.0002)) == 30
    assert candidates.reached(replace(few, vocabulary="fedcba9876543210")) == 0
    assert candidates.reached(ORIGIN) == 0
    candidates.finish(ORIGIN, 40, 2)
    assert (candidates.reached(ORIGIN), candidates.reached(few)) == (40, 30)
    assert candidates.path.read_text().count("vocabulary") == 1  # all of it is as in older records


def test_provenance_reads_what_it_needs_and_the_rest_on_demand(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    tricky = 'a ", "fingerprint": "00", "score": 9, "flags": [], {"text": "'
    candidates.append(ORIGIN, [candidate("one"), candidate(tricky, 1, ("a flag",))], 1)
    candidates.append(OTHER, [candidate("one")], 2)
    candidates.finish(OTHER, 2, 3)
    with candidates.path.open("ab") as file:  # written by somebody else, and torn
        file.write(b'{"fingerprint": "f", "flags": ["x"]}\n{"text": "torn", "fing')
    found = candidates.provenance()
    assert set(found) == {fingerprint("one"), fingerprint(tricky), "f"}
    assert dict(found) == {record["fingerprint"]: record for record in candidates.records()}
    assert found.flagged == {fingerprint(tricky), "f"}
    assert found.scores == {}  # what an older botus had made them of says nothing
    assert found.logprobs == {fingerprint("one"): -2.5, fingerprint(tricky): -2.5}
    candidates.append(OTHER, [replace(candidate("new"), parts={"characters": 3.1, "closes": 1.0})], 4)
    assert candidates.provenance().scores == {fingerprint("new"): 0.75}


@pytest.mark.parametrize("cut", [slice(None, -40), slice(40, None)])
def test_provenance_stops_at_damage(tmp_path: Path, cut: slice) -> None:
    candidates = Candidates(tmp_path)
    candidates.append(ORIGIN, [candidate("one"), candidate("two"), candidate("three")], 1)
    first, second, third = candidates.path.read_bytes().splitlines(keepends=True)
    candidates.path.write_bytes(first + second[cut] + third)
    with pytest.raises(FileError, match=r"candidates\.jsonl, line 2"):
        candidates.provenance()
    with pytest.raises(FileError, match=r"candidates\.jsonl, line 2"):
        candidates.check()


def test_glances_are_the_same_whoever_wrote_the_line(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    tricky = 'a ", "fingerprint": "00", "temperature": 9, "flags": [], {"text": "'
    candidates.append(ORIGIN, [candidate("one"), candidate(tricky), candidate("two", 2, ("a flag",))], 1)
    candidates.finish(ORIGIN, 3, 2)
    with candidates.path.open("ab") as file:  # written by somebody else, and torn
        file.write(b'{"fingerprint": "f", "temperature": null, "flags": ["x"]}\n{"text": "torn", "fing')
    heat = ORIGIN.temperature
    assert [(one.fingerprint, one.temperature, one.flags) for one in candidates.glances()] == [
        (fingerprint("one"), heat, ()),
        (fingerprint(tricky), heat, ()),
        (fingerprint("two"), heat, ("a flag",)),
        ("f", None, ("x",)),
    ]
    candidates.check()


def test_numbers_that_no_one_can_reckon_with_are_damage_even_where_they_cancel_out(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    candidates.append(ORIGIN, [replace(candidate("one"), score=1e300, logprob=-1e300)], 1)
    with pytest.raises(FileError, match=r"candidates\.jsonl, line 1: .* is -?1e\+300"):
        candidates.provenance()


def test_glances_stop_where_two_records_have_run_together(tmp_path: Path) -> None:
    candidates = Candidates(tmp_path)
    candidates.append(ORIGIN, [candidate("one"), candidate("two"), candidate("three")], 1)
    candidates.path.write_bytes(candidates.path.read_bytes().replace(b"\n", b"", 1))
    for read in (candidates.glances, candidates.check):
        with pytest.raises(FileError, match=r"candidates\.jsonl, line 1"):
            list(read() or ())
