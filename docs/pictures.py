"""Draws the pictures of the review for docs/curating.md: screens of a real session, as SVG.

python docs/pictures.py
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from random import Random

from rich.console import Console
from rich.text import Text
from terminal import COLUMNS, Terminal, still

import botus.demo
from botus.platforms.rows import MASTODON, Limit, X
from botus.review.session import ReviewSession, open_session
from botus.review.terminal.paint import View
from botus.review.terminal.screens import page_size, screen
from botus.store.candidates import Candidate, Candidates, Origin
from botus.store.queue.tweets import Queue

HEIGHT, HIDDEN_CURSOR = 22, "\x1b[?25l"
LIMITS = [Limit(one, one.limit) for one in (X, MASTODON)]
KEYS = {"card": "kdds dk", "list": ["u", "tab", "2", "5", "5", "7"], "help": ["?"]}


def main() -> None:
    """Write curate-card.svg, curate-list.svg and curate-help.svg beside this file."""
    ticks = iter(range(1_700_000_000, 1_800_000_000, 2))
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        with open_session(Path(folder), "score", clock=lambda: float(next(ticks))) as session:
            for name, keys in KEYS.items():
                for key in keys:
                    session.press(key)
                write(session, Path(__file__).parent / f"curate-{name}.svg")


def prepare(data: Path) -> None:
    """Fill a queue with posts of the bundled demo's corpus, as if they had been generated."""
    rng = Random(7)
    posts = rng.sample((Path(botus.demo.__file__).parent / "corpus.txt").read_text().splitlines(), 240)
    origin = Origin("demo", 2550, 0.9, 0, 1.0, "", 7)
    group = []
    for number, post in enumerate(posts):
        nearest = {"number": 3, "text": posts[number - 1], "run": 5} if number % 3 == 0 else None
        group.append(Candidate(post, number, 0.0, {}, -2.0, nearest, (), ()))
    Candidates(data).append(origin, group, 1)
    Queue(data).append(posts)


def write(session: ReviewSession, target: Path) -> None:
    """Draw what the terminal would show."""
    view = View(LIMITS, session.about, COLUMNS, HEIGHT)
    session.fit(page_size(session.state, view))
    sent = io.StringIO()
    console = Console(width=COLUMNS, file=sent, force_terminal=True, color_system="standard")
    lines = screen(session.state, view)
    console.print(Text("\n").join(lines), soft_wrap=True, highlight=False, end="")
    terminal = Terminal(HEIGHT)
    terminal.feed(HIDDEN_CURSOR + sent.getvalue().replace("\n", "\r\n"))
    target.write_text(still(terminal.shown(), "botus curate"))


if __name__ == "__main__":
    main()
