"""generate: n lines with their provenance, whole and repeatable whatever interrupts it."""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from rich import cells

from botus.cli.display.generation import write
from botus.cli.options import Common
from botus.errors import BusyError, FileError, SettingsError
from botus.generation import loop, report, temperatures
from botus.generation.job import Job
from botus.generation.loop import GROUP, Stopped
from botus.generation.setup import GenerateOptions
from botus.screening.rules import Rules
from botus.store.candidates import Candidates, Origin
from botus.store.decisions.entries import Decision, Step
from botus.store.decisions.journal import Decisions
from botus.store.durable import files
from botus.store.queue.tweets import ANSWERS, Queue
from botus.text import escape, fingerprint, printable
from tests.support.command import botus

SEED = 7
ORIGIN = Origin("run1", 2100, 0.9, 0, 1.0, "", SEED)


@dataclass(frozen=True)
class Text:
    text: str
    number: int
    finished: bool = True
    logprob: float = -3.0


def written(number: int) -> str:
    """The text at a place of the stream: every fourth is too short, some have two lines."""
    rng = random.Random(number)
    if number % 4 == 1:
        return "short"
    return " ".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=9)) + (
        "\nand\\n more" if number % 5 == 0 else " fog"
    )


def draw(skip: int) -> Iterator[Text]:
    number = skip
    while True:
        yield Text(written(number), number)
        number += 1


def endless(*texts: str) -> Callable[[int], Iterator[Text]]:
    def stream(skip: int) -> Iterator[Text]:
        number = skip
        while True:
            yield Text(texts[number % len(texts)], number)
            number += 1

    return stream


def expected(count: int, start: int = 0) -> list[str]:
    good = (written(number) for number in range(start, 10**6) if number % 4 != 1)
    return [next(good) for _ in range(count)]


def queue(data: Path) -> list[str]:
    return [line.text or "" for line in Queue(data).lines()]


def job(data: Path, n: int, **changes: object) -> Job:
    return replace(Job(data, ORIGIN, n), **changes)  # type: ignore[arg-type]


def test_n_lines_come_into_the_queue_with_their_provenance(tmp_path: Path) -> None:
    Queue(tmp_path).append(["A line by hand"])
    result = loop.generate(job(tmp_path, 50), draw, now=lambda: 1000.0)
    assert queue(tmp_path) == ["A line by hand", *expected(50)]
    records = Candidates(tmp_path).records()
    assert [record["text"] for record in records] == expected(50)
    assert [record["number"] for record in records][:4] == [0, 2, 3, 4]
    assert (result.accepted, result.seen, result.refused, result.stopped) == (50, 67, {"too short": 17}, "")
    assert result.examples["too short"] == ("short", "5 characters")


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        loop.generate(job(tmp_path / name, 40), draw)
        contents.append((tmp_path / name / "tweets.txt").read_bytes())
    assert contents[0] == contents[1]


def test_the_same_seed_again_goes_on_where_it_was(tmp_path: Path) -> None:
    loop.generate(job(tmp_path, 20), draw)
    result = loop.generate(job(tmp_path, 30), draw)
    assert queue(tmp_path) == expected(50)
    assert (result.accepted, result.skipped) == (30, 27)
    other = replace(ORIGIN, temperature=1.1)
    assert loop.generate(job(tmp_path, 1, origin=other), draw).refused["already in the queue"] == 50


def test_answers_go_into_their_own_file_and_go_on_with_the_same_seed(tmp_path: Path) -> None:
    answers = Queue(tmp_path, ANSWERS)
    loop.generate(job(tmp_path, 10), draw)
    loop.generate(job(tmp_path, 10, file=ANSWERS), draw)
    loop.generate(job(tmp_path, 10), draw)
    assert queue(tmp_path) == [*expected(10), *expected(30)[20:]]
    assert [line.text for line in answers.lines()] == expected(20)[10:]
    assert [record.get("file") for record in Candidates(tmp_path).records()][9:21] == [
        None,
        *[ANSWERS] * 10,
        None,
    ]
    dropped = expected(31)[30]
    Decisions(tmp_path, ANSWERS).append(Step(1, 1, (Decision("drop", fingerprint(dropped), dropped),)))
    again = loop.generate(job(tmp_path, 1, origin=replace(ORIGIN, temperature=1.1)), draw)
    assert again.refused["already in the answers"] == 10
    assert again.refused["already in the dropped lines"] == 1


