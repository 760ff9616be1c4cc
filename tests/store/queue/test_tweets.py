"""tweets.txt survives hands, editors and crashes."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections import Counter
from pathlib import Path
from random import Random
from threading import Timer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botus.errors import FileError
from botus.store.durable import files, lines
from botus.store.queue import tweets
from botus.store.queue.tweets import Queue
from tests.store.log.test_index import bytes_read

PREDECESSOR = (
    b"\xef\xbb\xbfFirst post\r\n\r\nShrug \xc2\xaf\\_(\xe3\x83\x84)_/\xc2\xaf\r\n"
    b"broken \xff\xfe line\r\nFog \xf0\x9f\x8c\xab again\r\ntwo\\nlines\r\nlast one"
)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path)


def write(queue: Queue, content: bytes) -> None:
    queue.path.write_bytes(content)


def test_predecessors_file_is_read_and_kept_to_the_byte(queue: Queue) -> None:
    write(queue, PREDECESSOR)
    texts = [line.text for line in queue.lines()]
    assert texts == ["First post", "Shrug ¯\\_(ツ)_/¯", None, "Fog 🌫 again", "two\nlines", "last one"]
    assert queue.remove(next(line for line in queue.lines() if line.text == "Fog 🌫 again"))
    assert queue.path.read_bytes() == PREDECESSOR.replace(b"Fog \xf0\x9f\x8c\xab again\r\n", b"")


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_line_feeds_end_a_line(queue: Queue, separator: str) -> None:
    write(queue, f"one{separator}post\nother\n".encode())
    assert [line.text for line in queue.lines()] == [f"one{separator}post", "other"]


def test_every_eligible_line_has_the_same_chance(queue: Queue) -> None:
    write(queue, b"a\n\n b\nc\nd")
    rng = Random(1)
    drawn = Counter(queue.draw(rng, lambda line: line.text != "c").text for _ in range(3000))  # type: ignore[union-attr]
    assert set(drawn) == {"a", " b", "d"}
    assert min(drawn.values()) > 850


def test_a_rare_eligible_line_is_found(queue: Queue) -> None:
    write(queue, b"no\n" * 5000 + b"yes")
    drawn = queue.draw(Random(2), lambda line: line.text == "yes")
    assert drawn is not None
    assert drawn.number == 5001
    assert queue.draw(Random(2), lambda line: False) is None


def test_draw_reaches_lines_in_every_piece_of_a_large_file(queue: Queue) -> None:
    write(queue, b"".join(b"%07d %s\n" % (number, b"x" * 90) for number in range(40_000)))
    numbers = set()
    for seed in range(60):
        line = queue.draw(Random(seed), lambda line: True)
        assert line is not None
        assert line.raw.startswith(b"%07d " % (line.number - 1))
        numbers.add(line.number // 10_000)
    assert numbers == {0, 1, 2, 3}


@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_a_line_is_found_by_its_number_however_the_file_is_cut(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(lines, "_STRIDE", piece)
    write(queue, PREDECESSOR + b"\n\na\n" + b"a line that is longer than a piece\n")
    with queue.path.open("rb") as source:
        starts, total = lines.index(source)
        assert [lines.line_at(source, starts, number) for number in range(total)] == list(lines.scan(source))


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_lines_that_have_a_word_are_found_with_their_numbers(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, piece: int, end: bytes
) -> None:
    monkeypatch.setattr(lines, "_PIECE", piece)
    write(queue, b"\xef\xbb\xbf===\nfog\n\nrope and fog, rope\n\xff rope\r\nropes" + end)
    found = list(queue.having((b"rope", b"===")))
    assert found == [(1, b"==="), (4, b"rope and fog, rope"), (5, b"\xff rope\r"), (6, b"ropes")]


def test_that_no_line_has_a_word_is_known_until_somebody_else_writes(queue: Queue) -> None:
    words = (b"rope",)
    write(queue, b"fog\nmist\n" + b"foam\n" * 50_000)
    assert not list(queue.having(words))
    queue.remove(b"mist")
    assert 3 * bytes_read(lambda: list(queue.having(words))) < queue.path.stat().st_size
    with queue.path.open("ab") as out:
        out.write(b"rope\n")
    assert list(queue.having(words))
    write(queue, b"fog\nmist\n")
    assert not list(queue.having(words))
    queue.append(["rope"])
    assert list(queue.having(words)) == [(3, b"rope")]


def test_on_a_full_disk_nothing_is_taken_for_a_replaced_file(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(files.Disk):
        def write(self, descriptor: int, data: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    write(queue, b"fog\n")
    with monkeypatch.context() as patch:
        patch.setattr(files, "disk", Full())
        with pytest.raises(FileError, match="No space left"):
            queue.append(["mist"])
    with queue.path.open("ab") as out:
        out.write(b"foam\nrope\n")
    editor = queue.data / "editor's copy"
    editor.write_bytes(b"fog\nrope\n")  # a person has taken the foam out
    editor.rename(queue.path)
    queue.append(["mist"])
    assert queue.path.read_bytes() == b"fog\nrope\nmist\n"


def test_remove_takes_the_drawn_one_of_two_equal_lines(queue: Queue) -> None:
    write(queue, b"same\nmiddle\nsame\n")
    last = list(queue.lines())[-1]
    assert queue.remove(last)
    assert queue.path.read_bytes() == b"same\nmiddle\n"


def test_remove_follows_a_line_that_has_moved(queue: Queue) -> None:
    write(queue, b"a\nb\nc\n")
    line = list(queue.lines())[1]
    write(queue, b"new\na\nbb\nb\nc\n")
    assert queue.remove(line)
    assert queue.path.read_bytes() == b"new\na\nbb\nc\n"
    assert not queue.remove(line)


def test_append_starts_on_its_own_line_and_stays_on_it(queue: Queue) -> None:
    write(queue, b"no line break")
    queue.append(["two\nlines", "back\\slash \\n"])
    assert queue.path.read_bytes() == b"no line break\ntwo\\nlines\nback\\slash \\\\n\n"
    assert [line.text for line in queue.lines()] == ["no line break", "two\nlines", "back\\slash \\n"]


def test_append_makes_the_file(queue: Queue) -> None:
    queue.append(["hello"])
    assert queue.path.read_bytes() == b"hello\n"


LINES = st.lists(st.sampled_from([b"a", b"b", b"a\r", b"", b"\xff", b"\xe2\x80\xa8x"]), max_size=6)


@settings(max_examples=150, deadline=None)
@given(lines=LINES, final=st.booleans(), bom=st.booleans(), pick=st.integers(0, 5), exact=st.booleans())
def test_put_back_undoes_remove_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[bytes],
    final: bool,
    bom: bool,
    pick: int,
    exact: bool,
) -> None:
    queue = Queue(tmp_path_factory.mktemp("queue"))
    content = b"\xef\xbb\xbf" * bom + b"\n".join(lines) + b"\n" * final
    write(queue, content)
    standing = list(queue.lines())
    if not standing:
        return
    line = standing[pick % len(standing)]
    position = line.number - 1
    previous = lines[position - 1] if position else None
    assert queue.remove(line)
    start = line.start if exact else -1
    queue.put_back(line.raw, previous, line.number, line.ending, start)
    assert queue.path.read_bytes() == content


@pytest.mark.parametrize("start", [0, 1, 2, 4, 5, 6, 99])
def test_put_back_trusts_an_offset_only_behind_its_neighbour(queue: Queue, start: int) -> None:
    write(queue, b"xa\nb\na\nc\n")
    queue.put_back(b"new", b"a", 4, b"\n", start)
    assert queue.path.read_bytes() == b"xa\nb\na\nnew\nc\n"


@settings(max_examples=150, deadline=None)
@given(lines=LINES, final=st.booleans(), bom=st.booleans(), picks=st.lists(st.integers(0, 5), max_size=6))
def test_many_are_removed_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], final: bool, bom: bool, picks: list[int]
) -> None:
    queue = Queue(tmp_path_factory.mktemp("queue"))
    content = b"\xef\xbb\xbf" * bom + b"\n".join(lines) + b"\n" * final
    standing = [line for line in lines if line]
    wanted = [standing[pick % len(standing)] for pick in picks] if standing else []
    write(queue, content)
    for raw in wanted:
        queue.remove(raw)
    expected = queue.path.read_bytes()
    write(queue, content)
    queue.remove_all(wanted)
    assert queue.path.read_bytes() == expected


def test_replace_prefers_the_very_line(queue: Queue) -> None:
    write(queue, b"a\nb\na\n")
    last = list(queue.lines())[2]
    assert queue.replace_line(last, b"A")
    assert queue.path.read_bytes() == b"a\nb\nA\n"
    assert queue.replace_line(last, b"A")  # it is not there any more: another with the same bytes
    assert queue.path.read_bytes() == b"A\nb\nA\n"


def test_put_back_into_a_file_that_changed_starts_a_line(queue: Queue) -> None:
    write(queue, b"only")
    queue.remove(b"only")
    write(queue, b"X")
    queue.put_back(b"only", None, 1, b"")
    assert sorted(line.raw for line in queue.lines()) == [b"X", b"only"]


def test_a_late_write_to_the_replaced_file_comes_back(queue: Queue) -> None:
    write(queue, b"a\nb\n")
    with open(queue.path, "ab") as shell:
        queue.remove(b"a")
        shell.write(b"late\n")
    assert queue.path.read_bytes() == b"b\n"
    queue.append(["c"])
    assert queue.path.read_bytes() == b"b\nlate\nc\n"
    queue.append(["d"])
    assert queue.path.read_bytes() == b"b\nlate\nc\nd\n"


def test_a_late_write_comes_back_however_often_the_file_is_replaced_meanwhile(queue: Queue) -> None:
    write(queue, b"a\nb\nc\n")
    with open(queue.path, "ab") as shell:
        queue.remove(b"a")
        queue.remove(b"b")
        shell.write(b"late\n")
        shell.flush()
        queue.remove(b"c")
        shell.write(b"later\n")
    queue.recover()
    assert queue.path.read_bytes() == b"late\nlater\n"
    queue.recover()
    assert queue.path.read_bytes() == b"late\nlater\n"


def test_a_late_write_waits_for_a_file_that_an_editor_has_moved_away(queue: Queue) -> None:
    write(queue, b"a\nb\n")
    with open(queue.path, "ab") as shell:
        queue.remove(b"a")
        shell.write(b"late\n")
    away = queue.path.rename(queue.data / "away")
    queue.recover()
    away.rename(queue.path)
    queue.recover()
    assert queue.path.read_bytes() == b"b\nlate\n"


def test_replaced_files_go_when_nobody_can_have_them_open_for_a_write(queue: Queue) -> None:
    write(queue, b"a\nb\nc\n")
    for raw in (b"a", b"b"):
        queue.remove(raw)
    kept = list((queue.data / ".botus").glob("replaced-*"))
    assert len(kept) == 2
    time.sleep(0.6)
    queue.remove(b"c")
    assert len(list((queue.data / ".botus").glob("replaced-*"))) == 1


class EditingDisk(files.Disk):
    """A person saves the file at the worst moment: when its replacement has just been written."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path, self.content, self.done = path, content, False

    def fsync(self, descriptor: int) -> None:
        super().fsync(descriptor)
        if not self.done:
            self.done = True
            self.path.write_bytes(self.content)


