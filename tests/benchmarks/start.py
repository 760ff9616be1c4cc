"""How quickly botus starts and how little it holds: `python -m tests.benchmarks.start`.

Prints `botus --help` in milliseconds, the processor time of the first `botus post` to each platform, what
`botus run` holds before its first post and after one, and the time for 500 lines from the demo model. Needs
the generate extra; asserts nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.loopback import Loopback
from tests.support.servers import BlueskyServer, MastodonServer, XServer

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("rich", "tweepy", "mastodon", "requests", "ctranslate2", "numpy", "tensorflow")


def botus(*words: str) -> list[str]:
    return [sys.executable, "-m", "botus", *words]


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more}


def help_time() -> float:
    times = []
    for _ in range(15):
        began = time.perf_counter()
        subprocess.run(botus("--help"), env=environment(), stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def post_time(name: str, server: Loopback, settings: dict[str, str]) -> float:
    """Seconds of the processor that the first post of a bot takes, nearly all of them imports."""
    times = []
    for _ in range(7):
        with tempfile.TemporaryDirectory() as data:
            (Path(data) / "tweets.txt").write_text("a line\n")
            before = os.times()
            variables = environment(BOTUS_DATA=data, **settings)
            subprocess.run(botus("post"), env=variables, capture_output=True, check=True)
            after = os.times()
        times.append(after[2] + after[3] - before[2] - before[3])  # of children
    assert len(server.posts) == len(times), name
    return statistics.median(times)


def post_times() -> Iterator[tuple[str, float]]:
    with XServer(duplicates=False) as x:
        secrets = {"CONSUMER_KEY": x.consumer_key, "CONSUMER_SECRET": "c", "ACCESS_TOKEN": x.token}
        yield "x", post_time("x", x, {**secrets, "ACCESS_TOKEN_SECRET": "t", "X_BASE_URL": x.url})
    with MastodonServer() as server:
        settings = {"MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": server.token}
        yield "mastodon", post_time("mastodon", server, settings)
    with BlueskyServer() as pds:
        account = {"BLUESKY_HANDLE": pds.handle, "BLUESKY_APP_PASSWORD": pds.password}
        yield "bluesky", post_time("bluesky", pds, {**account, "BLUESKY_SERVICE": pds.url})


def imported_by(*words: str) -> list[str]:
    """Which heavy packages a command imports."""
    command = [sys.executable, "-X", "importtime", "-m", "botus", *words]
    log = subprocess.run(command, env=environment(), capture_output=True, text=True).stderr
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in log.splitlines()}
    return [name for name in HEAVY if name in modules]


def resident(process: int) -> float:
    """Megabytes that a process holds: VmRSS of proc(5)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def run_memory() -> tuple[float, float]:
    """What `botus run` holds while it waits, and after a post."""
    with tempfile.TemporaryDirectory() as data, MastodonServer() as server:
        (Path(data) / "tweets.txt").write_text("a line\nanother line\n")
        settings = {
            "MASTODON_BASE_URL": server.url,
            "MASTODON_ACCESS_TOKEN": server.token,
            "BOTUS_DATA": data,
            "CRON": "* * * * *",
            "MAX_PER_DAY": "1440",
        }
        while time.time() % 60 > 50:  # the start must not fall on a slot
            time.sleep(0.5)
        while time.time() % 60 < 2:
            time.sleep(0.5)
        settings["CATCH_UP"] = "0"
        slot = Path(data) / ".botus" / "slots"
        slot.mkdir(parents=True)
        # The slot of this minute counts as done, so that the first post is the next minute's.
        (slot / time.strftime("%Y-%m-%dT%H:%M", time.gmtime())).write_text("{}")
        process = subprocess.Popen(botus("run"), env=environment(**settings), stdout=subprocess.DEVNULL)
        try:
            time.sleep(3)
            idle = resident(process.pid)
            while not server.posts:
                time.sleep(0.2)
            time.sleep(1)
            return idle, resident(process.pid)
        finally:
            process.terminate()
            process.wait()


def demo_time() -> float:
    with tempfile.TemporaryDirectory() as data:
        times = []
        for _ in range(2):  # the first converts the model
            began = time.perf_counter()
            command = botus("generate", "--temp", "0.9", "-n", "500", "-q", "--data", data)
            subprocess.run(command, env=environment(), check=True, cwd=data)
            times.append(time.perf_counter() - began)
        return times[1]


def main() -> None:
    print(
        f"botus --help                   {help_time():7.0f} ms, imports of {HEAVY}: {imported_by('--help')}"
    )
    for name, seconds in post_times():
        print(f"botus post, the first, to {name:<8} {seconds * 1000:6.0f} ms of the processor")
    idle, after = run_memory()
    print(f"botus run before its first post {idle:6.1f} MB resident, after a post {after:.1f} MB")
    print(f"500 lines from the demo model   {demo_time():6.1f} s, the whole command")


if __name__ == "__main__":
    main()
