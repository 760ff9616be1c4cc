"""The real `botus web`, killed in the middle of posting the line that a browser asked for.

Two tabs ask for the same line, and after the kill again, one of them under the same id, as a page does that
heard nothing. In the end every line that was asked for is public once, and in the log once; no other is.
`python -m tests.proofs.test_page_posts 200` does it two hundred times.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random

from botus.posting.posting_run import PostingRun
from botus.posting.targets.configured import configured
from botus.settings import load
from botus.store.log.tweeted import Log
from botus.text import fingerprint
from tests.support.loopback import Reply, Request
from tests.support.servers import MastodonServer
from tests.web.page import filled
from tests.web.served import Served, begun

KILLS = 12
LATEST = 0.02  # seconds from an answer to the kill
LATER = 120.0  # seconds after which a lost answer is looked for


class KillingServer(MastodonServer):
    """Kills who asks: at its question for the limits, before a post is there, after it, or a bit later.

    Traits: `victim`, `moment` (of the four), `pause` (seconds to the last of them).
    """

    victim: subprocess.Popen[str] | None = None
    moment = 0
    pause = 0.0

    def answer(self, request: Request) -> Reply:
        is_post = request.method == "POST"
        if self.moment == is_post:
            self.kill()
        reply = super().answer(request)
        if is_post and self.moment == 2:
            self.kill()
        elif is_post and self.moment == 3:
            threading.Timer(self.pause, self.kill).start()
        return reply

    def kill(self) -> None:
        if self.victim:
            self.victim.kill()
            self.victim.wait()


def ask(page: Served, post: str, identifier: str) -> None:
    """Ask for a line in a tab of its own; the server may end meanwhile."""
    tab = Served(page.process, page.login, page.cookie)
    try:
        tab.ask("POST", "/queue/post", {"client": identifier, "id": identifier, "post": post})
    except (OSError, http.client.HTTPException):
        return
    finally:
        tab.connection.close()


def post_and_kill(folder: Path, kills: int) -> int:
    """Kill a page so often while it posts, and check; returns how many posts were underway at a kill."""
    rng = Random(5)
    posts = [f"the lamp blinked {number} times" for number in range(2 * kills)]
    data, cookie, lost = filled(folder / "data", tuple(posts)), "", 0
    with KillingServer() as server:
        settings = {"MASTODON_BASE_URL": server.url, "MASTODON_ACCESS_TOKEN": server.token}
        wanted = rng.sample(posts, kills)
        for number, text in enumerate(wanted):
            page = begun(data, cookie=cookie, **settings)
            if not cookie:
                page.enter()
                cookie = page.cookie
            post = fingerprint(text)
            tabs = [threading.Thread(target=ask, args=(page, post, f"{post}-{tab}")) for tab in (1, 2)]
            server.victim, server.moment, server.pause = page.process, number % 4, rng.random() * LATEST
            for tab in tabs:
                tab.start()
            for tab in tabs:
                tab.join()
            page.process.wait()
            server.victim = None
            page.process.communicate()
            lost += any((data / ".botus" / "intents").glob(post))
            page = begun(data, cookie=cookie, **settings)
            for again in (1, 3):
                ask(page, post, f"{post}-{again}")
            assert page.end() == 0
            page.process.communicate()
        finish(data, settings)
        assert sorted(server.texts) == sorted(wanted)
    assert sorted(entry["text"] for entry in Log(data).entries()) == sorted(wanted)
    assert (data / "tweets.txt").read_text().splitlines() == [one for one in posts if one not in wanted]
    return lost


def finish(data: Path, settings: dict[str, str]) -> None:
    """Let time pass, and what is open come to its end."""
    read = load(settings, data)

    def clock() -> float:
        return time.time() + LATER

    run = PostingRun(read, configured(read, clock), rng=Random(1), clock=clock, say=lambda *_, **__: None)
    run.settle()
    while run.intents.open():
        run.post()


def test_no_kill_posts_twice_what_a_page_asks_for_again(tmp_path: Path) -> None:
    assert post_and_kill(tmp_path, KILLS) > 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        times = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
        lost = post_and_kill(Path(place), times)
        print(f"{times} kills, {lost} of them while a post was underway: none twice, none lost")