def test_an_edit_during_the_rewrite_is_not_lost(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    write(queue, b"a\nb\n")
    monkeypatch.setattr(files, "disk", EditingDisk(queue.path, b"edited\nb\na\n"))
    assert queue.remove(b"a")
    assert queue.path.read_bytes() == b"edited\nb\n"


def test_mode_is_kept_and_nothing_is_left_behind(queue: Queue) -> None:
    write(queue, b"a\nb\n")
    os.chmod(queue.path, 0o640)
    queue.remove(b"a")
    assert stat.S_IMODE(queue.path.stat().st_mode) == 0o640
    assert {path.name for path in queue.data.iterdir()} == {"tweets.txt", ".botus"}


@pytest.mark.parametrize("beside", [True, False])
def test_a_file_that_an_editor_has_moved_away_is_waited_for(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    monkeypatch.setattr(tweets, "_AWAY", 60.0)
    write(queue, b"a\n")
    if not beside:  # then only who has read it knows that it was there
        assert list(queue.having([b"x"])) == []
    backup = tmp_path / "tweets.txt~" if beside else tmp_path / "elsewhere"
    queue.path.rename(backup)
    save = Timer(0.05, lambda: backup.rename(queue.path))
    save.start()
    line = queue.draw(Random(), lambda line: True)
    save.join()
    assert line is not None
    assert line.text == "a"


def test_a_file_that_stays_away_is_missing(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = queue.path.with_name("tweets.txt~")
    backup.write_bytes(b"a\n")
    monkeypatch.setattr(tweets, "_AWAY", 0.05)
    with pytest.raises(FileError, match="there is no"):
        queue.draw(Random(), lambda line: True)
    monkeypatch.setattr(tweets, "_AWAY", 60.0)
    os.utime(queue.data, (0, 0))  # nobody has moved anything for a long time
    with pytest.raises(FileError, match="there is no"):
        queue.draw(Random(), lambda line: True)


def test_wrong_files_are_one_sentence(queue: Queue, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no"):
        queue.draw(Random(), lambda line: True)
    write(queue, "utf-16".encode("utf-16"))
    with pytest.raises(FileError, match="UTF-16"):
        list(queue.lines())
    queue.path.unlink()
    queue.path.mkdir()
    with pytest.raises(FileError, match="a folder, not a file") as caught:
        list(queue.lines())
    assert "docker makes one" in caught.value.hint
    queue.path.rmdir()
    (tmp_path / "elsewhere.txt").write_bytes(b"a\n")
    queue.path.symlink_to(tmp_path / "elsewhere.txt")
    with pytest.raises(FileError, match="symbolic link"):
        queue.remove(b"a")
    assert queue.path.read_bytes() == b"a\n"