def test_an_answer_that_a_killed_run_had_only_written_down_goes_to_the_answers(tmp_path: Path) -> None:
    loop.generate(job(tmp_path, 3, file=ANSWERS), draw)
    (tmp_path / "answers.txt").write_text("")
    path = Candidates(tmp_path).path
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))  # its end
    assert loop.generate(job(tmp_path, 2), draw).requeued == 3
    assert (queue(tmp_path), [line.text for line in Queue(tmp_path, ANSWERS).lines()]) == (
        expected(5)[3:],
        expected(3),
    )


def test_a_line_that_the_person_deleted_or_dropped_does_not_come_back(tmp_path: Path) -> None:
    loop.generate(job(tmp_path, 20), draw)
    (tmp_path / "tweets.txt").write_text("")
    dropped = expected(21)[20]
    Decisions(tmp_path).append(Step(1, 1, (Decision("drop", fingerprint(dropped), dropped),)))
    (tmp_path / "tweeted.json").write_text(json.dumps([{"text": expected(22)[21], "timestamp": 1}]))
    result = loop.generate(job(tmp_path, 5, origin=replace(ORIGIN, seed=8)), draw)
    assert queue(tmp_path) == expected(27)[22:]
    assert result.refused == {
        "too short": 9,
        "already in an earlier run": 20,
        "already in the dropped lines": 1,
        "already in the log": 1,
    }


def test_copies_of_the_corpus_are_refused_unless_allowed(tmp_path: Path) -> None:
    corpus = [expected(1)[0]]
    refused = loop.generate(job(tmp_path / "a", 3, corpus=corpus), draw)
    assert refused.refused["copy of the corpus"] == 1
    assert refused.compared == 1
    allowed = loop.generate(job(tmp_path / "b", 3, corpus=corpus, copies=True), draw)
    assert "copy of the corpus" not in allowed.refused
    assert allowed.compared is None


def test_flags_repairs_score_and_nearest_post_are_recorded(tmp_path: Path) -> None:
    corpus = ["The tide moved a sandbank to the east and said nothing about it at all."] * 12
    rules = Rules(doubtful=("sandbank",))
    post = "“The tide moved a sandbank to the west, and the gulls were all very sorry."
    one = endless(post)
    loop.generate(job(tmp_path, 1, corpus=corpus, rules=rules), one)
    (record,) = Candidates(tmp_path).records()
    assert record["text"] == post[1:]
    assert (record["flags"], record["repairs"]) == (["wordfilter: sandbank"], ["quotes"])
    assert record["nearest"]["run"] == 7
    assert record["parts"].keys() == {"characters", "closes", "plain", "rarest"}
    assert (record["parts"]["closes"], record["logprob"]) == (1.0, -3.0)


def test_it_stops_where_hardly_anything_passes(tmp_path: Path) -> None:
    result = loop.generate(job(tmp_path, 500), endless("One good line of text.", "short"))
    assert queue(tmp_path) == ["One good line of text."]
    assert (result.accepted, result.seen) == (1, 300)
    assert result.stopped == "stopped: 1 of the last 300 texts passed"


def test_it_stops_later_where_no_more_passes(tmp_path: Path) -> None:
    def drying(skip: int) -> Iterator[Text]:
        for number in itertools.count(skip):
            yield Text(written(number) if number < 350 else "short", number)

    result = loop.generate(job(tmp_path, 10**6), drying)
    assert (result.seen, result.stopped) == (2000, "stopped: none of the last 1,000 texts passed")


@pytest.mark.parametrize(
    ("refused", "temperature", "says"),
    [
        (
            {"unfinished": 200, "broken encoding": 90},
            9.0,
            "so hot a model hardly writes words: try --temp 0.9",
        ),
        ({"unfinished": 200, "copy of the corpus": 90}, 0.9, "the table says why"),
        ({"words the corpus lacks": 200, "unfinished": 90}, 0.9, "in more steps"),
        (
            {"already in this run": 200, "much like one in this run": 90},
            0.01,
            "again and again: try --temp 0.9",
        ),
        ({"copy of the corpus": 200, "nearly in the corpus": 90}, 0.1, "so cold a model"),
        ({"copy of the corpus": 200, "already in the queue": 90}, 0.9, "in fewer steps"),
        ({"already in an earlier run": 200, "copy of the corpus": 90}, 0.9, "another --prefix"),
    ],
)
def test_what_to_try_where_hardly_anything_passes(
    refused: dict[str, int], temperature: float, says: str
) -> None:
    result = report.GenerationReport(accepted=1, seen=300, refused=Counter(refused))
    assert says in report.remedy(result, temperature)


