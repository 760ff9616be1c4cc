"""The real `botus post`, killed at every system call that matters, and made to fail at every one.

strace counts the calls of a run that goes well; then one run after the other is killed at its first,
second, ... write, fsync, link, rename, renameat2, unlink, flock, connect, send and receive, or is told EIO
or ENOSPC there. After each, botus recovers and posts the rest. Before every run the index of the log is
deleted, damaged, replaced by an earlier one, or left as it is. `python -m tests.proofs.test_kills` does the
same at every system call.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from botus.posting.posting_run import PostingRun
from botus.posting.target import Timing
from botus.posting.targets.mastodon import Mastodon
from botus.settings import Settings
from botus.store.durable import files
from botus.store.intents import Intents
from botus.store.log.tweeted import Log
from botus.store.state import StateFiles
from botus.text import fingerprint
from tests.proofs.soak import harm
from tests.support.servers import MastodonServer

EARLIER = ["long ago", "a while ago"]
TEXTS = ["first", "second", "third"]
CALLS = ["write", "fsync", "link", "rename", "renameat2", "unlink", "flock", "connect", "sendto", "recvfrom"]
FAILING = ["write", "fsync", "link", "rename", "renameat2", "unlink"]
TOO_LONG = '422 {"error": "Validation failed: Text character limit of 500 exceeded"}'
TOUCHED = re.compile(r'openat\([^"]*"[^"]*/\.botus')


@dataclass(frozen=True)
class Injection:
    """One thing that goes wrong: at the n-th call of a kind, a signal or an error."""

    call: str
    number: int
    fault: str

    def __str__(self) -> str:
        return f"{self.call} {self.number} {self.fault}"


def post(data: Path, server: MastodonServer, tracing: list[str]) -> subprocess.CompletedProcess[bytes]:
    """Run `botus post` under strace."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "MASTODON_BASE_URL": server.url,
        "MASTODON_ACCESS_TOKEN": server.token,
        "BOTUS_DATA": str(data),
    }
    command = ["strace", "-f", "--seccomp-bpf", *tracing, sys.executable, "-m", "botus", "post"]
    return subprocess.run(command, env=environment, capture_output=True, timeout=60)


def world(folder: Path) -> Path:
    data = folder / "data"
    data.mkdir()
    (data / "tweets.txt").write_text("".join(f"{text}\n" for text in TEXTS))
    (data / "tweeted.json").write_text(json.dumps([{"text": text, "timestamp": 1} for text in EARLIER]))
    return data


class Index:
    """The index of a log, and what becomes of it."""

    def __init__(self, data: Path, seed: str) -> None:
        self._path, self._rng = data / files.STATE_FOLDER / "log.index", random.Random(seed)
        self._path.parent.mkdir()
        Log(data).index()
        self._earlier = self._path.read_bytes()

    def meets_something(self) -> None:
        if self._rng.random() < 0.75:
            self._earlier = harm(self._path, self._earlier, self._rng)


def calls_of_a_run(calls: list[str], *faults: str) -> dict[str, tuple[int, int]]:
    """Count the calls of a run: per kind those before the data folder is first touched, and all."""
    with tempfile.TemporaryDirectory() as name, MastodonServer() as server:
        server.script(*faults)
        log = Path(name) / "strace.log"
        wanted = ",".join([*calls, "openat"]) if calls else "all"
        done = post(world(Path(name)), server, ["-o", str(log), "-e", f"trace={wanted}"])
        assert done.returncode == 0, done.stderr.decode()
        lines = log.read_text(errors="replace").splitlines()
    start = next(number for number, line in enumerate(lines) if TOUCHED.search(line))
    found: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(lines):
        if (match := re.match(r"\d+ +(\w+)\(", line)) and (not calls or match[1] in calls):
            before, total = found.get(match[1], (0, 0))
            found[match[1]] = (before + (number < start), total + 1)
    return found


