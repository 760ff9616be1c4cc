"""What is promised on Bluesky, proven on the code that Bluesky's servers run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from botus.posting.posting_run import PostingRun
from botus.posting.target import Attempt, Ready
from botus.posting.targets.bluesky import Bluesky
from botus.posting.targets.bluesky_record import COLLECTION, make_record
from botus.settings import Settings
from botus.store.intents import Intents
from botus.store.log.tweeted import Log
from botus.store.sessions import Session, Sessions
from tests.pds.conftest import node
from tests.pds.proxy import Loss, Proxy

pytestmark = pytest.mark.pds
FAMILY = "👨‍👩‍👧‍👦"


@pytest.fixture
def proxy(pds: dict[str, str]) -> Iterator[Proxy]:
    with Proxy(pds["url"]) as proxy:
        yield proxy


class Door:
    """One data folder, and the account seen from outside."""

    def __init__(self, data: Path, pds: dict[str, str], proxy: Proxy) -> None:
        self.data, self.pds, self.proxy = data, pds, proxy
        self.sessions = Sessions(data)

    def target(self, **options: Any) -> Bluesky:  # noqa: ANN401
        service = self.proxy.url
        return Bluesky(self.pds["handle"], self.pds["password"], self.sessions, service=service, **options)

    def session(self) -> Session:
        session = self.sessions.load(f"{self.pds['handle']} at {self.proxy.url}")
        assert session
        return session

    def texts(self) -> list[str]:
        """Every post of the account, asked without botus."""
        found: list[str] = []
        query = {"repo": self.pds["handle"], "collection": COLLECTION, "limit": "100"}
        while True:
            address = f"{self.pds['url']}/xrpc/com.atproto.repo.listRecords"
            page = requests.get(address, params=query, timeout=30).json()
            found += [record["value"]["text"] for record in page["records"]]
            if "cursor" not in page:
                return found
            query["cursor"] = page["cursor"]

    def post(self) -> str | None:
        """One posting run."""
        targets = {"bluesky": self.target()}
        run = PostingRun(
            Settings(self.data),
            targets,
            rng=random.Random(1),
            clock=time.time,
            say=lambda *words, **fields: None,
        )
        return run.post().chosen

    def command(self) -> subprocess.Popen[bytes]:
        """`botus post` in a process of its own."""
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BOTUS_DATA": str(self.data),
            "BLUESKY_HANDLE": self.pds["handle"],
            "BLUESKY_APP_PASSWORD": self.pds["password"],
            "BLUESKY_SERVICE": self.proxy.url,
        }
        return subprocess.Popen([sys.executable, "-m", "botus", "post"], env=environment)


@pytest.fixture
def door(tmp_path: Path, pds: dict[str, str], proxy: Proxy) -> Door:
    return Door(tmp_path, pds, proxy)


def test_a_post(door: Door) -> None:
    target = door.target(languages=["en", "pt-BR"])
    assert isinstance(target.ready(), Ready)
    key = target.new_key()
    answer = target.send("Tea & <b>toast</b>\nat https://example.com/tea #tea", key, again=False)
    assert (answer.state, answer.id) == ("posted", key)
    assert door.texts().count("Tea & <b>toast</b>\nat https://example.com/tea #tea") == 1


def test_an_answer_lost_at_every_point(door: Door) -> None:
    """Every byte of the answer, and of the request every hundredth; then the same request again."""
    target = door.target()
    target.ready()
    assert target.send("how long is it? 0000", target.new_key(), again=False).state == "posted"
    sizes = door.proxy.request_size, door.proxy.answer_size
    points = [Loss("request", after) for after in range(0, sizes[0], 100)]
    points += [Loss("answer", after) for after in range(sizes[1])]
    for number, loss in enumerate(points):
        text, key = f"how long is it? {number + 1:04}", target.new_key()
        door.proxy.losses.append(loss)
        answer = target.send(text, key, again=False)
        assert answer.state == "unknown", loss
        again = target.send(text, key, again=True)
        assert (again.state, again.id) == ("posted", key), loss
    counted = Counter(text for text in door.texts() if text.startswith("how long"))
    assert door.proxy.lost == len(points)
    assert len(counted) == len(points) + 1
    assert set(counted.values()) == {1}
    print(f"\n{len(points)} answers lost, {sum(counted.values()) - 1} records")


def test_a_posting_run_repeats_at_once(door: Door) -> None:
    losses = [Loss("request", 0), Loss("request", 300), Loss("answer", 0), Loss("answer", 40)]
    (door.data / "tweets.txt").write_text("".join(f"line {number}\n" for number in range(len(losses))))
    for loss in losses:
        door.proxy.losses.append(loss)
        assert door.post()
    assert not door.proxy.losses
    entries = Log(door.data).entries()
    assert {entry["targets"]["bluesky"]["state"] for entry in entries} == {"posted"}
    assert sorted(text for text in door.texts() if text.startswith("line ")) == sorted(
        entry["text"] for entry in entries
    )
    assert len(entries) == len(losses)


def test_another_text_under_the_same_key_is_refused(door: Door) -> None:
    target = door.target()
    target.ready()
    key = target.new_key()
    assert target.send("the first text", key, again=False).state == "posted"
    assert target.send("another text", key, again=False).state == "rejected"
    assert target.send("another text", key, again=True).state == "unknown"
    assert target.find("another text", Attempt(key, 0.0)).state == "unknown"
    assert target.find("the first text", Attempt(key, 0.0)).id == key
    assert target.find("the first text", Attempt(target.new_key(), 0.0)).state == "absent"
    assert "another text" not in door.texts()
    assert door.texts().count("the first text") == 1


def test_another_language_in_between_is_the_same_post(door: Door) -> None:
    target, later = door.target(languages=["en"]), door.target(languages=["de"])
    target.ready()
    key = target.new_key()
    door.proxy.losses.append(Loss("answer", 0))
    assert target.send("a word in some language", key, again=False).state == "unknown"
    assert later.send("a word in some language", key, again=True).state == "posted"
    assert door.texts().count("a word in some language") == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (FAMILY * 50 + "👩‍👧" * 50 + "🫖" * 200, None),
        (FAMILY * 50 + "👩‍👧" * 50 + "🫖" * 201, "301 of 300 characters"),
        (FAMILY * 300, "7500 of 3000 bytes"),
        ("e\u0301" * 300, None),
        ("x" * 301, "301 of 300 characters"),
    ],
)
def test_lengths_are_the_servers(door: Door, text: str, problem: str | None) -> None:
    target = door.target()
    target.ready()
    said = target.problem(text)
    assert (problem is None and said is None) or (problem or "no") in (said or "")
    answer = target.send(text, target.new_key(), again=False)
    assert answer.state == ("rejected" if problem else "posted"), answer.reason
    assert (text in door.texts()) == (problem is None)


def test_killed_between_the_record_and_the_answer(door: Door) -> None:
    (door.data / "tweets.txt").write_text("a line that meets kill -9\n")
    process: list[subprocess.Popen[bytes]] = []
    door.proxy.before_answer = lambda: process[0].send_signal(signal.SIGKILL)
    process.append(door.command())
    assert process[0].wait(60) == -signal.SIGKILL
    assert [one.state for one in Intents(door.data).open()[0].deliveries.values()] == ["sending"]
    assert door.texts().count("a line that meets kill -9") == 1
    door.proxy.before_answer = lambda: None
    assert door.command().wait(60) == 0
    (entry,) = Log(door.data).entries()
    assert entry["targets"]["bluesky"]["state"] == "posted"
    assert door.texts().count("a line that meets kill -9") == 1
    assert door.proxy.calls("createSession") == 1


def test_sessions(door: Door) -> None:
    target = door.target()
    for _ in range(3):
        assert isinstance(target.ready(), Ready)
    assert door.proxy.calls("createSession") == 1
    assert door.sessions.path.stat().st_mode & 0o777 == 0o600
    good = door.session()
    door.sessions.save(Session(good.account, good.did, good.access[:-3] + "abc", good.refresh))
    assert target.send("a session that is renewed", target.new_key(), again=False).state == "posted"
    assert (door.proxy.calls("createSession"), door.proxy.calls("refreshSession")) == (1, 1)
    door.sessions.save(Session(good.account, good.did, "nonsense", "nonsense"))
    assert target.send("a session that is lost", target.new_key(), again=False).state == "posted"
    assert door.proxy.calls("createSession") == 2
    door.sessions.path.unlink()
    assert target.send("a session that is gone", target.new_key(), again=False).state == "posted"
    assert door.proxy.calls("createSession") == 3


def test_a_wrong_password_is_for_a_person(door: Door) -> None:
    target = Bluesky(door.pds["handle"], "wrong", door.sessions, service=door.proxy.url)
    answer = target.ready()
    assert not isinstance(answer, Ready)
    assert answer.needs_person
    assert "Invalid identifier or password" in answer.reason


def test_the_profile(door: Door) -> None:
    target = door.target()
    account = target.verify()
    assert (account.handle, account.bot, len(account.warnings)) == ("@kettlebot.test", False, 2)
    session = door.session()
    labels = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}]}
    record = {"$type": "app.bsky.actor.profile", "description": "I am a bot.", "labels": labels}
    body = {"repo": session.did, "collection": record["$type"], "rkey": "self", "record": record}
    address = f"{door.pds['url']}/xrpc/com.atproto.repo.putRecord"
    headers = {"Authorization": f"Bearer {session.access}"}
    requests.post(address, json=body, headers=headers, timeout=30).raise_for_status()
    account = target.verify()
    assert (account.bot, account.warnings) == (True, ())


def test_facets_are_those_of_blueskys_own_library(tmp_path: Path) -> None:
    texts = [
        "tea",
        "#tea",
        "🫖 #tea and #tëa, #tea. (#tea) #tea-pot #tea_pot #1 #2cups #🫖 # # a#b ##x #x#y",
        "👨‍👩‍👧‍👦 https://example.com/a?b=c&d=e#f and https://example.com.",
        "(https://example.com/tea) https://example.com/a_(b)",
        "ein Ölbild: https://example.com/ü?x #Öl",
        "#हिन्दी #日本語 #tag！ ＃tea",
        "two\nlines #one\n#two",
        "#" + "x" * 64,
        "#" + "x" * 65,
        "see example.com or ASP.NET",
    ]
    with node("facets.cjs", tmp_path) as process:
        expected = json.loads(process.communicate(json.dumps(texts))[0])
    for text, facets in zip(texts, expected, strict=True):
        own = make_record(text, "3jzfcijpj2z2a", []).get("facets", [])
        assert own == facets, text