def test_a_temperature_that_is_a_slip_is_named_beforehand() -> None:
    assert not any(map(report.about_temperature, (0.2, 0.5, 0.9, 1.4, 2.0)))
    assert report.about_temperature(9) == (
        "--temp 9 is far above the usual 0.9: so hot a model hardly writes words"
    )
    assert report.about_temperature(0.01).startswith(
        "--temp 0.01 is far below the usual 0.9: so cold a model"
    )


def test_one_in_a_hundred_is_enough(tmp_path: Path) -> None:
    def rare(skip: int) -> Iterator[Text]:
        for number in range(skip, 10**6):
            yield Text(expected(1, number + 2)[0] if number % 90 == 0 else "short", number)

    assert loop.generate(job(tmp_path, 30), rare).stopped == ""
    assert len(queue(tmp_path)) == 30


def test_dry_run_changes_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    result = loop.generate(job(tmp_path, 5, dry_run=True), draw, on_line=lines.append)
    assert lines == expected(5)
    assert list(tmp_path.iterdir()) == []
    assert "wrote nothing (dry run), refused 2 of 7 by reason:" in list(report.table(result))


@pytest.mark.parametrize("n", [0, -3])
def test_n_must_be_positive(tmp_path: Path, n: int) -> None:
    ended = botus("generate", "-n", str(n), "--data", tmp_path)
    assert (ended.code, f"{n} is not in the range" in ended.err) == (2, True)


def test_a_wrong_setting_of_the_sampler_changes_nothing(tmp_path: Path) -> None:
    def wrong(skip: int) -> Iterator[Text]:
        raise SettingsError("temperature is 0")

    with pytest.raises(SettingsError, match=r"^temperature is 0$"):
        loop.generate(job(tmp_path, 5), wrong)
    assert not (tmp_path / "tweets.txt").exists()
    assert Candidates(tmp_path).reached(ORIGIN) == 0


def test_only_one_generate_at_a_time(tmp_path: Path) -> None:
    with files.lock(tmp_path, "generate"), pytest.raises(BusyError, match="another botus generate"):
        loop.generate(job(tmp_path, 5), draw)


def test_groups_are_durable_every_few_lines_and_every_second(tmp_path: Path) -> None:
    now = [0.0]
    lengths = []

    def slow(skip: int) -> Iterator[Text]:
        for text in draw(skip):
            lengths.append(len(queue(tmp_path)))
            now[0] += 0.4
            yield text

    loop.generate(job(tmp_path, 6), slow, clock=lambda: now[0])
    assert lengths == [0, 0, 0, 2, 2, 2, 4, 4]
    lengths.clear()
    loop.generate(job(tmp_path, 2 * GROUP), slow, clock=lambda: 0.0)
    assert max(lengths) == 6 + GROUP


def test_progress_is_told_and_comes_to_its_end(tmp_path: Path) -> None:
    told: list[report.GenerationReport] = []
    now = iter(range(10**6))
    loop.generate(job(tmp_path, 30), draw, on_progress=told.append, clock=lambda: next(now) * 0.01)
    assert [progress.accepted for progress in told] == sorted(progress.accepted for progress in told)
    assert told[-1].accepted == told[-1].wanted == 30
    assert 1 < len(told) < 40


# --- interruptions


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_what_is_accepted(tmp_path: Path, number: signal.Signals) -> None:
    closed = []

    def struck(skip: int) -> Iterator[Text]:
        try:
            for text in draw(skip):
                if text.number == 30:
                    os.kill(os.getpid(), number)
                yield text
        finally:
            closed.append(True)

    before = signal.getsignal(number)
    with pytest.raises(Stopped) as caught:
        loop.generate(job(tmp_path, 500), struck)
    assert caught.value.exit_code == 130
    assert f"{len(expected(22))} lines went into" in caught.value.message
    assert f"--seed {SEED}" in caught.value.hint
    assert caught.value.report.accepted == 22
    assert queue(tmp_path) == expected(22)
    assert (signal.getsignal(number), closed) == (before, [True])
    loop.generate(job(tmp_path, 3), draw)
    assert queue(tmp_path) == expected(25)


