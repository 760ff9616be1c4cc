"""Films `generate`, `curate` and `post` for the README: the real commands in a terminal, as a moving SVG.

python docs/film.py

It needs the `test` extra. The cards are those of the demo model and of a seed: where either has changed, look
at the film, and choose KEYS by what the cards say.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pexpect
from terminal import COLUMNS, Shown, Terminal, film

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.support.servers import MastodonServer, Post  # noqa: E402

HEIGHT = 20
KEYS = "dkdsdkkdkq"
# How long, in seconds, one sees a typed piece, a finished command, a card, the end.
TYPED, READ, CARD, END = 0.12, 1.2, 1.3, 6.0
PIECE = 0.25  # of a bar that moves


class Server(MastodonServer):
    """A Mastodon on this machine whose posts have an address that one likes to look at."""

    def _status(self, post: Post) -> dict[str, object]:
        return super()._status(post) | {"url": f"https://mastodon.example/@kettle/{post.id}"}


class Camera:
    """What the terminal shows, with how long it does."""

    def __init__(self) -> None:
        self.terminal = Terminal(HEIGHT)
        self.frames: list[tuple[Shown, float]] = []

    def take(self, seconds: float) -> None:
        """Show what is there for so long."""
        self.frames.append((self.terminal.shown(), seconds))

    def type(self, command: str) -> None:
        """Write a command behind a prompt, two letters at a time."""
        self.terminal.feed("$ ")
        self.take(READ)
        for place in range(0, len(command), 2):
            self.terminal.feed(command[place : place + 2])
            self.take(TYPED)
        self.take(READ / 2)
        self.terminal.feed("\r\n")

    def run(self, command: str, keys: str, environment: dict[str, str], folder: str) -> None:
        """Run a command, press the keys whenever it has shown what one of them is for."""
        self.type(command)
        child = pexpect.spawn(
            command, cwd=folder, env=environment, encoding="utf-8", dimensions=(HEIGHT, COLUMNS), timeout=60
        )
        waiting, card, last = iter(keys), (), time.monotonic()
        while True:
            try:
                self.terminal.feed(child.read_nonblocking(65536, timeout=CARD if keys else 60))
            except pexpect.TIMEOUT:
                if (shown := self.terminal.shown()) != card and any("quit" in str(row) for row in shown):
                    card = shown
                    self.take(CARD)
                    child.send(next(waiting))
                continue
            except pexpect.EOF:
                break
            if not keys and time.monotonic() - last > PIECE:
                self.take(PIECE)
                last = time.monotonic()


def main() -> None:
    """Write pipeline.svg beside this file."""
    camera = Camera()
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME")},
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "POST_ONLY": "kept",
            "POST_ORDER": "file",
            "MASTODON_BASE_URL": server.url,
            "MASTODON_ACCESS_TOKEN": server.token,
        }
        camera.run("botus generate --temp 0.9 -n 500 --seed 7", "", environment, folder)
        camera.run("botus curate", KEYS, environment, folder)
        camera.run("botus post", "", environment, folder)
    camera.terminal.feed("$ ")
    camera.take(END)
    (HERE / "pipeline.svg").write_text(film(camera.frames, "botus: generate, curate, post"))


if __name__ == "__main__":
    main()
