"""What the queue knows of a file, between slots: where lines stand, until somebody else changes it."""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botus.store.durable import jsonl
from botus.store.durable.lines import Line
from botus.store.queue import known
from botus.store.queue.known import Kind
from botus.store.queue.tweets import Queue
from botus.text import fingerprint
from tests.posting.test_post import decide
from tests.support.fakes import FakeTarget, Platform, World

LINES = st.sampled_from([b"kettle", b"kettle 2", b"gull", b"", b"kettle\r", b"\xff", "kettle\u2028".encode()])
FILES = st.builds(
    lambda mark, found, end: mark + b"\n".join(found) + end,
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.lists(LINES, max_size=9),
    st.sampled_from([b"", b"\n"]),
)


def with_word(word: str) -> Kind:
    return Kind("with the word", lambda line: word in (line.text or ""), word)


def test_places_follow_what_botus_takes_out(tmp_path: Path) -> None:
    queue, asked = Queue(tmp_path), list[str]()
    queue.path.write_bytes(b"gull 1\nkettle 1\n\nkettle 2\ngull 2\nkettle 3")

    def has(line: Line) -> bool:
        asked.append(line.text or "")
        return "kettle" in asked[-1]

    kind = Kind("kettles", has)
    assert not queue.knows(kind)
    assert [line.number for line in queue.of(kind)] == [2, 4, 6]
    asked.clear()
    for left in ([2, 3, 5], [2, 3], [1, 2], [1]):
        gone = {"[2, 3, 5]": b"", "[2, 3]": b"kettle 3", "[1, 2]": b"gull 1", "[1]": b"kettle 1"}[str(left)]
        assert queue.remove(gone)
        assert [line.number for line in queue.of(kind)] == left
    assert queue.knows(kind)
    assert asked == []
    queue.append(["kettle 4"])
    assert [line.text for line in queue.of(kind)] == ["kettle 2", "kettle 4"]


def test_what_is_read_in_part_is_gone_on_with_after_a_line_was_taken_out(tmp_path: Path) -> None:
    queue, kind = Queue(tmp_path), with_word("kettle")
    queue.path.write_bytes(b"gull 1\nkettle 1\ngull 2\nkettle 2\nkettle 3\n")
    assert queue.first(lambda line: True, kind) == next(queue.of(kind))
    queue.remove(b"gull 1")
    assert [(line.number, line.start) for line in queue.of(kind)] == [(1, 0), (3, 16), (4, 25)]


@given(FILES, st.lists(st.tuples(st.sampled_from("roafbd"), LINES, st.integers(0, 9)), max_size=8))
@settings(max_examples=25, deadline=None)
def test_what_is_known_is_what_a_new_reader_finds(
    content: bytes, steps: list[tuple[str, bytes, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "_PLACES", 3)
        queue, word = Queue(Path(folder)), "kettle"
        queue.path.write_bytes(content)
        for step, raw, number in steps:
            if step == "r":
                queue.remove(raw)
            elif step == "o":  # as far as somebody wants to read
                list(islice(queue.of(with_word(word)), number))
            elif step == "a":
                queue.append(["kettle new"])
            elif step == "f":
                queue.path.write_bytes(queue.path.read_bytes() + raw + b"\n")
            elif step == "b":
                word = "gull" if word == "kettle" else "kettle"
            else:
                queue.draw(Random(number), lambda line: True, with_word(word))
            new = Queue(Path(folder))
            assert list(queue.of(with_word(word))) == list(new.of(with_word(word)))
            assert queue.first(lambda line: True) == new.first(lambda line: True)


def test_each_of_few_known_lines_has_the_same_chance(tmp_path: Path) -> None:
    queue, kind = Queue(tmp_path), with_word("kettle")
    queue.path.write_bytes(b"kettle 1\n" + b"gull\n" * 50 + b"kettle 2\nkettle 3\n")
    assert len(list(queue.of(kind))) == 3
    rng = Random(1)
    drawn = [queue.draw(rng, lambda line: line.text != "kettle 2", kind) for _ in range(300)]
    numbers = [line.number for line in drawn if line]
    assert {number: numbers.count(number) > 120 for number in numbers} == {1: True, 53: True}
    assert queue.draw(rng, lambda line: False, kind) is None


@pytest.mark.parametrize("order", ["random", "file", "spaced"])
def test_what_changes_between_two_slots_counts_at_the_second(tmp_path: Path, order: str) -> None:
    world = World(tmp_path, FakeTarget(Platform(), "fake"), post_only="reviewed", post_order=order)
    texts = [f"The keeper poured tea {n} times." for n in range(9)]
    world.lines(*texts)
    (tmp_path / ".botus").mkdir()
    jsonl.append(
        tmp_path / ".botus" / "candidates.jsonl",
        [{"text": text, "fingerprint": fingerprint(text), "flags": []} for text in texts],
    )
    run = world.run()
    assert run.post().chosen is None
    decide(tmp_path, "keep", texts[4])
    assert run.post().chosen == texts[4], "kept meanwhile"
    assert run.post().chosen is None
    with (tmp_path / "tweets.txt").open("a") as out:
        out.write("By hand: the gulls were late.\n")
    assert run.post().chosen == "By hand: the gulls were late.", "added meanwhile"
    decide(tmp_path, "star", texts[7], texts[2])
    decide(tmp_path, "drop", texts[7])
    assert [run.post().chosen, run.post().chosen] == [texts[2], None]