class Disk(files.Disk):
    """Strikes at the k-th change of a file, in the middle of it where it is a write."""

    def __init__(self, at: int, strike: Callable[[], None]) -> None:
        self.left, self.strike = at, strike
        self.paths: list[Path] = []

    def _count(self) -> bool:
        self.left -= 1
        return self.left == 0

    def open(self, path: Path, flags: int, mode: int = 0o666) -> int:
        self.paths.append(path)
        return super().open(path, flags, mode)

    def write(self, descriptor: int, data: bytes) -> None:
        if self._count():
            half = len(data) // 2
            super().write(descriptor, data[:half])
            self.strike()
            data = data[half:]
        super().write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        if self._count():
            self.strike()
        super().fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        if self._count():
            self.strike()
        super().rename(source, target)

    def truncate(self, descriptor: int, size: int) -> None:
        if self._count():
            self.strike()
        super().truncate(descriptor, size)

    def fsync_folder(self, path: Path) -> None:
        if self._count():
            self.strike()
        super().fsync_folder(path)


class Crash(BaseException):
    """The process is gone."""


def crash() -> None:
    raise Crash


def test_provenance_is_durable_before_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(0, crash)
    monkeypatch.setattr(files, "disk", disk)
    loop.generate(job(tmp_path, 5), draw)
    names = [path.name for path in disk.paths]
    first_line = next(place for place, name in enumerate(names) if "tweets.txt.botus-tmp" in name)
    assert "candidates.jsonl" in names[:first_line]


@pytest.mark.proof
def test_a_crash_anywhere_loses_and_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashes = 0
    for at in range(1, 400):
        data = tmp_path / str(at)
        with monkeypatch.context() as patch:
            patch.setattr(files, "disk", Disk(at, crash))
            try:
                loop.generate(job(data, 20), draw)
            except Crash:
                crashes += 1
            else:
                break
        _check_whole(data)
        loop.generate(job(data, 3), draw)
        _check_whole(data)
        lines = queue(data)
        assert lines == expected(len(lines)), f"crash at {at}"
    assert crashes > 15


def _check_whole(data: Path) -> None:
    """Every line is whole and has its record."""
    content = (data / "tweets.txt").read_bytes() if (data / "tweets.txt").exists() else b""
    assert content == b"" or content.endswith(b"\n")
    lines = content.decode().split("\n")[:-1]
    assert set(lines) <= set(map(escape, expected(60)))
    assert len(set(lines)) == len(lines)
    known = Candidates(data).provenance()
    assert all(fingerprint(line.text or "") in known for line in Queue(data).lines())


def test_a_full_disk_keeps_whole_lines_and_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    counts: list[int] = []
    for at in range(1, 400):
        data = tmp_path / str(at)
        error = _failure(data, Disk(at, full), monkeypatch)
        if error is None and counts:
            break
        if error is not None:
            assert "No space left" in error.message
            assert "make room" in error.hint
            said = re.search(r"(\d+) lines? of this run went into", error.message)
            counts.append(int(said[1]) if said else 0)
            assert 0 <= len(queue(data)) - counts[-1] <= GROUP  # the folder's sync may be what failed
        _check_whole(data)
        loop.generate(job(data, 3), draw)
        assert queue(data) == expected(len(queue(data))), f"full at {at}"
    assert {0, GROUP} <= set(counts)
    assert len(counts) > 10


