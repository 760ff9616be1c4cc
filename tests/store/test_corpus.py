"""corpus.txt and its records: several sources of a post, taking one out, crashes in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from botus.errors import FileError, SettingsError
from botus.store.corpus import BY_HAND, Added, Corpus, CorpusPost, Post, Removed
from botus.store.durable import files, jsonl
from tests.proofs.crash import Recorder, states


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def raw(corpus: Corpus) -> bytes:
    return corpus.path.read_bytes()


def test_entries_know_all_their_sources_and_the_first_time(corpus: Corpus) -> None:
    corpus.path.write_bytes(b"mine\n")
    corpus.add([Post("one\ntwo", "a.zip", at=1700000000.7), Post("mine", "a.zip")])
    corpus.add([Post("one\ntwo", "b.zip", 3.0)])
    assert list(corpus.entries()) == [
        CorpusPost("mine", (BY_HAND, "a.zip"), 1.0, None),
        CorpusPost("one\ntwo", ("a.zip", "b.zip"), 3.0, 1700000000),
    ]
    assert raw(corpus) == b"mine\none\\ntwo\n"
    assert corpus.counts() == {"a.zip": 2, BY_HAND: 1, "b.zip": 1}


def test_the_highest_weight_of_the_latest_records_counts(corpus: Corpus) -> None:
    corpus.add([Post("a", "kept", 3.0)])
    assert corpus.add([Post("a", "x")]) == Added(0, 0, 1)
    assert list(corpus.weights().values()) == [3.0]
    assert corpus.add([Post("a", "kept", 1.0)]) == Added(0, 1, 0)
    assert list(corpus.weights().values()) == [1.0]


def test_the_same_again_writes_nothing(corpus: Corpus) -> None:
    corpus.add([Post("a", "x", at=5)])
    before = corpus.sources.read_bytes()
    assert corpus.add([Post("a", "x")]) == Added(0, 0, 1)
    assert corpus.sources.read_bytes() == before


def test_a_source_goes_and_what_others_have_stays(corpus: Corpus) -> None:
    corpus.path.write_bytes(b"\xef\xbb\xbfby hand\r\nboth\r\n\r\n")
    corpus.add([Post("only a", "a"), Post("a and b", "a"), Post("both", "a")])
    corpus.add([Post("a and b", "b"), Post("only b", "b")])
    assert corpus.remove("a") == Removed(gone=1, stay=2)
    assert raw(corpus) == b"\xef\xbb\xbfby hand\r\nboth\r\n\r\na and b\nonly b\n"
    assert corpus.counts() == {BY_HAND: 2, "b": 2}
    assert corpus.remove("b") == Removed(gone=2, stay=0)
    assert raw(corpus) == b"\xef\xbb\xbfby hand\r\nboth\r\n\r\n"


def test_an_unknown_source_lists_those_there_are(corpus: Corpus) -> None:
    with pytest.raises(SettingsError) as nothing:
        corpus.remove("a.zip")
    assert nothing.value.hint == "nothing has been imported yet"
    corpus.add([Post("a", "one.zip"), Post("b", "two.csv")])
    with pytest.raises(SettingsError, match=r"no source 'a\.zip'") as unknown:
        corpus.remove("a.zip")
    assert unknown.value.hint == "there are: one.zip, two.csv"
    with pytest.raises(SettingsError, match="by hand is yours"):
        corpus.remove(BY_HAND)


def test_a_full_disk_leaves_the_old_text(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus.add([Post("old", "a")])

    class Full(files.Disk):
        def write(self, descriptor: int, data: bytes) -> None:
            super().write(descriptor, data[:3])
            raise OSError(28, "No space left on device")

    for change in (lambda: corpus.add([Post("new one", "b")]), lambda: corpus.remove("a")):
        with monkeypatch.context() as full:
            full.setattr(files, "disk", Full())
            with pytest.raises(FileError, match="No space left"):
                change()
        assert corpus.texts() == ["old"]
    corpus.add([Post("new one", "b")])
    assert corpus.counts() == {"a": 1, "b": 1}


def _add(corpus: Corpus) -> None:
    corpus.add([Post("two\nlines", "b"), Post("shared", "b"), Post("mine", "b")])


def _remove(corpus: Corpus) -> None:
    corpus.remove("a")


@pytest.mark.parametrize("change", [_add, _remove])
def test_after_a_crash_anywhere_the_same_command_mends(
    change: Callable[[Corpus], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepared(name: str) -> Corpus:
        (tmp_path / name).mkdir()
        (tmp_path / name / "corpus.txt").write_bytes(b"mine\n")
        Corpus(tmp_path / name).add([Post("shared", "a"), Post("alone", "a")])
        Corpus(tmp_path / name).add([Post("shared", "c")])
        return Corpus(tmp_path / name)

    wanted = prepared("whole")
    change(wanted)
    corpus = prepared("live")
    recorder = Recorder(corpus.data)
    with monkeypatch.context() as watched:
        watched.setattr(files, "disk", recorder)
        change(corpus)
    old = b"mine\nshared\nalone\n"
    seen = 0
    for number, (image, _) in enumerate(states(recorder)):
        again = _restored(tmp_path / f"crash{number}", image)
        assert raw(again) in (old, raw(wanted))
        if change is _add or "a" in again.counts():  # else it is done: there is no such source any more
            change(again)
        assert raw(again) == raw(wanted)
        assert again.counts() == wanted.counts()
        seen += 1
    assert seen > 5


def _restored(folder: Path, image: dict[str, tuple[int, bytes]]) -> Corpus:
    for name, (_, content) in image.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return Corpus(folder)


def test_records_of_lines_that_a_hand_took_out_do_not_matter(corpus: Corpus) -> None:
    corpus.add([Post("a", "x"), Post("b", "x")])
    corpus.path.write_bytes(b"b\n")
    assert corpus.counts() == {"x": 1}
    assert corpus.remove("x") == Removed(1, 0)
    assert jsonl.read(corpus.sources) == []
