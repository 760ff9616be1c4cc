"""The log, read one entry at a time, is the log that is read at once: the same entries, the same damage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from botus.errors import FileError
from botus.store.log.tweeted import Log, parse

ENTRIES = [
    {"text": "first", "timestamp": 1},
    {"text": 'a "]", a \\ and a ü\n', "timestamp": 2.5, "id": "b", "targets": {"x": {"state": "posted"}}},
    {"text": "long " * 20_000, "timestamp": 3},
    {"text": "last", "timestamp": 4, "odd": [1, [2]]},
]
SOUND = {
    "none": "[]",
    "as botus writes it": json.dumps(ENTRIES, indent=2),
    "narrow": json.dumps(ENTRIES, separators=(",", ":")),
    "with a byte-order mark and room around": "\ufeff \r\n" + json.dumps(ENTRIES, ensure_ascii=False) + " \n",
    "many": json.dumps([{"text": f"post {number}", "timestamp": number} for number in range(5000)]),
}
DAMAGED = {
    "empty": "",
    "an object": '{"text": "a", "timestamp": 1}',
    "no comma": '[{"text": "a", "timestamp": 1} {"text": "b", "timestamp": 1}]',
    "two commas": '[{"text": "a", "timestamp": 1},, {"text": "b", "timestamp": 1}]',
    "a last comma": '[{"text": "a", "timestamp": 1},]',
    "no end": '[{"text": "a", "timestamp": 1}',
    "more behind the end": '[{"text": "a", "timestamp": 1}] []',
    "no timestamp": '[{"text": "a", "timestamp": 1}, {"text": "b"}]',
    "no object": '[{"text": "a", "timestamp": 1}, 7]',
    "a number of 400 digits": f'[{{"text": "a", "timestamp": {"7" * 400}}}]',
    "a number of 5,000 digits": f'[\n{{"text": "a", "timestamp": {"7" * 5000}}}]',
    "no number": '[{"text": "a", "timestamp": NaN}]',
    "a number without an end": '[{"text": "a", "timestamp": 1e400}]',
    "yes for a time": '[{"text": "a", "timestamp": true}]',
    "nested 50,000 deep": '[{"text": "a", "timestamp": 1, "odd": ' + "[" * 50_000 + "]" * 50_000 + "}]",
    "cut far behind": SOUND["many"][:-9],
}


@pytest.mark.parametrize("content", SOUND.values(), ids=SOUND)
def test_the_same_entries(tmp_path: Path, content: str) -> None:
    (tmp_path / "tweeted.json").write_bytes(content.encode())
    assert list(Log(tmp_path).scan()) == json.loads(content.removeprefix("\ufeff"))


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_the_same_damage(tmp_path: Path, content: str) -> None:
    (tmp_path / "tweeted.json").write_text(content)
    with pytest.raises(FileError) as at_once:
        parse(tmp_path / "tweeted.json", content)
    for read in (lambda log: list(log.scan()), Log.index):
        with pytest.raises(FileError) as one_by_one:
            read(Log(tmp_path))
        assert one_by_one.value.message == at_once.value.message


def test_no_log_and_no_text(tmp_path: Path) -> None:
    assert list(Log(tmp_path).scan()) == []
    (tmp_path / "tweeted.json").write_bytes(b'[{"text": "\xff", "timestamp": 1}]')
    with pytest.raises(FileError, match="not UTF-8"):
        list(Log(tmp_path).scan())
