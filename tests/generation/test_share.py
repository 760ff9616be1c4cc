"""Shares of a seed: together they are its stream, each goes on where it was, and they merge into one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from botus.checkpoints.checkpoint import open_checkpoint
from botus.errors import SettingsError
from botus.generation import loop, share
from botus.generation.job import Job, Sample, SamplingOptions
from botus.generation.sampling.sampler import Sampler
from botus.generation.share import WHOLE, Share
from botus.review import queue_add
from botus.review.session import open_session
from botus.screening.rules import Rules
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.queue.tweets import Queue
from botus.text import fingerprint
from tests.support import bundle
from tests.support.command import botus

SEED = 7
BATCH = 8


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle.write_heaps(tmp_path_factory.mktemp("shares") / "run1")


@pytest.fixture(scope="module")
def sampler(run: Path) -> Sampler:
    return Sampler(open_checkpoint(run), [run / "cache"], precision="float32")


def stream(sampler: Sampler, own: Share, skip: int = 0) -> Iterator[Sample]:
    return sampler.stream(SamplingOptions(temperature=1.0, batch=BATCH), SEED, skip, own)


def write(sampler: Sampler, data: Path, own: Share, n: int) -> loop.GenerationReport:
    data.mkdir(exist_ok=True)
    origin = Origin("run1", 1, 1.0, 0, 1.0, "", SEED, share=str(own))
    job = Job(data, origin, n, Rules(off=frozenset({"loop"})), share=own)
    return loop.generate(job, lambda skip: stream(sampler, own, skip))


def lines(data: Path) -> list[str]:
    return [line.text or "" for line in Queue(data).lines()]


def clock() -> float:
    return 1_700_000_000.0


@pytest.mark.parametrize(
    ("written", "environment", "expected"),
    [
        ("1/8", {}, Share(1, 8)),
        ("8/8", {"JOB_COMPLETION_INDEX": "2"}, Share(8, 8)),
        ("1/1", {}, WHOLE),
        ("auto/8", {"JOB_COMPLETION_INDEX": "0"}, Share(1, 8)),
        ("auto/8", {"SLURM_ARRAY_TASK_ID": "8", "SLURM_ARRAY_TASK_MIN": "8"}, Share(8, 8)),
    ],
)
def test_what_a_share_is(written: str, environment: Mapping[str, str], expected: Share) -> None:
    assert share.read(written, environment) == expected


@pytest.mark.parametrize(
    ("written", "environment", "why"),
    [
        ("0/0", {}, "there is no share 0, there are none"),
        ("1/0", {}, "there is no share 1, there are none"),
        ("0/8", {}, "there is no share 0, there are 8, counted from 1"),
        ("9/8", {}, "there is no share 9, there are 8"),
        ("a/b", {}, "not a share"),
        ("-1/8", {}, "not a share"),
        ("1/8/2", {}, "not a share"),
        ("¹/8", {}, "not a share"),
        ("3", {}, "not a share"),
        ("", {}, "--share : not a share"),
        ("1" * 30 + "/8", {}, "not a share"),
        ("auto/8", {}, "none of JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID is set"),
        ("auto/8", {"JOB_COMPLETION_INDEX": "8"}, r"no share 9 \(JOB_COMPLETION_INDEX is 8\)"),
        ("auto/8", {"SLURM_ARRAY_TASK_ID": "0"}, r"no share 0 \(SLURM_ARRAY_TASK_ID is 0\)"),
        ("auto/8", {"SLURM_ARRAY_TASK_ID": "x"}, "SLURM_ARRAY_TASK_ID is not a number"),
        ("auto/8", {"SLURM_ARRAY_TASK_ID": "1", "JOB_COMPLETION_INDEX": "1"}, "are both set"),
    ],
)
def test_what_no_share_is(written: str, environment: Mapping[str, str], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        share.read(written, environment)


@pytest.mark.parametrize("of", [1, 2, 3, 8])
@pytest.mark.parametrize("first", [0, 1, 5, 16])
def test_each_unit_belongs_to_one_share(of: int, first: int) -> None:
    shares = [itertools.islice(Share(k, of).units(first), 10) for k in range(1, of + 1)]
    assert sorted(itertools.chain(*shares)) == list(range(first, first + 10 * of))


def test_the_shares_of_a_seed_are_its_stream(sampler: Sampler) -> None:
    whole = list(itertools.islice(stream(sampler, WHOLE), 12 * BATCH))
    for of in (2, 3):
        parts = [itertools.islice(stream(sampler, Share(k, of)), 12 * BATCH // of) for k in range(1, of + 1)]
        assert sorted(itertools.chain(*parts), key=lambda sample: sample.number) == whole


@pytest.mark.parametrize("skip", [0, 3, BATCH, 2 * BATCH + 1, 5 * BATCH - 1])
def test_a_share_goes_on_from_any_place(sampler: Sampler, skip: int) -> None:
    own = Share(2, 3)
    expected = [one for one in itertools.islice(stream(sampler, own), 6 * BATCH) if one.number >= skip]
    assert list(itertools.islice(stream(sampler, own, skip), len(expected))) == expected


def test_a_share_run_again_goes_on_where_it_was(sampler: Sampler, tmp_path: Path) -> None:
    write(sampler, tmp_path / "once", Share(2, 2), 30)
    first = write(sampler, tmp_path / "twice", Share(2, 2), 11)
    then = write(sampler, tmp_path / "twice", Share(2, 2), 19)
    assert lines(tmp_path / "twice") == lines(tmp_path / "once")
    assert first.skipped == 0
    assert abs(then.skipped - first.seen) <= BATCH  # it is told by the place in the whole stream


def test_two_shares_have_two_folders(sampler: Sampler, tmp_path: Path) -> None:
    write(sampler, tmp_path / "one", Share(1, 2), 5)
    with pytest.raises(SettingsError, match="has lines of share 1/2") as caught:
        write(sampler, tmp_path / "one", Share(2, 2), 5)
    assert caught.value.hint == "give share 2/2 a data folder of its own, with --data"
    write(sampler, tmp_path / "plain", WHOLE, 5)
    write(sampler, tmp_path / "plain", Share(2, 2), 5)  # a bot's own folder may have one


def test_merged_shares_are_what_one_run_writes(sampler: Sampler, tmp_path: Path) -> None:
    live = tmp_path / "live"
    live.mkdir()
    for k in (1, 2, 3):
        write(sampler, tmp_path / str(k), Share(k, 3), 20)
        done = queue_add.add(live, tmp_path / str(k), clock)
        assert done.records == len(done.added)
    numbers = [record["number"] for record in Candidates(live).records()]
    least = min(Candidates(tmp_path / str(k)).records()[-1]["number"] for k in (1, 2, 3))
    write(sampler, tmp_path / "one", WHOLE, 60)
    whole = {record["number"]: record["text"] for record in Candidates(tmp_path / "one").records()}
    merged = {record["number"]: record["text"] for record in Candidates(live).records()}
    # Of two that are alike one run keeps the earlier, and a merger the one that was merged first.
    both = {number for number in whole.keys() | merged.keys() if number <= least}
    assert sum(whole.get(number) == merged.get(number) for number in both) > 0.9 * len(both)
    assert len(numbers) == len(set(numbers)) == len(lines(live))
    for record in Candidates(live).records():
        assert record["share"] in ("1/3", "2/3", "3/3")

    before = (live / "tweets.txt").read_bytes()
    for k in (3, 2, 1):
        again = queue_add.add(live, tmp_path / str(k), clock)
        assert (again.added, again.records) == ((), 0)
    assert (live / "tweets.txt").read_bytes() == before


def test_a_merged_folder_does_not_take_the_shares_for_the_stream(sampler: Sampler, tmp_path: Path) -> None:
    live = tmp_path / "live"
    live.mkdir()
    write(sampler, tmp_path / "3", Share(3, 3), 40)
    queue_add.add(live, tmp_path / "3", clock)
    done = write(sampler, live, WHOLE, 10)
    assert done.skipped == 0
    assert Candidates(live).records()[-10]["number"] < BATCH


LONG = "the kettle sings while the old lamp counts every wave before the fog comes in tonight"


def folder(data: Path, *texts: str, own: str = "") -> Path:
    data.mkdir()
    group = [Candidate(text, i, 0.5, {}, -1, None, (), ()) for i, text in enumerate(texts)]
    Candidates(data).append(Origin("run1", 1, 0.9, 0, 1.0, "", 1, share=own), group, 1)
    Queue(data).append(texts)
    return data


def test_what_is_much_like_a_line_of_another_share_is_left_out(tmp_path: Path) -> None:
    live = folder(tmp_path / "live", LONG)
    alike, own = LONG.replace("counts", "knows"), "a gull waits at the door"
    other = folder(tmp_path / "other", alike, own, own.upper(), own="2/2")
    done = queue_add.add(live, other, clock)
    assert (done.added, done.alike, done.records) == ((own,), 2, 1)
    assert fingerprint(alike) not in Candidates(live).provenance()
    (other / "tweets.txt").write_text(f"{alike}\nby hand {LONG}\n")
    assert queue_add.add(live, other, clock).added == (f"by hand {LONG}",)  # nobody's model wrote it


def test_what_a_person_has_kept_is_added_whatever_it_is_like(tmp_path: Path) -> None:
    live, alike = folder(tmp_path / "live", LONG), LONG.replace("counts", "knows")
    other = folder(tmp_path / "other", alike)
    with open_session(other, "file") as session:
        session.press("k")
    assert queue_add.add(live, other, clock).added == (alike,)


def test_the_command_draws_a_share(run: Path, tmp_path: Path) -> None:
    given = ("--data", tmp_path / "2", "generate", "--checkpoint", run, "-n", "4", "--without", "loop")
    ended = botus(*given, "--share", "2/8")
    assert ended.code == 2
    assert ended.err.startswith(
        "botus: --share needs --seed, the same for every share\nfor example --share 2/8"
    )
    for wrong in ("a/b", ""):  # as of a variable that is not set
        assert "not a share" in botus(*given, "--share", wrong).err
    ended = botus(*given, "--seed", "3", "--share", "auto/8", SLURM_ARRAY_TASK_ID="2")
    assert ended.code == 0, ended.err
    assert {record["number"] // 128 for record in Candidates(tmp_path / "2").records()} == {1}
    folder(tmp_path / "live")
    assert botus("--data", tmp_path / "live", "queue", "add", tmp_path / "2", "--json").value["records"] == 4
