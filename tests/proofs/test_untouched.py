"""What `botus run` leaves alone: it writes to its data directory only, and starts no other process."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.command import environment, until
from tests.support.servers import MastodonServer

CHANGING = "mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,unlink,unlinkat,chmod,chown,truncate"
STARTING = "fork,vfork,clone,clone3,execve"
OPENED = re.compile(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)", (\S+)')
QUOTED = re.compile(r'"(/[^"]*)"')


def test_a_life_writes_to_its_folder_only_and_forks_nothing(tmp_path: Path) -> None:
    """Start, a post, a SIGHUP and a SIGTERM, each system call looked at: so no zombie can be left either."""
    data, log = tmp_path / "data", tmp_path / "strace.log"
    data.mkdir()
    (data / "tweets.txt").write_text("one\ntwo\n")
    with MastodonServer() as server:
        settings = {"MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": server.token}
        settings |= {"CRON": "* * * * *", "MAX_PER_DAY": "1440", "PYTHONDONTWRITEBYTECODE": "1"}
        tracing = ["strace", "-f", "-o", str(log), "-e", f"trace=open,openat,creat,{CHANGING},{STARTING}"]
        command = [*tracing, sys.executable, "-m", "botus", "run", "--data", str(data)]
        with subprocess.Popen(command, env=environment(**settings), stdout=subprocess.PIPE) as bot:
            assert bot.stdout is not None
            try:
                until(lambda: (data / "tweeted.json").exists(), 75)
                pid = int(log.read_text().split(maxsplit=1)[0])
                for number, said in ((signal.SIGHUP, b"read again"), (signal.SIGTERM, b"stopped")):
                    subprocess.run(["kill", f"-{number.value}", str(pid)], check=True)
                    while said not in bot.stdout.readline():
                        assert bot.poll() is None
            finally:
                bot.terminate()
    assert bot.returncode == 0
    calls = [line.partition(" ")[2].strip() for line in log.read_text().splitlines()]
    assert written_to(calls)
    assert not [path for path in written_to(calls) if not path.startswith(f"{data}/") and path != "/dev/null"]
    started = [call for call in calls if call.startswith(tuple(STARTING.split(",")))]
    assert [call for call in started if "CLONE_THREAD" not in call] == started[:1], "only itself"


def written_to(calls: list[str]) -> list[str]:
    """The paths that were opened for writing, made, renamed or deleted."""
    found = [match for call in calls if (match := OPENED.match(call))]
    opened = [match[1] for match in found if "O_WRONLY" in match[2] or "O_RDWR" in match[2]]
    changed = [
        path for call in calls if call.startswith(tuple(CHANGING.split(","))) for path in QUOTED.findall(call)
    ]
    return [*opened, *changed]