def injections(*faults: str) -> Iterator[Injection]:
    counted = calls_of_a_run(CALLS, *faults)
    for call, (before, total) in counted.items():
        for number in range(before + 1, total + 1):
            yield Injection(call, number, "signal=SIGKILL")
            if call in FAILING:
                yield Injection(call, number, "error=EIO")
                yield Injection(call, number, "error=ENOSPC")


def recover(data: Path, server: MastodonServer, index: Index) -> None:
    """Post the rest, in this process, hours later by both clocks."""
    for hours in range(1, 7):
        index.meets_something()
        shift = 120 * hours
        server.clock = lambda shift=shift: time.time() + shift  # type: ignore[misc]
        clock = lambda shift=shift: time.time() + shift  # noqa: E731
        targets = {"mastodon": Mastodon(server.url, server.token, timing=Timing(clock=clock))}
        PostingRun(
            Settings(data), targets, rng=random.Random(1), clock=clock, say=lambda *words, **fields: None
        ).post()


def try_one(injection: Injection, *faults: str) -> str:
    """Let one thing go wrong, recover, and say what does not hold; nothing if all is well.

    Args:
        faults: of the server, at the first request.
    """
    with tempfile.TemporaryDirectory() as name, MastodonServer() as server:
        server.script(*faults)
        data = world(Path(name))
        index = Index(data, str(injection))
        index.meets_something()
        inject = f"inject={injection.call}:{injection.fault}:when={injection.number}"
        done = post(data, server, ["-o", "/dev/null", "-e", f"trace={injection.call}", "-e", inject])
        if injection.fault != "signal=SIGKILL" and done.returncode not in (0, 3, 5):
            return f"exit code {done.returncode}: {done.stderr.decode()[-300:]}"
        recover(data, server, index)
        aside = (data / "tweets.txt").read_text().split() if faults else []
        if sorted([*server.texts, *aside]) != sorted(TEXTS):
            return f"posted {server.texts}, set aside {aside}"
        if {fingerprint(text) for text in aside} != set(StateFiles(data).load().too_long):
            return f"set aside {aside}, remembered {StateFiles(data).load().too_long}"
        entries = Log(data).entries()
        if sorted(entry["text"] for entry in entries) != sorted([*EARLIER, *server.texts]):
            return f"logged {entries}"
        if Intents(data).open():
            return "an intent is left open"
        return ""


def try_all(cases: list[Injection], *faults: str) -> dict[Injection, str]:
    """Try each; at most two at a time, because a run is mostly start-up."""
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda case: try_one(case, *faults), cases)
        return {case: result for case, result in zip(cases, results, strict=True) if result}


@pytest.fixture(scope="module")
def cases() -> list[Injection]:
    found = list(injections())
    assert {case.call for case in found} >= set(CALLS)
    return found


@pytest.mark.parametrize("fault", ["signal=SIGKILL", "error=EIO", "error=ENOSPC"])
def test_nothing_twice_nothing_lost(cases: list[Injection], fault: str) -> None:
    chosen = [case for case in cases if case.fault == fault]
    assert len(chosen) > 20
    assert try_all(chosen) == {}


def test_a_line_that_is_too_long_is_kept_and_stays_aside() -> None:
    chosen = [case for case in injections(TOO_LONG) if case.fault == "signal=SIGKILL"]
    assert len(chosen) > 20
    assert try_all(chosen, TOO_LONG) == {}


def main() -> None:
    """Kill at every system call there is, and print the figures."""
    counted = calls_of_a_run([])
    cases = [
        Injection(call, number, "signal=SIGKILL")
        for call, (before, total) in counted.items()
        for number in range(before + 1, total + 1)
    ]
    cases += [case for case in injections() if case.fault != "signal=SIGKILL"]
    failures = try_all(cases)
    kills = sum(case.fault == "signal=SIGKILL" for case in cases)
    print(f"{kills} kills, {len(cases) - kills} faults, {len(failures)} failures")
    for case, failure in failures.items():
        print(f"{case}: {failure}")


if __name__ == "__main__":
    main()
