"""A botus web that runs, and how its page is watched and waited for."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.support.command import COMMAND, botus, environment

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 800}}
EXPECTED = re.compile(r"net::ERR_|status of (401|403|404|409|429|500|503)")  # what tests cause on purpose


class Served:
    """A data directory with its page.

    Attributes:
        data: the directory.
        address: of the page, the same after every start.
        login: an address that lets somebody in, once.
        settings: of its environment.
    """

    def __init__(self, data: Path) -> None:
        self.data, self.address, self.login, self._port = data, "", "", 0
        self.settings = {"CRON": "0 9,18 * * *", "TZ": "UTC"}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, "web", "--data", str(self.data), "--port", str(self._port)],
            env=environment(**self.settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout
        said = ""
        for line in self._process.stdout:
            said += line
            if found := re.match(r"(http://[^/]+:(\d+))/login#\S+", line):
                self.login, self.address, self._port = found[0], found[1], int(found[2])
                return
        raise AssertionError(said)

    def invite(self) -> str:
        """Return an address that lets one more device in."""
        return next(
            line for line in botus("web", "--login", "--data", self.data).out.splitlines() if "#" in line
        )

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def lines(self) -> list[str]:
        return (self.data / "tweets.txt").read_text().splitlines()

    def answers(self) -> list[str]:
        return (self.data / "answers.txt").read_text().splitlines()

    def fill(self, posts: list[str]) -> None:
        self.data.mkdir(exist_ok=True)
        (self.data / "tweets.txt").write_text("".join(f"{post}\n" for post in posts))


def watch(context: Any, troubles: list[str]) -> None:  # noqa: ANN401
    """Note every error on the console, every exception, everything that the content policy forbade."""

    def noted(message: Any) -> None:  # noqa: ANN401
        if message.type in ("error", "warning") and not EXPECTED.search(message.text):
            troubles.append(message.text)

    context.on("console", noted)
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("dialog", lambda dialog: (troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    context.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective))"
    )


def settled(page: Any) -> None:  # noqa: ANN401
    """Wait until botus has answered everything."""
    page.wait_for_selector("#review[data-waiting='0']", state="attached")