def _failure(data: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> FileError | None:
    with monkeypatch.context() as patch:
        patch.setattr(files, "disk", disk)
        try:
            loop.generate(job(data, 20), draw)
        except FileError as error:
            return error
    return None


def test_a_signal_in_the_middle_of_a_group_waits_for_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    stops = 0
    for at in range(1, 20):
        data = tmp_path / str(at)
        with monkeypatch.context() as patch:
            patch.setattr(files, "disk", Disk(at, interrupt))
            with pytest.raises((Stopped, KeyboardInterrupt)) as caught:
                loop.generate(job(data, 100), draw)
        _check_whole(data)
        assert Candidates(data).unfinished()[1] == []
        assert len(queue(data)) == len(Candidates(data).records())
        stops += caught.type is Stopped
    assert stops > 10


@pytest.mark.proof
def test_kill_at_random_moments_never_tears_a_line(tmp_path: Path) -> None:
    rng = random.Random(1)
    for _ in range(25):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            loop.generate(job(tmp_path, 10**6), draw, on_line=lambda _, pipe=writing: os.write(pipe, b"."))
            os._exit(0)
        os.close(writing)
        os.read(reading, 1)  # at least one line is there
        time.sleep(rng.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        lines = (tmp_path / "tweets.txt").read_bytes() if (tmp_path / "tweets.txt").exists() else b""
        assert lines == b"" or lines.endswith(b"\n")
    loop.generate(job(tmp_path, 1), draw)
    assert queue(tmp_path) == expected(len(queue(tmp_path)))
    assert len(queue(tmp_path)) > GROUP


# --- what is said


def test_compare_finds_n_lines_per_temperature_and_writes_nothing(tmp_path: Path) -> None:
    streams = {0.7: draw(0), 0.9: draw(100), 2.0: endless("short")(0)}
    columns = temperatures.compare(job(tmp_path, 4), streams.__getitem__, list(streams))
    assert [column.temperature for column in columns] == [0.7, 0.9, 2.0]
    assert [list(column.lines) for column in columns] == [expected(4), expected(4, 100), []]
    assert list(tmp_path.iterdir()) == []


def test_columns_stand_side_by_side_or_below_each_other() -> None:
    columns = [
        temperatures.TemperatureSamples(0.7, ["私はfog " * 6, "one\ntwo"], 4),
        temperatures.TemperatureSamples(1.1, ["A short line of fog"], 1),
    ]
    wide = list(temperatures.side_by_side(columns, 80))
    assert wide[0].split("│")[0].strip() == "temp 0.7: 50% pass"
    assert {cells.cell_len(line.partition("│")[0]) for line in wide if "│" in line} == {40}
    assert any("A short line of fog" in line and "│" in line for line in wide)
    assert r"one\ntwo" in "\n".join(wide)
    narrow = list(temperatures.side_by_side(columns, 40))
    assert narrow[0] == "temp 0.7: 50% pass"
    assert "A short line of fog" in narrow
    for lines, width in ((wide, 80), (narrow, 40)):
        assert max(cells.cell_len(line) for line in lines) <= width


def test_closing_table() -> None:
    result = report.GenerationReport(
        2,
        500,
        1000,
        {"too short": 3, "a link": 995},
        4.0,
        seed=7,
        queue="data/tweets.txt",
        compared=0,
        examples={"a link": ("see\nexample.com " + "x" * 90, "example.com")},
        requeued=1,
        skipped=12,
    )
    lines = list(report.table(result))
    assert lines[:3] == [
        "put 1 line into place that an interrupted run had left out",
        "passed over 12 texts of this seed that an earlier run had looked at",
        "wrote 2 lines to data/tweets.txt, refused 998 of 1000 by reason:",
    ]
    assert lines[3].startswith("    995  a link ")
    assert r"see\nexample.com xx" in lines[3]
    assert lines[3].endswith("… (example.com)")
    assert lines[4] == "      3  too short"
    assert lines[5].startswith("the copy check had nothing to compare with: there is no corpus.txt")
    assert lines[6] == "4.0 s, 0.5 lines/s, --seed 7"
    cut = next(row for row in report.table(result, 60) if "a link " in row)
    assert len(cut) == 60
    assert cut.endswith("…")
    bells = replace(result, examples={"a link": ("\x07\x1b" * 40, "\x07")})
    assert all(cells.cell_len(printable(row)) <= 100 for row in report.table(bells, 100))
    measured = list(report.table(replace(result, memory=600 << 20)))
    assert measured[6] == "4.0 s, 0.5 lines/s, 600 MB of memory, --seed 7"
    assert "nothing to compare" not in "\n".join(report.table(replace(result, compared=None)))


def test_off_a_terminal_one_line_per_tenth() -> None:
    said: list[str] = []
    listen = report.by_tenths(said.append)
    for accepted in (0, 5, 10, 11, 35, 99, 100, 100):
        listen(report.GenerationReport(accepted, 100, 2 * accepted, {"a link": 3, "too short": 1}, 10.0))
    assert [line.split(" · ")[0] for line in said] == [f"{n} of 100 lines" for n in (10, 35, 99, 100)]
    assert said[0] == "10 of 100 lines · 1.0 lines/s · 50% pass · 90 s left · 3 a link, 1 too short"


def test_a_new_seed_each_time() -> None:
    assert len({loop.new_seed() for _ in range(5)}) > 1


def test_a_signal_before_anything_is_drawn_leaves_nothing_of_a_dry_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(values: Common, options: GenerateOptions, scratch: Path | None) -> None:
        assert scratch
        (scratch / "half a model").touch()
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("botus.cli.display.generation._write", ended)
    with pytest.raises(KeyboardInterrupt):
        write(Common(), GenerateOptions(dry_run=True))
    assert not list(tmp_path.iterdir())
