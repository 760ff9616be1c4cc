"""The soak at a size for every day, two real processes, and what a loop leaves in memory and on the disk."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from botus.posting.posting_run import PostingRun
from botus.settings import Settings
from botus.store.intents import Intents
from botus.store.state import StateFiles
from tests.proofs.poster import FilePlatform, FileTarget
from tests.proofs.soak import FAILURES, SHARE, lasting, soaking
from tests.proofs.test_crash_states import folder
from tests.review.test_session import Quick, disk
from tests.schedule.test_loop import Simulation
from tests.support.command import until


@pytest.mark.parametrize(("seed", "lock"), [(1, True), (2, True), (3, False)])
def test_hundreds_of_slots_with_a_share_of_every_failure(seed: int, lock: bool) -> None:
    with soaking(seed, lock=lock) as soak:
        soak.run(150)
        soak.check()
        assert all(soak.figures.failures[failure] for failure in FAILURES)
        assert sum(soak.figures.failures.values()) > 0.7 * SHARE * 150 * len(FAILURES)
        assert all(len(target.platform.posts) > 100 for target in soak.targets)


def test_two_containers_on_one_volume_killed_again_and_again(tmp_path: Path) -> None:
    """Real processes whose clocks differ by seconds, with minutes that pass in a twentieth of a second."""
    data, platform = tmp_path / "data", tmp_path / "platform.txt"
    data.mkdir()
    texts = [f"line {number}" for number in range(2000)]
    (data / "tweets.txt").write_text("".join(f"{text}\n" for text in texts))
    rng, began = Random(1), time.time()

    def start(skew: int) -> subprocess.Popen[bytes]:
        words = [str(data), str(platform), str(began), "1200", str(skew)]
        return subprocess.Popen([sys.executable, "-m", "tests.proofs.twin", *words], stderr=subprocess.PIPE)

    twins = [start(0), start(20)]
    try:
        for _ in range(8):  # however slow the machine: a few posts, then anywhere in the next one
            enough = len(lines(platform)) + rng.randrange(3, 8)
            until(lambda enough=enough: len(lines(platform)) >= enough, 120)
            time.sleep(rng.uniform(0, 0.05))
            place = rng.randrange(2)
            assert twins[place].poll() is None, (twins[place].stderr or sys.stderr).read()
            twins[place].kill()
            twins[place].wait()
            twins[place] = start(20 * place)
    finally:
        for twin in twins:
            twin.kill()
            twin.communicate()
    slots = (time.time() - began) * 1200 / 60 + 2
    target = FileTarget(FilePlatform(platform), "file")
    for _ in range(3):  # what both had begun when they were killed, and a new one
        PostingRun(
            Settings(data), {"file": target}, rng=rng, clock=time.time, say=lambda *words, **fields: None
        ).post()
    posted = lines(platform)
    assert max(Counter(posted).values()) == 1
    assert 20 < len(posted) <= slots + 3
    logged = {entry["text"]: entry["targets"]["file"]["state"] for entry in json.loads(log(data))}
    assert set(posted) <= logged.keys()
    assert {text for text, state in logged.items() if state == "posted"} <= set(posted)
    assert {*logged, *(data / "tweets.txt").read_text().splitlines()} == set(texts)
    assert not Intents(data).open()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def log(data: Path) -> str:
    return (data / "tweeted.json").read_text()


def test_a_loop_of_months_keeps_nothing_in_memory_and_few_files() -> None:
    """The log grows; what else there is does not, neither in the process nor in the data directory."""
    with folder() as data, disk(Quick()):
        life = Simulation(data, lines=0, CRON="0 */3 * * *")
        life.said, life.posted, life.heard = Forgetful(), Forgetful(), Forgetful()
        blocks: list[int] = []
        counts: list[list[int]] = []

        def refill() -> None:
            with (data / "tweets.txt").open("a") as queue:
                queue.writelines(f"line {life.now:.0f} {number}\n" for number in range(120))

        def look() -> None:
            gc.collect()
            blocks.append(sys.getallocatedblocks())
            state = StateFiles(data)
            folders = (state.folder, state.slots, state.folder / "done")
            counts.append([len(lasting(folder)) for folder in folders])

        for day in range(0, 60, 10):
            life.on(day, 0.1, refill)
        for day in (34, 59):
            life.on(day, 1, look)
        life.run(60)
        assert len(life.target.platform.posts) == 60 * 8
    posts = 25 * 8
    assert blocks[1] - blocks[0] < 3 * posts  # the platform keeps the texts, and the target too
    assert counts[1][:2] == [8, 100]
    assert counts[1][2] < 8 * 31 * 1.3, "done/ keeps more than a month"


class Forgetful(list[Any]):
    """A list that keeps nothing."""

    def append(self, item: object) -> None:
        pass
