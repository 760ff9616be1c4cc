"""Damage in JSON that botus wrote: said in words, with its line, and never in those of Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.errors import FileError
from botus.store.candidates import Candidates
from botus.store.corpus import Corpus
from botus.store.decisions.journal import Decisions
from botus.store.durable import jsonl
from botus.store.durable.document import Damage, check, decoded
from botus.store.log.tweeted import Log

POISONS = ["7" * 5000, "7" * 400, "NaN", "1e999", "true", "[" * 50_000 + "]" * 50_000, "{}", '"\\ud800"']


@pytest.mark.parametrize("poison", POISONS, ids=lambda one: one[:8])
def test_a_number_that_is_none_is_damage_with_its_line(tmp_path: Path, poison: str) -> None:
    (tmp_path / ".botus").mkdir()
    for name, field in (("candidates", "score"), ("decisions", "at"), ("corpus", "weight")):
        path = tmp_path / ".botus" / f"{name}.jsonl"
        path.write_text(f'{{"kind": "end", "at": 1}}\n{{"fingerprint": "a", "{field}": {poison}}}\n')
    readers = (Candidates(tmp_path).flags, Decisions(tmp_path).history, Corpus(tmp_path).weights)
    for read in readers:
        with pytest.raises(FileError, match=r"\.jsonl, line 2: (\w+ is |it is nested|a number is)") as damage:
            read()
        assert len(damage.value.message) < len(str(tmp_path)) + 120


@pytest.mark.parametrize(
    ("kind", "sound", "wrong"),
    [
        (int, "7 7.0 -1 9007199254740993", '7.5 NaN 1e999 true null 18446744073709551617 "7" []'),
        (float, "7 7.5 0 1e9", 'NaN -Infinity 1e999 1e300 false null "7" {}'),
        (str, '"" "fog" "\\udcff"', '"\\ud800" 7 null'),
        (list[int], "[] [7]", "[7.5] {} null"),
        (dict[str, float | None], '{} {"a":null}', '{"a":"7"} [] null'),
    ],
    ids=str,
)
def test_a_value_is_of_its_kind_or_damage(kind: object, sound: str, wrong: str) -> None:
    for one in sound.split():
        check(kind, decoded(one))
    for one in wrong.split():
        with pytest.raises(Damage, match=r"^it is "):
            check(kind, decoded(one))


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_timestamp_that_is_too_long_is_said_in_the_same_words(tmp_path: Path, digits: int) -> None:
    path = tmp_path / "tweeted.json"
    path.write_text(
        '[\n  {"text": "a kettle", "timestamp": 1},\n  {"text": "b", "timestamp": %s}\n]' % ("7" * digits)
    )
    with pytest.raises(FileError, match=r"line 3 \(entry 2\): a number is too long to be read"):
        Log(tmp_path).index()


def test_nothing_is_appended_to_a_line_longer_than_any_record(tmp_path: Path) -> None:
    path = tmp_path / "kettle.jsonl"
    path.write_bytes(b"x" * (2 << 20))
    with pytest.raises(FileError, match="longer than any record"):
        jsonl.append(path, [{}])
    assert path.stat().st_size == 2 << 20
