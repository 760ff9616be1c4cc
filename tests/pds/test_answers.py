"""Answers on the code that Bluesky's servers run: 500 mentions, lost answers, processes that are killed.

Who has mentioned the bot is told by an AppView, which needs a database server; a small one stands in for it.
The answers are records on the real server.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from botus.store.intents import Intents
from tests.answering.mentions.world import Bot
from tests.pds.proxy import Loss, Proxy
from tests.proofs.answerer import fast
from tests.proofs.test_answers import SPEED, entries, is_unfinished, pair
from tests.support.bluesky_mentions import BlueskyMentionServer
from tests.support.command import until
from tests.support.loopback import Request

pytestmark = pytest.mark.pds
PEOPLE, PATIENCE = 500, 900.0  # seconds


class View(BlueskyMentionServer):
    """Tells what people have said; what the bot says, it does not see."""

    def told(self, line: str) -> bytes:
        """Answer a request, by its first line."""
        method, target, _ = line.split()
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.tokens["access"] = "good"
        with self.guard:
            reply = self.answer(Request(method, parts.path, query, {"Authorization": "Bearer access"}, "", 0))
        body = reply.body()
        return f"HTTP/1.1 {reply.status} -\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def records(pds: dict[str, str]) -> list[dict[str, object]]:
    """What the account has posted, asked without botus."""
    found: list[dict[str, object]] = []
    query = {"repo": pds["handle"], "collection": "app.bsky.feed.post", "limit": "100"}
    while True:
        page = requests.get(
            f"{pds['url']}/xrpc/com.atproto.repo.listRecords", params=query, timeout=30
        ).json()
        found += [record["value"] for record in page["records"]]
        if "cursor" not in page:
            return found
        query["cursor"] = page["cursor"]


def test_each_once_on_the_real_server(tmp_path: Path, pds: dict[str, str]) -> None:
    rng, data, epoch = random.Random(4), tmp_path / "data", time.time()
    with Proxy(pds["url"]) as proxy, View(clock=lambda: fast(epoch, SPEED)) as view:
        proxy.views = view.told
        account = {"service": proxy.url, "handle": pds["handle"], "password": pds["password"]}
        first = Bot(data, view, view.clock, accounts={"bluesky": account})  # type: ignore[arg-type]
        first.round.run()
        before = len(records(pds))
        with pair(data, {"bluesky": account}, epoch, rng) as two:
            asked = []
            for number in range(PEOPLE):
                with view.guard:
                    asked.append(view.says(f"did:plc:p{number}", f"@kettle.test what of lamp {number}?"))
                if not number % 50:
                    proxy.losses.append(Loss(rng.choice(["request", "answer"]), rng.randrange(300)))
                if not number % 10:
                    two.kill_one()
                time.sleep(rng.random() * 0.1)
            until(lambda: not is_unfinished(data, PEOPLE), PATIENCE)
            assert two.kills == PEOPLE // 10
        replies = Counter(record["reply"]["parent"]["uri"] for record in records(pds)[: -before or None])  # type: ignore[index]
        assert set(replies.values()) == {1}
        assert set(replies) == set(asked)
        states = Counter(entry["targets"]["bluesky"]["state"] for entry in entries(data))  # type: ignore[index]
        assert states == {"posted": PEOPLE}
        assert Intents(data, "answers").open() == []
        assert proxy.lost == PEOPLE // 50
