"""A damaged log, in every way that was thought of: each text that is whole in it still counts as used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from botus.corpus.parsing.dates import seconds
from botus.posting.log.repair import repair
from botus.posting.log.salvage import salvage
from botus.store.log.tweeted import Log, is_entry
from botus.text import fingerprint

LAMP = "The lamp went round and the fog did not care."
TIME = 1_600_000_000_000
WORDS = [
    "lamp",
    "gull",
    "\\",
    '"',
    "'text':",
    "{a}",
    "[b]",
    ",",
    ":",
    "маяк",
    "灯台",
    "🐦",
    "//",
    "# },",
    "fog\nhorn",
]
WORDS += ["tea\t", "text:", "\\n", "<b>", "100%"]
ONE = f'"text": "{LAMP}"'
FORMS = {
    "one comma too many": f'[{{{ONE}, "timestamp": {TIME},}}]',
    "two commas": f'[{{{ONE},, "timestamp": {TIME}}}]',
    "no comma": f'[{{{ONE} "timestamp": {TIME}}}]',
    "no comma on a line": f'[\n{{\n{ONE}\n"timestamp": {TIME}\n}}\n{{"text": "b", "timestamp": 1}}]',
    "a date of another form": f'[{{{ONE}, "timestamp": "2020-09-13T12:26:40Z"}}]',
    "a date of JavaScript": f'[{{{ONE}, "timestamp": "Sun Sep 13 2020 14:26:40 GMT+0200 (CEST)"}}]',
    "seconds as a string": f'[{{{ONE}, "timestamp": "1600000000"}}]',
    "another name for the time": f'[{{{ONE}, "date": "2020-09-13 12:26:40"}}]',
    "another name for the text": f'[{{"tweet": "{LAMP}", "timestamp": {TIME}}}]',
    "no colon": f'[{{"text" "{LAMP}", "timestamp": {TIME}}}]',
    "a string of JSON": json.dumps(f'[{{{ONE}, "timestamp": {TIME}}}]') + "\n",
    "quotes of a page": f'<pre>[{{{ONE}, "timestamp": {TIME}}}]</pre>'.replace('"', "&quot;"),
    "an object": f'{{{ONE}, "timestamp": {TIME}}}',
    "an object around": f'{{"posted": [{{{ONE}, "timestamp": {TIME}}}]}}',
    "a line each": f'{{{ONE}, "timestamp": {TIME}}}\n{{"text": "b", "timestamp": 1}}\n',
    "two arrays": f'[{{{ONE}, "timestamp": {TIME}}}]\n[{{"text": "b", "timestamp": 1}}]',
    "comments": f'[ // mine\n{{{ONE}, /* the best */ "timestamp": {TIME} # so\n}}]',
    "Python": f"[{{'text': '{LAMP}', 'timestamp': {TIME}}}]",
    "JavaScript": f'[{{text: "{LAMP}", timestamp: {TIME}}}]',
    "curly quotes": f"[{{“text”: “{LAMP}”, “timestamp”: {TIME}}}]",
    "no last quote": f'[{{"text": "{LAMP},\n"timestamp": {TIME}}}]',
    "no first quote": f'[{{"text": {LAMP}",\n"timestamp": {TIME}}}]',
    "a conflict": f'[\n<<<<<<< HEAD\n{{{ONE}, "timestamp": {TIME}}}\n=======\n{{"text": "b"}}\n>>>>>>> b\n]',
    "the name twice": f'[{{{ONE}, "text": "b", "timestamp": {TIME}}}, 7]',
    "the time in front": f'[{{"timestamp": {TIME}, {ONE}, "x": }}]',
    "zeros": "\0\0\0\0" + f'[{{{ONE}, "timestamp": {TIME}}}]' + "\0" * 99,
    "a mark and a comma": f'\ufeff[{{{ONE}, "timestamp": {TIME}}},]',
}  # fmt: skip
TIMELESS = {
    "no time": f"[{{{ONE}}}]",
    "a conflict in the entry": f'[{{\n<<<<<<< a\n{ONE},\n=======\n"text": "b",\n>>>>>>> b\n"date": {TIME}}}]',
    "null": f'[{{{ONE}, "timestamp": null}}]',
    "a word": f'[{{{ONE}, "timestamp": "last summer"}}]',
    "a bare text": f'["{LAMP}", {{"text": "b", "timestamp": 1}}]',
    "bare texts": f'["b", "{LAMP}",]',
    "cut behind the text": f'[{{"text": "b", "timestamp": 1}}, {{{ONE}',
    "cut in the time": f'[{{"text": "b", "timestamp": 1}}, {{{ONE}, "timestamp": 16000',
}


def texts(content: bytes) -> dict[str, object]:
    return {one.entry["text"]: one.entry["timestamp"] for one in salvage(content, seconds).saved}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_a_text_is_saved_with_its_time(content: str) -> None:
    assert texts(content.encode())[LAMP] == TIME


@pytest.mark.parametrize("content", TIMELESS.values(), ids=TIMELESS)
def test_without_a_time_it_counts_all_the_same(content: str) -> None:
    assert texts(content.encode())[LAMP] == 0


def test_what_stood_for_the_time_is_kept() -> None:
    [saved] = salvage(TIMELESS["a word"].encode(), seconds).saved
    assert saved.entry == {"text": LAMP, "timestamp": 0, "timestamp_was": "last summer"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "cp1252"])
def test_whatever_an_editor_saved_it_as(encoding: str) -> None:
    content = f'[{{"text": "Un héron près du phare.\\nÇa va.", "timestamp": {TIME},}}]'.encode(encoding)
    assert texts(content) == {"Un héron près du phare.\nÇa va.": TIME}


def test_raw_line_breaks_and_quotes_that_nobody_escaped() -> None:
    assert list(texts(b'[{"text": "tea\nand\tfog", "timestamp": 1}]')) == ["tea\nand\tfog"]
    assert list(texts(b'[{"text": "He said "hello" to me", "timestamp": 1}]')) == ['He said "hello" to me']
    said = list(texts(b'[{"text": "She: "no", "yes"", "timestamp": 1}, {"text": "b", "timestamp": 1}]'))
    assert {'She: "no", "yes"', "b"} <= set(said)
    assert list(texts(b'[{"text": "It\\\'s C:\\x", "timestamp": 1}]')) == ["It's C:\\x"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (f'[\n{{{ONE}, "timestamp": 1}},\n{{"text": "The lamp we', [3]),
        (f'[\n{{"text": "torn\n{{{ONE}, "timestamp": 1}}]', [2]),
        (f'[\n{{{ONE}, "timestamp": 1}},\n\nhello?\n{{"timestamp": 5}}]', [4]),
        ('[\n{"text": 7, "timestamp": 5},\n{"timestamp": 5}]', [2]),
        (f'[{{{ONE}, "timestamp": 1,}}]', []),
    ],
)
def test_where_to_look_is_said(content: str, lines: list[int]) -> None:
    assert salvage(content.encode(), seconds).unread == lines


def test_the_repaired_log_is_sound_and_says_what_was_saved(tmp_path: Path) -> None:
    content = f'[{{"text": "half \\ud83d", "timestamp": 5,}}, {{{ONE}}}, {{"text": "The'.encode()
    (tmp_path / "tweeted.json").write_bytes(content)
    said = repair(tmp_path, lambda: 1_800_000_000.0, seconds)
    assert said.startswith(
        "saved 2 entries; 1 without a time that can be read, used all the same; not all was understood at"
        " line 1: a text that is missing there may be posted again; the damaged file is "
    )
    assert (tmp_path / "tweeted.json.damaged-20270115T080000Z").read_bytes() == content
    assert fingerprint(LAMP) in Log(tmp_path).used()


@pytest.mark.parametrize("seed", range(12))
def test_no_whole_text_is_forgotten(seed: int) -> None:
    rng = Random(seed)
    entries = list(_entries(rng))
    log = json.dumps(entries, indent=rng.choice([2, None]), ensure_ascii=rng.random() < 0.5).encode()
    for damaged in _damages(rng, log):
        saved = salvage(damaged, seconds).saved
        used = {fingerprint(one.entry["text"]) for one in saved}
        assert all(is_entry(one.entry) for one in saved)
        seen = damaged.decode(errors="replace")
        for entry in entries:
            forms = [f'"text": {json.dumps(entry["text"], ensure_ascii=ascii)}' for ascii in (True, False)]
            if any(form in seen for form in forms):
                assert fingerprint(entry["text"]) in used, damaged


def _entries(rng: Random) -> Iterator[dict[str, object]]:
    for number in range(30):
        text = f"{' '.join(rng.choices(WORDS, k=rng.randint(1, 12)))} {number}"
        entry: dict[str, object] = {"text": text, "timestamp": TIME + number * 86_400_000}
        if rng.random() < 0.5:
            outcome = {"state": "posted", "id": str(number), "url": "https://x.example/1", "error": ""}
            entry |= {"id": f"{number:010x}", "targets": {"x": outcome}}
        yield entry


def _damages(rng: Random, log: bytes) -> Iterator[bytes]:
    for _ in range(4):
        start = rng.randrange(len(log))
        end = start + rng.randint(1, 80)
        before, behind = log[:start], log[end:]
        yield before
        yield log[start:]
        yield before + behind
        yield before + log[start + 1 :]
        yield before + rng.randbytes(9) + log[start:]
        yield before + bytes(rng.randrange(32, 127) for _ in range(end - start)) + behind
        yield before + bytes(end - start) + behind
        yield behind + log[:end]
        for mark in '"{}[],:\\\n':
            yield before + mark.encode() + log[start:]
    yield log + log
    yield log.replace(b",\n", b"\n")
    yield log.replace(b"}", b",}")
    yield b'{"log": ' + log
    for stamp in (b"null", b'"2020-01-02 10:00"', b'"?"', b""):
        yield re.sub(rb'(?<="timestamp": )\d+', stamp, log)
