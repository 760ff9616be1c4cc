"""The real `botus web`: killed at random moments while a browser decides, undoes and sends again.

What the browser heard nothing of it sends again under the same id, as the page does. At the end every request
is in the journal once, and queue, answers and journal are what a model says that saw no kill.
`python -m tests.proofs.test_page_kills 500` does it five hundred times.
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import threading
import time
from itertools import count
from pathlib import Path
from random import Random

from botus.store.decisions.journal import Decisions
from botus.text import fingerprint
from tests.web.page import filled, journal
from tests.web.served import Served, begun

KILLS = 50
LATEST = 0.12  # seconds from the first answer to the kill


class Person:
    """Decides card after card, and remembers what was wanted.

    Attributes:
        steps: (id, post, verdict) of what counts, in order.
    """

    def __init__(self, rng: Random) -> None:
        self.rng, self.numbers = rng, count(1)
        self.steps: list[tuple[str, str, str]] = []
        self.waiting: tuple[str, dict[str, object]] | None = None
        self.asked: list[str] = []

    def go_on(self, page: Served, answered: threading.Event) -> None:
        """Send requests until the server is gone; says when the first one was answered."""
        try:
            view = page.send("/review")
            while view["cards"]:
                path, fields = self.waiting or self.wish(view)
                self.waiting = path, fields
                view = page.send(path, **fields)["view"]
                self.waiting = None
                answered.set()
        except (OSError, http.client.HTTPException):
            return
        raise AssertionError("nothing is left to decide: there are too few posts")

    def wish(self, view: dict[str, list[dict[str, str]]]) -> tuple[str, dict[str, object]]:
        number = f"request-{next(self.numbers)}"
        self.asked.append(number)
        if self.steps and self.rng.random() < 0.2:
            self.steps.pop()
            return "/undo", {"id": number}
        post, verdict = view["cards"][0]["post"], self.rng.choice(("drop", "answer", "keep", "star"))
        self.steps.append((number, post, verdict))
        return "/decide", {"id": number, "decisions": [{"post": post, "verdict": verdict}]}


def kill_again_and_again(folder: Path, kills: int) -> int:
    """Kill a page so often, and check; returns the number of requests."""
    rng = Random(7)
    posts = tuple(f"the lamp blinked {number} times" for number in range(60 * kills))
    data, person, cookie = filled(folder / "data", posts), Person(rng), ""
    for _ in range(kills):
        page = begun(data, cookie=cookie)
        if not cookie:
            page.enter()
            cookie = page.cookie
        answered = threading.Event()
        killer = threading.Thread(target=_kill, args=(page, answered, rng.random() * LATEST))
        killer.start()
        person.go_on(page, answered)
        killer.join()
        page.connection.close()
        page.process.communicate()
    page = begun(data, cookie=cookie)
    if person.waiting:
        page.send(person.waiting[0], **person.waiting[1])
    assert page.end() == 0
    page.process.communicate()
    check(data, posts, person)
    return len(person.asked)


def _kill(page: Served, answered: threading.Event, later: float) -> None:
    answered.wait(60)
    time.sleep(later)
    page.process.kill()


def check(data: Path, posts: tuple[str, ...], person: Person) -> None:
    written = [entry["request"] for entry in journal(data) if "request" in entry]
    assert written == person.asked
    done = [
        (step.request, one.fingerprint, one.kind)
        for step in Decisions(data).history().done
        for one in step.decisions
    ]
    assert done == person.steps
    verdicts = {post: verdict for _, post, verdict in person.steps}
    expected = [post for post in posts if verdicts.get(fingerprint(post)) not in ("drop", "answer")]
    assert (data / "tweets.txt").read_text().splitlines() == expected
    answers = data / "answers.txt"
    told = [fingerprint(line) for line in answers.read_text().splitlines()] if answers.exists() else []
    assert told == [post for post, verdict in verdicts.items() if verdict == "answer"]


def test_no_kill_loses_or_doubles_a_decision(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path, KILLS) > KILLS


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        times = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
        print(f"{times} kills, {kill_again_and_again(Path(place), times)} requests: none lost, none doubled")
