"""The index says of the log what the log says, whatever became of either of them."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from botus.platforms.rows import confirms
from botus.store.log.tweeted import Log
from botus.text import fingerprint, unescape

Entry = dict[str, Any]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / ".botus").mkdir()
    return tmp_path


def index_file(data: Path) -> Path:
    return data / ".botus" / "log.index"


def written(data: Path) -> list[Entry]:
    return list(json.loads((data / "tweeted.json").read_bytes()))


def entry(number: int, state: str = "posted", target: str = "mastodon") -> Entry:
    text = f"The keeper wrote letter {number} to the fög"
    part = {"state": state, "id": str(number), "url": None, "at": number, "error": None}
    return {"text": text, "timestamp": number, "id": fingerprint(text)[:10], "targets": {target: part}}


def assert_agrees(data: Path, log: Log) -> None:
    """Compare everything that the index says with the log as the json module reads it."""
    raw, there, index = (data / "tweeted.json").read_bytes(), written(data), log.index()
    assert len(index) == len(there)
    assert [index.fingerprint(place) for place in range(len(index))] == [
        fingerprint(one["text"]) for one in there
    ]
    spans = zip(index.starts, index.lengths, strict=True)
    assert [json.loads(raw[start : start + length]) for start, length in spans] == there
    assert list(index.times) == [one["timestamp"] for one in there]
    ours = [place for place, one in enumerate(there) if "id" in one]
    assert index.last_of_ours() == (ours[-1] if ours else None)
    assert index.predecessors == len(there) - len(ours)
    unknown = [
        (place, name)
        for place, one in enumerate(there)
        for name, part in one.get("targets", {}).items()
        if part["state"] == "unknown"
    ]
    assert list(index.in_question()) == sorted({place for place, name in unknown if confirms(name)})
    assert +index.unconfirmed == Counter(name for _, name in unknown if not confirms(name))
    for one in there:
        assert fingerprint(one["text"]) in index
        assert "id" in one or fingerprint(unescape(one["text"])) in index
    assert fingerprint("The kettle has not been posted") not in index


class TestAnything:
    """Appends, changes, edits by hand and every kind of harm to the index, in any order."""

    @pytest.mark.parametrize("seed", range(12))
    def test_the_index_follows(self, data: Path, seed: int) -> None:
        rng, log, number, earlier = Random(seed), Log(data), 0, b""
        for _ in range(60):
            deed = rng.choice(["append"] * 4 + ["update", "by hand", "harm", "another process"])
            if deed == "append" or not (data / "tweeted.json").exists():
                number += 1
                target = rng.choice(["mastodon", "webhook-1234"])
                log.append(entry(number, rng.choice(["posted", "unknown"]), target))
            elif deed == "update" and (own := [one for one in written(data) if "id" in one]):
                chosen = rng.choice(own)
                next(iter(chosen["targets"].values())).update(state="posted", url="https://x.example/" * 3)
                log.update(chosen)
            elif deed == "by hand":
                entries = written(data)
                if rng.random() < 0.5 and entries:
                    entries.pop(rng.randrange(len(entries)))
                else:
                    number += 1
                    entries.insert(
                        rng.randrange(len(entries) + 1), {"text": f"old\\n {number}", "timestamp": 5}
                    )
                (data / "tweeted.json").write_text(json.dumps(entries, indent=rng.choice([None, 2])))
            elif deed == "harm" and index_file(data).exists():
                content = bytearray(index_file(data).read_bytes())
                kept, earlier = earlier, bytes(content)
                harm = rng.choice(["gone", "stale", "flipped", "cut", "empty"])
                if harm == "gone":
                    index_file(data).unlink()
                elif harm == "flipped":
                    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
                    index_file(data).write_bytes(content)
                else:
                    torn = bytes(content[: rng.randrange(len(content))])
                    index_file(data).write_bytes({"stale": kept, "cut": torn, "empty": b""}[harm])
                log = Log(data)
            elif deed == "another process":
                number += 1
                Log(data).append(entry(number))
            if (data / "tweeted.json").exists():
                assert_agrees(data, log)
                assert_agrees(data, Log(data))


def test_the_index_of_another_log_is_not_believed(
    data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / ".botus").mkdir()
    Log(other).append(entry(1))
    Log(data).append(entry(2))
    shutil.copy(index_file(other), index_file(data))
    assert_agrees(data, Log(data))


def test_an_edit_of_the_same_length_at_the_same_time_is_seen(data: Path) -> None:
    path = data / "tweeted.json"
    Log(data).append(entry(1))
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"keeper", b"kettle"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert_agrees(data, Log(data))


def test_an_index_that_is_there_is_used(data: Path) -> None:
    (data / "tweeted.json").write_text(json.dumps([entry(number) for number in range(3000)], indent=2))
    assert len(Log(data).index()) == 3000
    assert 3 * bytes_read(Log(data).index) < (data / "tweeted.json").stat().st_size


def test_looking_leaves_no_trace_where_botus_has_not_been(tmp_path: Path) -> None:
    (tmp_path / "tweeted.json").write_text(json.dumps([{"text": "an old post", "timestamp": 1}]))
    assert len(Log(tmp_path).index()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["tweeted.json"]


def test_a_folder_that_cannot_be_written_needs_no_index(data: Path) -> None:
    index_file(data).mkdir()
    log = Log(data)
    log.append(entry(1))
    log.append(entry(2))
    assert_agrees(data, Log(data))


def bytes_read(act: Any) -> int:  # noqa: ANN401
    """How many bytes this process reads from files while it does something."""

    def so_far() -> int:
        return int(Path("/proc/self/io").read_text().partition("rchar:")[2].split()[0])

    before = so_far()
    act()
    return so_far() - before


@pytest.mark.parametrize("name", ["", "ab", "the kettle", fingerprint("never posted"), "é" * 32])
def test_what_is_no_fingerprint_of_an_entry_is_in_no_log(data: Path, name: str) -> None:
    """Decisions and names of files may be written by hand."""
    log = Log(data)
    text = "The lamp of the pier"
    start = fingerprint(text)[:2]
    log.append({"text": text, "timestamp": 1, "id": "1"})
    for _ in range(100):  # single looks, then a set of all
        assert [one in log.index() for one in (name, start)] == [False, False]
    assert [log.index().number(one) for one in (name, start)] == [None, None]
    assert fingerprint(text) in log.index()
