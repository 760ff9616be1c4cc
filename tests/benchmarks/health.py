"""What commands of the container hold at most and how long they compute: `python -m tests.benchmarks.health`.

`--help`, `health` beside 100,000 candidates, 5,000 lines and 5,000 posts, and `run` while it waits. Asserts
nothing.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.start import botus, environment, resident

_WRITTEN, _GROUP, _QUEUED, _POSTED = 100_000, 1000, 5000, 5000


def fill(data: Path) -> None:
    """Write the files of a bot that has run for some years."""
    from botus.store.candidates import Candidate, Candidates, Origin
    from botus.store.decisions.entries import Decision, Step
    from botus.store.decisions.journal import Decisions
    from botus.text import fingerprint

    rng, words = random.Random(1), [f"word{number}" for number in range(3000)]
    texts = [" ".join([str(number), *rng.choices(words, k=12)]) for number in range(_WRITTEN)]
    origin, candidates = Origin("run1", 1000, 0.9, 0, 1.0, "", 7), Candidates(data)
    for start in range(0, _WRITTEN, _GROUP):
        group = [
            Candidate(text, start + place, 1.5, {"length": 0.5}, -2.5, {"number": 4, "text": text}, (), ())
            for place, text in enumerate(texts[start : start + _GROUP])
        ]
        candidates.append(origin, group, start)
    candidates.finish(origin, _WRITTEN, _WRITTEN)
    (data / "tweets.txt").write_text("".join(f"{text}\n" for text in texts[:_QUEUED]))
    posted = texts[_QUEUED : _QUEUED + _POSTED]
    outcome = {"state": "posted", "id": "1", "url": "https://a.example/@bot/1", "at": 1, "error": None}
    entries = [
        {"text": text, "timestamp": 1, "id": fingerprint(text)[:10], "targets": {"mastodon": outcome}}
        for text in posted
    ]
    (data / "tweeted.json").write_text(json.dumps(entries, indent=2))
    keeps = [Step(at, at, (Decision("keep", fingerprint(text), text),)) for at, text in enumerate(posted, 1)]
    journal = Decisions(data)
    for keep in keeps[:200]:  # each is synced
        journal.append(keep)
    (data / ".botus" / "heartbeat").touch()


def used(*words: str, **more: str) -> tuple[float, float]:
    """Return the most megabytes that a command held, and its seconds of CPU."""
    process = subprocess.Popen(botus(*words), env=environment(**more), stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def waiting(data: Path, **more: str) -> float:
    """Return the megabytes that `run` holds once it waits for its first slot."""
    heartbeat = data / ".botus" / "heartbeat"
    heartbeat.unlink(missing_ok=True)
    process = subprocess.Popen(
        botus("run", "--data", str(data)), env=environment(**more), stdout=subprocess.DEVNULL
    )
    try:
        while not heartbeat.exists():
            time.sleep(0.1)
        time.sleep(1)
        return resident(process.pid)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    bot = {
        "CRON": "0 0 29 2 *",
        "MASTODON_BASE_URL": "http://127.0.0.1:9",
        "MASTODON_ACCESS_TOKEN": "not-a-secret",
    }
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as small:
        # In a process of its own, because a child's peak counts from its parent's size.
        subprocess.run([sys.executable, "-m", __spec__.name, name], env=environment(), check=True)
        (Path(small) / "tweets.txt").write_text("a line\n")
        for title, words in (("--help", ("--help",)), ("health", ("health", "--data", name))):
            found = [used(*words, **bot) for _ in range(5)]
            held, seconds = max(one[0] for one in found), min(one[1] for one in found)
            print(f"botus {title:<8} {held:5.1f} MB at most, {seconds:.2f} s of CPU")
        print(f"botus run      {waiting(Path(small), **bot):5.1f} MB while it waits")


if __name__ == "__main__":
    fill(Path(sys.argv[1])) if sys.argv[1:] else main()
